/** A cursor over the bytes of one packet. */
import { malformed, readText } from './text.ts';

/**
 * Reads MQTT's data types (§1.5) from a range of bytes and never past its end: what is missing there is a
 * malformed packet. It is reset for each packet rather than made anew.
 */
export class Reader {
  #bytes: Uint8Array;
  #at = 0;
  #end = 0;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  get at(): number {
    return this.#at;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Moves past `size` bytes and returns where they start. */
  skip(size: number): number {
    const start = this.#at;
    if (size > this.#end - start) throw malformed('a packet shorter than its fields');
    this.#at = start + size;
    return start;
  }

  u8(): number {
    return this.#bytes[this.skip(1)]!;
  }

  u16(): number {
    const at = this.skip(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** A variable byte integer of one to four bytes, in its shortest form. [MQTT-1.5.5-1] */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw malformed('a variable byte integer longer than it need be');
        return value;
      }
    }
    throw malformed('a variable byte integer of more than four bytes');
  }

  string(): string {
    const length = this.u16();
    const start = this.skip(length);
    return readText(this.#bytes, start, start + length);
  }

  /** A view, not a copy. */
  binary(): Uint8Array {
    const length = this.u16();
    const start = this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#end;
    return this.#bytes.subarray(start, this.#end);
  }

  /** Nothing may follow the last field. */
  expectEnd(): void {
    if (this.#at !== this.#end) throw malformed('a packet longer than its fields');
  }
}
