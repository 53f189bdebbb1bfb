/** The processes that the benchmark starts: each ends with it, however it ends, and no others do. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process may take to end before it is killed, milliseconds. */
const PATIENCE_MS = 5000;

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };

const running = new Set<ChildProcess>();

/** Starts a process. */
export function start([command = '', ...args]: readonly string[], stdio: StdioOptions): ChildProcess {
  if (running.size === 0) watch();
  const child = spawn(command, args, { stdio });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child)); // it was never there; whoever started it is told too
  return child;
}

/** Asks a process to end, makes it end, and waits for that. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(PATIENCE_MS, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await ended;
}

let watching = false;

/** Sees to it that nothing outlives this process. */
function watch(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (const [signal, number] of Object.entries(SIGNALS))
    process.on(signal, () => process.exit(128 + number));
}
