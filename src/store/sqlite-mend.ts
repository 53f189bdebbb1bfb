/** Makes a file that is there fit for use: one of an older schema, or one that Mosquitto's plugin has written to. */
import type { DatabaseSync } from 'node:sqlite';
import { INDICES, SCHEMA, TABLES, createTable } from './sqlite-schema.ts';
import type { Table } from './sqlite-schema.ts';
import { STATELESS } from './sqlite-states.ts';
import { damaged } from './sqlite-trouble.ts';
import { StoreError } from './store-error.ts';

/** Identifiers and keys up to here leave room to go on counting before 2^53, where numbers of JavaScript end. */
const LARGEST = 2 ** 52;

/** Something that may be wrong: whether it is, how it is put right, and how that is told. */
interface Repair {
  /** A query that finds a row if it is wrong. */
  readonly test: string;
  readonly statements: readonly string[];
  /** `rows`: changed by the last statement. */
  readonly note: (rows: number) => string;
}

const client = TABLES.find(({ name }) => name === 'client_msgs')!;

/** Rows of a table whose value refers to nothing. Both sides come from an index in order, so it is one pass. */
function dangling(table: string, column: string, referred: string): string {
  return `SELECT ${column} FROM ${table} EXCEPT SELECT ${column} FROM ${referred} ORDER BY 1`;
}

function removal(table: string, column: string, query: string, what: string): Repair {
  return {
    test: `SELECT 1 FROM (${query}) LIMIT 1`,
    statements: [
      `DELETE FROM ${table} WHERE ${column} IN (SELECT ${column} FROM (${query})) OR ${column} IS NULL`,
    ],
    note: (rows) => `${rows} ${what}`,
  };
}

/** In this order: what one leaves behind, a later one finds. */
const REPAIRS: readonly Repair[] = [
  removal(
    'client_msgs',
    'client_id',
    dangling('client_msgs', 'client_id', 'clients'),
    'queued messages of clients that are not there were removed.',
  ),
  removal(
    'subscriptions',
    'client_id',
    dangling('subscriptions', 'client_id', 'clients'),
    'subscriptions of clients that are not there were removed.',
  ),
  removal(
    'client_msgs',
    'store_id',
    dangling('client_msgs', 'store_id', 'base_msgs'),
    'queued messages without content were removed.',
  ),
  removal(
    'retains',
    'store_id',
    dangling('retains', 'store_id', 'base_msgs'),
    'retained messages without content were removed.',
  ),
  {
    test: `SELECT 1 FROM client_msgs WHERE ${STATELESS} LIMIT 1`,
    statements: [`DELETE FROM client_msgs WHERE ${STATELESS}`],
    note: (rows) => `${rows} messages that were delivered already were removed.`,
  },
  removal(
    'base_msgs',
    'store_id',
    'SELECT store_id FROM base_msgs EXCEPT SELECT store_id FROM client_msgs EXCEPT SELECT store_id FROM retains ORDER BY 1',
    'messages that nobody waits for were removed.',
  ),
  {
    test: `SELECT 1 FROM base_msgs WHERE store_id > ${LARGEST} OR store_id < 1 LIMIT 1`,
    statements: [
      'CREATE TEMP TABLE renumbered (was INTEGER PRIMARY KEY, id INTEGER)',
      'INSERT INTO renumbered SELECT store_id, row_number() OVER (ORDER BY store_id) FROM base_msgs',
      'UPDATE retains SET store_id = (SELECT id FROM renumbered WHERE was = store_id)',
      'UPDATE client_msgs SET store_id = (SELECT id FROM renumbered WHERE was = store_id)',
      // In two steps, so that no new one meets an old one
      'UPDATE base_msgs SET store_id = -(SELECT id FROM renumbered WHERE was = store_id)',
      'DROP TABLE renumbered',
      'UPDATE base_msgs SET store_id = -store_id',
    ],
    note: (rows) => `${rows} messages were given smaller identifiers.`,
  },
  {
    // The plugin counts for each client; here the key is the row's own number
    test: `SELECT 1 FROM client_msgs WHERE rowid IS NOT cmsg_id OR rowid > ${LARGEST} OR rowid < 1 LIMIT 1`,
    statements: rebuild(
      client,
      `SELECT key, ${client.columns.map(([name]) => (name === 'cmsg_id' ? 'key' : name)).join()} FROM ` +
        '(SELECT row_number() OVER (ORDER BY client_id, cmsg_id, rowid) AS key, * FROM client_msgs)',
    ),
    note: (rows) => `${rows} queued messages were numbered through.`,
  },
];

