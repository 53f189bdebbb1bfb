/** The tables are those of Mosquitto's persist-sqlite plugin, and files that it wrote are made fit for use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../src/broker/change.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { retained } from '../contract/store/retained.ts';
import { open, place, rows, sql } from './sqlite-scene.ts';

/** The plugin's own declarations, version 1.1. */
const PLUGIN = `
CREATE TABLE base_msgs (store_id INT64 PRIMARY KEY, expiry_time INT64, topic STRING NOT NULL, payload BLOB, source_id STRING, source_username STRING, payloadlen INTEGER, source_mid INTEGER, source_port INTEGER, qos INTEGER, retain INTEGER, properties STRING);
CREATE TABLE retains (topic STRING PRIMARY KEY, store_id INT64);
CREATE TABLE clients (client_id TEXT PRIMARY KEY, username TEXT, connection_time INT64, will_delay_time INT64, session_expiry_time INT64, listener_port INT, max_packet_size INT, max_qos INT, retain_available INT, session_expiry_interval INT, will_delay_interval INT);
CREATE TABLE subscriptions (client_id TEXT NOT NULL, topic TEXT NOT NULL, subscription_options INTEGER, subscription_identifier INTEGER, PRIMARY KEY (client_id, topic));
CREATE TABLE client_msgs (client_id TEXT NOT NULL, cmsg_id INT64, store_id INT64, dup INTEGER, direction INTEGER, mid INTEGER, qos INTEGER, retain INTEGER, state INTEGER, subscription_identifier INTEGER);
CREATE TABLE version_info (component TEXT NOT NULL, major INTEGER NOT NULL, minor INTEGER NOT NULL, patch INTEGER NOT NULL);
CREATE INDEX client_msgs_client_id ON client_msgs (client_id);
CREATE INDEX client_msgs_store_id ON client_msgs (store_id, client_id);
CREATE INDEX retains_storeid ON retains (store_id);
`;
const WILLS =
  'CREATE TABLE wills (client_id TEXT PRIMARY KEY, payload BLOB, topic STRING NOT NULL, payloadlen INTEGER, qos INTEGER, retain INTEGER, properties STRING);';
const VERSION = (minor: number): string =>
  `INSERT INTO version_info VALUES ('database_schema', 1, ${minor}, 0);`;

/** Name, type, whether NULL is refused, place in the primary key. */
const COLUMNS =
  'SELECT m.name AS "table", c.name, replace(c.type, \'STRING\', \'TEXT\') AS type, c."notnull", c.pk ' +
  "FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid";
const INDICES =
  'SELECT m.name, m.tbl_name, group_concat(i.name) AS columns FROM sqlite_schema m, pragma_index_info(m.name) i ' +
  "WHERE m.type = 'index' GROUP BY m.name ORDER BY m.name";

test("a new file has the plugin's tables, with text where it says STRING", async (t) => {
  const [ours, theirs] = [place(t), place(t)];
  sql(theirs, PLUGIN + WILLS + VERSION(1));
  await open(ours).close();
  for (const query of [COLUMNS, INDICES, 'SELECT * FROM version_info'])
    assert.deepEqual(rows(ours, query), rows(theirs, query));
  assert.equal(rows(ours, "SELECT 1 FROM sqlite_schema WHERE sql LIKE '%STRING%'").length, 0);
});

