/**
 * The tables of the store: those of Mosquitto's persist-sqlite plugin, schema 1.1. One thing differs: that plugin
 * declares columns of text as STRING, which SQLite takes for numbers, so that a topic `007` comes back as `7`. New files
 * say TEXT, which that plugin reads and writes as well.
 */

/** The version of the tables, in `version_info`. */
export const SCHEMA = { component: 'database_schema', major: 1, minor: 1, patch: 0 } as const;

/**
 * The `user_version` of a file that was made and in which nothing was ever committed: what is to be imported on the
 * first start was not, whatever became of the program. Files of the plugin have 0.
 */
export const UNTOUCHED = 1;

/** A table, as it is declared. */
export interface Table {
  readonly name: string;
  /** Name and declaration, in the order of the plugin. */
  readonly columns: readonly (readonly [name: string, declaration: string])[];
  /** A constraint behind the columns. */
  readonly constraint?: string;
}

export const TABLES: readonly Table[] = [
  {
    name: 'base_msgs',
    columns: [
      ['store_id', 'INT64 PRIMARY KEY'],
      ['expiry_time', 'INT64'],
      ['topic', 'TEXT NOT NULL'],
      ['payload', 'BLOB'],
      ['source_id', 'TEXT'],
      ['source_username', 'TEXT'],
      ['payloadlen', 'INTEGER'],
      ['source_mid', 'INTEGER'],
      ['source_port', 'INTEGER'],
      ['qos', 'INTEGER'],
      ['retain', 'INTEGER'],
      ['properties', 'TEXT'],
    ],
  },
  {
    name: 'retains',
    columns: [
      ['topic', 'TEXT PRIMARY KEY'],
      ['store_id', 'INT64'],
    ],
  },
  {
    name: 'clients',
    columns: [
      ['client_id', 'TEXT PRIMARY KEY'],
      ['username', 'TEXT'],
      ['connection_time', 'INT64'],
      ['will_delay_time', 'INT64'],
      ['session_expiry_time', 'INT64'],
      ['listener_port', 'INT'],
      ['max_packet_size', 'INT'],
      ['max_qos', 'INT'],
      ['retain_available', 'INT'],
      ['session_expiry_interval', 'INT'],
      ['will_delay_interval', 'INT'],
    ],
  },
  {
    name: 'subscriptions',
    columns: [
      ['client_id', 'TEXT NOT NULL'],
      ['topic', 'TEXT NOT NULL'],
      ['subscription_options', 'INTEGER'],
      ['subscription_identifier', 'INTEGER'],
    ],
    constraint: 'PRIMARY KEY (client_id, topic)',
  },
  {
    name: 'client_msgs',
    columns: [
      ['client_id', 'TEXT NOT NULL'],
      ['cmsg_id', 'INT64'],
      ['store_id', 'INT64'],
      ['dup', 'INTEGER'],
      ['direction', 'INTEGER'],
      ['mid', 'INTEGER'],
      ['qos', 'INTEGER'],
      ['retain', 'INTEGER'],
      ['state', 'INTEGER'],
      ['subscription_identifier', 'INTEGER'],
    ],
  },
  {
    name: 'version_info',
    columns: [
      ['component', 'TEXT NOT NULL'],
      ['major', 'INTEGER NOT NULL'],
      ['minor', 'INTEGER NOT NULL'],
      ['patch', 'INTEGER NOT NULL'],
    ],
  },
  {
    name: 'wills',
    columns: [
      ['client_id', 'TEXT PRIMARY KEY'],
      ['payload', 'BLOB'],
      ['topic', 'TEXT NOT NULL'],
      ['payloadlen', 'INTEGER'],
      ['qos', 'INTEGER'],
      ['retain', 'INTEGER'],
      ['properties', 'TEXT'],
    ],
  },
];

/** Statements that make what of the indices is not there. */
export const INDICES: readonly string[] = [
  'CREATE INDEX IF NOT EXISTS client_msgs_client_id ON client_msgs (client_id)',
  'CREATE INDEX IF NOT EXISTS client_msgs_store_id ON client_msgs (store_id, client_id)',
  'CREATE INDEX IF NOT EXISTS retains_storeid ON retains (store_id)',
];

/** The statement that makes a table, under its own name or another. */
export function createTable(table: Table, name: string = table.name): string {
  const parts = table.columns.map((column) => column.join(' '));
  if (table.constraint !== undefined) parts.push(table.constraint);
  return `CREATE TABLE ${name} (${parts.join(', ')})`;
}

/** Statements that make an empty store. */
export function createStore(): readonly string[] {
  const { component, major, minor, patch } = SCHEMA;
  return [
    ...TABLES.map((table) => createTable(table)),
    ...INDICES,
    `INSERT INTO version_info VALUES ('${component}', ${major}, ${minor}, ${patch})`,
    `PRAGMA user_version=${UNTOUCHED}`,
  ];
}
