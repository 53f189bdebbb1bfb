/** What SQLite reports, in the operator's words: what is wrong with which file, and what to do. */
import { StoreError } from './store-error.ts';

/** What was being done when it went wrong. */
export type StoreDeed = 'open' | 'read' | 'write';

interface Trouble {
  readonly text: string;
  readonly hint: (path: string, deed: StoreDeed) => string;
}

/** The second way is for those sqlite3 that are built without `.recover`, Debian 12's among them. */
const RESCUE = (path: string): string =>
  `Keep a copy of ${path} and ${path}-wal. What can be saved goes into a new file with: ` +
  `sqlite3 '${path}' .recover | sqlite3 '${path}.saved'; or, where sqlite3 says "SQL logic error" to that: ` +
  `sqlite3 '${path}' .dump | sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 '${path}.saved'. ` +
  'Then put that file in its place, or move the damaged one away to start empty.';

const MAKE_ROOM = (_: string, deed: StoreDeed): string =>
  `Make room on the file system. Nothing that was acknowledged is lost${deed === 'write' ? ', and the broker goes on by itself' : ''}.`;

const ALLOW = (path: string): string =>
  `The user of the broker must be able to write ${path}, ${path}-wal and ${path}-shm, and to create files in their directory.`;

const WAIT = (path: string, deed: StoreDeed): string =>
  `Another program writes to ${path}: end it, or its transaction. Reading is no hindrance. ` +
  (deed === 'write' ? 'The broker tries again by itself.' : 'Then start the broker again.');

/** By SQLite's primary result code: https://sqlite.org/rescode.html */
const TROUBLES: ReadonlyMap<number, Trouble> = new Map([
  [3, { text: 'access is denied', hint: ALLOW }],
  [5, { text: 'it is locked by another program', hint: WAIT }],
  [6, { text: 'it is locked by another program', hint: WAIT }],
  [8, { text: 'it is read-only', hint: ALLOW }],
  [
    10,
    {
      text: 'input/output error',
      hint: (path) =>
        `Look into the system's log for the device that holds ${path}, and at its quota and limits.`,
    },
  ],
  [11, { text: 'the file is damaged', hint: RESCUE }],
  [13, { text: 'the disk is full', hint: MAKE_ROOM }],
  [14, { text: 'the file cannot be opened', hint: ALLOW }],
  [15, { text: 'it is locked by another program', hint: WAIT }],
  [
    26,
    {
      text: 'this is not an SQLite database, or it is encrypted or damaged',
      hint: (path) =>
        `Move ${path} away to start empty, or set persistence_location or persistence_file to the right file.`,
    },
  ],
]);

const UNKNOWN: Trouble = {
  text: 'an unexpected error',
  hint: (path) => `Check the file with: sqlite3 '${path}' 'PRAGMA integrity_check'.`,
};

/** Codes after which the connection is still good. */
const PASSING: ReadonlySet<number> = new Set([5, 6, 13]);

/** What the file system reports, as the SQLite code of the same trouble. */
const SYSTEM: ReadonlyMap<unknown, number> = new Map([
  ['EACCES', 3],
  ['EPERM', 3],
  ['EROFS', 8],
  ['EIO', 10],
  ['EDQUOT', 13],
  ['ENOSPC', 13],
  ['EISDIR', 14],
  ['ENOENT', 14],
  ['ENOTDIR', 14],
]);

/** The primary result code; 0 for an error of another kind. */
function codeOf(error: unknown): number {
  if (!(error instanceof Error)) return 0;
  if ('errcode' in error) return Number(error.errcode) & 0xff;
  return 'code' in error ? (SYSTEM.get(error.code) ?? 0) : 0;
}

/** Whether another program holds the lock. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === 5;
}

/** Whether the file is damaged, or no database. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === 11 || code === 26;
}

/** Whether the connection is as good as before: the trouble came from outside and may pass. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error));
}

/** What is wrong with the store at `path`; a StoreError stays what it is. */
export function storeErrorOf(error: unknown, path: string, deed: StoreDeed): StoreError {
  if (error instanceof StoreError) return error;
  const { text, hint } = TROUBLES.get(codeOf(error)) ?? UNKNOWN;
  const detail = error instanceof Error ? error.message : String(error);
  return new StoreError(`Unable to ${deed} the store ${path}: ${text} (${detail}).`, hint(path, deed), {
    cause: error,
  });
}

/** That the path leads to another file than when the store was opened: what is written there would be lost. */
export function replaced(path: string): StoreError {
  return new StoreError(
    `Unable to write the store ${path}: the file was moved, deleted or replaced while the broker ran.`,
    `Put the same file back under its name; or restart the broker, which then has what is there.`,
  );
}

/** That pages of the file contradict each other, as `PRAGMA quick_check` says. */
export function damaged(path: string, finding: string): StoreError {
  return new StoreError(`Unable to read the store ${path}: the file is damaged (${finding}).`, RESCUE(path));
}