test('rows are as the plugin writes them', async (t) => {
  const path = place(t);
  const store = open(path);
  const session = {
    clientId: 'dur',
    username: undefined,
    port: 22_022,
    expiryInterval: 0xffff_ffff,
    expiresAt: 0,
    willAt: 0,
    seenAt: 1_795_370_351_000,
  };
  const delivery = {
    clientId: 'dur',
    messageId: 1,
    direction: 'out',
    qos: 1,
    retain: false,
    packetId: 0,
    state: 'waiting',
    identifiers: [7],
  } as const;
  const properties = { userProperties: [['k', 'v']], correlationData: new Uint8Array([0xab, 0x0c]) } as const;
  const message = {
    topic: 't',
    payload: new Uint8Array(0),
    qos: 1,
    retain: false,
    properties,
    expiresAt: 1_795_370_351_001,
    publisher: 'p',
    username: 'u',
    port: 1883,
  } as const;
  const subscription = {
    filter: '$share/g/t',
    qos: 2,
    noLocal: true,
    retainAsPublished: true,
    retainHandling: 2,
    identifier: 9,
    isReplaying: false,
  } as const;
  await store.commit([
    { kind: 'message kept', id: 1, message },
    { kind: 'session', session },
    { kind: 'subscribed', clientId: 'dur', subscription },
    { kind: 'delivery', key: 1, delivery },
    { kind: 'delivery', key: 2, delivery: { ...delivery, qos: 2, identifiers: [1, 2] } },
    { kind: 'delivery moved', key: 2, packetId: 5, state: 'published' },
    {
      kind: 'delivery',
      key: 3,
      delivery: {
        ...delivery,
        direction: 'in',
        qos: 2,
        packetId: 9,
        state: 'published',
        identifiers: undefined,
      },
    },
    {
      kind: 'will',
      clientId: 'dur',
      will: {
        topic: 'w',
        payload: new Uint8Array([1]),
        qos: 1,
        retain: true,
        properties: { willDelayInterval: 30, messageExpiryInterval: 60 },
      },
    },
  ]);
  // Read live: the store is open
  const values = (table: string): unknown[] =>
    rows(path, `SELECT * FROM ${table}`).map((row) => Object.values(row));
  assert.deepEqual(values('clients'), [['dur', null, 1_795_370_351, 0, 0, 22_022, 0, 2, 1, -1, 30]]);
  assert.deepEqual(values('client_msgs'), [
    ['dur', 1, 1, 0, 1, 0, 1, 0, 11, 7],
    ['dur', 2, 1, 1, 1, 5, 2, 0, 5, '1,2'],
    ['dur', 3, 1, 0, 0, 9, 2, 0, 7, 0],
  ]);
  assert.deepEqual(values('subscriptions'), [['dur', '$share/g/t', 2 | 4 | 8 | 32, 9]]);
  assert.deepEqual(values('base_msgs'), [
    [
      1,
      1_795_370_351,
      't',
      null,
      'p',
      'u',
      0,
      0,
      1883,
      1,
      0,
      '[{"identifier":"user-property","name":"k","value":"v"},{"identifier":"correlation-data","value":"AB0C"}]',
    ],
  ]);
  assert.deepEqual(values('wills'), [
    ['dur', new Uint8Array([1]), 'w', 1, 1, 1, '[{"identifier":"message-expiry-interval","value":60}]'],
  ]);
  await store.close();
});

/** What a broker of Mosquitto's leaves: identifiers of its own, numbers out of topics, rows that lead nowhere. */
const LEFT = `
INSERT INTO base_msgs VALUES (1327095224901708, 0, '007', x'31', 'pub', NULL, 1, 0, 1883, 1, 1, NULL);
INSERT INTO base_msgs VALUES (1327095224901709, 0, '1e3', x'32', '12', 'u', 1, 0, 1883, 1, 1, '[{"identifier":"content-type","value":"text"}]');
INSERT INTO base_msgs VALUES (-9223372036854775807, 0, 'q', x'33', 'pub', NULL, 1, 0, 1883, 1, 0, NULL);
INSERT INTO base_msgs VALUES (9223372036854775806, 0, 'q', NULL, 'pub', NULL, 0, 0, 1883, 2, 0, NULL);
INSERT INTO base_msgs VALUES (5, 0, 'nobody waits', NULL, NULL, NULL, 0, 0, 0, 1, 0, NULL);
INSERT INTO retains VALUES ('007', 1327095224901708), ('1e3', 1327095224901709), ('gone', 99);
INSERT INTO clients VALUES ('b', NULL, 100, 0, 0, 1883, 0, 2, 1, -1, 0), ('a', 'u', 100, 0, 160, 1883, 0, 2, 1, 60, 0);
INSERT INTO subscriptions VALUES ('a', '1.0', 1, 0), ('lost', 'x', 1, 0);
INSERT INTO client_msgs VALUES ('b', 1, -9223372036854775807, 0, 1, 7, 1, 0, 3, 0);
INSERT INTO client_msgs VALUES ('a', 1, -9223372036854775807, 0, 1, 1, 1, 0, 3, 3);
INSERT INTO client_msgs VALUES ('a', 3, 9223372036854775806, 0, 1, 0, 2, 0, 11, 0);
INSERT INTO client_msgs VALUES ('a', 2, 9223372036854775806, 0, 0, 4, 2, 0, 7, 0);
INSERT INTO client_msgs VALUES ('a', 4, 5, 0, 1, 0, 1, 0, 0, 0), ('lost', 1, 5, 0, 1, 0, 1, 0, 11, 0), ('a', 5, 77, 0, 1, 0, 1, 0, 11, 0);
`;

/** What of each change is looked at. */
function summary(change: Change): unknown[] {
  if (change.kind === 'message kept')
    return [change.message.topic, change.message.publisher, change.message.properties];
  if (change.kind === 'retained') return [change.topic];
  if (change.kind === 'session')
    return [change.session.clientId, change.session.expiryInterval, change.session.expiresAt];
  if (change.kind === 'subscribed') return [change.clientId, change.subscription.filter];
  if (change.kind !== 'delivery') return [change.kind];
  const { clientId, direction, state, packetId, identifiers } = change.delivery;
  return [change.key, clientId, direction, state, packetId, identifiers];
}

