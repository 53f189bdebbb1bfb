/** Bytes to packets: one small function for each control packet. */
import { copyOf } from './bytes.ts';
import { ProtocolError } from './error.ts';
import type { Ack, Auth, Connack, Connect, Disconnect, Packet, ProtocolVersion, Publish } from './packet.ts';
import type {
  QoS,
  RetainHandling,
  Suback,
  Subscribe,
  SubscriptionRequest,
  Unsuback,
  Unsubscribe,
  Will,
} from './packet.ts';
import { NO_PROPERTIES, PROPERTY_BY_ID } from './properties.ts';
import type { Properties, Property, PropertyPlace } from './properties.ts';
import { Reader } from './reader.ts';
import { Reason } from './reason.ts';
import { malformed } from './text.ts';
import type { TopicNames } from './topic-names.ts';

/**
 * How many user properties one packet may carry. The specification sets no limit; without one a packet of
 * `max_packet_size` 2,000,000 could hold 400,000 pairs, each a hundred times as large in memory.
 */
export const MAX_USER_PROPERTIES = 1024;

/** A peer that names a protocol level this codec does not know; `level` decides the form of the answer. */
export class UnsupportedVersion extends ProtocolError {
  readonly level: number;

  constructor(level: number) {
    super(Reason.unsupportedProtocolVersion, `CONNECT with invalid protocol version (${level})`);
    this.level = level;
  }
}

/** A CONNECT on a connection that has had one. [MQTT-3.1.0-2] */
export class SecondConnect extends ProtocolError {
  constructor() {
    super(Reason.protocolError, 'a second CONNECT');
  }
}

/** A first packet that is a CONNECT with wrong flags, and much more likely the start of TLS. */
export class UnexpectedTls extends ProtocolError {
  constructor() {
    super(Reason.malformedPacket, 'flags 6 in a packet of type 1');
  }
}

/** What a body is decoded with besides its bytes. `version` is 0 until a CONNECT was read. */
export interface DecodeContext {
  version: ProtocolVersion | 0;
  readonly topics: TopicNames;
}

/** The reason codes each acknowledgement may carry, §3.4.2.1 to §3.7.2.1. */
const PUBACK_CODES: ReadonlySet<number> = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
const PUBREL_CODES: ReadonlySet<number> = new Set([0x00, 0x92]);
const ACK_CODES: Readonly<Record<Ack['type'], ReadonlySet<number>>> = {
  puback: PUBACK_CODES,
  pubrec: PUBACK_CODES,
  pubrel: PUBREL_CODES,
  pubcomp: PUBREL_CODES,
};
/** 0x8c stands in §2.4 only, not in §3.14.2.1. */
const DISCONNECT_CODES: ReadonlySet<number> = new Set([
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96,
  0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
]);
const AUTH_CODES: ReadonlySet<number> = new Set([0x00, 0x18, 0x19]);

type BodyDecoder = (reader: Reader, flags: number, context: DecodeContext) => Packet;

/** The body decoders by packet type number; `flags` is the low half of the first byte. */
export const BODY_DECODERS: readonly (BodyDecoder | undefined)[] = [
  undefined,
  decodeConnect,
  decodeConnack,
  decodePublish,
  ack('puback'),
  ack('pubrec'),
  ack('pubrel'),
  ack('pubcomp'),
  decodeSubscribe,
  decodeSuback,
  decodeUnsubscribe,
  decodeUnsuback,
  () => ({ type: 'pingreq' }),
  () => ({ type: 'pingresp' }),
  decodeDisconnect,
  decodeAuth,
];

function decodeConnect(reader: Reader, _flags: number, context: DecodeContext): Connect {
  if (context.version !== 0) throw new SecondConnect();
  const { version, bridge } = decodeProtocol(reader);
  context.version = version;
  const flags = reader.u8();
  // [MQTT-3.1.2-3]; MQTT 3.1 gives the flag no meaning and no value
  if (flags & 0x01 && version !== 3) throw malformed('CONNECT with the reserved flag set');
  const keepAliveSeconds = reader.u16();
  const properties = decodeProperties(reader, 'connect', version);
  const clientId = reader.string();
  const will = decodeWill(reader, flags, version);
  const named = (flags & 0x80) !== 0;
  // [MQTT-3.1.2-22] of 3.1.1: a password needs a user name; MQTT 5.0 dropped the rule
  if (!named && flags & 0x40 && version !== 5) throw malformed('CONNECT with a password but no user name');
  // MQTT 3.1 lets the flags promise fields that the packet does not hold
  const username = named && (version !== 3 || reader.left > 0) ? reader.string() : undefined;
  // copied: a login may wait for its check, and the chunk it came in is much larger
  const password = flags & 0x40 && (version !== 3 || reader.left > 0) ? copyOf(reader.binary()) : undefined;
  reader.expectEnd();
  return {
    type: 'connect',
    version,
    bridge,
    clientId,
    cleanStart: (flags & 0x02) !== 0,
    keepAliveSeconds,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(will !== undefined && { will }),
    properties,
  };
}

