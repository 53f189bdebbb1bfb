/** A table of text: aligned for a terminal, or in Markdown. The first columns are words, the others numbers. */

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many columns, from the left, are words. */
  readonly words: number;
}

export function toText({ head, rows, words }: Table): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < words ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

export function toMarkdown({ head, rows, words }: Table): string {
  const rule = head.map((_, column) => (column < words ? '---' : '---:'));
  return `${[head, rule, ...rows].map(markdownRow).join('\n')}\n`;
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A number with as many digits as say something: about three. */
export function figure(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', {
    minimumFractionDigits: digits > 3 ? 3 : digits,
    maximumFractionDigits: Math.min(digits, 3),
  });
}
