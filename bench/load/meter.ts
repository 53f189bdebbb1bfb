/** Counts deliveries, and keeps how long some of them took. */
import { percentile } from '../statistics.ts';

/** Latencies that are kept; those after them are not. */
const CAPACITY = 1 << 22;

export class Meter {
  /** Since the process started. */
  deliveries = 0;
  /** Called when deliveries or acknowledgements came: there may be room to publish. */
  moved: () => void = () => undefined;
  readonly #micros = new Float64Array(CAPACITY);
  #kept = 0;
  #measuring = false;

  /** Keeps latencies from now on. */
  start(): void {
    this.#measuring = true;
    this.#kept = 0;
  }

  stop(): void {
    this.#measuring = false;
  }

  /** A delivery took so long, milliseconds. */
  took(milliseconds: number): void {
    if (this.#measuring && this.#kept < CAPACITY) this.#micros[this.#kept++] = milliseconds * 1000;
  }

  /** The latencies below which these shares of all lie, microseconds. */
  percentiles(...shares: readonly number[]): number[] {
    const sorted = this.#micros.slice(0, this.#kept).toSorted();
    return shares.map((share) => percentile(sorted, share));
  }
}
