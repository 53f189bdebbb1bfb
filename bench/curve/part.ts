/** One part of `npm run bench:curves`: measured by itself, shown by itself in docs/PERFORMANCE.md. */
import type { Broker } from '../broker.ts';
import { describe, machine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { writeJson, writePart, writeText } from '../page.ts';
import { named } from '../report.ts';
import { toMarkdown, toText } from '../table.ts';
import type { Table } from '../table.ts';
import type { Chart } from './chart.ts';
import { draw } from './svg.ts';

/** How thoroughly a part is measured. */
export interface Effort {
  readonly brokers: readonly Broker[];
  readonly rounds: number;
  readonly seconds: number;
  /** Called before each step. */
  readonly step: (what: string) => void;
}

/** What measuring a part gives. */
export interface Findings {
  readonly title: string;
  /** What the reader has to know of how it was measured. */
  readonly how: string;
  readonly table: Table;
  readonly chart?: Chart;
  /** Everything that was measured. */
  readonly data: unknown;
}

export interface Part extends Findings {
  readonly name: string;
  readonly command: string;
  readonly machine: Machine;
  readonly brokers: readonly { readonly name: string; readonly about: string }[];
}

export function toPart(name: string, command: string, brokers: readonly Broker[], findings: Findings): Part {
  return {
    name,
    command,
    machine: machine(),
    brokers: brokers.map((broker) => ({ name: broker.name, about: broker.about })),
    ...findings,
  };
}

export function printPart({ title, table }: Part): void {
  process.stdout.write(`${title}\n\n${toText(table)}\n`);
}

/** Writes NAME.json and NAME.svg into a folder. */
export function writeFiles(part: Part, folder: string): void {
  writeJson(`${folder}/${part.name}.json`, part);
  if (part.chart !== undefined) writeText(`${folder}/${part.name}.svg`, draw(part.chart));
}

/** Rewrites the part in docs/PERFORMANCE.md. */
export function showOnPage(part: Part): void {
  const { name, title, chart, command, how, table } = part;
  const figures = chart === undefined ? [] : [`![${title}](performance/${name}.svg)`];
  const text = [
    `    ${command}`,
    `${how} ${describe(part.machine)} ${named(part.brokers)}`,
    ...figures,
    toMarkdown(table),
  ];
  writePart(name, text.join('\n\n'));
}
