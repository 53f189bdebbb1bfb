/** `$SYS/broker/…`: what the broker tells of itself. */
import { utf8Bytes } from '../protocol/bytes.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Broker } from './broker.ts';
import type { Counters } from './counters.ts';
import { Load, LOAD_SPANS } from './load.ts';
import { Message } from './message.ts';

const PREFIX = '$SYS/broker/';

/** What a metric is read from. */
interface Sources {
  readonly broker: Broker;
  readonly counters: Counters;
  readonly heapBytes: number;
}

type Metric = readonly [topic: string, read: (from: Sources) => number];

const connected = ({ broker }: Sources): number => broker.connections.size;
const total = ({ broker }: Sources): number => broker.sessions.count;
/** More sockets than known clients is no reason to count below zero, as Mosquitto does. */
const disconnected = (from: Sources): number => Math.max(0, total(from) - connected(from));
const storedCount = ({ broker }: Sources): number => broker.stored.count;

/** Every metric in the order of publication. Those named `maximum` only ever rise. */
const METRICS: readonly Metric[] = [
  ['clients/total', total],
  ['clients/maximum', total],
  ['clients/disconnected', disconnected],
  ['clients/inactive', disconnected],
  ['clients/connected', connected],
  ['clients/active', connected],
  ['clients/expired', ({ counters }) => counters.expired],
  ['messages/stored', storedCount],
  ['store/messages/count', storedCount],
  ['store/messages/bytes', ({ broker }) => broker.stored.bytes],
  ['subscriptions/count', ({ broker }) => broker.subscriptionCount],
  ['shared_subscriptions/count', ({ broker }) => broker.shared.count],
  ['retained messages/count', ({ broker }) => broker.retained.count],
  ['heap/current', ({ heapBytes }) => heapBytes],
  ['heap/maximum', ({ heapBytes }) => heapBytes],
  ['messages/received', ({ counters }) => counters.packetsReceived],
  ['messages/sent', ({ counters }) => counters.packetsSent],
  ['bytes/received', ({ counters }) => counters.bytesReceived],
  ['bytes/sent', ({ counters }) => counters.bytesSent],
  ['publish/bytes/received', ({ counters }) => counters.publishBytesReceived],
  ['publish/bytes/sent', ({ counters }) => counters.publishBytesSent],
  ['packet/out/count', ({ broker }) => broker.unsent().frames],
  ['packet/out/bytes', ({ broker }) => broker.unsent().bytes],
  ['connections/socket/count', ({ counters }) => counters.sockets],
  ['publish/messages/dropped', ({ counters }) => counters.publishDropped],
  ['publish/messages/received', ({ counters }) => counters.publishReceived],
  ['publish/messages/sent', ({ counters }) => counters.publishSent],
];

type LoadSource = readonly [topic: string, read: (counters: Counters) => number];

const LOADS: readonly LoadSource[] = [
  ['load/messages/received', (counters) => counters.packetsReceived],
  ['load/messages/sent', (counters) => counters.packetsSent],
  ['load/publish/dropped', (counters) => counters.publishDropped],
  ['load/publish/received', (counters) => counters.publishReceived],
  ['load/publish/sent', (counters) => counters.publishSent],
  ['load/bytes/received', (counters) => counters.bytesReceived],
  ['load/bytes/sent', (counters) => counters.bytesSent],
  ['load/sockets', (counters) => counters.sockets],
  ['load/connections', (counters) => counters.connects],
];

/** Publishes the topics at the start and then at each whole multiple of `sys_interval`; changed ones only. */
export class SystemTopics {
  readonly #broker: Broker;
  readonly #version: string;
  readonly #heapBytes: () => number;
  readonly #published = new Map<string, string>();
  readonly #highest = new Map<string, number>();
  readonly #loads: readonly Load[] = LOADS.map(() => new Load());
  readonly #startedAt: number;
  #updatedAt: number;
  /** The second of the last update; 0 before the first. */
  #lastSecond = 0;

  constructor(broker: Broker, version: string, heapBytes: () => number) {
    this.#broker = broker;
    this.#version = version;
    this.#heapBytes = heapBytes;
    this.#startedAt = broker.now;
    this.#updatedAt = broker.now;
  }

  /** Called once a second or so. */
  tick(now: number): void {
    const { sysInterval } = this.#broker.settings;
    if (sysInterval === 0) return;
    const second = Math.floor(now / 1000);
    const first = this.#lastSecond === 0;
    // A tick may come late, so what counts is whether a multiple has passed since the last update
    if (!first && Math.floor(second / sysInterval) === Math.floor(this.#lastSecond / sysInterval)) return;
    this.#lastSecond = second;
    if (first) this.#publish('version', this.#version);
    this.#publish('uptime', `${Math.floor((now - this.#startedAt) / 1000)} seconds`);
    if (first) this.#publishMetrics();
    this.#publishLoads(now);
    if (!first) this.#publishMetrics();
  }

  #publishMetrics(): void {
    const { counters } = this.#broker;
    const from: Sources = { broker: this.#broker, counters, heapBytes: this.#heapBytes() };
    // All are read before the first is published, so that one update tells of one moment
    const values = METRICS.map(([topic, read]) => [topic, read(from)] as const);
    for (const [topic, value] of values) {
      this.#publish(topic, String(topic.endsWith('/maximum') ? this.#rise(topic, value) : value));
    }
  }

  #publishLoads(now: number): void {
    const seconds = (now - this.#updatedAt) / 1000;
    this.#updatedAt = now;
    for (const [at, [topic, read]] of LOADS.entries()) {
      const load = this.#loads[at]!;
      if (seconds > 0) load.update(read(this.#broker.counters), seconds);
      for (const [span, [name]] of LOAD_SPANS.entries())
        this.#publish(`${topic}/${name}`, load.values[span]!.toFixed(2));
    }
  }

  #rise(topic: string, value: number): number {
    const highest = Math.max(value, this.#highest.get(topic) ?? 0);
    this.#highest.set(topic, highest);
    return highest;
  }

  #publish(name: string, text: string): void {
    if (this.#published.get(name) === text) return;
    this.#published.set(name, text);
    this.#broker.publish(
      new Message({
        topic: PREFIX + name,
        payload: utf8Bytes(text),
        qos: 2,
        retain: this.#broker.settings.retainAvailable,
        properties: NO_PROPERTIES,
        expiresAt: 0,
        publisher: '',
      }),
    );
  }
}
