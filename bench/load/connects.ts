/** The workload of connections: clients that connect, are accepted, say DISCONNECT and see the broker close. */
import type { ConnectWorkload, Job, LoadResult } from '../workload.ts';
import { CONNACK, connectFrame, DISCONNECT_FRAME } from './frames.ts';
import { Link } from './link.ts';
import { measure } from './measure.ts';
import { Meter } from './meter.ts';

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

/** One after the other. The broker closes first, so the ports of the clients are free again at once. */
async function comeAndGo(
  port: number,
  lane: number,
  meter: Meter,
  turnstile: { readonly open: boolean },
): Promise<void> {
  const frame = connectFrame(`bench-c${lane}`);
  while (turnstile.open) {
    const startedAt = performance.now();
    const link = new Link(port);
    link.write(frame);
    await link.reply(CONNACK);
    meter.took(performance.now() - startedAt);
    link.expectEnd();
    link.write(DISCONNECT_FRAME);
    await link.closed;
    meter.deliveries++;
  }
}
