/** Files of rules and secrets: what reading one leads to. */

/** What is wrong with a file, or should be known of it; printed as `config/diagnostic.ts` prints a configuration's. */
export interface FileProblem {
  readonly level: 'error' | 'warning' | 'notice' | 'information';
  /** Mosquitto's line where it has one. */
  readonly text: string;
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** In plain words: what is wrong, what is allowed, what to do. */
  readonly hint?: string;
}

/** A file that was read, with warnings; or the errors for which it cannot be used. */
export type Read<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly FileProblem[] }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** Where the options of a section stand in the configuration, by their names. */
export type OptionPlaces = ReadonlyMap<string, { readonly file: string; readonly line: number }>;

/** Something about an option, told at its line. */
export function problemAt(
  places: OptionPlaces,
  option: string,
  problem: Pick<FileProblem, 'level' | 'text' | 'hint'>,
): FileProblem {
  return { ...problem, ...(places.get(option) ?? { file: option }) };
}
