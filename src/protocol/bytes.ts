/**
 * Bytes and text. The only file of the protocol that knows `Buffer`: Node's is several times faster than
 * `TextDecoder` on short strings; where there is none, as in a browser, the standard classes serve.
 */

interface NodeBytes {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  latin1Write(text: string, at: number, length: number): number;
  utf8Write(text: string, at: number, length: number): number;
}

interface NodeBuffer {
  readonly prototype: NodeBytes;
  allocUnsafe(size: number): Uint8Array;
  allocUnsafeSlow(size: number): Uint8Array;
  byteLength(text: string): number;
}

const node = (globalThis as { Buffer?: NodeBuffer }).Buffer;

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Fresh bytes, not zeroed, for a short life: they may come out of a shared pool. */
export const allocate: (size: number) => Uint8Array = node
  ? (size) => node.allocUnsafe(size)
  : (size) => new Uint8Array(size);

/** Fresh bytes that pin no other memory, for what is kept. */
export const allocateKept: (size: number) => Uint8Array = node
  ? (size) => node.allocUnsafeSlow(size)
  : (size) => new Uint8Array(size);

/** A copy that pins no other memory. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocateKept(bytes.length);
  copy.set(bytes);
  return copy;
}

/** The text of bytes below 0x80. */
export const asciiText: (bytes: Uint8Array, start: number, end: number) => string = node
  ? (bytes, start, end) => node.prototype.latin1Slice.call(bytes, start, end)
  : (bytes, start, end) => strictDecoder.decode(bytes.subarray(start, end));

/**
 * Bytes as a text of as many characters below 0x100: the smallest thing that keeps few bytes and pins nothing else. An
 * array of its own costs 100 bytes besides, a place in a shared one keeps all of that alive.
 */
export const packed: (bytes: Uint8Array) => string = node
  ? (bytes) => node.prototype.latin1Slice.call(bytes, 0, bytes.length)
  : (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** The bytes that were packed. They may come out of a shared pool. */
export const unpacked: (text: string) => Uint8Array = node
  ? (text) => {
      const bytes = node.allocUnsafe(text.length);
      node.prototype.latin1Write.call(bytes, text, 0, text.length);
      return bytes;
    }
  : (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The text of UTF-8; undefined when it is ill-formed (overlong, surrogate, cut off). [MQTT-1.5.4-1] */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strictDecoder.decode(bytes.subarray(start, end));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** How many bytes the text takes as UTF-8. */
export const utf8Length: (text: string) => number = node
  ? (text) => node.byteLength(text)
  : (text) => encoder.encode(text).length;

/** Writes the text as UTF-8 and returns how many bytes it took. There must be room. */
export const writeUtf8: (target: Uint8Array, text: string, at: number, length: number) => number = node
  ? (target, text, at, length) => node.prototype.utf8Write.call(target, text, at, length)
  : (target, text, at) => encoder.encodeInto(text, target.subarray(at)).written;

/** The text as UTF-8 bytes. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Whether two ranges hold the same bytes: `length` bytes of `a` from `start`, and all of `b`. */
export function sameBytes(a: Uint8Array, start: number, b: Uint8Array): boolean {
  for (let i = 0; i < b.length; i++) if (a[start + i] !== b[i]) return false;
  return true;
}
