/** Measures a curve of CPU time a message. */
import type { Broker } from '../broker.ts';
import { run } from '../run.ts';
import { median } from '../statistics.ts';
import { figure } from '../table.ts';
import type { Table } from '../table.ts';
import type { Line } from './chart.ts';
import type { LoadCurve, Variant } from './load-curves.ts';
import type { Effort, Findings } from './part.ts';

const WARM_UP_SECONDS = 1;

/** A line of the chart, and every run behind its points. */
interface Measured extends Line {
  readonly runs: Readonly<Record<number, readonly number[]>>;
}

export async function measureLoad(name: string, curve: LoadCurve, effort: Effort): Promise<Findings> {
  const lines = curve.variants.flatMap((variant) =>
    effort.brokers.map((broker) => ({ variant, broker, runs: new Map<number, number[]>() })),
  );
  for (const x of curve.xs) {
    for (let round = 1; round <= effort.rounds; round++) {
      for (const line of lines) {
        effort.step(`${name} ${x}, ${labelOf(line.broker, line.variant)}, round ${round}`);
        const found = line.runs.get(x) ?? [];
        line.runs.set(x, [...found, ...(await attempt(line.broker, line.variant, x, effort.seconds))]);
      }
    }
  }
  const measured = lines.map(({ broker, variant, runs }) => toLine(broker, variant, runs));
  const { title, xLabel } = curve;
  return {
    title,
    how: `Medians of ${effort.rounds} rounds of ${effort.seconds} s.`,
    table: toTable(curve, measured),
    chart: { name, title, xLabel, yLabel: 'CPU µs of the broker', lines: measured },
    data: measured,
  };
}

/** CPU microseconds of one run; none when it fails, which is said. */
async function attempt(broker: Broker, variant: Variant, x: number, seconds: number): Promise<number[]> {
  try {
    const result = await run(broker, variant.workload(x), { warmUpSeconds: WARM_UP_SECONDS, seconds });
    if (result.lost > 0) process.stderr.write(`\n${broker.name} at ${x}: ${result.lost} deliveries lost.\n`);
    return result.cpuMicrosPerDelivery === null ? [] : [result.cpuMicrosPerDelivery];
  } catch (error) {
    process.stderr.write(`\n${broker.name} at ${x}: ${(error as Error).message}\n`);
    return [];
  }
}

function toLine(broker: Broker, variant: Variant, runs: ReadonlyMap<number, readonly number[]>): Measured {
  const measured = [...runs].filter(([, found]) => found.length > 0);
  return {
    label: labelOf(broker, variant),
    group: broker.name,
    points: measured.map(([x, found]) => [x, median(found)]),
    runs: Object.fromEntries(measured),
  };
}

function labelOf({ name }: Broker, { label }: Variant): string {
  return label === '' ? name : `${name}, ${label}`;
}

function toTable({ xs }: LoadCurve, lines: readonly Line[]): Table {
  const rows = xs.map((x) => [
    x.toLocaleString('en'),
    ...lines.map(({ points }) => figure(points.find(([at]) => at === x)?.[1] ?? null)),
  ]);
  return { head: ['', ...lines.map(({ label }) => `${label}, µs`)], rows, words: 1 };
}
