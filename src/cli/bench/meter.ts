/** Counts deliveries, and keeps how long those took that were asked. */
import { Histogram } from './histogram.ts';

export class Meter {
  /** Since the process started. */
  deliveries = 0;
  /** Called when deliveries or acknowledgements came: there may be room to publish. */
  moved: () => void = () => undefined;
  /** How long deliveries took while it measured, nanoseconds. */
  readonly nanoseconds: Histogram = new Histogram();
  #measuring = false;

  /** Keeps latencies from now on. */
  start(): void {
    this.#measuring = true;
    this.nanoseconds.clear();
  }

  stop(): void {
    this.#measuring = false;
  }

  /** A delivery took so long, milliseconds. */
  took(milliseconds: number): void {
    if (this.#measuring) this.nanoseconds.add(milliseconds * 1e6);
  }
}