function decodeProtocol(reader: Reader): { version: ProtocolVersion; bridge: boolean } {
  const name = reader.string();
  if (name !== 'MQTT' && name !== 'MQIsdp') {
    throw new ProtocolError(
      Reason.unsupportedProtocolVersion,
      `CONNECT with invalid protocol "${name.slice(0, 16)}"`,
    ); // [MQTT-3.1.2-1]
  }
  const level = reader.u8();
  const version = level & 0x7f;
  if (name === 'MQIsdp' ? version === 3 : version === 4 || level === 5) {
    return { version: version as ProtocolVersion, bridge: level > 0x7f };
  }
  throw new UnsupportedVersion(level); // [MQTT-3.1.2-2]
}

function decodeWill(reader: Reader, flags: number, version: ProtocolVersion): Will | undefined {
  const qos = (flags >> 3) & 0x03;
  if ((flags & 0x04) === 0) {
    // [MQTT-3.1.2-11] [MQTT-3.1.2-13]; MQTT 3.1 says nothing of it
    if (flags & 0x38 && version !== 3) throw malformed('CONNECT with will flags but no will');
    return undefined;
  }
  if (qos === 3) throw malformed('CONNECT with invalid Will QoS (3)'); // [MQTT-3.1.2-12]
  const properties = decodeProperties(reader, 'will', version);
  const topic = reader.string();
  const payload = copyOf(reader.binary());
  return { topic, payload, qos: qos as QoS, retain: (flags & 0x20) !== 0, properties };
}

function decodeConnack(reader: Reader, _flags: number, context: DecodeContext): Connack {
  const acknowledge = reader.u8();
  if (acknowledge & 0xfe) throw malformed('CONNACK with reserved flags set'); // [MQTT-3.2.2-1]
  const reasonCode = reader.u8();
  const properties = decodeProperties(reader, 'connack', context.version);
  reader.expectEnd();
  return { type: 'connack', sessionPresent: acknowledge === 1, reasonCode, properties };
}

function decodePublish(reader: Reader, flags: number, context: DecodeContext): Publish {
  const qos = (flags >> 1) & 0x03;
  const dup = (flags & 0x08) !== 0;
  if (qos === 3) throw malformed('PUBLISH with QoS 3'); // [MQTT-3.3.1-4]
  if (dup && qos === 0) throw malformed('PUBLISH with DUP at QoS 0'); // [MQTT-3.3.1-2]
  const length = reader.u16();
  const start = reader.skip(length);
  const topic = context.topics.read(reader.bytes, start, start + length);
  const packetId = qos === 0 ? 0 : decodePacketId(reader);
  const properties = context.version === 5 ? decodeProperties(reader, 'publish', 5) : NO_PROPERTIES;
  return {
    type: 'publish',
    topic,
    payload: reader.rest(),
    qos: qos as QoS,
    retain: (flags & 0x01) !== 0,
    dup,
    packetId,
    properties,
  };
}

/** A packet identifier is never 0. [MQTT-2.2.1-3] */
function decodePacketId(reader: Reader): number {
  const packetId = reader.u16();
  if (packetId === 0) throw new ProtocolError(Reason.protocolError, 'a packet identifier of 0');
  return packetId;
}

function ack(type: Ack['type']): BodyDecoder {
  const codes = ACK_CODES[type];
  return (reader, _flags, context) => {
    const packetId = decodePacketId(reader);
    const { reasonCode, properties } = decodeReason(reader, type, codes, context.version);
    return { type, packetId, reasonCode, properties };
  };
}

/** The end that many packets share: a reason code and properties, both left out when they say nothing. */
function decodeReason(
  reader: Reader,
  type: Ack['type'] | 'disconnect' | 'auth',
  codes: ReadonlySet<number>,
  version: ProtocolVersion | 0,
): { reasonCode: number; properties: Properties } {
  if (version !== 5 || reader.left === 0) {
    reader.expectEnd();
    return { reasonCode: 0, properties: NO_PROPERTIES };
  }
  const reasonCode = reader.u8();
  if (!codes.has(reasonCode)) throw malformed(`${type.toUpperCase()} with reason code ${reasonCode}`);
  const properties = reader.left > 0 ? decodeProperties(reader, type, 5) : NO_PROPERTIES;
  reader.expectEnd();
  return { reasonCode, properties };
}

function decodeSubscribe(reader: Reader, _flags: number, context: DecodeContext): Subscribe {
  const packetId = decodePacketId(reader);
  const properties = decodeProperties(reader, 'subscribe', context.version);
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.left > 0) subscriptions.push(decodeSubscriptionRequest(reader, context.version));
  // [MQTT-3.8.3-2]; MQTT 3.1 allows none, as Mosquitto
  if (subscriptions.length === 0 && context.version !== 3) {
    throw new ProtocolError(Reason.protocolError, 'SUBSCRIBE without a topic filter');
  }
  return { type: 'subscribe', packetId, subscriptions, properties };
}

