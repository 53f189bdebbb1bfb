import { Mismatch } from './mismatch.ts';
import type { Version } from './packets.ts';
import { decodeProperties, type Properties, type PropertyName } from './properties.ts';
import { Reader } from './reader.ts';

/** What a broker may send, as plain data. A payload is a string of one character per byte. */
export type Packet =
  | { type: 'connack'; sessionPresent: boolean; code: number; properties: Properties }
  | Publish
  | Acknowledgement<'puback'>
  | Acknowledgement<'pubrec'>
  | Acknowledgement<'pubrel'>
  | Acknowledgement<'pubcomp'>
  | Granted<'suback'>
  | Granted<'unsuback'>
  | { type: 'pingresp' }
  | Farewell<'disconnect'>
  | Farewell<'auth'>;

interface Acknowledgement<Type> {
  type: Type;
  packetId: number;
  code: number;
  properties: Properties;
}

interface Granted<Type> {
  type: Type;
  packetId: number;
  codes: readonly number[];
  properties: Properties;
}

interface Farewell<Type> {
  type: Type;
  code: number;
  properties: Properties;
}

/** A PUBLISH; `packetId` is 0 when it has none. */
export interface Publish {
  type: 'publish';
  dup: boolean;
  qos: number;
  retain: boolean;
  packetId: number;
  topic: string;
  payload: string;
  properties: Properties;
}

/** The packet of one type. */
export type PacketOf<Type extends Packet['type']> = Extract<Packet, { type: Type }>;

const problem: readonly PropertyName[] = ['reasonString', 'userProperty'];

/** The properties that a broker may send, per packet: MQTT 5.0, table 2-4. */
const allowed = {
  connack: [
    ...problem,
    ...(['sessionExpiryInterval', 'receiveMaximum', 'maximumQoS', 'retainAvailable'] as const),
    ...(['maximumPacketSize', 'assignedClientIdentifier', 'topicAliasMaximum'] as const),
    ...(['wildcardSubscriptionAvailable', 'subscriptionIdentifierAvailable'] as const),
    ...(['sharedSubscriptionAvailable', 'serverKeepAlive', 'responseInformation'] as const),
    ...(['serverReference', 'authenticationMethod', 'authenticationData'] as const),
  ],
  publish: [
    ...(['payloadFormatIndicator', 'messageExpiryInterval', 'topicAlias', 'responseTopic'] as const),
    ...(['correlationData', 'userProperty', 'subscriptionIdentifier', 'contentType'] as const),
  ],
  disconnect: [...problem, 'serverReference'],
  auth: [...problem, 'authenticationMethod', 'authenticationData'],
} as const satisfies Record<string, readonly PropertyName[]>;

/** The reason codes that a 5.0 broker may send, per packet: [MQTT-3.2.2-8] and its like for the other packets. */
const codes = {
  connack: [
    0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a,
  ].concat([0x9b, 0x9c, 0x9d, 0x9f]),
  puback: [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  pubrel: [0, 0x92],
  suback: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
  unsuback: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
  disconnect: [
    0, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
  ].concat([0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2]),
  auth: [0, 0x18],
};

/** Decodes a whole packet that a broker sent, strictly: whatever is against the specification is a mismatch. */
export function decode(bytes: Uint8Array, version: Version): Packet {
  const reader = new Reader(bytes);
  const first = reader.byte();
  if (reader.varint() !== reader.left)
    throw new Mismatch('the Remaining Length is not the length of the packet');
  const packet = decodeBody(first, reader, version);
  if (reader.left > 0)
    throw new Mismatch(`the broker sent ${reader.left} bytes too many in a ${packet.type}`);
  return packet;
}

function decodeBody(first: number, reader: Reader, version: Version): Packet {
  if (first >> 4 === 3) return publish(first, reader, version);
  switch (first) {
    case 0x20:
      return connack(reader, version);
    case 0x40:
      return acknowledgement('puback', reader, version);
    case 0x50:
      return acknowledgement('pubrec', reader, version);
    case 0x62:
      return acknowledgement('pubrel', reader, version);
    case 0x70:
      return acknowledgement('pubcomp', reader, version);
    case 0x90:
      return suback('suback', reader, version);
    case 0xb0:
      return suback('unsuback', reader, version);
    case 0xd0:
      return { type: 'pingresp' };
    case 0xe0:
      return disconnect('disconnect', reader, version);
    case 0xf0:
      return disconnect('auth', reader, version);
    default:
      throw new Mismatch(`a broker cannot send a packet that begins with 0x${first.toString(16)}`);
  }
}

function connack(reader: Reader, version: Version): Packet {
  const flags = reader.byte();
  if (flags > 1) throw new Mismatch('a reserved flag of CONNACK is set'); // [MQTT-3.2.2-1]
  const code = reader.byte();
  // A CONNACK without properties answers a CONNECT of 3.x, or one whose version the broker refuses.
  const five = version === 5 && reader.left > 0;
  if (five) checkCode('CONNACK', code, codes.connack);
  else checkCode('CONNACK', code, [0, 1, 2, 3, 4, 5]);
  const properties = five ? decodeProperties(reader, allowed.connack) : {};
  return { type: 'connack', sessionPresent: flags === 1, code, properties };
}

function publish(first: number, reader: Reader, version: Version): Publish {
  const qos = (first >> 1) & 3;
  if (qos === 3) throw new Mismatch('both QoS bits are set'); // [MQTT-3.3.1-4]
  const topic = reader.utf8();
  const packetId = qos > 0 ? reader.u16() : 0;
  if (qos > 0 && packetId === 0) throw new Mismatch('the Packet Identifier is 0'); // [MQTT-2.2.1-4]
  const properties = version === 5 ? decodeProperties(reader, allowed.publish) : {};
  const head = { type: 'publish', dup: (first & 8) > 0, qos, retain: (first & 1) > 0 } as const;
  return { ...head, packetId, topic, payload: reader.rest(), properties };
}

function acknowledgement(
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  reader: Reader,
  version: Version,
): Packet {
  const packetId = reader.u16();
  const code = version === 5 && reader.left > 0 ? reader.byte() : 0;
  checkCode(type, code, type === 'puback' || type === 'pubrec' ? codes.puback : codes.pubrel);
  const properties = version === 5 && reader.left > 0 ? decodeProperties(reader, problem) : {};
  return { type, packetId, code, properties };
}

function suback(type: 'suback' | 'unsuback', reader: Reader, version: Version): Packet {
  const packetId = reader.u16();
  const properties = version === 5 ? decodeProperties(reader, problem) : {};
  const list = [...reader.take(reader.left)];
  for (const code of list) checkCode(type, code, version === 5 ? codes[type] : [0, 1, 2, 0x80]);
  return { type, packetId, codes: list, properties };
}

function disconnect(type: 'disconnect' | 'auth', reader: Reader, version: Version): Packet {
  if (version !== 5) throw new Mismatch(`a broker does not send ${type} before MQTT 5.0`);
  const code = reader.left > 0 ? reader.byte() : 0;
  checkCode(type, code, codes[type]);
  return { type, code, properties: reader.left > 0 ? decodeProperties(reader, allowed[type]) : {} };
}

function checkCode(type: string, code: number, known: readonly number[]): void {
  if (!known.includes(code))
    throw new Mismatch(`0x${code.toString(16)} is not a code that ${type} may carry`);
}
