/** Writes batches into the file, one transaction a commit, and keeps the file in shape. Runs in the thread of the store. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { BatchReader } from './sqlite-batch.ts';
import type { Batch } from './sqlite-batch.ts';
import { UNTOUCHED } from './sqlite-schema.ts';
import { STATEMENTS } from './sqlite-statements.ts';

/** Statements after which the log is copied into the file: about 1000 pages, as SQLite does by itself. */
const CHECKPOINT_AFTER = 2000;
/** Free pages of a file that are kept for what comes; beyond that, and beyond half of the file, it shrinks. */
const SPARE_PAGES = 1024;
/** Pages given back to the file system at a time. */
const VACUUM_PAGES = 512;

/** Where a batch stands in its commit, which may be larger than one. */
export interface Part {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** A statement, prepared, and how its values are read. */
interface Prepared {
  readonly run: StatementSync['run'];
  readonly parameters: string;
}

/** The one connection that writes. */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #statements: readonly Prepared[];
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #freePages: StatementSync;
  readonly #allPages: StatementSync;
  readonly #canShrink: boolean;
  /** Whether nothing was ever committed. */
  #isUntouched: boolean;
  /** Statements since the last checkpoint. */
  #since = 0;

  /** The connection is the writer's from now on. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = STATEMENTS.map(({ sql, parameters }) => {
      const statement = database.prepare(sql);
      return { run: statement.run.bind(statement), parameters };
    });
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#end = database.prepare('COMMIT');
    this.#freePages = database.prepare('PRAGMA freelist_count');
    this.#allPages = database.prepare('PRAGMA page_count');
    this.#isUntouched = countOf(database.prepare('PRAGMA user_version')) === UNTOUCHED;
    this.#canShrink = countOf(database.prepare('PRAGMA auto_vacuum')) !== 0;
  }

  /** Writes a part of a commit. When it throws, nothing of the commit is kept, and a first part is to come next. */
  write(batch: Batch, part: Part): void {
    try {
      if (part.isFirst) {
        this.#rollBack();
        this.#begin.run();
      }
      this.#apply(batch);
      if (part.isLast) this.#commit();
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /**
   * To be called between commits, when nobody waits: copies the log into the file, and gives free pages back. Whether
   * there is more of it to do.
   */
  tidy(): boolean {
    if (this.#since >= CHECKPOINT_AFTER) {
      this.#since = 0;
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    if (!this.#hasTooManyFreePages()) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    this.#since += VACUUM_PAGES;
    return this.#hasTooManyFreePages();
  }

  /** Lets go of the file as it is: the next connection finds what was committed. */
  abandon(): void {
    if (this.#database.isOpen) this.#database.close(); // which closes with statements open, and never fails
  }

  /** Copies the whole log into the file and empties it. */
  close(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }

  /** Only what `auto_vacuum` has prepared can be given back: not in files that the plugin made. */
  #hasTooManyFreePages(): boolean {
    const free = countOf(this.#freePages);
    return free > SPARE_PAGES && free * 2 > countOf(this.#allPages) && this.#canShrink;
  }

  #commit(): void {
    if (this.#isUntouched) this.#database.exec('PRAGMA user_version=0');
    this.#end.run();
    this.#isUntouched = false;
  }

  /** Some errors have ended the transaction already. */
  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  #apply(batch: Batch): void {
    const from = new BatchReader(batch);
    while (!from.isAtEnd) {
      const { run, parameters } = this.#statements[from.number()]!;
      const values: SQLInputValue[] = [];
      for (const kind of parameters)
        values.push(kind === 'n' ? from.number() : kind === 't' ? from.text() : from.bytes());
      run(...values);
      this.#since++;
    }
  }
}

function countOf(pragma: StatementSync): number {
  return Number(Object.values(pragma.get() ?? {})[0]);
}
