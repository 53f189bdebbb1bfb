/** A growing buffer for one packet at a time. */
import { allocate, copyOf, utf8Length, writeUtf8 } from './bytes.ts';

/** Room in front of the body for the fixed header: a type byte and four of remaining length. */
const HEADER = 5;
/** A buffer grown beyond this by one large packet is not kept. Bytes. */
const LARGEST_KEPT = 64 * 1024;

/**
 * Writes MQTT's data types (§1.5). The body comes first and the fixed header is put in front of it, so no
 * length is computed beforehand. One writer serves all packets of a process, one after the other.
 */
export class Writer {
  #bytes: Uint8Array = allocate(1024);
  #at = HEADER;

  /** Forgets what was written. */
  start(): this {
    this.#at = HEADER;
    return this;
  }

  get at(): number {
    return this.#at;
  }

  u8(value: number): this {
    this.#need(1);
    this.#bytes[this.#at++] = value;
    return this;
  }

  u16(value: number): this {
    this.#need(2);
    this.#bytes[this.#at++] = value >> 8;
    this.#bytes[this.#at++] = value;
    return this;
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value & 0xffff);
  }

  varint(value: number): this {
    this.#need(4);
    this.#at = writeVarint(this.#bytes, this.#at, value);
    return this;
  }

  string(text: string): this {
    const length = utf8Length(text);
    this.#need(2 + length);
    this.u16(length);
    this.#at += writeUtf8(this.#bytes, text, this.#at, length);
    return this;
  }

  binary(bytes: Uint8Array): this {
    return this.u16(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** Puts the length, as a variable byte integer, in front of all that was written since `from`. */
  lengthPrefix(from: number): this {
    const length = this.#at - from;
    const size = varintSize(length);
    this.#need(size);
    this.#bytes.copyWithin(from + size, from, this.#at);
    writeVarint(this.#bytes, from, length);
    this.#at += size;
    return this;
  }

  /** The packet: its first byte, the remaining length and the body, in fresh bytes. */
  packet(firstByte: number): Uint8Array {
    const remaining = this.#at - HEADER;
    const size = varintSize(remaining);
    const start = HEADER - 1 - size;
    this.#bytes[start] = firstByte;
    writeVarint(this.#bytes, start + 1, remaining);
    const packet = allocate(this.#at - start);
    packet.set(this.#bytes.subarray(start, this.#at));
    if (this.#bytes.length > LARGEST_KEPT) this.#bytes = allocate(1024);
    return packet;
  }

  /** What was written, in fresh bytes without a header. */
  body(): Uint8Array {
    return copyOf(this.#bytes.subarray(HEADER, this.#at));
  }

  #need(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = allocate(Math.max(this.#at + size, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** How many bytes a variable byte integer takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

/** Writes a variable byte integer and returns where it ends. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 0x80) {
    target[end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[end++] = rest;
  return end;
}
