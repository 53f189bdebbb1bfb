/** Curves of resident memory: a broker is filled step by step, then everybody leaves, and it is watched. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerProcess } from '../broker-process.ts';
import type { Broker } from '../broker.ts';
import { residentKib } from '../process-usage.ts';
import { FILLINGS } from './filling.ts';

export interface MemoryPoint {
  readonly count: number;
  readonly residentKib: number;
}

export interface MemoryResult {
  readonly filling: string;
  readonly broker: string;
  /** Of the broker that has just started. */
  readonly startKib: number;
  /** With the clients that are needed to fill it, and nothing filled. */
  readonly emptyKib: number;
  readonly points: readonly MemoryPoint[];
  /** After all have left, and how long it took to be within a tenth of the start; null if that did not come. */
  readonly leftKib: number;
  readonly leftSeconds: number | null;
}

/** How long a broker may settle before its memory is read. */
const SETTLE_MS = 2000;
/** How long the broker is watched after all have left. */
const WATCH_SECONDS = 60;
/** As near to the start as this counts as back. */
const BACK = 1.1;

/** Fills a broker; undefined where resident memory cannot be read. */
export async function measureMemory(broker: Broker, name: string): Promise<MemoryResult | undefined> {
  await using running = await BrokerProcess.listening(broker);
  const startKib = await settled(running.pid);
  if (startKib === null) return undefined;
  const filling = await FILLINGS[name]!.prepare(running.port);
  const emptyKib = (await settled(running.pid)) ?? 0;
  const points: MemoryPoint[] = [];
  let filled = 0;
  for (const count of FILLINGS[name]!.counts) {
    await filling.grow(filled, count);
    filled = count;
    points.push({ count, residentKib: (await settled(running.pid)) ?? 0 });
  }
  await filling.leave();
  return {
    filling: name,
    broker: broker.name,
    startKib,
    emptyKib,
    points,
    ...(await watch(running.pid, startKib)),
  };
}

async function settled(pid: number): Promise<number | null> {
  await sleep(SETTLE_MS);
  return residentKib(pid);
}

async function watch(pid: number, startKib: number): Promise<Pick<MemoryResult, 'leftKib' | 'leftSeconds'>> {
  for (let seconds = 1; seconds <= WATCH_SECONDS; seconds++) {
    await sleep(1000);
    const leftKib = residentKib(pid) ?? 0;
    if (leftKib <= startKib * BACK) return { leftKib, leftSeconds: seconds };
  }
  return { leftKib: residentKib(pid) ?? 0, leftSeconds: null };
}

/** Bytes for each of the most that were held. */
export function bytesEach({ emptyKib, points }: MemoryResult): number {
  const last = points.at(-1)!;
  return ((last.residentKib - emptyKib) * 1024) / last.count;
}
