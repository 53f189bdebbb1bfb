/** Connections to the file of the store. */
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';

/** As SQLite knows it: when the system is asked to bring what was written to the disk. */
export type Synchronous = 'off' | 'normal' | 'full' | 'extra';

/** How long another program that writes to the file is waited for. Milliseconds. */
const PATIENCE = 1000;
/** Of the connection that writes: what it changes at random places should stay in memory. KiB. */
const CACHE = 16 * 1024;
/**
 * Pages in the log after which a commit copies them into the file itself. The writer does so earlier, between commits;
 * this is for the single large one.
 */
const LOG_PAGES = 8000;
/** What the log keeps of the disk once it has been copied. Bytes. */
const LOG_BYTES = 16 * 1024 * 1024;

/** Opens a file that is there: if it has gone, that is an error, and no empty one takes its place. */
export function connect(path: string): DatabaseSync {
  return new DatabaseSync(`${pathToFileURL(path).href}?mode=rw`, { timeout: PATIENCE });
}

/** The connection that writes. */
export function connectWriter(path: string, synchronous: Synchronous): DatabaseSync {
  const database = connect(path);
  database.exec(
    `PRAGMA synchronous=${synchronous}; PRAGMA cache_size=-${CACHE}; ` +
      `PRAGMA wal_autocheckpoint=${LOG_PAGES}; PRAGMA journal_size_limit=${LOG_BYTES}`,
  );
  return database;
}
