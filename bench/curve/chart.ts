/** A curve as data: what is drawn, and what docs/performance/curves.json holds. */

export interface Line {
  readonly label: string;
  /** Lines of one group have one colour; the first line of a group is drawn through, the others are dashed. */
  readonly group: string;
  /** x and y, both above 0, x rising. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A chart with logarithmic axes. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}
