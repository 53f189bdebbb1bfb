/** What a broker's memory is filled with, and how it is emptied again. */
import { CONNACK, connectFrame, publishFrame } from '../../src/cli/bench/frames.ts';
import { leaveOrderly, Link, openClient, openClients, subscribe } from '../../src/cli/bench/link.ts';
import { Meter } from '../../src/cli/bench/meter.ts';
import { AnsweringSubscriber, Answers, FrameReader } from '../../src/cli/bench/subscriber.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { local } from '../load/local.ts';

/** A broker being filled. */
export interface Growing {
  /** From so many things held to so many. Resolves when the broker has them. */
  grow(from: number, to: number): Promise<void>;
  /** Everybody takes back what was theirs, and leaves. */
  leave(): Promise<void>;
}

export interface Filling {
  /** The thing that is counted. */
  readonly each: string;
  readonly counts: readonly number[];
  prepare(port: number): Promise<Growing>;
}

/** PINGREQ, and the packet type of its answer. */
const PINGREQ_FRAME = Buffer.of(0xc0, 0);
const PINGRESP = 13;

const HUNDRED_THOUSAND = [100, 1000, 10_000, 100_000];
const PAYLOAD = Buffer.alloc(64, 'x');
const NOTHING = Buffer.alloc(0);
/** Clients that share subscriptions, or queues, among them. */
const HOLDERS = 100;
/** Messages between two looks at whether the broker keeps up. */
const BATCH = 1000;
/** How long queued messages may take to come, milliseconds. */
const PATIENCE_MS = 30_000;

export const FILLINGS: Readonly<Record<string, Filling>> = {
  retained: { each: 'retained message of 64 bytes', counts: HUNDRED_THOUSAND, prepare: fillRetained },
  subscriptions: { each: 'subscription', counts: HUNDRED_THOUSAND, prepare: fillSubscriptions },
  connections: { each: 'idle connection', counts: [10, 100, 1000, 10_000], prepare: fillConnections },
  queued: { each: 'queued message of 64 bytes at QoS 1', counts: HUNDRED_THOUSAND, prepare: fillQueues },
};

async function fillRetained(port: number): Promise<Growing> {
  const link = await openClient(local(port), 'bench-retained');
  let held = 0;
  return {
    grow: async (from, to) => {
      await send(link, from, to, retainedFrame(PAYLOAD));
      held = to;
    },
    leave: async () => {
      await send(link, 0, held, retainedFrame(NOTHING));
      link.close();
    },
  };
}

function retainedFrame(payload: Buffer): (index: number) => Buffer {
  return (index) => publishFrame(`bench/retained/${padded(index)}`, 0, payload, true);
}

async function fillSubscriptions(port: number): Promise<Growing> {
  const links = await openClients(local(port), holders('bench-subscriber'));
  return {
    grow: async (from, to) => {
      const each = (to - from) / HOLDERS;
      for (const [i, link] of links.entries()) {
        const first = from + i * each;
        for (let at = first; at < first + each; at += 100)
          await subscribe(link, filters(at, Math.min(at + 100, first + each)), 0);
      }
    },
    leave: () => closeAll(links),
  };
}

async function fillConnections(port: number): Promise<Growing> {
  const links: Link[] = [];
  return {
    grow: async (from, to) => {
      const ids = Array.from({ length: to - from }, (_, i) => `bench-idle-${from + i}`);
      links.push(...(await openClients(local(port), ids)));
    },
    leave: () => closeAll(links),
  };
}

/** Clients that are away while messages for them come, and then fetch all and forget their sessions. */
async function fillQueues(port: number): Promise<Growing> {
  const ids = holders('bench-away');
  const away = await openClients(local(port), ids, false);
  for (const [i, link] of away.entries()) await subscribe(link, [queueTopic(i)], 1);
  await Promise.all(away.map(leaveOrderly));
  const publisher = await openClient(local(port), 'bench-queue');
  let queued = 0;
  return {
    grow: async (from, to) => {
      await send(publisher, from, to, queueFrame);
      queued = to;
    },
    leave: async () => {
      await fetchAll(port, ids, queued);
      for (const link of await openClients(local(port), ids)) await leaveOrderly(link);
      await leaveOrderly(publisher);
    },
  };
}

/** The clients come back, and acknowledge what waited for them. */
async function fetchAll(port: number, ids: readonly string[], expected: number): Promise<void> {
  const meter = new Meter();
  const links = ids.map((id) => {
    const link = new Link(local(port));
    const subscriber = new AnsweringSubscriber(meter, new Answers(link), PAYLOAD.length);
    link.receive = (bytes, length) => afterConnack(bytes, length, link, subscriber);
    link.write(connectFrame(id, false));
    return link;
  });
  const deadline = performance.now() + PATIENCE_MS;
  while (meter.deliveries < expected && performance.now() < deadline) await sleep(20);
  if (meter.deliveries < expected)
    process.stderr.write(`\nOnly ${meter.deliveries} of ${expected} queued messages came.\n`);
  await Promise.all(links.map(leaveOrderly));
}

/** Messages may follow the CONNACK in the same chunk. */
function afterConnack(bytes: Buffer, length: number, link: Link, subscriber: AnsweringSubscriber): void {
  if (bytes[0]! >> 4 !== CONNACK || bytes[3] !== 0)
    throw new Error('The broker refused a client that came back.');
  link.receive = subscriber.receive;
  if (length > 4) subscriber.receive(bytes.subarray(4), length - 4);
}

/** Sends a frame for each index, and waits after each batch until the broker has handled it. */
async function send(link: Link, from: number, to: number, frame: (index: number) => Buffer): Promise<void> {
  for (let at = from; at < to; at += BATCH) {
    const count = Math.min(BATCH, to - at);
    link.write(Buffer.concat(Array.from({ length: count }, (_, i) => frame(at + i))));
    await handled(link);
  }
}

/** Packets are handled in order, so an answer to PINGREQ means that what came before is done. */
function handled(link: Link): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const reader = new FrameReader((bytes, start) => {
    if (bytes[start]! >> 4 === PINGRESP) resolve();
  });
  link.lost = reject;
  link.receive = (bytes, length) => reader.push(bytes, length);
  link.write(PINGREQ_FRAME);
  return promise;
}

async function closeAll(links: readonly Link[]): Promise<void> {
  for (const link of links) link.close();
  await Promise.all(links.map(({ closed }) => closed));
}

function holders(name: string): string[] {
  return Array.from({ length: HOLDERS }, (_, i) => `${name}-${i}`);
}

function filters(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `bench/subscription/${padded(from + i)}`);
}

function queueTopic(holder: number): string {
  return `bench/queue/${padded(holder)}`;
}

/** A message for each holder in turn. */
function queueFrame(index: number): Buffer {
  const frame = publishFrame(queueTopic(index % HOLDERS), 1, PAYLOAD);
  frame.writeUInt16BE((index % 65_535) + 1, frame.length - PAYLOAD.length - 2);
  return frame;
}

function padded(index: number): string {
  return String(index).padStart(7, '0');
}
