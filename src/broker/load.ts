/** The load averages of `$SYS`: events a minute, weighted towards the last 1, 5 and 15 minutes. */

/** Minutes and what they are called. */
export const LOAD_SPANS: readonly (readonly [name: string, seconds: number])[] = [
  ['1min', 60],
  ['5min', 300],
  ['15min', 900],
];

/** One counter's three averages. */
export class Load {
  readonly values: [number, number, number] = [0, 0, 0];
  #last = 0;

  /** The counter stands at `total`, `seconds` after it was last looked at. */
  update(total: number, seconds: number): void {
    const rate = ((total - this.#last) * 60) / seconds;
    this.#last = total;
    for (const [at, [, span]] of LOAD_SPANS.entries()) {
      this.values[at] = rate + Math.exp(-seconds / span) * (this.values[at]! - rate);
    }
  }
}
