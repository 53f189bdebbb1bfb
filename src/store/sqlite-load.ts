/** Reads the whole store, as the changes that would rebuild it. */
import type { DatabaseSync } from 'node:sqlite';
import type { Change, KeptDelivery } from '../broker/change.ts';
import type { QoS } from '../protocol/packet.ts';
import { propertiesFromJson } from './sqlite-properties.ts';
import { stateOf } from './sqlite-states.ts';
import { REPLAYING } from './sqlite-statements.ts';
import { damaged } from './sqlite-trouble.ts';

type Row = readonly unknown[];

/** As the plugin writes the interval of a session that never ends, and as MQTT says it. */
const NEVER = 0xffff_ffff;

const NO_BYTES = new Uint8Array(0);

/** Payloads up to this size are read together, as text: an array of its own for each would cost as much as all else. */
const LARGEST_TOGETHER = 2048;

/**
 * Messages, what is retained, sessions, subscriptions, deliveries in the order of their keys, wills. To be read in one
 * transaction. Throws a StoreError where rows are missing.
 */
export function* readChanges(database: DatabaseSync): Generator<Change> {
  yield* readMessages(database);
  yield* readRetained(database);
  const clientIds = new Map<string, string>();
  for (const change of readSessions(database)) {
    clientIds.set(change.session.clientId, change.session.clientId);
    yield change;
  }
  yield* readSubscriptions(database);
  yield* readDeliveries(database, clientIds);
  yield* readWills(database);
}

/** Rows that are read at once: each call of SQLite costs as much as some rows, and more of them do not live longer. */
const PAGE = 100;

/**
 * The rows of a table in their order, as arrays; the number of each comes first. In pages: what `iterate` makes of one
 * row costs twice as much as a row of `all`.
 */
function* pages(database: DatabaseSync, table: string, columns: string): Generator<readonly Row[]> {
  const statement = database.prepare(
    `SELECT rowid, ${columns} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`,
  );
  statement.setReturnArrays(true);
  let last = Number.MIN_SAFE_INTEGER;
  let count = 0;
  for (let isMore = true; isMore;) {
    const page = statement.all(last) as unknown as readonly Row[];
    if (page.length > 0) yield page;
    count += page.length;
    isMore = page.length === PAGE;
    if (isMore) last = Number(page[PAGE - 1]![0]);
  }
  // SQLite counts the entries of an index: damage seldom hits both alike
  const expected = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows;
  if (expected !== count)
    throw damaged(database.location() ?? '', `${count} of ${Number(expected)} rows are left in ${table}`);
}

function* rows(database: DatabaseSync, table: string, columns: string): Generator<Row> {
  for (const page of pages(database, table, columns)) yield* page;
}

