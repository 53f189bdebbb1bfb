/** `--progress`: a line on the terminal that says how far the work is. Who does not sit at one sees nothing. */
import type { Io } from '../io.ts';

/** Between two looks, milliseconds. */
const LOOK_MS = 200;

const CLEAR_LINE = '\r\u001B[K';

export class Progress {
  readonly #io: Io;
  readonly #describe: (seconds: number) => string;
  readonly #start: number = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  /** `describe`: what the line says, so many seconds after the start. */
  constructor(io: Io, describe: (seconds: number) => string) {
    this.#io = io;
    this.#describe = describe;
    if (io.isErrorTerminal === true) this.#timer = setInterval(() => this.#tell(), LOOK_MS);
  }

  /** The line stays, with what came of it. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#tell();
    this.#io.stderr('\n');
  }

  #tell(): void {
    const seconds = (performance.now() - this.#start) / 1000;
    this.#io.stderr(`${CLEAR_LINE}${this.#describe(seconds)}`);
  }
}

/** How many messages, and how many a second. */
export function pace(count: number, seconds: number): string {
  return `${count} messages, ${Math.round(count / Math.max(seconds, 0.001))} msgs/s`;
}
