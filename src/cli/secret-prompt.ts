/** Asks for secrets: on a terminal nothing that is typed is shown, from a pipe lines are read. */
import type { Io } from './io.ts';

/** The user, or the system, wants the program to end. */
export class Interrupted extends Error {}

/** Bytes of a line that are kept; whoever asks finds what is longer too long. */
const MOST_BYTES = 65_536;

const LF = 0x0a;
const CR = 0x0d;

/** What a key does on a terminal that hands over each of them. */
const KEYS: ReadonlyMap<number, 'enter' | 'erase' | 'erase all' | 'end' | 'interrupt'> = new Map([
  [LF, 'enter'],
  [CR, 'enter'],
  [0x08, 'erase'],
  [0x7f, 'erase'],
  [0x15, 'erase all'], // Ctrl-U
  [0x04, 'end'], // Ctrl-D
  [0x03, 'interrupt'], // Ctrl-C
  [0x1c, 'interrupt'], // Ctrl-\
]);

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Standard input while secrets are asked for. Whoever makes one closes it (`using`): that gives the terminal back. */
export class SecretPrompt implements Disposable {
  readonly #io: Io;
  readonly #show: (text: string) => void;
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #interrupted: Promise<never>;
  readonly #interrupt: () => void;
  /** What has come, and how much of it was read. */
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Questions go to `show`. */
  constructor(io: Io, show: (text: string) => void) {
    this.#io = io;
    this.#show = show;
    this.#input = io.stdin()[Symbol.asyncIterator]();
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined); // it may come when nobody waits any more
    this.#interrupted = promise;
    this.#interrupt = () => reject(new Interrupted());
    for (const signal of SIGNALS) process.on(signal, this.#interrupt);
    if (io.isInputTerminal) io.setRawMode?.(true);
  }

  /** The next line, without its end; empty if there is none. Throws `Interrupted`. */
  async ask(question: string): Promise<Uint8Array> {
    this.#show(question);
    const line = this.#io.isInputTerminal ? await this.#typed() : await this.#piped();
    if (line.length > 0 || this.#io.isInputTerminal) this.#show('\n');
    return line;
  }

  [Symbol.dispose](): void {
    if (this.#io.isInputTerminal) this.#io.setRawMode?.(false);
    for (const signal of SIGNALS) process.off(signal, this.#interrupt);
  }

  async #piped(): Promise<Uint8Array> {
    const line: number[] = [];
    for (;;) {
      const byte = await this.#next();
      if (byte === undefined || byte === LF) break;
      if (line.length < MOST_BYTES + 1) line.push(byte);
    }
    while (line.at(-1) === CR) line.pop();
    return Uint8Array.from(line);
  }

  async #typed(): Promise<Uint8Array> {
    const line: number[] = [];
    for (;;) {
      const byte = await this.#next();
      const key = byte === undefined ? 'end' : KEYS.get(byte);
      switch (key) {
        case undefined:
          if (line.length < MOST_BYTES) line.push(byte!);
          break;
        case 'erase':
          erase(line);
          break;
        case 'erase all':
          line.length = 0;
          break;
        case 'interrupt':
          this.#show('\n');
          throw new Interrupted();
        case 'enter':
        case 'end':
          return Uint8Array.from(line);
      }
    }
  }

  async #next(): Promise<number | undefined> {
    while (this.#at === this.#chunk.length) {
      const next = await Promise.race([this.#input.next(), this.#interrupted]);
      if (next.done === true) return undefined;
      this.#chunk = next.value;
      this.#at = 0;
    }
    return this.#chunk[this.#at++];
  }
}

/** Takes one character of UTF-8 off the end. */
function erase(line: number[]): void {
  let byte = line.pop();
  while (byte !== undefined && (byte & 0xc0) === 0x80) byte = line.pop();
}
