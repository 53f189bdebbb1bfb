/** A value that is not accepted, and why. */

import type { Input } from './input.ts';

/** What a value parser returns instead of a value: Mosquitto's line, and in plain words what to do. */
export interface Refusal {
  readonly refused: string;
  readonly hint?: string;
}

/** A refusal; without a hint the caller says which values the option takes. */
export function refuse(refused: string, hint?: string): Refusal {
  return hint === undefined ? { refused } : { refused, hint };
}

/** The refusal of a line that ends where a value should stand. */
export function empty(input: Input): Refusal {
  return refuse(`Error: Empty '${input.name}' value in configuration.`);
}

/** True for a refusal, whatever else a value could have been. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}
