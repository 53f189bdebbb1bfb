/** Reads the file of a store that somebody else may have open, and changes nothing in it. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Change } from '../broker/change.ts';
import { readChanges } from './sqlite-load.ts';
import { storeErrorOf } from './sqlite-trouble.ts';

/** How a file of SQLite begins. */
const MAGIC = Buffer.from('SQLite format 3\0');

/** Whether a file is one of SQLite. Throws the system's errors. */
export function isSqlite(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MAGIC.length);
    return readSync(file, start, 0, start.length, 0) === start.length && start.equals(MAGIC);
  } finally {
    closeSync(file);
  }
}

/**
 * A file without a log is nobody's at the moment: it is read as one that cannot change, for else SQLite would leave a log
 * beside it that belongs to whoever reads, and a broker could not open that.
 */
function connectReader(path: string): DatabaseSync {
  const hasLog = existsSync(`${path}-wal`);
  const url = pathToFileURL(path).href;
  return new DatabaseSync(hasLog ? url : `${url}?immutable=1`, { readOnly: true });
}

/** What is kept, as it was at one moment, in the order of `Store.load`. Throws a `StoreError`. */
export function* readSqlite(path: string): Generator<Change> {
  let database: DatabaseSync | undefined;
  try {
    database = connectReader(path);
    database.exec('BEGIN');
    yield* readChanges(database);
  } catch (error) {
    throw storeErrorOf(error, path, 'read');
  } finally {
    database?.close();
  }
}
