/** Bytes that grow: slices of a megabyte, so that nothing that was written is ever copied again. */
import { allocateKept, utf8Length, writeUtf8 } from '../protocol/bytes.ts';

const SLICE = 1 << 20;
/** Bytes from this size on are not copied: they become a part of their own. */
const LARGE = 8192;
/** Strings up to this length are written by hand when they are ASCII: a call out of JavaScript costs more. */
const SHORT = 32;

/** Integers are big-endian, but for those of 64 bits. `room` is asked for before anything is written. */
export class Slices {
  readonly #parts: Uint8Array[] = [];
  #bytes: Uint8Array = allocateKept(SLICE);
  #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #at = 0;

  /** All that was written, in pieces. What is large in it are the bytes that were given. */
  parts(): readonly Uint8Array[] {
    this.#cut();
    return this.#parts;
  }

  /** Where the next byte will stand, until `room` is called again. */
  get at(): number {
    return this.#at;
  }

  /** There are so many bytes from here on, side by side. */
  room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    this.#cut();
    this.#bytes = allocateKept(Math.max(SLICE, size));
    this.#view = new DataView(this.#bytes.buffer);
    this.#from = 0;
    this.#at = 0;
  }

  u8(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  /** A whole number that is not negative; little-endian, as the machines have it that run Mosquitto. */
  u64(value: number): void {
    this.#view.setUint32(this.#at, value % 0x1_0000_0000, true);
    this.#view.setUint32(this.#at + 4, value / 0x1_0000_0000, true);
    this.#at += 8;
  }

  zeros(count: number): void {
    this.#bytes.fill(0, this.#at, this.#at + count);
    this.#at += count;
  }

  /** Writes a 16-bit integer over what stands at `at`. */
  u16At(at: number, value: number): void {
    this.#view.setUint16(at, value);
  }

  u32At(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** Writes the text and gives its bytes. Room for three bytes a character must be there. */
  text(text: string): number {
    const start = this.#at;
    if (text.length <= SHORT && this.#ascii(text)) return text.length;
    this.#at = start + writeUtf8(this.#bytes, text, start, utf8Length(text));
    return this.#at - start;
  }

  /** There must be room for what is small. */
  raw(bytes: Uint8Array): void {
    if (bytes.length >= LARGE) {
      this.#cut();
      this.#parts.push(bytes);
      return;
    }
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #ascii(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      this.#bytes[this.#at + i] = code;
    }
    this.#at += text.length;
    return true;
  }

  /** What was written since the last cut is a part. */
  #cut(): void {
    if (this.#at > this.#from) this.#parts.push(this.#bytes.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}

/** How much room bytes need that may be large. */
export function roomFor(bytes: Uint8Array): number {
  return bytes.length >= LARGE ? 0 : bytes.length;
}
