/** Packets to bytes: one small function for each control packet. */
import { allocate } from './bytes.ts';
import type { Ack, Auth, Connack, Connect, Disconnect, Packet, ProtocolVersion, Publish } from './packet.ts';
import type { Suback, Subscribe, SubscriptionRequest, Unsuback, Unsubscribe } from './packet.ts';
import { NO_PROPERTIES, PROPERTY_BY_NAME } from './properties.ts';
import type { Properties, Property } from './properties.ts';
import { publishFrame } from './publish-frame.ts';
import { Writer } from './writer.ts';

/** One buffer for all: a packet is encoded in one synchronous go. */
const writer = new Writer();

const PINGREQ: Uint8Array = Uint8Array.of(0xc0, 0);
const PINGRESP: Uint8Array = Uint8Array.of(0xd0, 0);

/**
 * The frame of a packet in the given version. What a version does not know is left out: properties and reason
 * codes before 5.0. Values are not checked; what goes in comes from the decoder or from checked options.
 */
export function encode(packet: Packet, version: ProtocolVersion): Uint8Array {
  switch (packet.type) {
    case 'connect':
      return encodeConnect(packet);
    case 'connack':
      return encodeConnack(packet, version);
    case 'publish':
      return encodePublish(packet, version);
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return encodeAck(packet, version);
    case 'subscribe':
      return encodeSubscribe(packet, version);
    case 'suback':
      return encodeSuback(packet, version);
    case 'unsubscribe':
      return encodeUnsubscribe(packet, version);
    case 'unsuback':
      return encodeUnsuback(packet, version);
    case 'pingreq':
      return PINGREQ;
    case 'pingresp':
      return PINGRESP;
    case 'disconnect':
      return encodeDisconnect(packet, version);
    case 'auth':
      return encodeAuth(packet);
  }
}

function encodeConnect(packet: Connect): Uint8Array {
  const { version, will } = packet;
  writer.start().string(version === 3 ? 'MQIsdp' : 'MQTT');
  writer
    .u8(packet.bridge ? version | 0x80 : version)
    .u8(connectFlags(packet))
    .u16(packet.keepAliveSeconds);
  writeProperties(packet.properties, version);
  writer.string(packet.clientId);
  if (will) {
    writeProperties(will.properties, version);
    writer.string(will.topic).binary(will.payload);
  }
  if (packet.username !== undefined) writer.string(packet.username);
  if (packet.password !== undefined) writer.binary(packet.password);
  return writer.packet(0x10);
}

function connectFlags({ username, password, will, cleanStart }: Connect): number {
  const willFlags = will ? 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0) : 0;
  return (
    (username === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    willFlags |
    (cleanStart ? 0x02 : 0)
  );
}

function encodeConnack(packet: Connack, version: ProtocolVersion): Uint8Array {
  writer
    .start()
    .u8(packet.sessionPresent ? 1 : 0)
    .u8(packet.reasonCode);
  writeProperties(packet.properties, version);
  return writer.packet(0x20);
}

function encodePublish(packet: Publish, version: ProtocolVersion): Uint8Array {
  const flags = (packet.dup ? 0x08 : 0) | (packet.qos << 1) | (packet.retain ? 0x01 : 0);
  const properties = version === 5 ? propertyBlock(packet.properties) : undefined;
  return publishFrame(flags, packet.topic, packet.packetId, properties, version === 5, packet.payload);
}

const ACK_TYPE: Readonly<Record<Ack['type'], number>> = {
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
};

function encodeAck(packet: Ack, version: ProtocolVersion): Uint8Array {
  const { packetId, reasonCode, properties } = packet;
  if (version !== 5 || (reasonCode === 0 && isEmpty(properties))) {
    return ackFrame(ACK_TYPE[packet.type], packetId);
  }
  writer.start().u16(packetId);
  writeReason(reasonCode, properties);
  return writer.packet(ACK_TYPE[packet.type]);
}

