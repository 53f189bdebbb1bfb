/** How the tables, and tests with bytes of their own, meet the codec. */
import { Decoder } from '../../src/protocol/decoder.ts';
import { ProtocolError } from '../../src/protocol/error.ts';
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/packet.ts';
import { TopicNames } from '../../src/protocol/topic-names.ts';
import type { BadVector, GoodVector } from './vector.ts';

/** The largest packet MQTT knows: no limit of the decoder's own. */
const NO_LIMIT = 268_435_460;

/** Shared, as between the connections of a broker. */
const TOPICS: TopicNames = new TopicNames();

/** A decoder on a connection of that version; 0 is before CONNECT. */
export function decoderOf(
  sender: Sender,
  version: ProtocolVersion | 0,
  maxPacketSize: number = NO_LIMIT,
): Decoder {
  return new Decoder({ sender, maxPacketSize, topics: TOPICS, ...(version !== 0 && { version }) });
}

/** A decoder as it stands before the vector's bytes: a CONNECT is the first packet of its connection. */
export function decoderFor(vector: GoodVector | BadVector): Decoder {
  const { sender, version, hex } = vector;
  const isFirst = sender === 'client' && hex.startsWith('1');
  const limit = 'maxPacketSize' in vector ? vector.maxPacketSize : undefined;
  return decoderOf(sender, isFirst ? 0 : version, limit);
}

/** All the packets of chunks. */
export function decodeAll(decoder: Decoder, chunks: Iterable<Uint8Array>): Packet[] {
  const packets: Packet[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
  }
  return packets;
}

/** What came of bytes: the packets, and the error that ended them. */
export interface Outcome {
  readonly packets: readonly unknown[];
  readonly error?: string;
}

/** What comes of chunks. Throws whatever is no ProtocolError, and when there are more packets than bytes allow. */
export function outcomeOf(decoder: Decoder, chunks: Iterable<Uint8Array>): Outcome {
  const packets: unknown[] = [];
  let room = 0;
  try {
    for (const chunk of chunks) {
      room += chunk.length / 2;
      decoder.push(chunk);
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
        packets.push(comparable(packet));
        if (packets.length > room) throw new Error(`${packets.length} packets of ${room * 2} bytes`);
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { packets, error: `${error.reasonCode}: ${error.message}` };
  }
  return { packets };
}

/** A copy in which bytes are hexadecimal, whatever class of array they were. */
export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${hexOf(value)}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, comparable(one)]));
}

/** The hexadecimal form of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Bytes in chunks that end where `cuts` says, in ascending order. */
export function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  return [...cuts, bytes.length].map((end, index) => bytes.slice(cuts[index - 1] ?? 0, end));
}

/** Bytes, one in a chunk. */
export function* oneByOne(bytes: Uint8Array): Generator<Uint8Array> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}
