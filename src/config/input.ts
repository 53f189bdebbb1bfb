/** What a parser of one value is given. */

import type { Level, Location } from './diagnostic.ts';
import type { Value } from './option.ts';
import type { Tokens } from './tokens.ts';

/** What the parser of one value is given. */
export interface Input {
  /** The option's name as messages print it. */
  readonly name: string;
  readonly tokens: Tokens;
  /** The value an earlier line gave to the same option in the same section. */
  readonly previous: Value | undefined;
  /** Where that was. */
  readonly previousAt: Location | undefined;
  /** Something to tell the operator that does not stop the parser. */
  note(level: Exclude<Level, 'error'>, text: string): void;
}
