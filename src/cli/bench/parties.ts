/** Those who take part in a load of messages: subscribers that are subscribed, publishers that are connected. */
import { FrameRing } from './frame-ring.ts';
import { openClients, subscribe } from './link.ts';
import type { Link, Target } from './link.ts';
import type { MessageLoad } from './message-load.ts';
import type { Meter } from './meter.ts';
import { PATTERNS } from './pattern.ts';
import { Publisher } from './publisher.ts';
import { AnsweringSubscriber, Answers, FrameCounter } from './subscriber.ts';

/** When a message is published as fast as can be, one delivery in so many is asked how long it took. */
const SAMPLE_EVERY = 16;

/** Larger frames rarely lie in a chunk as a whole, bytes: they are read one by one. */
const MOST_COUNTED_BYTES = 16 * 1024;

/** What parties are opened with. */
export interface Parties {
  readonly target: Target;
  /** How the client identifiers begin. */
  readonly name: string;
  readonly load: MessageLoad;
  readonly meter: Meter;
  /** Called when a connection ends that should not; without it, that is thrown. */
  readonly lost?: (error: Error) => void;
  /** The sessions of subscribers outlive them. */
  readonly keptSessions?: boolean;
  /** How long a subscriber takes to answer at QoS 1 and 2, milliseconds; at once without it. */
  readonly answerAfterMs?: number;
}

/** One for each topic of the pattern; they publish nothing yet. */
export async function openPublishers(parties: Parties): Promise<Publisher[]> {
  const { target, name, load, meter } = parties;
  const links = await openClients(target, ids(`${name}-p`, load.publishers));
  return links.map((link, i) => {
    watch(link, parties);
    return new Publisher(link, new FrameRing(load, i), meter);
  });
}

/** Connected and subscribed: what is published from now on reaches them. */
export async function openSubscribers(parties: Parties): Promise<Link[]> {
  const { target, name, load, keptSessions = false } = parties;
  const links = await openClients(target, ids(`${name}-s`, load.subscribers), !keptSessions);
  const { frameBytes } = new FrameRing({ ...load, topics: 1 }, 0);
  for (const [i, link] of links.entries()) {
    await subscribe(link, [PATTERNS[load.pattern].filter(i, load)], load.qos);
    watch(link, parties);
    follow(link, parties, frameBytes);
  }
  return links;
}

function ids(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`);
}

function watch(link: Link, { lost }: Parties): void {
  if (lost !== undefined) link.lost = lost;
}

function follow(link: Link, { load, meter, answerAfterMs = 0 }: Parties, frameBytes: number): void {
  const { qos, payloadBytes, messagesPerSecond } = load;
  const every = messagesPerSecond > 0 ? 1 : SAMPLE_EVERY;
  const subscriber =
    qos === 0 && frameBytes <= MOST_COUNTED_BYTES
      ? new FrameCounter(meter, frameBytes, payloadBytes, every)
      : new AnsweringSubscriber(meter, new Answers(link, answerAfterMs), payloadBytes);
  link.receive = subscriber.receive;
}
