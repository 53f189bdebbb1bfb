/** Changes as values that can be compared: bytes of every kind are one kind. */
import type { Change } from '../../src/broker/change.ts';

export function plain(changes: Iterable<Change>): readonly Change[] {
  return Array.from(changes, (change) => plainValue(change) as Change);
}

function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainValue(one)]));
}
