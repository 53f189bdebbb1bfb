/** How often values came, kept by ranges that widen with them: exact to one part in 1024, and never larger. */

/** Ranges for each doubling of the values. */
const RANGES = 1024;
const RANGE_BITS = 10;
/** Values up to this are told apart: 2^40 nanoseconds are 18 minutes. */
const MOST = 2 ** 40 - 1;
const LENGTH = RANGES * (40 - RANGE_BITS + 1);

export class Histogram {
  /** How many values. */
  count = 0;
  /** The largest of them, exactly; 0 of none. */
  max = 0;
  readonly #counts = new Float64Array(LENGTH);

  add(value: number): void {
    this.count++;
    if (value > this.max) this.max = value;
    this.#counts[rangeOf(Math.min(MOST, Math.max(0, value)))]!++;
  }

  clear(): void {
    this.#counts.fill(0);
    this.count = 0;
    this.max = 0;
  }

  /** The value that a share of all does not exceed, give or take its range; 0 of nothing. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(this.count * share));
    let seen = 0;
    for (let range = 0; range < LENGTH; range++) {
      seen += this.#counts[range]!;
      if (seen >= rank) return Math.min(this.max, middleOf(range));
    }
    return 0;
  }
}

/** Values below 1024 have a range each; above, each doubling is cut into 1024. */
function rangeOf(value: number): number {
  if (value < RANGES) return Math.trunc(value);
  const doubling = Math.floor(Math.log2(value)) - RANGE_BITS;
  return RANGES * (doubling + 1) + Math.trunc(value / 2 ** doubling) - RANGES;
}

function middleOf(range: number): number {
  if (range < RANGES) return range;
  const doubling = Math.floor(range / RANGES) - 1;
  return ((range % RANGES) + RANGES + 0.5) * 2 ** doubling;
}
