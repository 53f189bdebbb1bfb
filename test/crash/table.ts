/** The table of a run. */
import { COUNTS } from './ledger.ts';
import type { Count, Ledger } from './ledger.ts';

/** Lines of text: one for each count, one column for each run, for Markdown. */
export function table(runs: readonly (readonly [name: string, ledger: Ledger])[]): string {
  const rows: (readonly string[])[] = [
    ['', ...runs.map(([name]) => name)],
    ['---', ...runs.map(() => '---:')],
  ];
  for (const count of Object.keys(COUNTS) as Count[])
    rows.push([COUNTS[count], ...runs.map(([, { counts }]) => counts[count].toLocaleString('en'))]);
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}
