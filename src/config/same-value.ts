/**
 * True for two values, or two sections, that mean the same. They are plain data built in the same order;
 * where an option was set is a Map, and so does not count.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
