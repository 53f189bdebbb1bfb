/** The workload of messages: clients that hold filters, subscribers, publishers, and the messages between them. */
import type { Job, LoadResult, MessageWorkload } from '../workload.ts';
import { Drive } from './drive.ts';
import { FrameRing } from './frame-ring.ts';
import { openClient, openClients, subscribe } from './link.ts';
import type { Link } from './link.ts';
import { measure } from './measure.ts';
import { Meter } from './meter.ts';
import { heldFilter, PATTERNS } from './pattern.ts';
import { Publisher } from './publisher.ts';
import { AnsweringSubscriber, FrameCounter } from './subscriber.ts';

/** When a message is published as fast as can be, one delivery in so many is asked how long it took. */
const SAMPLE_EVERY = 16;
/** Clients that hold filters besides those measured. */
const HOLDERS = 100;
const FILTERS_PER_SUBSCRIBE = 100;

export async function runMessages(job: Job<MessageWorkload>): Promise<LoadResult> {
  const { workload, port } = job;
  const meter = new Meter();
  await holdFilters(port, workload);
  await openSubscribers(port, workload, meter);
  const drive = new Drive(workload, await openPublishers(port, workload, meter), meter);
  drive.start();
  const counted = { deliveries: () => meter.deliveries, published: () => drive.sent };
  const figures = await measure(job, meter, counted);
  return { ...figures, lost: await drive.stop() };
}

async function openPublishers(port: number, workload: MessageWorkload, meter: Meter): Promise<Publisher[]> {
  const ids = Array.from({ length: workload.publishers }, (_, i) => `bench-p${i}`);
  const links = await openClients(port, ids);
  return links.map((link, i) => new Publisher(link, new FrameRing(workload, i), meter));
}

async function openSubscribers(port: number, workload: MessageWorkload, meter: Meter): Promise<void> {
  const ids = Array.from({ length: workload.subscribers }, (_, i) => `bench-s${i}`);
  const links = await openClients(port, ids);
  const pattern = PATTERNS[workload.pattern];
  const { frameBytes } = new FrameRing({ ...workload, topics: 1 }, 0);
  for (const [i, link] of links.entries()) {
    await subscribe(link, [pattern.filter(i, workload)], workload.qos);
    follow(link, workload, meter, frameBytes);
  }
}

function follow(
  link: Link,
  { qos, payloadBytes, messagesPerSecond }: MessageWorkload,
  meter: Meter,
  frameBytes: number,
): void {
  const every = messagesPerSecond > 0 ? 1 : SAMPLE_EVERY;
  const subscriber =
    qos === 0
      ? new FrameCounter(meter, frameBytes, payloadBytes, every)
      : new AnsweringSubscriber(meter, link, payloadBytes);
  link.receive = subscriber.receive;
}

/** Other clients subscribe to filters that no message matches. */
async function holdFilters(port: number, { held }: MessageWorkload): Promise<void> {
  const filters = Array.from({ length: held.count }, (_, i) => heldFilter(i, held.near));
  const each = Math.ceil(held.count / HOLDERS);
  for (let at = 0; at < filters.length; at += each) {
    const link = await openClient(port, `bench-h${at}`);
    const own = filters.slice(at, at + each);
    for (let i = 0; i < own.length; i += FILTERS_PER_SUBSCRIBE)
      await subscribe(link, own.slice(i, i + FILTERS_PER_SUBSCRIBE), 0);
  }
}
