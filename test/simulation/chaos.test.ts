/** Packets no sane client sends, in any order: nothing throws, what goes out is valid MQTT, and nothing is left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../runs.ts';
import type { BrokerSettings, ListenerSettings } from '../../src/broker/limits.ts';
import type { Message } from '../../src/broker/message.ts';
import type { Connect, Packet } from '../../src/protocol/packet.ts';
import type { Client } from '../broker/client.ts';
import { Rig } from '../broker/rig.ts';
import { connect, packet } from './packets.ts';

/** What a step does to the world. */
type Step = readonly [name: string, run: (chaos: Chaos) => void];

class Chaos {
  readonly rig: Rig;
  readonly clients: Client[] = [];
  /** Connections whose version is known. */
  readonly #named = new Set<Client>();

  constructor(settings: Partial<BrokerSettings>, listener: Partial<ListenerSettings>) {
    this.rig = new Rig({ settings, listener, log: false });
    for (let i = 0; i < 3; i++) this.clients.push(this.rig.open());
  }

  /** The client, with a connection that is open. */
  client(at: number): Client {
    const client = this.clients[at]!;
    return client.closed ? (this.clients[at] = this.rig.open()) : client;
  }

  /** Sends a packet; a new connection says hello first, most of the time. */
  send(at: number, sent: Packet, hello: Connect | null): void {
    const client = this.client(at);
    if (hello !== null && !this.#named.has(client)) this.#hail(client, hello);
    if (sent.type === 'connect') this.#hail(client, sent);
    else client.send(sent);
  }

  #hail(client: Client, hello: Connect): void {
    if (!this.#named.has(client)) client.wire.version = hello.version;
    this.#named.add(client);
    client.send(hello);
  }

  check(): void {
    const { broker, listener } = this.rig;
    const open = this.clients.filter(({ closed }) => !closed).length;
    assert.deepEqual([broker.connections.size, listener.connections], [open, open]);
    const held = new Set<Message>(this.retained());
    let inbound = 0;
    for (const { outbound, inbound: received } of broker.sessions.values()) {
      for (const { message } of outbound.unfinished()) held.add(message);
      inbound += received.size;
    }
    assert.equal(broker.stored.count, held.size + inbound);
  }

  retained(): readonly Message[] {
    return [...this.rig.broker.retained.values()];
  }

  /** Everybody goes for good: nothing of them is left. */
  async finish(): Promise<void> {
    const { rig } = this;
    const { broker } = rig;
    rig.access.prompt();
    broker.settings.sysInterval = 0;
    while (rig.access.waiting > 0) {
      rig.access.answer();
      await rig.settle();
    }
    for (const client of this.clients) client.cut();
    for (const { clientId } of broker.sessions.values()) {
      rig.connect(clientId, { version: 4 }, rig.listen()).cut();
    }
    rig.advance(10_000);
    const { sessions, subscriptionCount, shared, connections, stored, retained } = broker;
    assert.deepEqual([sessions.count, subscriptionCount, shared.count, connections.size], [0, 0, 0, 0]);
    assert.equal(stored.count, retained.count);
    for (const { topic: kept } of this.retained()) rig.publish(kept, '', { retain: true });
    assert.deepEqual([stored.count, stored.bytes, retained.count], [0, 0, 0]);
  }
}

const who = fc.nat(2);
const verb = fc.constantFrom('connect' as const, 'step' as const, 'publish' as const, 'subscribe' as const);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(who, packet, fc.option(connect, { freq: 20 }))
      .map(([at, sent, hello]): Step => [
        `${at} sends ${JSON.stringify(sent)}`,
        (chaos) => chaos.send(at, sent, hello),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(who, fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([at, bytes]): Step => [
        `${at} sends ${Buffer.from(bytes).toString('hex')}`,
        (chaos) => chaos.client(at).wire.receive(Uint8Array.from(bytes)),
      ]),
  },
  { weight: 2, arbitrary: who.map((at): Step => [`${at} is cut`, (chaos) => chaos.client(at).cut()]) },
  {
    weight: 2,
    arbitrary: who.map((at): Step => [`${at} is full`, (chaos) => (chaos.client(at).wire.full = true)]),
  },
  { weight: 3, arbitrary: who.map((at): Step => [`${at} drains`, (chaos) => chaos.client(at).wire.drain()]) },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 1, max: 6 })
      .map((seconds): Step => [`${seconds} s`, (chaos) => chaos.rig.advance(seconds * 1000)]),
  },
  { weight: 1, arbitrary: verb.map((what): Step => [`hold ${what}`, ({ rig }) => rig.access.hold(what)]) },
  { weight: 1, arbitrary: fc.constant<Step>(['prompt', ({ rig }) => rig.access.prompt()]) },
  {
    weight: 4,
    arbitrary: fc.constant<Step>(['answer', ({ rig }) => rig.access.waiting > 0 && rig.access.answer()]),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Step>(['fail', ({ rig }) => rig.access.waiting > 0 && rig.access.fail()]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('publish', 'receive', 'subscribe'), fc.boolean())
      .map(([id, what, denied]): Step => [
        `${denied ? 'deny' : 'allow'} ${id} ${what} a`,
        ({ rig }) => rig.access[denied ? 'deny' : 'allow'](`${id} ${what} a`),
      ]),
  },
);

const settings = fc.record({
  allowDuplicateMessages: fc.boolean(),
  maxInflightMessages: fc.constantFrom(0, 1, 3),
  maxInflightBytes: fc.constantFrom(0, 1, 50),
  maxQueuedMessages: fc.constantFrom(0, 1, 4),
  maxQueuedBytes: fc.constantFrom(0, 10),
  queueQos0Messages: fc.boolean(),
  upgradeOutgoingQos: fc.boolean(),
  retainAvailable: fc.constantFrom(true, true, true, false),
  messageSizeLimit: fc.constantFrom(0, 0, 20),
  retainExpiryInterval: fc.constantFrom(0, 5),
  sysInterval: fc.constantFrom(0, 0, 5),
  persistentClientExpiration: fc.constantFrom(0, 4),
});
const listener = fc.record({
  mountPoint: fc.constantFrom('', '', 'site/'),
  maxQos: fc.constantFrom(2 as const, 2 as const, 1 as const),
});

test('whatever clients send, nothing throws, all that is sent is valid, and nothing is left behind', async () => {
  const steps = fc.array(step, { maxLength: 150, size: 'max' });
  await fc.assert(
    fc.asyncProperty(settings, listener, steps, async (some_, listening, all) => {
      const chaos = new Chaos(some_, listening);
      for (const [, run] of all) {
        run(chaos);
        if (chaos.rig.access.asked.length > 0) await Promise.resolve();
        chaos.check();
      }
      await chaos.finish();
    }),
    runs('chaos', 200),
  );
});
