/** Packets no sane client sends, in any order: nothing throws, what goes out is valid MQTT, and nothing is left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BrokerSettings, ListenerSettings } from '../../src/broker/limits.ts';
import type { Message } from '../../src/broker/message.ts';
import type { Ack, Connect, Packet } from '../../src/protocol/packet.ts';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import type { Properties } from '../../src/protocol/properties.ts';
import type { Client } from '../broker/client.ts';
import { Rig } from '../broker/rig.ts';

const byte = fc.constantFrom(0, 0, 0, 0x04, 0x10, 0x18, 0x19, 0x80, 0x87, 0x92);
const packetId = fc.integer({ min: 1, max: 4 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const payload = fc.constantFrom('', 'x', 'x'.repeat(40)).map(utf8Bytes);
const topic = fc.constantFrom(
  'a',
  'a',
  'a/b',
  'site/a',
  'site/',
  '',
  '$SYS/a',
  '$share/g/a',
  '/'.repeat(201),
);
const filter = fc.constantFrom(
  'a',
  'a/+',
  '#',
  '$share/g/a',
  '$share/g/#',
  '$share/h/+',
  '$SYS/#',
  '+a',
  '$share//a',
);

/** Each property now and then; those of all packets, as the encoder writes what it is given. */
function some(model: {
  readonly [K in keyof Properties]?: fc.Arbitrary<Properties[K]>;
}): fc.Arbitrary<Properties> {
  return fc.record(model as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [],
  }) as fc.Arbitrary<Properties>;
}

const connect: fc.Arbitrary<Packet> = fc
  .record({
    version: fc.constantFrom(3 as const, 4 as const, 5 as const),
    bridge: fc.boolean(),
    clientId: fc.constantFrom('a', 'a', 'b', 'c', ''),
    cleanStart: fc.boolean(),
    keepAliveSeconds: fc.constantFrom(0, 1, 100),
    will: fc.option(
      fc.record({
        topic,
        payload,
        qos,
        retain: fc.boolean(),
        properties: some({
          willDelayInterval: fc.constantFrom(0, 3),
          messageExpiryInterval: fc.constantFrom(0, 2),
          responseTopic: fc.constantFrom('r', 'r/#'),
        }),
      }),
    ),
    properties: some({
      sessionExpiryInterval: fc.constantFrom(0, 5, 0xffff_ffff),
      receiveMaximum: fc.constantFrom(1, 2),
      maximumPacketSize: fc.constantFrom(30, 60),
      topicAliasMaximum: fc.constantFrom(0, 2),
      authenticationMethod: fc.constantFrom('TEST', 'OTHER'),
    }),
  })
  .map(({ will, bridge, ...rest }): Connect => ({
    type: 'connect',
    ...rest,
    bridge: bridge && rest.version !== 5,
    ...(will !== null && { will }),
  }));

const publish: fc.Arbitrary<Packet> = fc.record({
  type: fc.constant('publish' as const),
  topic,
  payload,
  qos,
  retain: fc.boolean(),
  dup: fc.boolean(),
  packetId,
  properties: some({
    topicAlias: fc.constantFrom(0, 1, 2, 11),
    messageExpiryInterval: fc.constantFrom(0, 2, 100),
    responseTopic: fc.constantFrom('r', '+'),
    subscriptionIdentifiers: fc.constant([1]),
    userProperties: fc.constant([['k', 'v']] as const),
  }),
});

const ack: fc.Arbitrary<Packet> = fc.record({
  type: fc.constantFrom<Ack['type']>('puback', 'pubrec', 'pubrel', 'pubcomp'),
  packetId,
  reasonCode: byte,
  properties: fc.constant({}),
});

const subscribe: fc.Arbitrary<Packet> = fc.record({
  type: fc.constant('subscribe' as const),
  packetId,
  subscriptions: fc.array(
    fc.record({
      filter,
      qos,
      noLocal: fc.boolean(),
      retainAsPublished: fc.boolean(),
      retainHandling: fc.constantFrom(0 as const, 1 as const, 2 as const),
    }),
    { maxLength: 3 },
  ),
  properties: some({ subscriptionIdentifiers: fc.constantFrom([1], [268_435_455]) }),
});

const packet: fc.Arbitrary<Packet> = fc.oneof(
  { weight: 4, arbitrary: connect },
  { weight: 8, arbitrary: publish },
  { weight: 8, arbitrary: ack },
  { weight: 5, arbitrary: subscribe },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('unsubscribe' as const),
      packetId,
      filters: fc.array(filter, { maxLength: 2 }),
      properties: fc.constant({}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('disconnect' as const),
      reasonCode: byte,
      properties: some({ sessionExpiryInterval: fc.constantFrom(0, 5) }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('auth' as const),
      reasonCode: byte,
      properties: some({
        authenticationMethod: fc.constantFrom('TEST', 'OTHER'),
        authenticationData: fc.constantFrom('x', 'sesame').map(utf8Bytes),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Packet>({ type: 'pingreq' }, { type: 'pingresp' }) },
);

/** What a step does to the world. */
type Step = readonly [name: string, run: (chaos: Chaos) => void];

class Chaos {
  readonly rig: Rig;
  readonly clients: Client[] = [];

  constructor(settings: Partial<BrokerSettings>, listener: Partial<ListenerSettings>) {
    this.rig = new Rig({ settings, listener, log: false });
    for (let i = 0; i < 3; i++) this.clients.push(this.rig.open());
  }

  /** The client, with a connection that is open. */
  client(at: number): Client {
    const client = this.clients[at]!;
    return client.closed ? (this.clients[at] = this.rig.open()) : client;
  }

  send(at: number, sent: Packet): void {
    const client = this.client(at);
    if (sent.type === 'connect' && client.packets.length === 0) client.wire.version = sent.version;
    client.send(sent);
  }

  check(): void {
    const { broker, listener } = this.rig;
    const open = this.clients.filter(({ closed }) => !closed).length;
    assert.deepEqual([broker.connections.size, listener.connections], [open, open]);
    const held = new Set<Message>();
    for (const root of ['#', '$SYS/#'])
      for (const message of broker.retained.match(root, -Infinity)) held.add(message);
    let inbound = 0;
    for (const { outbound, inbound: received } of broker.sessions.values()) {
      for (const { message } of outbound.unfinished()) held.add(message);
      inbound += received.size;
    }
    assert.equal(broker.stored.count, held.size + inbound);
  }

  /** Everybody goes for good: nothing of them is left. */
  async finish(): Promise<void> {
    const { rig } = this;
    const { broker } = rig;
    rig.access.prompt();
    rig.access.verdict = undefined;
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
    retained.sweep(Infinity);
    for (const message of retained.match('#', 0)) rig.publish(message.topic, '', { retain: true });
    assert.deepEqual([stored.count, stored.bytes, retained.count], [0, 0, 0]);
  }
}

const who = fc.nat(2);
const verb = fc.constantFrom('connect' as const, 'step' as const, 'publish' as const, 'subscribe' as const);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(who, packet)
      .map(([at, sent]): Step => [`${at} sends ${JSON.stringify(sent)}`, (chaos) => chaos.send(at, sent)]),
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
  const numRuns = 300 * Number(process.env.ZANZARA_RUNS ?? 1);
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
    { numRuns },
  );
});
