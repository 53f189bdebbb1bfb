/** The frame of a PUBLISH: the one packet that is encoded often enough to have a writer of its own. */
import { allocate, utf8Length, writeUtf8 } from './bytes.ts';
import { varintSize, writeVarint } from './writer.ts';

/**
 * Encodes a PUBLISH. `flags` is the low half of the first byte (DUP, QoS, RETAIN); the packet identifier is
 * written at QoS 1 and 2 only; `properties` is an encoded block, `undefined` for none; `version5` says whether
 * the (then empty) block is written at all.
 */
export function publishFrame(
  flags: number,
  topic: string,
  packetId: number,
  properties: Uint8Array | undefined,
  version5: boolean,
  payload: Uint8Array,
): Uint8Array {
  const topicLength = utf8Length(topic);
  const propertyLength = properties === undefined ? (version5 ? 1 : 0) : properties.length;
  const remaining = publishRemaining(flags, topicLength, propertyLength, payload.length);
  const frame = allocate(1 + varintSize(remaining) + remaining);
  const at = writePublishHeader(frame, 0, remaining, flags, topic, topicLength, packetId);
  if (properties !== undefined) frame.set(properties, at);
  else if (version5) frame[at] = 0;
  frame.set(payload, at + propertyLength);
  return frame;
}

/** The remaining length of a PUBLISH from the lengths of its parts, bytes. */
export function publishRemaining(
  flags: number,
  topicLength: number,
  propertyLength: number,
  payloadLength: number,
): number {
  return 2 + topicLength + ((flags & 0x06) === 0 ? 0 : 2) + propertyLength + payloadLength;
}

/** Writes a PUBLISH up to its properties, and returns where they start. There must be room. */
export function writePublishHeader(
  target: Uint8Array,
  start: number,
  remaining: number,
  flags: number,
  topic: string,
  topicLength: number,
  packetId: number,
): number {
  target[start] = 0x30 | flags;
  let at = writeVarint(target, start + 1, remaining);
  target[at++] = topicLength >> 8;
  target[at++] = topicLength;
  at += writeUtf8(target, topic, at, topicLength);
  if ((flags & 0x06) !== 0) {
    target[at++] = packetId >> 8;
    target[at++] = packetId;
  }
  return at;
}

/**
 * A copy of a PUBLISH frame of QoS 1 or 2 with other flags and packet identifier, so that a message is encoded
 * once and only stamped for each subscriber.
 */
export function stamped(frame: Uint8Array, flags: number, packetId: number): Uint8Array {
  const copy = allocate(frame.length);
  copy.set(frame);
  copy[0] = 0x30 | flags;
  let at = 1;
  while (frame[at++]! >= 0x80);
  at += 2 + ((frame[at]! << 8) | frame[at + 1]!);
  copy[at] = packetId >> 8;
  copy[at + 1] = packetId;
  return copy;
}
