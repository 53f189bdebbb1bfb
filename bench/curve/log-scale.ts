/** A logarithmic axis: from values to places, and the values that are worth a line. */

export interface LogScale {
  /** Where a value stands, to a tenth. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** Fewer decades than this get ticks at 2 and 5 too. */
const FEW_DECADES = 3;

/** From the round value below the least of all to the round value above the greatest. */
export function logScale(values: readonly number[], start: number, end: number): LogScale {
  const least = Math.min(...values);
  const greatest = Math.max(...values);
  const steps = Math.log10(greatest / least) < FEW_DECADES ? [1, 2, 5] : [1];
  const round = roundValues(least, greatest, steps);
  const low = Math.log10(Math.min(round.findLast((value) => value <= least * 1.0001) ?? least, least));
  const high = Math.log10(Math.max(round.find((value) => value >= greatest * 0.9999) ?? greatest, greatest));
  const span = high - low || 1;
  const at = (value: number): number =>
    Math.round((start + ((Math.log10(value) - low) / span) * (end - start)) * 10) / 10;
  return {
    at,
    ticks: round.filter((value) => Math.log10(value) > low - 1e-9 && Math.log10(value) < high + 1e-9),
  };
}

function roundValues(least: number, greatest: number, steps: readonly number[]): number[] {
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(greatest)); power++)
    for (const step of steps) values.push(Number((step * 10 ** power).toPrecision(1)));
  return values;
}