test('a file that the plugin wrote is mended, once', async (t) => {
  const path = place(t);
  sql(path, PLUGIN + WILLS + VERSION(1) + LEFT);
  const store = open(path);
  assert.equal(store.isNew, false);
  assert.deepEqual(store.notes, [
    'The table base_msgs now keeps text as text.',
    "2 topics in base_msgs look like numbers, and Mosquitto's plugin may have altered them before (007 to 7).",
    'The table retains now keeps text as text.',
    "2 topics in retains look like numbers, and Mosquitto's plugin may have altered them before (007 to 7).",
    'The table wills now keeps text as text.',
    '1 queued messages of clients that are not there were removed.',
    '1 subscriptions of clients that are not there were removed.',
    '1 queued messages without content were removed.',
    '1 retained messages without content were removed.',
    '1 messages that were delivered already were removed.',
    '1 messages that nobody waits for were removed.',
    '4 messages were given smaller identifiers.',
    '4 queued messages were numbered through.',
  ]);
  const changes = [...store.load()];
  assert.deepEqual(changes.map(summary), [
    ['7', 'pub', NO_PROPERTIES],
    ['1000', '12', { contentType: 'text' }],
    ['q', 'pub', NO_PROPERTIES],
    ['q', 'pub', NO_PROPERTIES],
    ['7'],
    ['1000'],
    ['b', 0xffff_ffff, 0],
    ['a', 60, 160_000],
    ['a', '1.0'],
    [1, 'a', 'out', 'published', 1, [3]],
    [2, 'a', 'in', 'published', 4, undefined],
    [3, 'a', 'out', 'waiting', 0, undefined],
    [4, 'b', 'out', 'published', 7, undefined],
  ]);
  const kept = new Map(
    changes.flatMap((change) =>
      change.kind === 'message kept' ? [[change.id, change.message.payload]] : [],
    ),
  );
  const sent = changes.flatMap((change) =>
    change.kind === 'delivery' ? [kept.get(change.delivery.messageId)] : [],
  );
  assert.deepEqual(
    sent,
    [[0x33], [], [], [0x33]].map((bytes) => new Uint8Array(bytes)),
  );
  await store.commit([{ kind: 'delivery done', key: 1 }, ...retained(9, '007')]);
  await store.close();
  const again = open(path);
  assert.deepEqual(again.notes, []);
  assert.equal(
    [...again.load()].filter((change) => change.kind === 'retained' && change.topic === '007').length,
    1,
  );
  await again.close();
  assert.deepEqual(rows(path, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
});

test('a file of schema 1.0 gets its table of wills', async (t) => {
  const path = place(t);
  sql(path, PLUGIN + VERSION(0));
  const store = open(path);
  assert.equal(store.notes[0], 'The tables were brought from version 1.0 to 1.1.');
  await store.close();
  assert.deepEqual(rows(path, 'SELECT major, minor FROM version_info'), [{ major: 1, minor: 1 }]);
  assert.deepEqual(rows(path, 'SELECT * FROM wills'), []);
});

test('a file that Mosquitto wrote to after us is mended as well', async (t) => {
  const path = place(t);
  const first = open(path);
  await first.commit([
    {
      kind: 'session',
      session: {
        clientId: 'c',
        username: undefined,
        port: 0,
        expiryInterval: 60,
        expiresAt: 0,
        willAt: 0,
        seenAt: 0,
      },
    },
    ...retained(1, 'a'),
  ]);
  await first.close();
  sql(
    path,
    "INSERT INTO client_msgs VALUES ('c', 40, 1, 0, 1, 0, 1, 0, 11, 0); INSERT INTO base_msgs (store_id, topic) VALUES (2, 'x')",
  );
  const store = open(path);
  assert.deepEqual(store.notes, [
    '1 messages that nobody waits for were removed.',
    '1 queued messages were numbered through.',
  ]);
  await store.close();
});

const REFUSED: readonly (readonly [what: string, sql: string, message: RegExp])[] = [
  [
    'a newer schema',
    `${PLUGIN}${WILLS}INSERT INTO version_info VALUES ('database_schema', 2, 0, 0)`,
    /of version 2\.0, and only 1\.0 and 1\.1 are known/,
  ],
  ['a newer minor version', PLUGIN + WILLS + VERSION(2), /of version 1\.2/],
  [
    "another program's database",
    'CREATE TABLE bookmarks (url TEXT)',
    /it is a database of something else \(it has no version_info\)/,
  ],
  [
    'a table of another shape',
    `${PLUGIN}${WILLS}${VERSION(1)}ALTER TABLE retains DROP COLUMN topic`.replace(
      'PRIMARY KEY, store_id INT64);\nCREATE TABLE clients',
      ', store_id INT64);\nCREATE TABLE clients',
    ),
    /its table retains has no column topic/,
  ],
];

for (const [what, statements, message] of REFUSED) {
  test(`${what} is refused, and left alone`, (t) => {
    const path = place(t);
    sql(path, statements);
    const before = rows(path, 'SELECT sql FROM sqlite_schema');
    assert.throws(
      () => open(path),
      (error) => error instanceof StoreError && message.test(error.message) && error.hint !== '',
    );
    assert.deepEqual(rows(path, 'SELECT sql FROM sqlite_schema'), before);
  });
}
