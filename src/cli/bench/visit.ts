/** Clients that connect, are accepted, say DISCONNECT and see the broker close, one after the other. */
import { CONNACK, connectFrame, DISCONNECT_FRAME } from './frames.ts';
import { Link } from './link.ts';
import type { Target } from './link.ts';
import type { Meter } from './meter.ts';

/**
 * One visit; the time to CONNACK goes to the meter. The broker closes first, so that the port of the client is free
 * again at once.
 */
export async function visit(target: Target, clientId: string, meter: Meter): Promise<void> {
  const startedAt = performance.now();
  const link = new Link(target);
  try {
    link.write(connectFrame(clientId, true, target.login));
    await link.reply(CONNACK);
  } catch (error) {
    link.close();
    throw error;
  }
  meter.took(performance.now() - startedAt);
  link.expectEnd();
  link.write(DISCONNECT_FRAME);
  await link.closed;
  meter.deliveries++;
}
