/** The workload of messages: clients that hold filters, subscribers, publishers, and the messages between them. */
import { Drive } from '../../src/cli/bench/drive.ts';
import { leaveOrderly, openClient, subscribe } from '../../src/cli/bench/link.ts';
import { Meter } from '../../src/cli/bench/meter.ts';
import { openPublishers, openSubscribers } from '../../src/cli/bench/parties.ts';
import type { Parties } from '../../src/cli/bench/parties.ts';
import type { Publisher } from '../../src/cli/bench/publisher.ts';
import type { Job, LoadResult, MessageWorkload } from '../workload.ts';
import { local } from './local.ts';
import { measure } from './measure.ts';

/** Clients that hold filters besides those measured. */
const HOLDERS = 100;
const FILTERS_PER_SUBSCRIBE = 100;
/** How long a subscriber that is late takes to acknowledge, milliseconds. */
const LATE_MS = 20;

export async function runMessages(job: Job<MessageWorkload>): Promise<LoadResult> {
  const { workload, port } = job;
  const { presence } = workload;
  const meter = new Meter();
  await holdFilters(port, workload);
  const subscribers = await openSubscribers({
    ...parties(port, workload, meter),
    keptSessions: presence !== 'clean',
    answerAfterMs: presence === 'late' ? LATE_MS : 0,
  });
  if (presence === 'away') await Promise.all(subscribers.map(leaveOrderly));
  const publishers = await openPublishers(parties(port, workload, meter));
  const drive = new Drive(workload, publishers, meter);
  drive.start();
  if (presence === 'away') countAcknowledged(publishers, meter);
  const counted = { deliveries: () => meter.deliveries, published: () => drive.sent };
  const figures = await measure(job, meter, counted);
  return { ...figures, lost: await drive.stop() };
}

function parties(port: number, load: MessageWorkload, meter: Meter): Parties {
  return { target: local(port), name: 'bench', load, meter };
}

/** As the drive does, once it has started: it would wait for deliveries for ever. */
function countAcknowledged(publishers: readonly Publisher[], meter: Meter): void {
  const { moved } = meter;
  meter.moved = () => {
    meter.deliveries = publishers.reduce((sum, { sent, unacknowledged }) => sum + sent - unacknowledged, 0);
    moved();
  };
}

/** Other clients subscribe to filters that no message matches. */
async function holdFilters(port: number, { held }: MessageWorkload): Promise<void> {
  const filters = Array.from({ length: held.count }, (_, i) => heldFilter(i, held.near));
  const each = Math.ceil(held.count / HOLDERS);
  for (let at = 0; at < filters.length; at += each) {
    const link = await openClient(local(port), `bench-h${at}`);
    const own = filters.slice(at, at + each);
    for (let i = 0; i < own.length; i += FILTERS_PER_SUBSCRIBE)
      await subscribe(link, own.slice(i, i + FILTERS_PER_SUBSCRIBE), 0);
  }
}

/** A filter with a wildcard that matches no topic of the pattern `devices`; `near` ones fail at the last level. */
function heldFilter(index: number, near: boolean): string {
  const padded = String(index).padStart(7, '0');
  return near ? `bench/+/${padded}/other` : `elsewhere/+/${padded}/other`;
}
