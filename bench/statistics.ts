/** Medians. */

/** The middle value, or the mean of the middle two. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
