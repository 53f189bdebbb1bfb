/** What a script may put on the wire: bytes, or hexadecimal digits with blanks where they help the reader. */
export type Bytes = Uint8Array | string;

/** The bytes that hexadecimal digits stand for. */
export function hex(digits: string): Uint8Array {
  const packed = digits.replaceAll(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(packed)) throw new TypeError(`not hexadecimal: ${digits}`);
  return new Uint8Array(Buffer.from(packed, 'hex'));
}

/** Hexadecimal digits, a blank between bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/(..)(?!$)/g, '$1 ');
}

/** Joins pieces; a number is one byte. */
export function join(...parts: readonly (Uint8Array | number)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part))),
  );
}

/** Two Byte Integer. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

/** Four Byte Integer. */
export function u32(value: number): Uint8Array {
  return join(u16(value >>> 16), u16(value & 0xffff));
}

/** Variable Byte Integer. */
export function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  do {
    out.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Uint8Array.from(out);
}

/** Bytes of a text, without a length. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Binary Data: a length and the bytes. */
export function binary(value: Uint8Array): Uint8Array {
  return join(u16(value.length), value);
}

/** UTF-8 Encoded String. */
export function utf8(value: string): Uint8Array {
  return binary(text(value));
}

/** A control packet of any content: first byte, right Remaining Length, body. */
export function frame(first: number, ...body: readonly (Uint8Array | number)[]): Uint8Array {
  const content = join(...body);
  return join(first, varint(content.length), content);
}
