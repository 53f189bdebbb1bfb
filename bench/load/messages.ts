/** The workload of messages: publishers as far ahead of the deliveries as the window lets them, or on a clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, LoadResult, MessageWorkload } from '../workload.ts';
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
/** How long deliveries may be under way after the last message, milliseconds. */
const STRAGGLERS_MS = 3000;

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
  const { filter } = PATTERNS[workload.pattern];
  const { frameBytes } = new FrameRing({ ...workload, topics: 1 }, 0);
  for (const [i, link] of links.entries()) {
    await subscribe(link, [filter(i, workload)], workload.qos);
    follow(link, workload, meter, frameBytes);
  }
}

function follow(link: Link, { qos, payloadBytes, messagesPerSecond }: MessageWorkload, meter: Meter, frameBytes: number): void {
  const every = messagesPerSecond > 0 ? 1 : SAMPLE_EVERY;
  const subscriber =
    qos === 0 ? new FrameCounter(meter, frameBytes, payloadBytes, every) : new AnsweringSubscriber(meter, link, payloadBytes);
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

/** Makes the publishers publish. */
class Drive {
  readonly #workload: MessageWorkload;
  readonly #publishers: readonly Publisher[];
  readonly #meter: Meter;
  readonly #deliveriesEach: number;
  #stopped = false;
  #scheduled = false;
  #paced = 0;
  #startedAt = 0;

  constructor(workload: MessageWorkload, publishers: readonly Publisher[], meter: Meter) {
    this.#workload = workload;
    this.#publishers = publishers;
    this.#meter = meter;
    this.#deliveriesEach = PATTERNS[workload.pattern].deliveries(workload);
  }

  get sent(): number {
    return this.#publishers.reduce((sum, { sent }) => sum + sent, 0);
  }

  start(): void {
    this.#startedAt = performance.now();
    if (this.#workload.messagesPerSecond > 0) setImmediate(this.#pace);
    else {
      this.#meter.moved = this.#schedule;
      this.#pump();
    }
  }

  /** Publishes no more, waits for what is under way, and gives how many deliveries did not come. */
  async stop(): Promise<number> {
    this.#stopped = true;
    const deadline = performance.now() + STRAGGLERS_MS;
    const missing = (): number => Math.round(this.sent * this.#deliveriesEach - this.#meter.deliveries);
    while (missing() > 0 && performance.now() < deadline) await sleep(10);
    return missing();
  }

  /** Once for all that was read together. */
  readonly #schedule = (): void => {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(this.#pump);
  };

  readonly #pump = (): void => {
    this.#scheduled = false;
    if (this.#stopped) return;
    let room = this.#room();
    for (const publisher of this.#publishers) {
      if (room <= 0) return;
      room -= publisher.publish(Math.min(room, this.#workload.window - publisher.unacknowledged));
    }
  };

  /** How many messages all publishers may be further ahead of the deliveries; twice as many at QoS 1 and 2. */
  #room(): number {
    const { qos, publishers, window } = this.#workload;
    const ahead = this.sent - this.#meter.deliveries / this.#deliveriesEach;
    return Math.ceil(window * publishers * (qos === 0 ? 1 : 2) - ahead);
  }

  /** Never sleeps, so that a message leaves when it is due and not when a timer fires. */
  readonly #pace = (): void => {
    if (this.#stopped) return;
    const due = ((performance.now() - this.#startedAt) / 1000) * this.#workload.messagesPerSecond;
    for (; this.#paced < due; this.#paced++) this.#publishers[this.#paced % this.#publishers.length]!.publish(1);
    setImmediate(this.#pace);
  };
}
