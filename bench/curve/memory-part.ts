/** Measures what one of something costs in resident memory, and how much comes back. */
import { figure } from '../table.ts';
import { FILLINGS } from './filling.ts';
import { bytesEach, measureMemory } from './memory.ts';
import type { MemoryResult } from './memory.ts';
import type { Effort, Findings } from './part.ts';

const HEAD = [
  'broker',
  'bytes each',
  'started MiB',
  'empty MiB',
  'full MiB',
  'after all left MiB',
  'of the start',
  'back within 10 % after',
];

export async function measureFilling(name: string, effort: Effort): Promise<Findings> {
  const results: MemoryResult[] = [];
  for (const broker of effort.brokers) {
    effort.step(`memory: ${name}, ${broker.name}`);
    results.push(...(await attempt(broker, name)));
  }
  const { each, counts } = FILLINGS[name]!;
  const title = `Resident memory for each ${each}`;
  const most = counts.at(-1)!.toLocaleString('en');
  return {
    title,
    how: `"Each" is what ${most} of them added to the resident memory, read 2 s after they came, divided by their number. "Started" is the broker alone; "empty" is with the clients that fill it.`,
    table: { head: HEAD, rows: results.map(row), words: 1 },
    chart: {
      name,
      title,
      xLabel: `held: ${each}`,
      yLabel: 'bytes each',
      lines: results.map((result) => ({ label: result.broker, group: result.broker, points: curve(result) })),
    },
    data: results,
  };
}

async function attempt(broker: Effort['brokers'][number], name: string): Promise<MemoryResult[]> {
  try {
    const result = await measureMemory(broker, name);
    return result === undefined ? [] : [result];
  } catch (error) {
    process.stderr.write(`\n${name}, ${broker.name}: ${(error as Error).message}\n`);
    return [];
  }
}

/** Bytes for each over how many; where a few cost nothing that can be seen there is no point. */
function curve({ emptyKib, points }: MemoryResult): [number, number][] {
  return points
    .map(({ count, residentKib }): [number, number] => [count, ((residentKib - emptyKib) * 1024) / count])
    .filter(([, bytes]) => bytes > 0);
}

function row(result: MemoryResult): string[] {
  const { broker, startKib, emptyKib, points, leftKib, leftSeconds } = result;
  return [
    broker,
    Math.round(bytesEach(result)).toLocaleString('en'),
    ...[startKib, emptyKib, points.at(-1)!.residentKib, leftKib].map((kib) => figure(kib / 1024)),
    (leftKib / startKib).toFixed(2),
    leftSeconds === null ? 'not in 60 s' : `${leftSeconds} s`,
  ];
}
