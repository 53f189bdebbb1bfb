/** The client under servers that send anything: valid packets in senseless orders, and bytes that are almost packets. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Connack, Packet, ProtocolVersion, QoS } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { FakeServer } from '../client/fake-server.ts';
import { runs } from '../runs.ts';
import { stream } from '../vectors/arbitrary.ts';
import { BAD_VECTORS, bytes } from '../vectors/index.ts';

/** Longer than any wait of the client. */
const LONG_MS = 100_000;

/** What the program does, or the server, or the network. */
type Step =
  | { readonly kind: 'publish'; readonly qos: QoS; readonly retain: boolean }
  | { readonly kind: 'subscribe'; readonly filters: readonly string[]; readonly handled: boolean }
  | { readonly kind: 'unsubscribe' | 'take' | 'request' | 'reauthenticate' | 'drain' | 'break' }
  | { readonly kind: 'connack'; readonly connack: Partial<Connack> }
  | { readonly kind: 'answer'; readonly count: number }
  | { readonly kind: 'packets'; readonly packets: readonly Packet[] }
  | {
      readonly kind: 'damaged';
      readonly packets: readonly Packet[];
      readonly at: number;
      readonly mask: number;
    }
  | { readonly kind: 'cut'; readonly packets: readonly Packet[]; readonly at: number }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  | { readonly kind: 'wait'; readonly ms: number };

/** Identifiers that are in use, mostly. */
const packetId = fc.integer({ min: 1, max: 6 });

const acks = fc.array(
  fc.record({
    type: fc.constantFrom('puback' as const, 'pubrec' as const, 'pubrel' as const, 'pubcomp' as const),
    packetId,
    reasonCode: fc.constantFrom(0, 0, 0, 0x87, 0x10, 0x92),
    properties: fc.constant(NO_PROPERTIES),
  }),
  { minLength: 1, maxLength: 5 },
);

const publishes = fc.array(
  fc.record({
    type: fc.constant('publish' as const),
    topic: fc.constantFrom('a', 'a/b', 'c', ''),
    payload: fc.uint8Array({ maxLength: 50 }),
    qos: fc.constantFrom<QoS>(0, 1, 2),
    retain: fc.boolean(),
    dup: fc.constant(false),
    packetId,
    properties: fc.constantFrom({}, {}, { topicAlias: 1 }, { subscriptionIdentifiers: [1, 2] }),
  }),
  { minLength: 1, maxLength: 8 },
);

const answers = fc.array(
  fc.record({
    type: fc.constantFrom('suback' as const, 'unsuback' as const),
    packetId,
    reasonCodes: fc.array(fc.constantFrom(0, 1, 2, 0x80, 0x87), { maxLength: 3 }),
    properties: fc.constant(NO_PROPERTIES),
  }),
  { minLength: 1, maxLength: 3 },
);

const auths = fc.array(
  fc.record({
    type: fc.constant('auth' as const),
    reasonCode: fc.constantFrom(0x18, 0x18, 0, 0x19),
    properties: fc.constantFrom({ authenticationMethod: 'm' }, {}),
  }),
  { minLength: 1, maxLength: 3 },
);

const connack = fc.record({
  sessionPresent: fc.boolean(),
  reasonCode: fc.constantFrom(0, 0, 0, 0, 0, 0x87, 0x9c),
  properties: fc.constantFrom(
    NO_PROPERTIES,
    NO_PROPERTIES,
    { receiveMaximum: 1 },
    { maximumPacketSize: 1 },
    { maximumPacketSize: 30 },
    { maximumQoS: 0, retainAvailable: 0 },
    { wildcardSubscriptionAvailable: 0, sharedSubscriptionAvailable: 0, subscriptionIdentifierAvailable: 0 },
    { serverKeepAlive: 0, assignedClientIdentifier: 'x', topicAliasMaximum: 1 },
  ),
});

function step(version: ProtocolVersion): fc.Arbitrary<Step> {
  const any = fc.oneof(stream('server', version), stream('client', version));
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('publish' as const),
        qos: fc.constantFrom<QoS>(0, 1, 2),
        retain: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('subscribe' as const),
        filters: fc.uniqueArray(fc.constantFrom('a', 'a/#', '+', '$share/g/a'), { minLength: 1 }),
        handled: fc.boolean(),
      }),
    },
    fc.record({
      kind: fc.constantFrom(
        'unsubscribe' as const,
        'take' as const,
        'request' as const,
        'reauthenticate' as const,
        'drain' as const,
        'break' as const,
      ),
    }),
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('connack' as const), connack }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const), count: fc.nat(10) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('packets' as const),
        packets: fc.oneof(acks, publishes, answers, auths, any),
      }),
    },
    fc.record({
      kind: fc.constant('damaged' as const),
      packets: fc.oneof(publishes, answers, any),
      at: fc.nat(200),
      mask: fc.integer({ min: 1, max: 255 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), packets: any, at: fc.nat(200) }),
    fc.oneof(
      fc.record({ kind: fc.constant('raw' as const), bytes: fc.uint8Array({ maxLength: 10 }) }),
      fc.nat(BAD_VECTORS.length - 1).map((at): Step => ({ kind: 'raw', bytes: bytes(BAD_VECTORS[at]!.hex) })),
    ),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, 1000, LONG_MS) }),
  );
}

const play = fc.constantFrom<ProtocolVersion>(3, 4, 5).chain((version) =>
  fc.record({
    version: fc.constant(version),
    cleanStart: fc.boolean(),
    startOffline: fc.boolean(),
    steps: fc.array(step(version), { minLength: 1, maxLength: 60, size: 'max' }),
  }),
);

