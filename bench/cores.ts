/** Which core a process runs on, where that can be said. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Whether the broker gets core 0 for itself and the load core 1: on Linux with two cores and `taskset`. */
export const PINNED: boolean = process.platform === 'linux' && availableParallelism() > 1 && hasTaskset();

const CORES = { broker: '0', load: '1' } as const;

/** The command that runs another one on its core. */
export function onCoreOf(role: keyof typeof CORES, command: readonly string[]): readonly string[] {
  return PINNED ? ['taskset', '-c', CORES[role], ...command] : command;
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
