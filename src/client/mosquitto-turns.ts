/** The turns of a program that polls: what happens is told to it only while it loops, as in PHP. */

/** What is read from, or not. */
export interface Reading {
  pause(): void;
  resume(): void;
}

/**
 * While no turn is under way nothing is read, but for what is on its way; what happens all the same waits here: an
 * answer to CONNECT, an end of the connection, what a handler has published. What a handler throws ends the turn, and
 * belongs to whoever asked for it.
 */
export class Turns {
  readonly #reading: Reading;
  readonly #waiting: (() => void)[] = [];
  /** Ends the turn under way. */
  #end: (() => void) | undefined;
  /** The turn is over when something has happened. */
  #isSingle = true;
  #depth = 0;
  #thrown: { readonly error: unknown } | undefined;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  get isUnderWay(): boolean {
    return this.#end !== undefined;
  }

  get isInHandler(): boolean {
    return this.#depth > 0;
  }

  /** Whether something waits to be told. */
  get hasNews(): boolean {
    return this.#waiting.length > 0;
  }

  /** Something has happened: told now, or in the next turn. */
  happen(tell: () => void): void {
    if (this.#end === undefined || this.#thrown !== undefined) this.#waiting.push(tell);
    else {
      tell();
      this.finishIfSingle();
    }
  }

  /** Told when the handler that runs has returned, or in the next turn. */
  later(tell: () => void): void {
    this.#waiting.push(tell);
  }

  /** Calls a handler of the program. */
  call(handler: () => void): void {
    this.#depth++;
    try {
      handler();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0 && this.isUnderWay && !this.#isSingle) this.#tellWaiting();
  }

  /** The turn ends with an error. */
  fail(error: unknown): void {
    this.#thrown ??= { error };
    this.finish();
  }

  /** The turn is over, and reading with it. */
  finish(): void {
    this.#reading.pause();
    this.#end?.();
  }

  /** A packet has come: with it a single turn is over, and without a turn it is the last one that is read. */
  finishIfSingle(): void {
    if (this.#isSingle || !this.isUnderWay) this.finish();
  }

  /** Throws what a handler has thrown. */
  rethrow(): void {
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown !== undefined) throw thrown.error;
  }

  /** Forgets what waits: it is of another connection. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /**
   * One turn: until something has happened, at the most so many milliseconds; or, without a time, until `finish`.
   * Rejects with what was thrown in it.
   */
  async take(milliseconds: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#isSingle = milliseconds !== undefined;
    this.#end = resolve;
    const isNews = this.hasNews;
    this.#tellWaiting();
    if (isNews && this.#isSingle) this.finish();
    else if (this.#thrown === undefined) this.#reading.resume();
    // what has come already is read before a turn without time is over
    const timer = this.#isSingle ? setTimeout(() => setImmediate(resolve), milliseconds) : undefined;
    await promise;
    clearTimeout(timer);
    this.#end = undefined;
    this.#reading.pause();
    this.rethrow();
  }

  #tellWaiting(): void {
    while (this.#waiting.length > 0 && this.#thrown === undefined) this.#waiting.shift()!();
  }
}
