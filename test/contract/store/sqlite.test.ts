/** The contract of a store, kept by SQLite. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '../../../src/store/sqlite-store.ts';
import { storeContract } from './contract.ts';

const FILE = 'test.sqlite3';

function alter(directory: string, sql: string): void {
  const database = new DatabaseSync(join(directory, FILE));
  database.exec(sql);
  database.close();
}

storeContract({
  name: 'SQLite',
  open: (directory) => openSqlite({ path: join(directory, FILE), synchronous: 'normal', pageSize: 4096 }),
  break: (directory) => {
    // A statement in the middle of a commit fails
    alter(
      directory,
      "CREATE TRIGGER broken BEFORE DELETE ON retains BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    alter(directory, "INSERT OR IGNORE INTO retains VALUES ('none', 0)");
    return () => alter(directory, "DROP TRIGGER broken; DELETE FROM retains WHERE topic = 'none'");
  },
});
