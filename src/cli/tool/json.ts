/**
 * JSON as cJSON reads and writes it, which is what `-F %j` and `%J` print. Texts here are bytes: one character each, so
 * that what is no UTF-8 passes as it is.
 */

/** A value: written already, or made of others. Names are written already too, and may stand twice. */
export type Json = string | JsonArray | JsonObject;

export interface JsonArray {
  readonly kind: 'array';
  readonly items: readonly Json[];
}

export interface JsonObject {
  readonly kind: 'object';
  readonly members: readonly (readonly [name: string, value: Json])[];
}

/** Deeper than this is refused, as by cJSON. */
const DEEPEST = 1000;

const SPACE = /[\u0000-\u0020]*/y;
const NUMBER = /-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Reads a text of bytes; undefined if it is no JSON. */
export function readJson(text: string): Json | undefined {
  const reader = new Reader(text);
  const value = reader.value(0);
  return value !== undefined && reader.isAtEnd ? value : undefined;
}

/** Writes a value: with tabs and line breaks, or without any. */
export function writeJson(value: Json, isPretty: boolean, depth = 0): string {
  if (typeof value === 'string') return value;
  if (value.kind === 'array') {
    const items = value.items.map((item) => writeJson(item, isPretty, depth + 1));
    return `[${items.join(isPretty ? ', ' : ',')}]`;
  }
  const members = value.members.map(([name, member]) => {
    const written = writeJson(member, isPretty, depth + 1);
    return isPretty ? `${'\t'.repeat(depth + 1)}${name}:\t${written}` : `${name}:${written}`;
  });
  if (!isPretty) return `{${members.join(',')}}`;
  const lines = members.length === 0 ? '' : `${members.join(',\n')}\n`;
  return `{\n${lines}${'\t'.repeat(depth)}}`;
}

/** A text as a JSON string. */
export function jsonString(text: string): string {
  // What JSON.stringify escapes beyond control characters, quotes and backslashes cannot stand in a text of bytes
  return JSON.stringify(text);
}

/** A number as C prints it: 15 digits if they say it all, else 17. */
export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const short = shortest(value, 15);
  const read = Number(short);
  const isSame = Math.abs(read - value) <= Math.max(Math.abs(read), Math.abs(value)) * Number.EPSILON;
  return isSame ? short : shortest(value, 17);
}

/** `%.{digits}g`. */
function shortest(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < digits) return trimmed(value.toFixed(digits - 1 - exponent));
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${trimmed(mantissa)}e${exponent < 0 ? '-' : '+'}${size}`;
}

function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.#take(SPACE);
    return this.#at === this.#text.length;
  }

  /** The next value; undefined if there is none. */
  value(depth: number): Json | undefined {
    this.#take(SPACE);
    const next = this.#text[this.#at];
    if (next === '{') return depth < DEEPEST ? this.#object(depth + 1) : undefined;
    if (next === '[') return depth < DEEPEST ? this.#array(depth + 1) : undefined;
    if (next === '"') return this.#string();
    const number = this.#take(NUMBER);
    return number === undefined ? this.#take(WORD) : jsonNumber(Number(number));
  }

  #object(depth: number): Json | undefined {
    const members: [string, Json][] = [];
    this.#at++;
    if (this.#takeMark('}')) return { kind: 'object', members };
    do {
      this.#take(SPACE);
      const name = this.#string();
      if (name === undefined || !this.#takeMark(':')) return undefined;
      const value = this.value(depth);
      if (value === undefined) return undefined;
      members.push([name, value]);
    } while (this.#takeMark(','));
    return this.#takeMark('}') ? { kind: 'object', members } : undefined;
  }

  #array(depth: number): Json | undefined {
    const items: Json[] = [];
    this.#at++;
    if (this.#takeMark(']')) return { kind: 'array', items };
    do {
      const value = this.value(depth);
      if (value === undefined) return undefined;
      items.push(value);
    } while (this.#takeMark(','));
    return this.#takeMark(']') ? { kind: 'array', items } : undefined;
  }

  #string(): string | undefined {
    if (this.#text[this.#at] !== '"') return undefined;
    const from = this.#at + 1;
    let to = this.#text.indexOf('"', from);
    while (to >= 0 && this.#isEscaped(to, from)) to = this.#text.indexOf('"', to + 1);
    if (to < 0) return undefined;
    this.#at = to + 1;
    const text = unescaped(this.#text.slice(from, to));
    return text === undefined ? undefined : jsonString(text);
  }

  /** Whether an odd number of backslashes stands in front of a place. */
  #isEscaped(at: number, from: number): boolean {
    let first = at;
    while (first > from && this.#text[first - 1] === '\\') first--;
    return (at - first) % 2 === 1;
  }

  #takeMark(mark: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** Undefined if an escape is none, or half of a surrogate pair is missing. */
function unescaped(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  let isWhole = true;
  const plain = text.replaceAll(
    /(?:\\u[0-9a-fA-F]{4})+|\\([^])/g,
    (run: string, letter: string | undefined) => {
      if (letter !== undefined) {
        const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
        if (character === undefined) isWhole = false;
        return character ?? '';
      }
      const units = run.match(/[0-9a-fA-F]{4}/g)!.map((hex) => Number.parseInt(hex, 16));
      const decoded = String.fromCharCode(...units);
      if (!decoded.isWellFormed()) isWhole = false;
      return Buffer.from(decoded).toString('latin1');
    },
  );
  return isWhole ? plain : undefined;
}
