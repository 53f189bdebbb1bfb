/** Clients and a broker with a network between them that delays, tears apart and breaks: what must not be lost is not. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import type { ProtocolVersion, QoS } from '../../src/protocol/packet.ts';
import { Rig } from '../broker/rig.ts';
import { runs } from '../runs.ts';
import { Network } from './network.ts';

const TOPICS = ['a', 'b/c'];
/** Longer than any wait before a reconnect. */
const LONG_MS = 200;

type Step =
  | { readonly kind: 'publish'; readonly topic: number; readonly qos: QoS; readonly size: number }
  | { readonly kind: 'carry'; readonly who: number; readonly up: number; readonly down: number }
  | { readonly kind: 'cut'; readonly who: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'take'; readonly count: number };

const who = fc.nat(1);
const amount = fc.oneof(fc.nat(40), fc.constant(10_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      topic: fc.nat(TOPICS.length - 1),
      qos: fc.constantFrom<QoS>(0, 1, 2),
      size: fc.constantFrom(0, 0, 100, 700),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('carry' as const), who, up: amount, down: amount }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, LONG_MS) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.nat(6) }) },
);

const scenario = fc.record({
  versions: fc.tuple(fc.constantFrom<ProtocolVersion>(4, 5), fc.constantFrom<ProtocolVersion>(4, 5)),
  receiveMaximum: fc.constantFrom(undefined, 1, 3),
  inflight: fc.constantFrom(0, 1, 4),
  buffer: fc.constantFrom(1, 5, 1000),
  /** The server forgets its sessions: then QoS 2 may come twice, and nothing more is promised than QoS 1. */
  forgets: fc.boolean(),
  steps: fc.array(step, { minLength: 10, maxLength: 200, size: 'max' }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly rig: Rig = new Rig({ log: false, settings: { maxInflightMessages: 5 } });
  readonly networks: readonly Network[] = [new Network(this.rig), new Network(this.rig)];
  readonly publisher: Client;
  readonly subscriber: Client;
  /** What was published at each QoS: numbers, by topic. */
  readonly published: Map<number, { readonly topic: string; readonly qos: QoS }> = new Map();
  readonly received: { readonly number: number; readonly topic: string; readonly qos: QoS }[] = [];
  readonly done: Set<number> = new Set();
  readonly #scenario: Scenario;
  #credit = 0;
  #waker: (() => void) | undefined;

  constructor(given: Scenario) {
    this.#scenario = given;
    const [publisher, subscriber] = given.versions.map((version, at) => this.#client(version, at));
    this.publisher = publisher!;
    this.subscriber = subscriber!;
  }

  #client(version: ProtocolVersion, at: number): Client {
    const { receiveMaximum, inflight, forgets } = this.#scenario;
    const options: ClientOptions = {
      version,
      clientId: `client-${at}`,
      cleanStart: version === 5 || forgets,
      keepAlive: 0,
      inflight,
      reconnect: { minimum: 20, maximum: LONG_MS },
      connectTimeout: 60_000,
      queue: 10_000,
      ...(version === 5 && {
        properties: {
          sessionExpiryInterval: forgets ? 0 : 10_000,
          ...(receiveMaximum !== undefined && { receiveMaximum }),
        },
      }),
    };
    return new Client(this.networks[at]!.open, options);
  }

  async start(): Promise<void> {
    const started = [this.publisher.start(), this.subscriber.start()];
    await this.#calm(5);
    await Promise.all(started);
    const subscribed = this.subscriber.subscribe(TOPICS, { qos: 2, buffer: this.#scenario.buffer });
    await this.#calm(5);
    void this.#read(await subscribed);
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'publish':
        this.#publish(TOPICS[next.topic]!, next.qos, next.size);
        break;
      case 'carry':
        this.networks[next.who]!.carry(next.up, next.down);
        break;
      case 'cut':
        this.networks[next.who]!.cut();
        break;
      case 'wait':
        this.wait(next.ms);
        break;
      case 'take':
        this.allow(next.count);
        break;
    }
    await turn();
  }

  /** The subscriber may take so many messages more. */
  allow(count: number): void {
    this.#credit += count;
    this.#waker?.();
  }

  wait(ms: number): void {
    mock.timers.tick(ms);
    this.rig.advance(ms);
  }

  /** The network is whole again, and everything comes to its end. */
  async heal(): Promise<void> {
    this.allow(Infinity);
    for (let round = 0; round < 400 && !this.#isQuiet(); round++) {
      if (round % 10 === 0) this.wait(LONG_MS);
      await this.#calm(1);
    }
    await this.#calm(20);
  }

  /** Of QoS 1 some may have come twice, while others are still to come. */
  #isQuiet(): boolean {
    const arrived = new Set(this.received.map(({ number }) => number));
    return this.publisher.unfinished === 0 && arrived.size >= this.published.size;
  }

  async #calm(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const network of this.networks) network.carry();
      await turn();
    }
  }

  #publish(topic: string, qos: QoS, size: number): void {
    const number = this.published.size;
    this.published.set(number, { topic, qos });
    void this.publisher
      .publish(topic, `${number} ${'x'.repeat(size)}`, { qos })
      .then(() => this.done.add(number));
  }

  async #read(messages: AsyncIterable<{ text(): string; topic: string; qos: QoS }>): Promise<void> {
    for await (const message of messages) {
      while (this.#credit <= 0)
        await new Promise<void>((resolve) => {
          this.#waker = resolve;
        });
      this.#credit--;
      const number = Number(message.text().split(' ')[0]);
      this.received.push({ number, topic: message.topic, qos: message.qos });
    }
  }

  async close(): Promise<void> {
    const closing = [this.publisher.close(), this.subscriber.close()];
    await this.#calm(10);
    await Promise.all(closing);
  }
}

/** Nothing is lost, nothing comes too often, nothing overtakes. */
function judge({ published, received, done }: World, forgets: boolean): void {
  const times = new Map<number, number>();
  for (const { number } of received) times.set(number, (times.get(number) ?? 0) + 1);
  for (const [number, { topic, qos }] of published) {
    assert.ok(done.has(number), `message ${number} of QoS ${qos} was never done`);
    const count = times.get(number) ?? 0;
    if (qos === 0) assert.ok(count <= 1, `message ${number} of QoS 0 came ${count} times`);
    if (qos === 2 && !forgets) assert.equal(count, 1, `message ${number} of QoS 2 on ${topic}`);
    if (qos === 1 && !forgets) assert.ok(count >= 1, `message ${number} of QoS 1 on ${topic}`);
  }
  for (const topic of TOPICS)
    for (const qos of [0, 1, 2]) {
      const numbers = received
        .filter((one) => one.topic === topic && one.qos === qos)
        .map(({ number }) => number);
      const first = [...new Set(numbers)];
      assert.deepEqual(
        first,
        first.toSorted((a, b) => a - b),
        `order of QoS ${qos} on ${topic}`,
      );
    }
}

test('no QoS 1 is lost, no QoS 2 is lost or comes twice, and topics keep their order', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const world = new World(given);
        await world.start();
        for (const next of given.steps) await world.take(next);
        await world.heal();
        judge(world, given.forgets);
        await world.close();
        assert.equal(world.rig.broker.connections.size, 0);
      }),
      runs('client over a bad network', 60),
    );
  } finally {
    mock.timers.reset();
  }
});
