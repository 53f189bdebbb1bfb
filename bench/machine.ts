/** What was measured on: without it no figure means anything. */
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { PINNED } from './cores.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  /** Whether broker and load each had a core. */
  readonly pinned: boolean;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    pinned: PINNED,
  };
}

/** The machine in one sentence. */
export function describe({ cpu, cores, memoryGib, system, node, pinned }: Machine): string {
  const where = pinned ? 'broker on core 0, load on core 1' : 'broker and load wherever the system put them';
  return `${cpu}, ${cores} cores, ${memoryGib} GiB; ${system}; Node ${node}; ${where}.`;
}
