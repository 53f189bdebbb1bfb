/** A stream of bytes to a stream of packets. */
import { allocateKept } from './bytes.ts';
import { BODY_DECODERS, UnexpectedTls } from './decode.ts';
import type { DecodeContext } from './decode.ts';
import { ProtocolError } from './error.ts';
import type { Packet, ProtocolVersion } from './packet.ts';
import { Reader } from './reader.ts';
import { Reason } from './reason.ts';
import { malformed } from './text.ts';
import { TopicNames } from './topic-names.ts';

/** Whose packets are decoded: what a client may send, or what a server may. */
export type Sender = 'client' | 'server';

export interface DecoderOptions {
  readonly sender: Sender;
  /** The largest whole packet accepted, bytes, besides the limits of single types. */
  readonly maxPacketSize: number;
  /** The largest CONNECT and AUTH of a client, bytes; 100,000 without it. */
  readonly maxConnectBytes?: number;
  /** Shared between decoders so that a topic is decoded once for all of them. */
  readonly topics?: TopicNames;
  /** The version, where it is known before the first packet. */
  readonly version?: ProtocolVersion;
}

/** Packets by type number that each side may send, §2.1.2. */
const ALLOWED: Readonly<Record<Sender, number>> = {
  client: typeBits(1, 3, 4, 5, 6, 7, 8, 10, 12, 14),
  server: typeBits(2, 3, 4, 5, 6, 7, 9, 11, 13),
};

/** DISCONNECT and AUTH, which both sides may send in 5.0. */
const ALLOWED_IN_5 = typeBits(14, 15);

/** Packets whose low flag bits are 0010. [MQTT-2.1.3-1] */
const FLAGGED = typeBits(6, 8, 10);

const EMPTY: Uint8Array = new Uint8Array(0);

/** One cursor for all decoders: a packet is decoded in one synchronous go. */
const reader = new Reader();

const DUP = 0x08;
const CONNECT = 1;
const PUBLISH = 3;
const AUTH = 15;
/** The first byte of TLS: a handshake record [RFC 8446, 5.1]. In MQTT a CONNECT with wrong flags. */
const TLS_HANDSHAKE = 0x16;

/** Of CONNECT and AUTH, as Mosquitto. */
const MAX_CONNECT_BYTES = 100_000;
/** Bytes a whole packet of a client may take by type, as Mosquitto; 0 is the decoder's own limit alone. */
const SIZE_LIMIT: readonly number[] = [
  0, 0, 0, 0, 10_000, 10_000, 10_000, 10_000, 0, 0, 0, 0, 10_000, 0, 10_000, 0,
];
/** In 5.0 SUBSCRIBE and UNSUBSCRIBE have a limit of their own too. */
const SIZE_LIMIT_5: readonly number[] = SIZE_LIMIT.with(8, 100_000).with(10, 100_000);

function typeBits(...types: readonly number[]): number {
  return types.reduce((bits, type) => bits | (1 << type), 0);
}

/**
 * Cuts received chunks into packets: `push` a chunk, then take packets with `next` until it gives undefined.
 *
 * A packet that lies within one chunk is decoded in place. One that straddles chunks is gathered in a buffer
 * that grows with what has arrived, never with what was announced. The fixed header is judged before its body
 * is awaited, so a wrong or oversized packet costs nothing. Errors are `ProtocolError`s and final.
 */
export class Decoder {
  readonly #context: DecodeContext;
  readonly #sender: Sender;
  readonly #maxPacketSize: number;
  readonly #maxConnectBytes: number;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** The start of a packet whose end has not arrived; empty between packets. */
  #partial: Uint8Array = EMPTY;
  #partialLength = 0;
  #frame: Uint8Array = EMPTY;
  #frameStart = 0;
  #frameEnd = 0;

  constructor(options: DecoderOptions) {
    this.#context = { version: options.version ?? 0, topics: options.topics ?? new TopicNames() };
    this.#sender = options.sender;
    this.#maxPacketSize = options.maxPacketSize;
    this.#maxConnectBytes = options.maxConnectBytes ?? MAX_CONNECT_BYTES;
  }

  /** 0 until a CONNECT named it. */
  get version(): ProtocolVersion | 0 {
    return this.#context.version;
  }

