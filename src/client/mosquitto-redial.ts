/** When `loopForever` tries again: as `mosquitto_reconnect_delay_set` says. */

const SECOND = 1000;

export class Redial {
  #delay = 1;
  #most = 1;
  #isExponential = false;
  #attempts = 0;
  #stop: (() => void) | undefined;

  /** Seconds; 0 is 1. Without a maximum above it the delay stays the same. */
  set(delay: number, most: number, isExponential: boolean): void {
    this.#delay = Math.max(1, delay);
    this.#most = Math.max(this.#delay, most);
    this.#isExponential = isExponential;
  }

  /** The server has accepted. */
  reset(): void {
    this.#attempts = 0;
  }

  /** Until the next attempt, seconds. */
  next(): number {
    const grown = this.#delay * (this.#attempts + 1) ** (this.#isExponential ? 2 : 1);
    this.#attempts++;
    return Math.min(this.#most, grown);
  }

  /** Resolves when the next attempt is due, or when it is stopped. */
  async wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.next() * SECOND);
    this.#stop = resolve;
    await promise;
    clearTimeout(timer);
    this.#stop = undefined;
  }

  /** Ends the wait; false if there is none. */
  stop(): boolean {
    const stop = this.#stop;
    stop?.();
    return stop !== undefined;
  }
}
