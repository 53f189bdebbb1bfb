/** The result of a benchmark: medians over its rounds, and the table that shows them. */
import { describe } from './machine.ts';
import type { Machine } from './machine.ts';
import { median } from './statistics.ts';
import { figure, toMarkdown } from './table.ts';
import type { Table } from './table.ts';
import type { LoadResult } from './workload.ts';

export interface Measured {
  readonly scenario: string;
  readonly broker: string;
  readonly median: LoadResult;
  readonly runs: readonly LoadResult[];
}

export interface Report {
  /** The command that made it. */
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly brokers: readonly { readonly name: string; readonly about: string }[];
  /** By scenario; the first broker of each is what the others are compared with. */
  readonly results: readonly Measured[];
}

/** Each figure's median; null where it is not known. */
export function medians(runs: readonly LoadResult[]): LoadResult {
  const [first] = runs;
  if (first === undefined) throw new TypeError('no runs');
  const keys = Object.keys(first) as (keyof LoadResult)[];
  const middle = (key: keyof LoadResult): number | null =>
    first[key] === null ? null : median(runs.map((run) => run[key] ?? Number.NaN));
  return Object.fromEntries(keys.map((key) => [key, middle(key)])) as unknown as LoadResult;
}

const HEAD = [
  'scenario',
  'broker',
  'CPU µs each',
  'CPU ×',
  'deliveries/s',
  'rate ×',
  'p50 µs',
  'p99 µs',
  'RSS MiB',
  'cores: broker',
  'load',
];

/** The table: CPU and rate also as a ratio to the first broker of the scenario. */
export function resultTable(results: readonly Measured[]): Table {
  const rows = results.map(({ scenario, broker, median: of }) => {
    const base = results.find((one) => one.scenario === scenario)?.median ?? of;
    return [
      scenario,
      broker,
      figure(of.cpuMicrosPerDelivery),
      ratio(of.cpuMicrosPerDelivery, base.cpuMicrosPerDelivery),
      Math.round(of.deliveriesPerSecond).toLocaleString('en'),
      ratio(of.deliveriesPerSecond, base.deliveriesPerSecond),
      figure(of.p50Micros),
      figure(of.p99Micros),
      figure(of.residentKib === null ? null : of.residentKib / 1024),
      share(of.brokerCores),
      share(of.loadCores),
    ];
  });
  return { head: HEAD, rows, words: 2 };
}

/** What the reader must know besides: deliveries that never came. */
export function losses(results: readonly Measured[]): string[] {
  return results
    .filter(({ runs }) => runs.some(({ lost }) => lost > 0))
    .map(
      ({ scenario, broker, runs }) =>
        `${scenario}: ${broker} lost ${runs.map(({ lost }) => lost).join(', ')}.`,
    );
}

/** The part of docs/PERFORMANCE.md. */
export function toPage(report: Report): string {
  const { command, machine, rounds, seconds, brokers, results } = report;
  return [
    `    ${command}`,
    `${describe(machine)} Medians of ${rounds} rounds of ${seconds} s. ${named(brokers)}`,
    toMarkdown(resultTable(results)),
    ...losses(results),
  ].join('\n\n');
}

/** Who is who. */
export function named(brokers: Report['brokers']): string {
  return brokers.map(({ name, about }) => `${name}: ${about}.`).join(' ');
}

function ratio(value: number | null, base: number | null): string {
  return value === null || base === null || base === 0 ? '–' : (value / base).toFixed(2);
}

function share(cores: number | null): string {
  return cores === null ? '–' : cores.toFixed(2);
}