/** Another table of the same name with other rows in it. The row count of the INSERT is that of the last change. */
function rebuild(table: Table, select: string): readonly string[] {
  const name = `mended_${table.name}`;
  return [
    createTable(table, name),
    `INSERT OR REPLACE INTO ${name} (rowid, ${table.columns.map(([column]) => column).join()}) ${select}`,
    `DROP TABLE ${table.name}`,
    `ALTER TABLE ${name} RENAME TO ${table.name}`,
    ...INDICES,
  ];
}

/** Puts right what is wrong, all of it or nothing; what was done, for the log. */
export function mend(database: DatabaseSync, path: string): readonly string[] {
  checkVersion(database, path);
  const notes: string[] = [];
  database.exec('BEGIN IMMEDIATE');
  try {
    addTables(database, path, notes);
    for (const table of TABLES) turnIntoText(database, table, notes);
    for (const statement of INDICES) database.exec(statement);
    let isWhole = false;
    for (const { test, statements, note } of REPAIRS) {
      if (database.prepare(test).get() === undefined) continue;
      if (!isWhole) checkWhole(database, path);
      isWhole = true;
      for (const statement of statements) database.exec(statement);
      notes.push(note(changes(database)));
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
  return notes;
}

/** What looks wrong may be a damaged index: then nothing is removed. */
function checkWhole(database: DatabaseSync, path: string): void {
  const finding = Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {})[0];
  if (finding !== 'ok') throw damaged(path, String(finding));
}

/** Rows changed by the last statement that changes rows. */
function changes(database: DatabaseSync): number {
  return Number(database.prepare('SELECT changes() AS rows').get()?.rows);
}

function checkVersion(database: DatabaseSync, path: string): void {
  const { component, major, minor } = SCHEMA;
  if (!columnsOf(database, 'version_info').has('component')) throw foreign(path, 'it has no version_info');
  const row = database
    .prepare('SELECT major, minor FROM version_info WHERE component = ? ORDER BY major DESC, minor DESC')
    .get(component);
  if (row === undefined) throw foreign(path, `its version_info has no ${component}`);
  if (row.major === major && Number(row.minor) <= minor) return;
  throw new StoreError(
    `Unable to open the store ${path}: its tables are of version ${String(row.major)}.${String(row.minor)}, and only ${major}.0 and ${major}.${minor} are known.`,
    `Start the broker that wrote it, or a newer version of this one; or move ${path} away to start empty.`,
  );
}

function foreign(path: string, why: string): StoreError {
  return new StoreError(
    `Unable to open the store ${path}: it is a database of something else (${why}).`,
    `Move it away, or set persistence_location or persistence_file to the right file.`,
  );
}

/** What 1.0 does not have yet: `wills`. */
function addTables(database: DatabaseSync, path: string, notes: string[]): void {
  for (const table of TABLES) {
    const found = columnsOf(database, table.name);
    const missing = table.columns.find(([name]) => !found.has(name));
    if (missing === undefined) continue;
    if (table.name !== 'wills' || found.size > 0)
      throw foreign(path, `its table ${table.name} has no column ${missing[0]}`);
    database.exec(createTable(table));
    const { component, major, minor, patch } = SCHEMA;
    database.exec(
      `UPDATE version_info SET major=${major}, minor=${minor}, patch=${patch} WHERE component='${component}'`,
    );
    notes.push(`The tables were brought from version 1.0 to ${major}.${minor}.`);
  }
}

/** Columns declared STRING: see sqlite-schema.ts. What has been altered stays altered; nothing more will be. */
function turnIntoText(database: DatabaseSync, table: Table, notes: string[]): void {
  const found = columnsOf(database, table.name);
  if (![...found.values()].includes('STRING')) return;
  const numbers = table.columns.some(([name]) => name === 'topic')
    ? database.prepare(`SELECT count(*) AS rows FROM ${table.name} WHERE typeof(topic) <> 'text'`).get()
    : undefined;
  const columns = table.columns.map(([name, declaration]) =>
    declaration.startsWith('TEXT') ? `CAST(${name} AS TEXT)` : name,
  );
  for (const statement of rebuild(table, `SELECT rowid, ${columns.join()} FROM ${table.name}`))
    database.exec(statement);
  notes.push(`The table ${table.name} now keeps text as text.`);
  if (Number(numbers?.rows) > 0)
    notes.push(
      `${String(numbers?.rows)} topics in ${table.name} look like numbers, and Mosquitto's plugin may have altered them before (007 to 7).`,
    );
}

/** Names and declared types. */
function columnsOf(database: DatabaseSync, table: string): ReadonlyMap<string, string> {
  const rows = database.prepare('SELECT name, type FROM pragma_table_info(?)').all(table);
  return new Map(rows.map(({ name, type }) => [String(name), String(type).toUpperCase()]));
}
