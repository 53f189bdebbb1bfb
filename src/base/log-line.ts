/** How one line of the log is laid out: its time in front, no control characters inside, never too long. */
import { strftime } from './strftime.ts';

/** The longest line in bytes, its time included. As Mosquitto, whose buffer ends here. */
const LINE_BYTES = 999;

/** What no line may contain: the control characters (C0, DEL, C1) and Unicode's own two line ends. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const CONTROLS = new RegExp(CONTROL, 'gu');

/** The time in front of the lines. It changes once a second, so that is how often it is formatted. */
export class TimePrefix {
  readonly #format: string | undefined;
  #second: number = Number.NaN;
  #text = '';

  /** `format` is for strftime; without one, the time is in seconds since 1970. */
  constructor(format: string | undefined) {
    this.#format = format;
  }

  /** What stands in front of a line printed at `now` (ms since 1970), colon and blank included. */
  at(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = `${this.#format === undefined ? second : formatted(this.#format, now)}: `;
    }
    return this.#text;
  }
}

function formatted(format: string, now: number): string {
  const text = escaped(strftime(format, now));
  // as Mosquitto: strftime() fills the line's buffer, and answers 0 both for "nothing" and for "no room"
  return text === '' || capped(text) !== text ? 'Time error' : text;
}

/**
 * The fields of an event with the control characters in their strings escaped (`\n`, `\r`, `\t`, `\xHH`), so that
 * nothing that comes from a peer or a file name can end a line, start another, or steer a terminal.
 */
export function printable<Fields extends object>(fields: Fields): Fields {
  let copy: Fields | undefined;
  for (const key in fields) {
    const value: unknown = fields[key];
    // Nearly every event passes untouched: test before anything is copied.
    if (typeof value !== 'string' || !CONTROL.test(value)) continue;
    copy ??= { ...fields };
    Object.assign(copy, { [key]: escaped(value) });
  }
  return copy ?? fields;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  return text.replaceAll(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return SHORT_ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** The fields as one line of JSON. Escapes also what JSON lets stand (DEL, C1, Unicode's line ends). */
export function jsonLine(fields: object): string {
  return JSON.stringify(fields).replaceAll(CONTROLS, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

/** The line, cut where Mosquitto cuts it, but never inside a character. */
export function capped(line: string): string {
  // One UTF-16 unit is 3 bytes of UTF-8 at most: nearly every line ends here.
  if (line.length * 3 <= LINE_BYTES) return line;
  let bytes = 0;
  let end = 0;
  for (const character of line) {
    bytes += utf8Bytes(character.codePointAt(0) ?? 0);
    if (bytes > LINE_BYTES) return line.slice(0, end);
    end += character.length;
  }
  return line;
}

function utf8Bytes(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x1_0000 ? 3 : 4;
}
