/** The bytes of a file as lines, and a line as words, exactly as Mosquitto cuts them. */

/** One line that says something; blank lines and comments are left out. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly tokens: Tokens;
  /** True when a NUL cut the line short. */
  readonly cut: boolean;
}

const LF = 10;

/** A byte order mark is kept: it makes the first key unknown, as in Mosquitto. */
const decoder: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The lines of a file that are neither blank nor comments. */
export function* splitLines(text: string | Uint8Array): Generator<Line> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  let number = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(LF, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = readLine(bytes.subarray(start, end), ++number);
    if (line !== undefined) yield line;
    start = end + 1;
  }
}

function readLine(bytes: Uint8Array, number: number): Line | undefined {
  const nul = bytes.indexOf(0);
  const kept = nul < 0 ? bytes : bytes.subarray(0, nul);
  const text = withoutCarriageReturns(decoder.decode(kept));
  if (text === '' || text.startsWith('#') || text.startsWith('\r')) return undefined;
  return { number, tokens: new Tokens(text, isUtf8(kept)), cut: nul >= 0 };
}

/** A regular expression would take quadratic time on a line full of them. */
function withoutCarriageReturns(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\r') end--;
  return text.slice(0, end);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A cursor over the words of one line. Only the space separates; a TAB is a letter like any other. */
export class Tokens {
  readonly wellFormed: boolean;
  #rest: string;

  constructor(line: string, wellFormed = true) {
    this.#rest = line;
    this.wellFormed = wellFormed;
  }

  /** The next word, or undefined at the end of the line. */
  next(): string | undefined {
    const start = this.#rest.search(/[^ ]/);
    if (start < 0) return undefined;
    const space = this.#rest.indexOf(' ', start);
    const end = space < 0 ? this.#rest.length : space;
    const word = this.#rest.slice(start, end);
    this.#rest = this.#rest.slice(end + 1);
    return word;
  }

  /** All that is left but the one space after the last word; undefined when there is nothing. */
  rest(): string | undefined {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? undefined : rest;
  }

  /** What `rest` would return, left where it is. */
  peek(): string {
    return this.#rest;
  }

  /** What stands before an index of `peek`, without going further than the character there. */
  upTo(index: number): string {
    const text = this.#rest.slice(0, index);
    this.#rest = this.#rest.slice(index + 1);
    return text;
  }

  /** Goes past the next word if it is this one. */
  skip(word: string): void {
    if (trimBlanks(this.#rest) === word) this.#rest = '';
  }

  /** Goes to the end of the line. */
  end(): void {
    this.#rest = '';
  }
}

/** Without the ASCII blanks at both ends. `String.trim` would take more, such as U+00A0. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Space, and TAB to CR. */
function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