/** The four bytes of an acknowledgement that says nothing but its packet identifier. */
export function ackFrame(firstByte: number, packetId: number): Uint8Array {
  const frame = allocate(4);
  frame[0] = firstByte;
  frame[1] = 2;
  frame[2] = packetId >> 8;
  frame[3] = packetId;
  return frame;
}

function encodeSubscribe(packet: Subscribe, version: ProtocolVersion): Uint8Array {
  writer.start().u16(packet.packetId);
  writeProperties(packet.properties, version);
  for (const subscription of packet.subscriptions) {
    writer.string(subscription.filter).u8(subscriptionOptions(subscription, version));
  }
  return writer.packet(0x82);
}

function subscriptionOptions(subscription: SubscriptionRequest, version: ProtocolVersion): number {
  if (version !== 5) return subscription.qos;
  const { qos, noLocal, retainAsPublished, retainHandling } = subscription;
  return qos | (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4);
}

function encodeSuback(packet: Suback, version: ProtocolVersion): Uint8Array {
  writer.start().u16(packet.packetId);
  writeProperties(packet.properties, version);
  for (const code of packet.reasonCodes) writer.u8(code);
  return writer.packet(0x90);
}

function encodeUnsubscribe(packet: Unsubscribe, version: ProtocolVersion): Uint8Array {
  writer.start().u16(packet.packetId);
  writeProperties(packet.properties, version);
  for (const filter of packet.filters) writer.string(filter);
  return writer.packet(0xa2);
}

function encodeUnsuback(packet: Unsuback, version: ProtocolVersion): Uint8Array {
  writer.start().u16(packet.packetId);
  writeProperties(packet.properties, version);
  if (version === 5) for (const code of packet.reasonCodes) writer.u8(code);
  return writer.packet(0xb0);
}

function encodeDisconnect(packet: Disconnect, version: ProtocolVersion): Uint8Array {
  writer.start();
  if (version === 5) writeReason(packet.reasonCode, packet.properties);
  return writer.packet(0xe0);
}

function encodeAuth(packet: Auth): Uint8Array {
  writer.start();
  writeReason(packet.reasonCode, packet.properties);
  return writer.packet(0xf0);
}

/** A reason code and properties, each left out when it and what follows say nothing. §3.4.2.1 */
function writeReason(reasonCode: number, properties: Properties): void {
  const empty = isEmpty(properties);
  if (reasonCode === 0 && empty) return;
  writer.u8(reasonCode);
  if (!empty) writeProperties(properties, 5);
}

function writeProperties(properties: Properties, version: ProtocolVersion): void {
  if (version !== 5) return;
  const from = writer.at;
  if (properties !== NO_PROPERTIES) {
    for (const [name, value] of Object.entries(properties)) writeProperty(PROPERTY_BY_NAME.get(name)!, value);
  }
  writer.lengthPrefix(from);
}

/** The length and the properties of a PUBLISH, for `publishFrame`; undefined when there are none. */
export function propertyBlock(properties: Properties): Uint8Array | undefined {
  if (properties === NO_PROPERTIES) return undefined;
  writer.start();
  writeProperties(properties, 5);
  return writer.body();
}

function writeProperty(property: Property, value: unknown): void {
  if (!property.repeats) {
    writer.u8(property.id);
    writeValue(property, value);
    return;
  }
  for (const one of value as readonly unknown[]) {
    writer.u8(property.id);
    writeValue(property, one);
  }
}

function writeValue(property: Property, value: unknown): void {
  switch (property.kind) {
    case 'byte':
      writer.u8(value as number);
      break;
    case 'u16':
      writer.u16(value as number);
      break;
    case 'u32':
      writer.u32(value as number);
      break;
    case 'varint':
      writer.varint(value as number);
      break;
    case 'string':
      writer.string(value as string);
      break;
    case 'binary':
      writer.binary(value as Uint8Array);
      break;
    case 'pair': {
      const [name, text] = value as readonly [string, string];
      writer.string(name).string(text);
      break;
    }
  }
}

function isEmpty(properties: Properties): boolean {
  return properties === NO_PROPERTIES || Object.keys(properties).length === 0;
}
