/**
 * Arguments that are not UTF-8. Node decodes what the system gave it, and puts U+FFFD in the place of bytes that are no
 * text; Linux still has them.
 */
import { readFileSync } from 'node:fs';
import { utf8Bytes } from '../../protocol/bytes.ts';

const REPLACEMENT = '\uFFFD';

/** An argument as it was given. */
export function argumentBytes(text: string): Uint8Array {
  return (text.includes(REPLACEMENT) ? given(text) : undefined) ?? utf8Bytes(text);
}

/** Whether an argument was given that is not UTF-8. */
export function isMalformed(text: string): boolean {
  const bytes = text.includes(REPLACEMENT) ? given(text) : undefined;
  return bytes !== undefined && !utf8Bytes(text).every((byte, at) => byte === bytes[at]);
}

function given(text: string): Uint8Array | undefined {
  let all: Buffer;
  try {
    all = readFileSync('/proc/self/cmdline');
  } catch {
    return undefined; // another system: what Node made of it is all there is
  }
  for (let from = 0; from < all.length;) {
    const end = all.indexOf(0, from);
    const word = all.subarray(from, end < 0 ? all.length : end);
    if (word.toString() === text) return word;
    from += word.length + 1;
  }
  return undefined;
}
