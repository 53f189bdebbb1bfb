/** How long to wait between attempts to connect. */
import { checkAmounts, waitOf } from './checks.ts';

export interface BackoffOptions {
  /** Of the first wait, milliseconds; 500 without it. */
  readonly minimum?: number;
  /** Of the longest wait, milliseconds; 30,000 without it. */
  readonly maximum?: number;
  /** Attempts in a row before giving up; for ever without it. */
  readonly attempts?: number;
}

/** Doubled so often, any wait is the longest. */
const MOST_DOUBLINGS = 30;

/**
 * Waits that double, each drawn at random between half of its length and all of it: a thousand clients that lost the
 * same server do not come back in the same millisecond.
 */
export class Backoff {
  readonly #minimum: number;
  readonly #maximum: number;
  readonly #attempts: number;
  readonly #random: () => number;
  #made = 0;

  constructor(options: BackoffOptions = {}, random: () => number = Math.random) {
    const { minimum = 500, maximum = 30_000, attempts = Infinity } = options;
    checkAmounts({ attempts });
    this.#minimum = waitOf('minimum', minimum);
    this.#maximum = waitOf('maximum', maximum);
    this.#attempts = attempts;
    this.#random = random;
  }

  /** Attempts since the last success. */
  get attempts(): number {
    return this.#made;
  }

  /** Milliseconds until the next attempt; undefined if there is to be none. */
  next(): number | undefined {
    if (this.#made >= this.#attempts) return undefined;
    const longest = Math.min(this.#maximum, this.#minimum * 2 ** Math.min(this.#made, MOST_DOUBLINGS));
    this.#made++;
    return longest * (0.5 + this.#random() / 2);
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#made = 0;
  }
}
