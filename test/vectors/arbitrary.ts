/** Any packet, for property tests and fuzzers: what `encode` may be given, and what it then means. */
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Ack, Packet, ProtocolVersion, Publish, QoS, Will } from '../../src/protocol/packet.ts';
import type { Properties, PropertyPlace } from '../../src/protocol/properties.ts';
import { SPECIFIED_PROPERTIES } from './property-table.ts';
import type { SpecifiedProperty } from './property-table.ts';
import { reasonCodes } from './reasons.ts';

/** Ranges of code points that are no control character, surrogate or noncharacter. */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e],
  [0xa0, 0x7ff],
  [0x800, 0xd7ff],
  [0xe000, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x1_0000, 0x1_fffd],
  [0x10_0000, 0x10_fffd],
];

const character: Arbitrary<string> = fc
  .oneof(
    ...RANGES.map(([min, max], index) => ({
      weight: index === 0 ? 20 : 1,
      arbitrary: fc.integer({ min, max }),
    })),
  )
  .map((point) => String.fromCodePoint(point));

/** A string MQTT allows. */
export const text: Arbitrary<string> = fc.string({ unit: character, maxLength: 20 });

/** A topic name; rarely as long as one can be. */
export const topic: Arbitrary<string> = fc
  .oneof(
    { weight: 200, arbitrary: text },
    { weight: 1, arbitrary: character.map((one) => one.repeat(Math.floor(65_535 / Buffer.byteLength(one)))) },
  )
  .map((name) => name.replaceAll(/[+#]/g, '/'));

const binary: Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 30 });
const packetId: Arbitrary<number> = fc.integer({ min: 1, max: 65_535 });
const u16: Arbitrary<number> = fc.integer({ min: 0, max: 65_535 });
const code: Arbitrary<number> = fc.integer({ min: 0, max: 255 });
const qos: Arbitrary<QoS> = fc.constantFrom(0, 1, 2);

function valueOf({ type, good, name }: SpecifiedProperty, place: PropertyPlace): Arbitrary<unknown> {
  const min = Number(good[0]?.[1]);
  switch (type) {
    case 'Byte':
      return fc.integer({ min: 0, max: 1 });
    case 'Two Byte Integer':
      return fc.integer({ min, max: 65_535 });
    case 'Four Byte Integer':
      return fc.integer({ min, max: 0xffff_ffff });
    case 'Variable Byte Integer':
      return fc.array(fc.integer({ min, max: 268_435_455 }), {
        minLength: 1,
        maxLength: place === 'publish' ? 4 : 1,
      });
    case 'UTF-8 Encoded String':
      return text;
    case 'Binary Data':
      return binary;
    case 'UTF-8 String Pair':
      return fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 });
    default:
      throw new Error(`${name} has a type of its own: ${String(type satisfies never)}`);
  }
}

/** Properties that may stand there, in any order; none before 5.0. */
export function properties(place: PropertyPlace, version: ProtocolVersion): Arbitrary<Properties> {
  if (version !== 5) return fc.constant({});
  const allowed = SPECIFIED_PROPERTIES.filter(({ places }) => places.includes(place));
  return fc
    .shuffledSubarray(allowed)
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((property) => valueOf(property, place)))
        .map((values): Properties =>
          Object.fromEntries(chosen.map(({ name }, index) => [name, values[index]])),
        ),
    );
}

function will(version: ProtocolVersion): Arbitrary<Will> {
  return fc.record({
    topic: text,
    payload: binary,
    qos,
    retain: fc.boolean(),
    properties: properties('will', version),
  });
}

function connect(version: ProtocolVersion): Arbitrary<Packet> {
  return fc
    .record({
      bridge: version === 5 ? fc.constant(false) : fc.boolean(),
      clientId: text,
      cleanStart: fc.boolean(),
      keepAliveSeconds: u16,
      username: fc.option(text),
      password: fc.option(binary),
      will: fc.option(will(version)),
      properties: properties('connect', version),
    })
    .map(({ username, password, will: last, ...rest }) => {
      const named = username !== null;
      const credentials = Object.assign(
        {},
        named && { username },
        password !== null && (named || version === 5) && { password },
      );
      return Object.assign(rest, { type: 'connect', version } as const, credentials, last && { will: last });
    });
}