  /** Takes a chunk. All packets of the chunk before it must have been taken. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next whole packet, or undefined when more bytes are needed. */
  next(): Packet | undefined {
    if (this.#partialLength > 0) return this.#nextFromPartial();
    const left = this.#chunk.length - this.#at;
    if (left === 0) return this.#release();
    const size = this.#packetSize(this.#chunk, this.#at, this.#chunk.length);
    if (size > 0 && size <= left) {
      const start = this.#at;
      this.#at = start + size;
      return this.#decode(this.#chunk, start, start + size);
    }
    this.#gather(left);
    return this.#release();
  }

  /** The bytes of the packet last returned: a view, valid as long as the chunk. */
  frame(): Uint8Array {
    return this.#frame.subarray(this.#frameStart, this.#frameEnd);
  }

  #nextFromPartial(): Packet | undefined {
    let size = this.#packetSize(this.#partial, 0, this.#partialLength);
    while (size === 0 || this.#partialLength < size) {
      const left = this.#chunk.length - this.#at;
      if (left === 0) return this.#release();
      this.#gather(size === 0 ? 1 : Math.min(left, size - this.#partialLength));
      size = this.#packetSize(this.#partial, 0, this.#partialLength);
    }
    const partial = this.#partial;
    this.#partial = EMPTY;
    this.#partialLength = 0;
    return this.#decode(partial, 0, size);
  }

  /** Lets go of the chunk, so that an idle connection pins no buffer. */
  #release(): undefined {
    reader.reset(EMPTY, 0, 0);
    this.#chunk = EMPTY;
    this.#frame = EMPTY;
    this.#at = 0;
  }

  /** Moves bytes from the chunk to the packet being gathered; its buffer grows by doubling. */
  #gather(count: number): void {
    const length = this.#partialLength + count;
    if (length > this.#partial.length) {
      const larger = allocateKept(Math.max(length, this.#partial.length * 2));
      larger.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = larger;
    }
    this.#partial.set(this.#chunk.subarray(this.#at, this.#at + count), this.#partialLength);
    this.#partialLength = length;
    this.#at += count;
  }

  /** The size of the packet that starts at `at`, judged by its fixed header; 0 while that is incomplete. */
  #packetSize(bytes: Uint8Array, at: number, end: number): number {
    const first = bytes[at]!;
    if (first >> 4 !== PUBLISH || this.#context.version === 0) this.#judge(first);
    let remaining = 0;
    let shift = 0;
    for (let i = at + 1; i < end; i++) {
      const byte = bytes[i]!;
      remaining |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        // [MQTT-1.5.5-1]; 3.x does not say that the shortest form is the only one
        if (byte === 0 && shift > 0 && this.#context.version === 5)
          throw malformed('a remaining length longer than it need be');
        const size = i - at + 1 + remaining;
        if (size > this.#maxPacketSize || size > this.#sizeLimit(first >> 4))
          throw new ProtocolError(Reason.packetTooLarge, `a packet of ${size} bytes`);
        return size;
      }
      shift += 7;
      if (shift > 21) throw malformed('a remaining length of more than four bytes');
    }
    return 0;
  }

  #sizeLimit(type: number): number {
    if (type === PUBLISH || this.#sender === 'server') return this.#maxPacketSize;
    if (type === CONNECT || type === AUTH) return this.#maxConnectBytes;
    const limits = this.#context.version === 5 ? SIZE_LIMIT_5 : SIZE_LIMIT;
    return limits[type]! || this.#maxPacketSize;
  }

  /** Whether a packet may start with this byte at all: type, direction, flags, order. */
  #judge(first: number): void {
    const type = first >> 4;
    const { version } = this.#context;
    if (version === 0 && first === TLS_HANDSHAKE) throw new UnexpectedTls();
    if (version === 0 && this.#sender === 'client' && type !== CONNECT) {
      throw new ProtocolError(Reason.protocolError, 'a first packet that is not CONNECT'); // [MQTT-3.1.0-1]
    }
    const allowed = ALLOWED[this.#sender] | (version === 5 ? ALLOWED_IN_5 : 0);
    if ((allowed & (1 << type)) === 0) {
      throw new ProtocolError(
        type === 0 ? Reason.malformedPacket : Reason.protocolError,
        `a packet of type ${type}`,
      );
    }
    const flags = first & 0x0f;
    const expected = ((FLAGGED >> type) & 1) * 2;
    // MQTT 3.1 marks a PUBREL, SUBSCRIBE or UNSUBSCRIBE that is sent again
    const isAgain = version === 3 && expected !== 0 && flags === (expected | DUP);
    if (type !== PUBLISH && flags !== expected && !isAgain)
      throw malformed(`flags ${flags} in a packet of type ${type}`);
  }

  #decode(bytes: Uint8Array, start: number, end: number): Packet {
    this.#frame = bytes;
    this.#frameStart = start;
    this.#frameEnd = end;
    let body = start + 1;
    while (bytes[body++]! >= 0x80);
    reader.reset(bytes, body, end);
    const first = bytes[start]!;
    const packet = BODY_DECODERS[first >> 4]!(reader, first & 0x0f, this.#context);
    if (packet.type === 'pingreq' || packet.type === 'pingresp') reader.expectEnd();
    return packet;
  }
}
