/** A circuit breaker: what fails time after time is left alone for a while, so that nobody waits for it. */

type State =
  | { readonly name: 'closed'; readonly failures: number }
  | { readonly name: 'open'; readonly until: number }
  /** One request is under way to see whether it works again. */
  | { readonly name: 'probing' };

/** What a request is to the circuit: one of many, or the one that finds out whether it closes again. */
export type Pass = 'ordinary' | 'probe';

const CLOSED: State = { name: 'closed', failures: 0 };

/**
 * Closed, requests pass. After `failures` in a row it opens, and nothing passes; when `retryMs` have gone by one request
 * does, the probe, and what becomes of it closes the circuit or keeps it open as long again. Whoever was given a pass
 * says what became of its request, once. 0 failures is a circuit that never opens.
 */
export class Circuit {
  readonly #failures: number;
  readonly #retryMs: number;
  #state: State = CLOSED;

  constructor(failures: number, retryMs: number) {
    this.#failures = failures;
    this.#retryMs = retryMs;
  }

  /** Whether `enter` would let nobody in; `now` in milliseconds. */
  isOpen(now: number): boolean {
    const { name } = this.#state;
    return name === 'probing' || (this.#state.name === 'open' && now < this.#state.until);
  }

  /** A request wants to be made; undefined if it must not be. */
  enter(now: number): Pass | undefined {
    if (this.isOpen(now)) return undefined;
    if (this.#state.name === 'closed') return 'ordinary';
    this.#state = { name: 'probing' };
    return 'probe';
  }

  /** True if the circuit has closed by it. */
  succeeded(pass: Pass): boolean {
    const wasClosed = this.#state.name === 'closed';
    if (pass === 'ordinary' && !wasClosed) return false; // late: the probe decides
    this.#state = CLOSED;
    return !wasClosed;
  }

  /** True if the circuit, closed until now, has opened by it. */
  failed(pass: Pass, now: number): boolean {
    if (pass === 'probe') {
      this.#state = { name: 'open', until: now + this.#retryMs };
      return false;
    }
    if (this.#state.name !== 'closed') return false;
    const failures = this.#state.failures + 1;
    const opens = failures === this.#failures;
    this.#state = opens ? { name: 'open', until: now + this.#retryMs } : { name: 'closed', failures };
    return opens;
  }
}
