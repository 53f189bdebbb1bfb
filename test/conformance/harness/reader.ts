import { Mismatch } from './mismatch.ts';

/** A cursor over what the broker sent. Reading past the end, or what is ill-formed, is the broker's fault. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new Mismatch('the broker sent a packet that ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  slice(count: number): Reader {
    return new Reader(this.take(count));
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.byte() * 0x100 + this.byte();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** A Variable Byte Integer in its shortest form, as [MQTT-1.5.5-1] demands. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      if (byte === 0 && shift > 0) throw new Mismatch('the broker sent an integer longer than needed');
      return value;
    }
    throw new Mismatch('the broker sent an integer of more than four bytes');
  }

  /** Binary Data as a string of one character per byte. */
  binary(): string {
    return Buffer.from(this.take(this.u16())).toString('latin1');
  }

  utf8(): string {
    const bytes = this.take(this.u16());
    const value = decodeText(bytes);
    if (value === undefined || value.includes('\0'))
      throw new Mismatch('the broker sent an ill-formed string');
    return value;
  }

  rest(): string {
    return Buffer.from(this.take(this.left)).toString('latin1');
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