function decodeSubscriptionRequest(reader: Reader, version: ProtocolVersion | 0): SubscriptionRequest {
  const filter = reader.string();
  const options = reader.u8();
  const qos = options & 0x03;
  const retainHandling = (options >> 4) & 0x03;
  if (options & (version === 5 ? 0xc0 : 0xfc)) throw malformed('SUBSCRIBE with reserved option bits set'); // [MQTT-3.8.3-5]
  if (qos === 3) throw malformed('SUBSCRIBE with QoS 3'); // [MQTT-3.8.3-4]
  if (retainHandling === 3) throw new ProtocolError(Reason.protocolError, 'SUBSCRIBE with retain handling 3');
  return {
    filter,
    qos: qos as QoS,
    noLocal: (options & 0x04) !== 0,
    retainAsPublished: (options & 0x08) !== 0,
    retainHandling: retainHandling as RetainHandling,
  };
}

function decodeSuback(reader: Reader, _flags: number, context: DecodeContext): Suback {
  const packetId = decodePacketId(reader);
  const properties = decodeProperties(reader, 'suback', context.version);
  return { type: 'suback', packetId, reasonCodes: Array.from(reader.rest()), properties };
}

function decodeUnsubscribe(reader: Reader, _flags: number, context: DecodeContext): Unsubscribe {
  const packetId = decodePacketId(reader);
  const properties = decodeProperties(reader, 'unsubscribe', context.version);
  const filters: string[] = [];
  while (reader.left > 0) filters.push(reader.string());
  // [MQTT-3.10.3-2]
  if (filters.length === 0 && context.version !== 3) {
    throw new ProtocolError(Reason.protocolError, 'UNSUBSCRIBE without a topic filter');
  }
  return { type: 'unsubscribe', packetId, filters, properties };
}

function decodeUnsuback(reader: Reader, _flags: number, context: DecodeContext): Unsuback {
  const packetId = decodePacketId(reader);
  const properties = decodeProperties(reader, 'unsuback', context.version);
  if (context.version !== 5) reader.expectEnd();
  return { type: 'unsuback', packetId, reasonCodes: Array.from(reader.rest()), properties };
}

function decodeDisconnect(reader: Reader, _flags: number, context: DecodeContext): Disconnect {
  return { type: 'disconnect', ...decodeReason(reader, 'disconnect', DISCONNECT_CODES, context.version) };
}

function decodeAuth(reader: Reader, _flags: number, context: DecodeContext): Auth {
  return { type: 'auth', ...decodeReason(reader, 'auth', AUTH_CODES, context.version) };
}

/** The properties of a packet of version 5; none in other versions. §2.2.2 */
function decodeProperties(reader: Reader, place: PropertyPlace, version: ProtocolVersion | 0): Properties {
  if (version !== 5) return NO_PROPERTIES;
  const length = reader.varint();
  if (length === 0) return NO_PROPERTIES;
  if (length > reader.left) throw malformed('properties longer than their packet');
  const left = reader.left - length;
  const properties: Record<string, unknown> = {};
  while (reader.left > left) decodeProperty(reader, place, properties);
  if (reader.left !== left) throw malformed('a property longer than the properties');
  return properties;
}

/** The properties of a PUBLISH that stand alone, behind their length: what `propertyBlock` has made. */
export function decodePropertyBlock(block: Uint8Array): Properties {
  const reader = new Reader(block);
  const properties = decodeProperties(reader, 'publish', 5);
  reader.expectEnd();
  return properties;
}

function decodeProperty(reader: Reader, place: PropertyPlace, properties: Record<string, unknown>): void {
  const id = reader.varint();
  const property = PROPERTY_BY_ID[id];
  if (property === undefined || !property.places.has(place)) {
    throw malformed(`property ${id} in ${place === 'will' ? 'a will' : place.toUpperCase()}`);
  }
  const value = decodeValue(reader, property);
  if (!property.repeats) {
    if (property.name in properties) throw twice(property);
    properties[property.name] = value;
    return;
  }
  const values = (properties[property.name] ??= []) as unknown[];
  if (values.length > 0 && property.kind === 'varint' && place === 'subscribe') throw twice(property);
  if (values.length >= MAX_USER_PROPERTIES) {
    throw new ProtocolError(Reason.quotaExceeded, `more than ${MAX_USER_PROPERTIES} values of one property`);
  }
  values.push(value);
}

function decodeValue(reader: Reader, property: Property): unknown {
  switch (property.kind) {
    case 'byte':
      return inRange(reader.u8(), property);
    case 'u16':
      return inRange(reader.u16(), property);
    case 'u32':
      return inRange(reader.u32(), property);
    case 'varint':
      return inRange(reader.varint(), property);
    case 'string':
      return reader.string();
    case 'binary':
      return reader.binary();
    case 'pair':
      return [reader.string(), reader.string()];
  }
}

function inRange(value: number, property: Property): number {
  if (value < property.min || value > property.max) {
    throw new ProtocolError(Reason.protocolError, `property ${property.name} of ${value}`);
  }
  return value;
}

function twice(property: Property): ProtocolError {
  return new ProtocolError(Reason.protocolError, `property ${property.name} twice`);
}
