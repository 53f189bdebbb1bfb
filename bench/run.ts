/** One run: a fresh broker, a fresh load process, one result. */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BrokerProcess } from './broker-process.ts';
import type { Broker } from './broker.ts';
import { onCoreOf } from './cores.ts';
import { start, stop } from './processes.ts';
import type { Job, LoadResult, Workload } from './workload.ts';

const LOAD = fileURLToPath(new URL('load/main.ts', import.meta.url));

export interface Duration {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** How much longer than the measured time a run may take: connecting, warming up, what is under way. Seconds. */
const SLACK_SECONDS = 180;

/** Runs a workload against a broker. Rejects when either fails, or the time is over. */
export async function run(broker: Broker, workload: Workload, duration: Duration): Promise<LoadResult> {
  await using running = await BrokerProcess.listening(broker);
  return await load({ workload, port: running.port, pid: running.pid, ...duration });
}

/** Loads a broker that runs; from a core of its own unless told otherwise. */
export async function load(
  job: Job,
  { pinned = true }: { readonly pinned?: boolean } = {},
): Promise<LoadResult> {
  const command = [process.execPath, LOAD, JSON.stringify(job)];
  const child = start(pinned ? onCoreOf('load', command) : command, ['pipe', 'pipe', 'pipe']);
  const output = Promise.all([text(child.stdout!), text(child.stderr!)]);
  try {
    const told = await Promise.race([
      output,
      sleep((job.seconds + SLACK_SECONDS) * 1000, undefined, { ref: false }),
    ]);
    if (told === undefined) throw new Error('The load did not come to an end.');
    const [result, trouble] = told;
    if (result === '') throw new Error(`The load failed: ${lastLines(trouble)}`);
    return JSON.parse(result) as LoadResult;
  } finally {
    await stop(child);
  }
}

function lastLines(trouble: string): string {
  return /^\w*Error: .*$/m.exec(trouble)?.[0] ?? trouble.trim().split('\n').slice(-5).join('\n');
}
