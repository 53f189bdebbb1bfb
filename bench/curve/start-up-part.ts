/** Measures start-up, beside a program on Node that does nothing but listen. */
import { figure } from '../table.ts';
import type { Effort, Findings } from './part.ts';
import { BARE_NODE, measureStartUp } from './start-up.ts';
import type { StartUp } from './start-up.ts';

/** Starts that the median is of. */
const TIMES = 20;

const HEAD = ['program', 'first connection ms', 'quickest ms', 'first CONNACK ms'];

export async function measureStart({ brokers, step }: Effort): Promise<Findings> {
  const results: StartUp[] = [];
  for (const broker of [BARE_NODE, ...brokers]) {
    step(`start-up: ${broker.name}`);
    results.push(await measureStartUp(broker, TIMES));
  }
  return {
    title: 'From the start of the process to the first client',
    how: `Medians of ${TIMES} starts, the process not bound to a core.`,
    table: { head: HEAD, rows: results.map(row), words: 1 },
    data: results,
  };
}

function row({ broker, acceptedMs, quickestMs, connackMs }: StartUp): string[] {
  return [broker, figure(acceptedMs), figure(quickestMs), figure(connackMs)];
}
