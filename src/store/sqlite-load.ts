/** Reads the whole store, as the changes that would rebuild it. */
import type { DatabaseSync } from 'node:sqlite';
import type { Change, KeptDelivery } from '../broker/change.ts';
import type { QoS } from '../protocol/packet.ts';
import { propertiesFromJson } from './sqlite-properties.ts';
import { stateOf } from './sqlite-states.ts';

type Row = readonly unknown[];

/** As the plugin writes the interval of a session that never ends, and as MQTT says it. */
const NEVER = 0xffff_ffff;

const NO_PAYLOAD = new Uint8Array(0);

/** Messages, what is retained, sessions, subscriptions, deliveries in the order of their keys, wills. */
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

/** Rows as arrays: a third faster than objects. */
function rows(database: DatabaseSync, sql: string): Iterable<Row> {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement.iterate() as unknown as Iterable<Row>;
}

/** Numbers are texts of columns that the plugin declared STRING, where nothing has mended them yet. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : NO_PAYLOAD);
const qosOf = (value: unknown): QoS => (value === 1 || value === 2 ? value : 0);
const usernameOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const millisecondsOf = (value: unknown): number => Math.max(0, numberOf(value)) * 1000;

function* readMessages(database: DatabaseSync): Generator<Change> {
  const all = rows(
    database,
    'SELECT store_id, topic, payload, source_id, source_username, source_port, qos, retain, expiry_time, ' +
      'properties FROM base_msgs',
  );
  for (const [id, topic, payload, publisher, username, port, qos, retain, expiry, properties] of all) {
    const message = {
      topic: textOf(topic),
      payload: bytesOf(payload),
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

function* readRetained(database: DatabaseSync): Generator<Change> {
  for (const [topic, id] of rows(database, 'SELECT topic, store_id FROM retains'))
    yield { kind: 'retained', topic: textOf(topic), id: numberOf(id) };
}

function* readSessions(database: DatabaseSync): Generator<Extract<Change, { kind: 'session' }>> {
  const all = rows(
    database,
    'SELECT client_id, username, listener_port, session_expiry_interval, session_expiry_time, will_delay_time, ' +
      'connection_time FROM clients',
  );
  for (const [clientId, username, port, interval, expiry, will, seen] of all) {
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
    'SELECT client_id, topic, subscription_options, subscription_identifier FROM subscriptions',
  );
  for (const [clientId, filter, options, identifier] of all) {
    const octet = numberOf(options);
    const retainHandling = (octet >> 4) & 3;
    const subscription = {
      filter: textOf(filter),
      qos: qosOf(octet & 3),
      noLocal: (octet & 4) !== 0,
      retainAsPublished: (octet & 8) !== 0,
      retainHandling: retainHandling === 1 || retainHandling === 2 ? retainHandling : 0,
      identifier: numberOf(identifier),
    } as const;
    yield { kind: 'subscribed', clientId: textOf(clientId), subscription };
  }
}

/** `clientIds` gives the same string for the same client: many deliveries, few clients. */
function* readDeliveries(database: DatabaseSync, clientIds: ReadonlyMap<string, string>): Generator<Change> {
  const all = rows(
    database,
    'SELECT rowid, client_id, store_id, direction, mid, qos, retain, state, subscription_identifier ' +
      'FROM client_msgs ORDER BY rowid',
  );
  for (const [key, client, message, way, mid, qos, retain, state, identifier] of all) {
    const clientId = clientIds.get(textOf(client));
    const direction: KeptDelivery['direction'] = way === 0 ? 'in' : 'out';
    const packetId = numberOf(mid);
    const known = stateOf(direction, numberOf(state), packetId);
    if (clientId === undefined || known === undefined) continue;
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
  const all = rows(
    database,
    'SELECT wills.client_id, topic, payload, qos, retain, properties, will_delay_interval ' +
      'FROM wills LEFT JOIN clients USING (client_id)',
  );
  for (const [clientId, topic, payload, qos, retain, json, delay] of all) {
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