/** A PUBLISH; without a topic only where an alias stands for it. */
export function publish(version: ProtocolVersion): Arbitrary<Publish> {
  return fc
    .record({
      type: fc.constant('publish'),
      topic,
      payload: binary,
      qos,
      retain: fc.boolean(),
      dup: fc.boolean(),
      packetId,
      properties: properties('publish', version),
    })
    .map((packet) =>
      Object.assign(packet, {
        dup: packet.dup && packet.qos > 0,
        packetId: packet.qos === 0 ? 0 : packet.packetId,
      }),
    );
}

function ack(type: Ack['type'], version: ProtocolVersion): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(type),
    packetId,
    reasonCode: version === 5 ? fc.constantFrom(...reasonCodes(type)) : fc.constant(0),
    properties: properties(type, version),
  });
}

function subscribe(version: ProtocolVersion): Arbitrary<Packet> {
  const flag = version === 5 ? fc.boolean() : fc.constant(false);
  const request = fc.record({
    filter: text,
    qos,
    noLocal: flag,
    retainAsPublished: flag,
    retainHandling: version === 5 ? fc.constantFrom(0, 1, 2) : fc.constant(0),
  });
  return fc.record({
    type: fc.constant('subscribe'),
    packetId,
    subscriptions: fc.array(request, { minLength: version === 3 ? 0 : 1, maxLength: 5 }),
    properties: properties('subscribe', version),
  });
}

function suback(version: ProtocolVersion): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant('suback'),
    packetId,
    reasonCodes: fc.array(code, { minLength: 1, maxLength: 5 }),
    properties: properties('suback', version),
  });
}

function unsubscribe(version: ProtocolVersion): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant('unsubscribe'),
    packetId,
    filters: fc.array(text, { minLength: version === 3 ? 0 : 1, maxLength: 5 }),
    properties: properties('unsubscribe', version),
  });
}

function unsuback(version: ProtocolVersion): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant('unsuback'),
    packetId,
    reasonCodes: version === 5 ? fc.array(code, { minLength: 1, maxLength: 5 }) : fc.constant([]),
    properties: properties('unsuback', version),
  });
}

function connack(version: ProtocolVersion): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant('connack'),
    sessionPresent: fc.boolean(),
    reasonCode: code,
    properties: properties('connack', version),
  });
}

function disconnect(version: ProtocolVersion): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant('disconnect'),
    reasonCode: version === 5 ? fc.constantFrom(...reasonCodes('disconnect')) : fc.constant(0),
    properties: properties('disconnect', version),
  });
}

function auth(): Arbitrary<Packet> {
  return fc.record({
    type: fc.constant('auth'),
    reasonCode: fc.constantFrom(...reasonCodes('auth')),
    properties: properties('auth', 5),
  });
}

/** A packet after CONNECT that the sender may send in that version. */
export function packetOf(sender: Sender, version: ProtocolVersion): Arbitrary<Packet> {
  const both = [
    publish(version),
    ack('puback', version),
    ack('pubrec', version),
    ack('pubrel', version),
    ack('pubcomp', version),
    ...(version === 5 ? [auth()] : []),
  ];
  return sender === 'client'
    ? fc.oneof(
        ...both,
        subscribe(version),
        unsubscribe(version),
        fc.constant<Packet>({ type: 'pingreq' }),
        disconnect(version),
      )
    : fc.oneof(
        ...both,
        connack(version),
        suback(version),
        unsuback(version),
        fc.constant<Packet>({ type: 'pingresp' }),
        ...(version === 5 ? [disconnect(5)] : []),
      );
}

/** A connection's packets from one side: a client's begin with CONNECT. */
export function stream(sender: Sender, version: ProtocolVersion): Arbitrary<readonly Packet[]> {
  const rest = fc.array(packetOf(sender, version), { maxLength: 6 });
  return sender === 'server'
    ? rest
    : fc.tuple(connect(version), rest).map(([first, more]) => more.toSpliced(0, 0, first));
}
