/** What stands on a manual page. In its texts what is between backticks, or between two asterisks each, is bold. */

/** A word and what it means. */
export interface Entry {
  /** Bold: an option and its other names, a file, an exit code. */
  readonly term: string;
  /** In italics after it: what stands for its value. */
  readonly value?: string;
  readonly text: string;
  /** On a line of its own. */
  readonly facts?: string;
}

/** A call, and what it is for. */
export interface Example {
  readonly text: string;
  /** Lines, shown as they are. */
  readonly lines: readonly string[];
}

/** A part of a page: first its paragraphs, then its entries, then its examples. */
export interface Part {
  /** In capitals. */
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly entries?: readonly Entry[];
  readonly examples?: readonly Example[];
}

/** Commands, forms of files, servers. */
export type Chapter = 1 | 5 | 8;

export interface Page {
  readonly name: string;
  readonly chapter: Chapter;
  /** What Mosquitto calls it. */
  readonly alias?: string;
  /** What it is, without a full stop. */
  readonly summary: string;
  /** The ways to call it, and what follows the name in each. */
  readonly calls: readonly (readonly [command: string, rest: string])[];
  readonly parts: readonly Part[];
  /** Other pages, each with its chapter in parentheses. */
  readonly seeAlso: readonly string[];
}

/** Words of one's own as a sentence: those of a help begin with a small letter and may have no full stop. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.\]]$/.test(whole) ? whole : `${whole}.`;
}
