/** The workload of connections: clients that connect, are accepted, say DISCONNECT and see the broker close. */
import { Meter } from '../../src/cli/bench/meter.ts';
import { visit } from '../../src/cli/bench/visit.ts';
import type { ConnectWorkload, Job, LoadResult } from '../workload.ts';
import { local } from './local.ts';
import { measure } from './measure.ts';

export async function runConnects(job: Job<ConnectWorkload>): Promise<LoadResult> {
  const meter = new Meter();
  const turnstile = { open: true };
  const lanes = Array.from({ length: job.workload.concurrency }, (_, lane) =>
    comeAndGo(job.port, lane, meter, turnstile),
  );
  const count = (): number => meter.deliveries;
  const figures = await Promise.race([
    measure(job, meter, { deliveries: count, published: count }),
    Promise.all(lanes).then(() => Promise.reject(new Error('The clients have gone.'))),
  ]);
  turnstile.open = false;
  await Promise.all(lanes);
  return { ...figures, lost: 0 };
}

async function comeAndGo(
  port: number,
  lane: number,
  meter: Meter,
  turnstile: { readonly open: boolean },
): Promise<void> {
  while (turnstile.open) await visit(local(port), `bench-c${lane}`, meter);
}
