/**
 * Keeps a second broker off the same store. Node has no `flock`, but SQLite takes locks of the operating system, and
 * those end with the process however it ends: so an open transaction in a small database beside the store is the lock.
 * Readers of the store never see it.
 */
import { closeSync, openSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from './store-error.ts';
import { isBusy, isDamage, storeErrorOf } from './sqlite-trouble.ts';

/** How long a broker that is about to end may take to let go. Milliseconds. */
const PATIENCE = 1000;

/** A lock that is held until it is released or the process ends. */
export interface StoreLock {
  release(): void;
}

/** Takes the lock of the store at `path`: a StoreError if another holds it, or if it cannot be made. */
export function holdStoreLock(path: string): StoreLock {
  const file = `${path}-lock`;
  try {
    return take(file, path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // It is never synced: a power cut may leave anything. Nothing in it is worth keeping, and nobody can hold it
    truncateSync(file, 0);
    return take(file, path);
  }
}

function take(file: string, path: string): StoreLock {
  let database: DatabaseSync | undefined;
  try {
    closeSync(openSync(file, 'a', 0o600));
    database = new DatabaseSync(file, { timeout: PATIENCE });
    // No second file, nothing to sync: only who holds it is written, for the one who is refused
    database.exec('PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF');
    database.exec(`BEGIN IMMEDIATE; PRAGMA user_version=${process.pid}; COMMIT; BEGIN IMMEDIATE`);
  } catch (error) {
    const holder = database === undefined ? undefined : holderOf(database);
    database?.close();
    if (isDamage(error)) throw error;
    if (!isBusy(error)) throw storeErrorOf(error, path, 'open');
    throw new StoreError(
      `The store ${path} is in use by another broker${holder === undefined ? '' : ` (process ${holder})`}.`,
      'Stop that broker, or give this one a persistence_location or persistence_file of its own.',
    );
  }
  const held = database;
  return { release: () => held.close() };
}

function holderOf(database: DatabaseSync): number | undefined {
  try {
    const row = database.prepare('PRAGMA user_version').get();
    return Number(row?.user_version) || undefined;
  } catch {
    // Only a word in a message: that of the refusal itself is what counts
    return undefined;
  }
}
