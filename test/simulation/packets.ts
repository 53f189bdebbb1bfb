/** Packets of few topics, identifiers and clients, so that they meet; now and then one that no client may send. */
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import type { Ack, Connect, Packet, Publish, Will } from '../../src/protocol/packet.ts';
import type { Properties } from '../../src/protocol/properties.ts';

/** One of the first list; one of the second in twenty-five. */
function mostly<T>(good: readonly T[], bad: readonly T[]): Arbitrary<T> {
  return fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
}

/** Each of these properties in one packet of three. */
function some(model: {
  readonly [K in keyof Properties]?: Arbitrary<Properties[K]>;
}): Arbitrary<Properties> {
  const choices = Object.entries(model).map(([name, values]) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: values.map((value) => [[name, value]]) },
    ),
  );
  return fc.tuple(...choices).map((chosen) => Object.fromEntries(chosen.flat()) as Properties);
}

const packetId = fc.integer({ min: 1, max: 4 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const payload = fc.constantFrom('', 'x', 'x'.repeat(40)).map(utf8Bytes);
const topic = mostly(
  ['a', 'a', 'a/b', 'site/a', 'site/', '$share/g/a'],
  ['', '/'.repeat(201), '$SYS/a', '$CONTROL/a'],
);
const filter = mostly(
  ['a', 'a/+', '#', '+', '$share/g/a', '$share/g/#', '$share/h/+', '$SYS/#'],
  ['+a', '$share//a', ''],
);
const responseTopic = mostly(['r'], ['r/#', '']);
const reasonCode = fc.constantFrom(0, 0, 0, 0, 0x10, 0x80, 0x87, 0x92);

const will: Arbitrary<Will> = fc.record({
  topic,
  payload,
  qos,
  retain: fc.boolean(),
  properties: some({
    willDelayInterval: fc.constantFrom(0, 3),
    messageExpiryInterval: fc.constantFrom(0, 2),
    responseTopic,
  }),
});

export const connect: Arbitrary<Connect> = fc
  .tuple(
    fc.record({
      type: fc.constant('connect' as const),
      version: fc.constantFrom(3 as const, 4 as const, 5 as const),
      clientId: fc.constantFrom('a', 'a', 'b', 'c', ''),
      cleanStart: fc.boolean(),
      keepAliveSeconds: fc.constantFrom(0, 0, 100, 2),
      properties: some({
        sessionExpiryInterval: fc.constantFrom(0, 5, 0xffff_ffff),
        receiveMaximum: fc.constantFrom(1, 2),
        maximumPacketSize: fc.constantFrom(30, 60),
        topicAliasMaximum: fc.constantFrom(0, 2),
        authenticationMethod: mostly(['TEST'], ['OTHER']),
      }),
    }),
    fc.boolean(),
    fc.option(will),
  )
  .map(([packet, bridge, last]) =>
    Object.assign(packet, { bridge: bridge && packet.version !== 5 }, last !== null && { will: last }),
  );

const publish: Arbitrary<Publish> = fc
  .record({
    type: fc.constant('publish' as const),
    topic,
    payload,
    qos,
    retain: fc.boolean(),
    dup: fc.boolean(),
    packetId,
    properties: some({
      topicAlias: mostly([1, 2], [0, 11]),
      messageExpiryInterval: fc.constantFrom(0, 2, 100),
      responseTopic,
      userProperties: fc.constant([['k', 'v']]),
    }),
  })
  .map((packet) => Object.assign(packet, { dup: packet.dup && packet.qos > 0 }));

const ack: Arbitrary<Ack> = fc.record({
  type: fc.constantFrom<Ack['type']>('puback', 'pubrec', 'pubrel', 'pubcomp'),
  packetId,
  reasonCode,
  properties: fc.constant({}),
});

const subscribe: Arbitrary<Packet> = fc.record({
  type: fc.constant('subscribe' as const),
  packetId,
  subscriptions: fc.array(
    fc.record({
      filter,
      qos,
      noLocal: mostly([false], [true]),
      retainAsPublished: fc.boolean(),
      retainHandling: fc.constantFrom(0 as const, 1 as const, 2 as const),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  properties: some({ subscriptionIdentifiers: fc.constantFrom([1], [268_435_455]) }),
});

const unsubscribe: Arbitrary<Packet> = fc.record({
  type: fc.constant('unsubscribe' as const),
  packetId,
  filters: fc.array(filter, { minLength: 1, maxLength: 2 }),
  properties: fc.constant({}),
});

const disconnect: Arbitrary<Packet> = fc.record({
  type: fc.constant('disconnect' as const),
  reasonCode: fc.constantFrom(0, 0x04, 0x80),
  properties: some({ sessionExpiryInterval: fc.constantFrom(0, 5) }),
});

const auth: Arbitrary<Packet> = fc.record({
  type: fc.constant('auth' as const),
  reasonCode: fc.constantFrom(0x18, 0x18, 0x19, 0),
  properties: fc.record({
    authenticationMethod: mostly(['TEST'], ['OTHER']),
    authenticationData: fc.constantFrom('x', 'sesame').map(utf8Bytes),
  }),
});

export const packet: Arbitrary<Packet> = fc.oneof(
  { weight: 1, arbitrary: connect },
  { weight: 16, arbitrary: publish },
  { weight: 16, arbitrary: ack },
  { weight: 6, arbitrary: subscribe },
  { weight: 2, arbitrary: unsubscribe },
  { weight: 2, arbitrary: disconnect },
  { weight: 2, arbitrary: auth },
  { weight: 1, arbitrary: mostly<Packet>([{ type: 'pingreq' }], [{ type: 'pingresp' }]) },
);
