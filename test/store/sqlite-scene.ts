/** A place for the tests of the SQLite store, and what they put into it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { Store } from '../../src/broker/store.ts';
import { openSqlite } from '../../src/store/sqlite-store.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';

/** The path of a store in a directory that is gone after the test. */
export function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'zanzara-sqlite-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'test.sqlite3');
}

/** Opens the store as a broker does. */
export function open(path: string): SqliteStore {
  return openSqlite({ path, synchronous: 'full', pageSize: 4096 });
}

/** The topics of what is retained. */
export function topics(store: Store): string[] {
  return [...store.load()].flatMap((change) => (change.kind === 'retained' ? [change.topic] : [])).toSorted();
}

/** Runs SQL on a file, as another program does. */
export function sql(path: string, statements: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(statements);
  } finally {
    database.close();
  }
}

/** The rows of a query on a file, as another program reads them. */
export function rows(path: string, query: string): Record<string, SQLOutputValue>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare(query)
      .all()
      .map((row) => Object.fromEntries(Object.entries(row)));
  } finally {
    database.close();
  }
}
