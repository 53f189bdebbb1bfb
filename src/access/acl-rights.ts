/** What a rule of an ACL file grants or forbids, as bits that add up over all rules that match. */

/** A topic may be received, be published to; or neither, whatever else matches. */
export const READ = 1;
export const WRITE = 2;
export const DENY = 4;

/** The words of the file, and the bits they stand for. */
export const RIGHTS: ReadonlyMap<string, number> = new Map([
  ['read', READ],
  ['write', WRITE],
  ['readwrite', READ | WRITE],
  ['deny', DENY],
]);

/** A rule without such a word. */
export const DEFAULT_RIGHTS: number = READ | WRITE;
