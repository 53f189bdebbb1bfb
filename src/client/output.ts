/** The way out of a connection: packets become frames, and the frames of a tick one write. */
import { allocateKept, utf8Bytes, utf8Length, writeUtf8 } from '../protocol/bytes.ts';
import { encode, propertyBlock } from '../protocol/encode.ts';
import type { Packet, ProtocolVersion } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { publishRemaining, writePublishHeader } from '../protocol/publish-frame.ts';
import { varintSize } from '../protocol/writer.ts';
import { contained } from './events.ts';
import { LIMITS } from './limits.ts';

/** Told of each packet, for a log. */
export type Trace = (direction: 'sending' | 'received', packet: Packet) => void;

/** Frames are gathered in slabs: the first is small, each is twice as large as the one before, up to this. Bytes. */
const LARGEST_SLAB = 64 * 1024;
const FIRST_SLAB = 512;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Calls when what runs now is over, promises included: so a loop of `await publish` is one write, too. */
const later: (call: () => void) => void =
  typeof setImmediate === 'function' ? (call) => void setImmediate(call) : queueMicrotask;

/**
 * Frames are written into a slab side by side, and what was gathered is handed on as one view of it. A slab is never
 * written twice, so the channel may keep what it was given.
 */
export class Output {
  /** The largest packet that the server takes, bytes. */
  largest: number = LIMITS.largestPacketBytes;
  readonly #version: ProtocolVersion;
  readonly #trace: Trace | undefined;
  readonly #write: (bytes: Uint8Array) => void;
  #slab: Uint8Array = EMPTY;
  #slabBytes = FIRST_SLAB;
  /** What was gathered and not written: from here to there in the slab. */
  #from = 0;
  #to = 0;
  #due = false;
  #closed = false;

  constructor(version: ProtocolVersion, write: (bytes: Uint8Array) => void, trace: Trace | undefined) {
    this.#version = version;
    this.#write = write;
    this.#trace = trace;
  }

  /** Bytes gathered and not written. */
  get bytes(): number {
    return this.#to - this.#from;
  }

  /** Sends any packet but PUBLISH; false if it is larger than the server takes. [MQTT-3.2.2-15] */
  send(packet: Packet): boolean {
    const frame = encode(packet, this.#version);
    if (frame.length > this.largest) return false;
    this.#tell(packet);
    this.#place(frame.length).set(frame, this.#to - frame.length);
    return true;
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP with nothing to say but its packet identifier. */
  acknowledge(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', firstByte: number, packetId: number): void {
    if (this.#trace !== undefined) this.#tell({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES });
    const slab = this.#place(4);
    const at = this.#to - 4;
    slab[at] = firstByte;
    slab[at + 1] = 2;
    slab[at + 2] = packetId >> 8;
    slab[at + 3] = packetId;
  }

  /** Sends a PUBLISH; false if it is larger than the server takes. [MQTT-3.2.2-15] */
  publish(
    flags: number,
    topic: string,
    payload: string | Uint8Array,
    packetId: number,
    properties: Properties,
  ): boolean {
    const version5 = this.#version === 5;
    const block = version5 && properties !== NO_PROPERTIES ? propertyBlock(properties) : undefined;
    const topicLength = utf8Length(topic);
    const payloadLength = typeof payload === 'string' ? utf8Length(payload) : payload.length;
    const propertyLength = block === undefined ? (version5 ? 1 : 0) : block.length;
    const remaining = publishRemaining(flags, topicLength, propertyLength, payloadLength);
    const size = 1 + varintSize(remaining) + remaining;
    if (size > this.largest) return false;
    if (this.#trace !== undefined) this.#tellPublish(flags, topic, payload, packetId, properties);
    const target = this.#place(size);
    const start = this.#to - size;
    let at = writePublishHeader(target, start, remaining, flags, topic, topicLength, packetId);
    if (block !== undefined) target.set(block, at);
    else if (version5) target[at] = 0;
    at += propertyLength;
    if (typeof payload === 'string') writeUtf8(target, payload, at, payloadLength);
    else target.set(payload, at);
    return true;
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#due = false;
    const { bytes } = this;
    if (bytes === 0) return;
    const written = this.#slab.subarray(this.#from, this.#to);
    this.#from = this.#to;
    if (!this.#closed) this.#write(written);
  }

  /** Writes the last of it; what comes later is not sent. */
  close(): void {
    this.flush();
    this.abandon();
  }

  /** Writes nothing any more. */
  abandon(): void {
    this.#closed = true;
  }

  /** Makes room for a frame, which ends at `#to` of the slab that is given. */
  #place(size: number): Uint8Array {
    if (size > this.#slab.length - this.#to) {
      this.flush();
      this.#slab = allocateKept(Math.max(size, this.#slabBytes));
      this.#slabBytes = Math.min(this.#slabBytes * 2, LARGEST_SLAB);
      this.#from = 0;
      this.#to = 0;
    }
    this.#to += size;
    if (!this.#due) {
      this.#due = true;
      later(this.#flushDue);
    }
    return this.#slab;
  }

  readonly #flushDue = (): void => {
    if (this.#due) this.flush();
  };

  #tell(packet: Packet): void {
    if (this.#trace !== undefined && !this.#closed) contained(() => this.#trace?.('sending', packet));
  }

  #tellPublish(
    flags: number,
    topic: string,
    payload: string | Uint8Array,
    packetId: number,
    properties: Properties,
  ): void {
    this.#tell({
      type: 'publish',
      topic,
      payload: typeof payload === 'string' ? utf8Bytes(payload) : payload,
      packetId,
      properties,
      qos: ((flags >> 1) & 0x03) as 0 | 1 | 2,
      retain: (flags & 0x01) !== 0,
      dup: (flags & 0x08) !== 0,
    });
  }
}