/** Numbers are texts of columns that the plugin declared STRING, where nothing has mended them yet. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : NO_BYTES);
const qosOf = (value: unknown): QoS => (value === 1 || value === 2 ? value : 0);
const usernameOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const millisecondsOf = (value: unknown): number => Math.max(0, numberOf(value)) * 1000;

function* readMessages(database: DatabaseSync): Generator<Change> {
  const columns =
    `CASE WHEN octet_length(payload) > ${LARGEST_TOGETHER} THEN CAST(payload AS BLOB) ELSE hex(payload) END, ` +
    'store_id, topic, source_id, source_username, source_port, qos, retain, expiry_time, properties';
  for (const page of pages(database, 'base_msgs', columns)) {
    const payloads = new Payloads(page);
    for (const row of page) {
      const [, bytes, id, topic, publisher, username, port, qos, retain, expiry, properties] = row;
      const message = {
        topic: textOf(topic),
        payload: payloads.next(bytes),
        qos: qosOf(qos),
        retain: retain === 1,
        properties: propertiesFromJson(properties, 'message'),
        expiresAt: millisecondsOf(expiry),
        publisher: textOf(publisher),
        username: usernameOf(username),
        port: numberOf(port),
      };
      yield { kind: 'message kept', id: numberOf(id), message };
    }
  }
}

/** The payloads of a page: bytes, or digits of which all are decoded in one piece. */
class Payloads {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(page: readonly Row[]) {
    let digits = '';
    for (const [, value] of page) if (typeof value === 'string') digits += value;
    const { buffer, byteOffset, byteLength } = Buffer.from(digits, 'hex');
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** In the order of the rows. */
  next(value: unknown): Uint8Array {
    if (typeof value !== 'string') return bytesOf(value);
    const from = this.#at;
    this.#at += value.length / 2;
    return this.#bytes.subarray(from, this.#at);
  }
}

function* readRetained(database: DatabaseSync): Generator<Change> {
  for (const [, topic, id] of rows(database, 'retains', 'topic, store_id'))
    yield { kind: 'retained', topic: textOf(topic), id: numberOf(id) };
}

function* readSessions(database: DatabaseSync): Generator<Extract<Change, { kind: 'session' }>> {
  const all = rows(
    database,
    'clients',
    'client_id, username, listener_port, session_expiry_interval, session_expiry_time, will_delay_time, ' +
      'connection_time',
  );
  for (const [, clientId, username, port, interval, expiry, will, seen] of all) {
    const session = {
      clientId: textOf(clientId),
      username: usernameOf(username),
      port: numberOf(port),
      expiryInterval: numberOf(interval) < 0 ? NEVER : numberOf(interval),
      expiresAt: millisecondsOf(expiry),
      willAt: millisecondsOf(will),
      seenAt: millisecondsOf(seen),
    };
    yield { kind: 'session', session };
  }
}

function* readSubscriptions(database: DatabaseSync): Generator<Change> {
  const all = rows(
    database,
    'subscriptions',
    'client_id, topic, subscription_options, subscription_identifier',
  );
  for (const [, clientId, filter, options, identifier] of all) {
    const octet = numberOf(options);
    const retainHandling = (octet >> 4) & 3;
    const subscription = {
      filter: textOf(filter),
      qos: qosOf(octet & 3),
      noLocal: (octet & 4) !== 0,
      retainAsPublished: (octet & 8) !== 0,
      retainHandling: retainHandling === 1 || retainHandling === 2 ? retainHandling : 0,
      identifier: numberOf(identifier),
      isReplaying: (octet & REPLAYING) !== 0,
    } as const;
    yield { kind: 'subscribed', clientId: textOf(clientId), subscription };
  }
}

/** `clientIds` gives the same string for the same client: many deliveries, few clients. */
function* readDeliveries(database: DatabaseSync, clientIds: ReadonlyMap<string, string>): Generator<Change> {
  const all = rows(
    database,
    'client_msgs',
    'client_id, store_id, direction, mid, qos, retain, state, subscription_identifier',
  );
  for (const [key, client, message, way, mid, qos, retain, state, identifier] of all) {
    const clientId = clientIds.get(textOf(client)) ?? textOf(client);
    const direction: KeptDelivery['direction'] = way === 0 ? 'in' : 'out';
    const packetId = numberOf(mid);
    const known = stateOf(direction, numberOf(state), packetId);
    if (known === undefined) continue;
    const delivery: KeptDelivery = {
      clientId,
      messageId: numberOf(message),
      direction,
      qos: qosOf(qos),
      retain: retain === 1,
      packetId: known === 'waiting' ? 0 : packetId,
      state: known,
      identifiers: identifiersOf(identifier),
    };
    yield { kind: 'delivery', key: numberOf(key), delivery };
  }
}

/** One number, or several as text: `1,2`. */
function identifiersOf(value: unknown): readonly number[] | undefined {
  if (typeof value === 'number') return value > 0 ? [value] : undefined;
  const all = textOf(value)
    .split(',')
    .map(Number)
    .filter((identifier) => identifier > 0);
  return all.length === 0 ? undefined : all;
}

function* readWills(database: DatabaseSync): Generator<Change> {
  const delayOf = '(SELECT will_delay_interval FROM clients WHERE clients.client_id = wills.client_id)';
  const all = rows(database, 'wills', `client_id, topic, payload, qos, retain, properties, ${delayOf}`);
  for (const [, clientId, topic, payload, qos, retain, json, delay] of all) {
    const properties = propertiesFromJson(json, 'will');
    const will = {
      topic: textOf(topic),
      payload: bytesOf(payload),
      qos: qosOf(qos),
      retain: retain === 1,
      properties: numberOf(delay) > 0 ? { ...properties, willDelayInterval: numberOf(delay) } : properties,
    };
    yield { kind: 'will', clientId: textOf(clientId), will };
  }
}
