/** What survives a restart, in a file of SQLite: the default store. */
import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { dirname } from 'node:path';
import type { Change } from '../broker/change.ts';
import type { Store } from '../broker/store.ts';
import { BatchWriter } from './sqlite-batch.ts';
import { connect } from './sqlite-connection.ts';
import type { Synchronous } from './sqlite-connection.ts';
import { readChanges } from './sqlite-load.ts';
import { holdStoreLock } from './sqlite-lock.ts';
import type { StoreLock } from './sqlite-lock.ts';
import { mend } from './sqlite-mend.ts';
import { UNTOUCHED, createStore } from './sqlite-schema.ts';
import { writeChange } from './sqlite-statements.ts';
import { StoreThread, inodeOf } from './sqlite-thread.ts';
import { damaged, storeErrorOf } from './sqlite-trouble.ts';
import { StoreError } from './store-error.ts';

/** Which file, and how it is written. */
export interface SqliteOptions {
  readonly path: string;
  /** `full`: a commit is on the disk when it resolves. `normal`: the operating system has it. */
  readonly synchronous: Synchronous;
  /** Bytes, a power of two from 512 to 65536; only for a new file, and anything else is 4096. */
  readonly pageSize: number;
}

/** What was found when the file was opened. */
interface Found {
  readonly isNew: boolean;
  readonly notes: readonly string[];
}

/**
 * Opens the store, and makes it if it is not there. Throws a StoreError if that cannot be, or if another broker has it
 * open. To be called as the user the broker will run as: files that are made belong to it.
 */
export function openSqlite(options: SqliteOptions): SqliteStore {
  let lock: StoreLock | undefined;
  try {
    makeDirectory(options.path);
    const path = realPath(options.path);
    lock = holdStoreLock(path);
    const isUnclean = bytesOf(`${path}-wal`) > 0;
    const wasThere = bytesOf(path) >= 0;
    makeFile(path, isUnclean);
    const found = prepare(path, options.pageSize, { isUnclean, wasThere });
    return new SqliteStore({ ...options, path }, found, lock);
  } catch (error) {
    lock?.release();
    throw storeErrorOf(error, options.path, 'open');
  }
}

/** The store in a file of SQLite. Commits are written in a thread of their own. */
export class SqliteStore implements Store {
  /** Whether nothing was ever committed to it: what there is to import is still to be imported, in one commit. */
  readonly isNew: boolean;
  /** What was put right in the file, for the log. */
  readonly notes: readonly string[];
  readonly #path: string;
  readonly #thread: StoreThread;
  readonly #lock: StoreLock;
  readonly #batch = new BatchWriter();

  /** As found and locked by `openSqlite`. */
  constructor(options: SqliteOptions, found: Found, lock: StoreLock) {
    this.isNew = found.isNew;
    this.notes = found.notes;
    this.#path = options.path;
    this.#lock = lock;
    const { path, synchronous } = options;
    this.#thread = new StoreThread({ path, synchronous, inode: inodeOf(path) });
  }

  /** Throws a StoreError where the file cannot be read. Is to be read to its end before the first commit. */
  *load(): Generator<Change> {
    let database: DatabaseSync | undefined;
    try {
      database = connect(this.#path);
      database.exec('BEGIN');
      yield* readChanges(database);
    } catch (error) {
      throw storeErrorOf(error, this.#path, 'read');
    } finally {
      database?.close();
    }
  }

  async commit(changes: readonly Change[]): Promise<void> {
    const batch = this.#batch;
    batch.clear();
    let isFirst = true;
    for (const change of changes) {
      writeChange(change, batch);
      if (!batch.isFull) continue;
      await this.#thread.write(batch.take(), { isFirst, isLast: false });
      isFirst = false;
    }
    await this.#thread.write(batch.take(), { isFirst, isLast: true });
  }

  async close(): Promise<void> {
    try {
      await this.#thread.close();
    } finally {
      this.#lock.release();
    }
  }
}

/** As the plugin: the directory, but not those above it. */
function makeDirectory(path: string): void {
  const directory = dirname(path);
  if (bytesOf(directory) < 0) mkdirSync(directory, { mode: 0o770 });
}

/** One store has one lock, whatever links lead to it. */
function realPath(path: string): string {
  return bytesOf(path) < 0 ? path : realpathSync(path);
}

/** Makes an empty file with its mode, which SQLite gives to the files beside it; or sees that it can be written. */
function makeFile(path: string, hasLog: boolean): void {
  const isThere = bytesOf(path) > 0;
  // SQLite would take the log for a leftover and delete it
  if (!isThere && hasLog)
    throw new StoreError(
      `Unable to open the store ${path}: it is missing or empty, but its log ${path}-wal is there.`,
      `Put the file back that belongs to the log; or, to start without what is in it, move ${path}-wal away.`,
    );
  closeSync(openSync(path, 'a', 0o600));
  if (!isThere) syncDirectory(dirname(path));
}

/** A new name survives a power cut only when its directory is on the disk. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** -1 if there is no such file. */
function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

/** What was seen of the file before it was opened. */
interface Before {
  /** The program ended without closing it. */
  readonly isUnclean: boolean;
  readonly wasThere: boolean;
}

function prepare(path: string, pageSize: number, { isUnclean, wasThere }: Before): Found {
  const database = connect(path);
  try {
    if (database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined) {
      make(database, pageSize);
      useLog(database, path);
      return { isNew: true, notes: wasThere ? [`The store ${path} was there, but nothing was in it.`] : [] };
    }
    useLog(database, path);
    if (isUnclean) check(database, path);
    const notes = mend(database, path);
    return { isNew: database.prepare('PRAGMA user_version').get()?.user_version === UNTOUCHED, notes };
  } finally {
    database.close();
  }
}

/** In one transaction: a file with some of the tables is never seen. */
function make(database: DatabaseSync, pageSize: number): void {
  database.exec(`PRAGMA page_size=${Math.trunc(pageSize) || 0}; PRAGMA auto_vacuum=INCREMENTAL`);
  database.exec(`BEGIN IMMEDIATE; ${createStore().join('; ')}; COMMIT`);
}

/** So that others read while we write, and a commit is one write to one file. */
function useLog(database: DatabaseSync, path: string): void {
  const mode = database.prepare('PRAGMA journal_mode=WAL').get()?.journal_mode;
  if (mode === 'wal') return;
  throw new StoreError(
    `Unable to open the store ${path}: its file system has no shared memory, which SQLite's write-ahead log needs.`,
    'Put it on a local disk: set persistence_location.',
  );
}

/** After a crash, when what is wrong with the disk shows: reads every page once. */
function check(database: DatabaseSync, path: string): void {
  const finding = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (finding !== 'ok') throw damaged(path, String(finding));
}