/** A program that uses everything, and what it waits for. */
class Program {
  readonly client: Client;
  readonly server: FakeServer = new FakeServer();
  readonly #version: ProtocolVersion;
  readonly #waits = new Set<string>();
  #count = 0;
  readonly #iterators: AsyncIterator<unknown>[] = [];

  constructor(version: ProtocolVersion, cleanStart: boolean, startOffline: boolean) {
    this.#version = version;
    const options: ClientOptions = {
      version,
      clientId: 'me',
      cleanStart,
      startOffline,
      reconnect: { minimum: 1, maximum: 5 },
      queue: 10,
      maximumPacketSize: 1000,
      trace: () => {},
      ...(version === 5 && { authentication: { method: 'm', challenge: async () => undefined } }),
    };
    this.client = new Client(this.server.open, options);
    this.#wait('start', this.client.start());
  }

  async take(next: Step): Promise<void> {
    const { client, server } = this;
    switch (next.kind) {
      case 'publish':
        this.#wait('publish', client.publish('a', 'some text', next));
        break;
      case 'subscribe':
        this.#subscribe(next.filters, next.handled);
        break;
      case 'unsubscribe':
        this.#wait('return', this.#iterators.shift()?.return?.());
        break;
      case 'take':
        for (const iterator of this.#iterators) this.#wait('next', iterator.next());
        break;
      case 'request':
        this.#wait('request', client.request('a', 'some text', { timeout: 100 }));
        break;
      case 'reauthenticate':
        this.#wait('reauthenticate', client.reauthenticate());
        break;
      case 'drain':
        server.last.drains();
        break;
      case 'break':
        server.last.breaks();
        break;
      case 'connack':
        this.#accept(next.connack);
        break;
      case 'wait':
        mock.timers.tick(next.ms);
        break;
      case 'answer':
        this.#answer(next.count);
        break;
      case 'packets':
      case 'damaged':
      case 'cut':
      case 'raw':
        this.#send(next);
        break;
    }
    await turn();
  }

  /** All that the program waits for comes to an end with the client. */
  async end(): Promise<void> {
    this.#wait('close', this.client.close({ drain: 10 }));
    await turn();
    mock.timers.tick(10);
    for (let turns = 0; turns < 5; turns++) await turn();
    mock.timers.tick(LONG_MS);
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.deepEqual([...this.#waits], []);
    assert.equal(this.client.unfinished, 0);
    const { length } = this.server.connections;
    mock.timers.tick(LONG_MS);
    assert.equal(this.server.connections.length, length, 'it does not come back');
    assert.ok(this.server.connections.every(({ ending }) => ending !== undefined));
  }

  #accept(answer: Partial<Connack>): void {
    const { last } = this.server;
    if (last.ending !== undefined) return;
    last.opens();
    last.version = this.#version;
    last.send({
      type: 'connack',
      sessionPresent: false,
      reasonCode: 0,
      properties: NO_PROPERTIES,
      ...answer,
    });
  }

  #subscribe(filters: readonly string[], handled: boolean): void {
    const subscribed = this.client.subscribe(filters, { qos: 2, buffer: 2 }, handled ? () => {} : undefined);
    const filed = subscribed.then((subscription) => void this.#iterators.push(subscription));
    this.#wait('subscribe', filed);
  }

  /** Sends what the step says, as the bytes it says. */
  #send(next: Extract<Step, { kind: 'packets' | 'damaged' | 'cut' | 'raw' }>): void {
    const { last } = this.server;
    last.version = this.#version;
    if (next.kind === 'raw') last.sendBytes(next.bytes);
    else {
      const whole = Buffer.concat(next.packets.map((packet) => encode(packet, this.#version)));
      if (next.kind === 'damaged' && whole.length > 0) whole[next.at % whole.length]! ^= next.mask;
      last.sendBytes(next.kind === 'cut' ? whole.subarray(0, next.at) : whole);
    }
  }

  /** The server does as it should with what has come, for a change. */
  #answer(count: number): void {
    const { last } = this.server;
    for (const packet of last.packets.splice(0, count)) {
      if (packet.type === 'publish' && packet.qos > 0)
        last.acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
      else if (packet.type === 'pubrel') last.acknowledge('pubcomp', packet.packetId);
      else if (packet.type === 'pubrec') last.acknowledge('pubrel', packet.packetId);
      else if (packet.type === 'subscribe') {
        const reasonCodes = packet.subscriptions.map(({ qos }) => qos);
        last.send({ type: 'suback', packetId: packet.packetId, reasonCodes, properties: NO_PROPERTIES });
      } else if (packet.type === 'unsubscribe') {
        const reasonCodes = this.#version === 5 ? packet.filters.map(() => 0) : [];
        last.send({ type: 'unsuback', packetId: packet.packetId, reasonCodes, properties: NO_PROPERTIES });
      }
    }
  }

  #wait(what: string, promise: Promise<unknown> | undefined): void {
    const name = `${what} ${this.#count++}`;
    this.#waits.add(name);
    const settled = (): void => void this.#waits.delete(name);
    Promise.resolve(promise).then(settled, settled);
  }
}

test('no bytes and no order of packets break the client, and nothing that waits is forgotten', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    await fc.assert(
      fc.asyncProperty(play, async ({ version, cleanStart, startOffline, steps }) => {
        const program = new Program(version, cleanStart, startOffline);
        for (const next of steps) await program.take(next);
        await program.end();
      }),
      runs('client fuzzer', 300),
    );
  } finally {
    mock.timers.reset();
  }
});
