/** What the parser tells the operator. */

/** How serious it is; an `error` means that there is no configuration. */
export type Level = 'error' | 'warning' | 'notice' | 'information';

/** A line of a configuration file. */
export interface Location {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** One thing the operator got wrong, or should know. `text` is Mosquitto's line. */
export interface Diagnostic {
  readonly level: Level;
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
  /** In plain words: what is wrong, what is allowed, what to do. */
  readonly hint?: string;
  /** The `include_dir` line that led to `file`. */
  readonly includedFrom?: Location;
}

/**
 * The lines an operator sees, in order: Mosquitto's line, for an error where it was found (an included
 * file, then the line that includes it), and `FILE:LINE:` with the hint.
 */
export function formatDiagnostic(diagnostic: Diagnostic): string[] {
  const lines = [diagnostic.text];
  const { file, line, hint, includedFrom } = diagnostic;
  if (diagnostic.level === 'error' && file !== undefined && line !== undefined) {
    lines.push(includedFrom ? `Error found at '${file}:${line}'.` : `Error found at ${file}:${line}.`);
    if (includedFrom) lines.push(`Error found at ${includedFrom.file}:${includedFrom.line}.`);
  }
  if (hint !== undefined) lines.push(`${place(file, line)}${hint}`);
  return lines;
}

function place(file: string | undefined, line: number | undefined): string {
  if (file === undefined) return '';
  return line === undefined ? `${file}: ` : `${file}:${line}: `;
}
