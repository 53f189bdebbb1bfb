/** UTF-8 strings as MQTT allows them, §1.5.4. */
import { asciiText, utf8Length, utf8Text } from './bytes.ts';
import { ProtocolError } from './error.ts';
import { Reason } from './reason.ts';

/** Control characters and noncharacters, in well-formed text; surrogates cannot be there. */
const UNWANTED = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;

/**
 * The string in `bytes` from `start` to `end`. U+0000 is malformed [MQTT-1.5.4-2], ill-formed UTF-8 too
 * [MQTT-1.5.4-1]; so are control characters and noncharacters, which the specification lets a receiver
 * refuse: as Mosquitto, and nothing in a log line can then be forged by a peer.
 */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return readWideText(bytes, start, end);
    if (byte < 0x20 || byte === 0x7f) throw malformed('a string with a control character');
  }
  return asciiText(bytes, start, end);
}

function readWideText(bytes: Uint8Array, start: number, end: number): string {
  const text = utf8Text(bytes, start, end);
  if (text === undefined) throw malformed('a string that is not UTF-8');
  if (UNWANTED.test(text)) throw malformed('a string with a control character or noncharacter');
  return text;
}

/** The longest string, bytes of UTF-8. */
const LONGEST = 65_535;

/** Whether a string may be sent: it is one that `readText` reads. */
export function isText(text: string): boolean {
  return text.isWellFormed() && !UNWANTED.test(text) && utf8Length(text) <= LONGEST;
}

/** A ProtocolError for bytes that cannot be parsed, §4.13.1. */
export function malformed(problem: string): ProtocolError {
  return new ProtocolError(Reason.malformedPacket, problem);
}
