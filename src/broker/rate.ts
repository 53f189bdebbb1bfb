/** Rates: how much may happen in how much time. */

/** A token in the units that are counted in: whole numbers of a rate and of milliseconds stay whole. */
const TOKEN = 1000;

/**
 * Tokens that come at a steady rate, and of which there are never more than a second's worth: in any t seconds no more
 * than rate · t + rate are taken, one at a time; of those taken together the last may be more. It reads no clock; one
 * that goes backward takes nothing away.
 */
export class TokenBucket {
  /** Tokens a second; a whole number over 0. */
  readonly rate: number;
  /** In thousandths. Below zero while something is owed. */
  #level: number;
  #at: number;

  /** Full at first. Times are in milliseconds. */
  constructor(rate: number, now: number) {
    this.rate = rate;
    this.#level = rate * TOKEN;
    this.#at = now;
  }

  /** Takes a token; false, with nothing taken, if there is none. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#level < TOKEN) return false;
    this.#level -= TOKEN;
    return true;
  }

  /** Takes tokens whether they are there or not. Returns the milliseconds until they are paid for. */
  owe(count: number, now: number): number {
    this.#refill(now);
    this.#level -= count * TOKEN;
    return this.#level >= 0 ? 0 : Math.ceil(-this.#level / this.rate);
  }

  /** Whether it is as good as new. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#level === this.rate * TOKEN;
  }

  #refill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#level = Math.min(this.rate * TOKEN, this.#level + passed * this.rate);
  }
}
