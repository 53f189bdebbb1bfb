/** The way out of a connection: packets become frames, and the frames of a tick one write. */
import { Batch } from '../base/batch.ts';
import { allocate } from '../protocol/bytes.ts';
import { encode, propertyBlock } from '../protocol/encode.ts';
import type { Packet, ProtocolVersion } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { publishFrame } from '../protocol/publish-frame.ts';

/** Told of each packet, for a log. */
export type Trace = (direction: 'sending' | 'received', packet: Packet) => void;

/** Gathered bytes that are written before the tick ends. */
const FLUSH_BYTES = 64 * 1024;

export class Output {
  /** The largest packet that the server takes, bytes; 0 is no limit. */
  largest = 0;
  readonly #version: ProtocolVersion;
  readonly #trace: Trace | undefined;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #batch = new Batch();
  #due = false;
  #closed = false;

  constructor(version: ProtocolVersion, write: (bytes: Uint8Array) => void, trace: Trace | undefined) {
    this.#version = version;
    this.#write = write;
    this.#trace = trace;
  }

  /** Bytes gathered and not written. */
  get bytes(): number {
    return this.#batch.bytes;
  }

  /** Sends any packet but PUBLISH. */
  send(packet: Packet): void {
    this.#trace?.('sending', packet);
    this.#add(encode(packet, this.#version));
  }

  /** Sends a PUBLISH; false if it is larger than the server takes. [MQTT-3.2.2-15] */
  publish(
    flags: number,
    topic: string,
    payload: Uint8Array,
    packetId: number,
    properties: Properties,
  ): boolean {
    const version5 = this.#version === 5;
    const block = version5 && properties !== NO_PROPERTIES ? propertyBlock(properties) : undefined;
    const frame = publishFrame(flags, topic, packetId, block, version5, payload);
    if (this.largest > 0 && frame.length > this.largest) return false;
    this.#trace?.('sending', {
      type: 'publish',
      topic,
      payload,
      packetId,
      properties,
      qos: ((flags >> 1) & 0x03) as 0 | 1 | 2,
      retain: (flags & 0x01) !== 0,
      dup: (flags & 0x08) !== 0,
    });
    this.#add(frame);
    return true;
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#due = false;
    const { bytes } = this.#batch;
    if (bytes === 0) return;
    const pieces = this.#batch.take();
    this.#write(pieces.length === 1 ? pieces[0]! : joined(pieces, bytes));
  }

  /** Writes the last of it; what comes later is not sent. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #add(frame: Uint8Array): void {
    if (this.#closed) return;
    this.#batch.add(frame);
    if (this.#batch.bytes > FLUSH_BYTES) this.flush();
    else if (!this.#due) {
      this.#due = true;
      queueMicrotask(this.#flushDue);
    }
  }

  readonly #flushDue = (): void => {
    if (this.#due) this.flush();
  };
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = allocate(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
