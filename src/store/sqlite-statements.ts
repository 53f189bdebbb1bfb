/** How changes become rows: the statements that write, and the values that each change gives them. */
import type { Change, KeptDelivery, KeptMessage, KeptSession, KeptSubscription } from '../broker/change.ts';
import type { Will } from '../protocol/packet.ts';
import type { BatchWriter } from './sqlite-batch.ts';
import { propertiesToJson } from './sqlite-properties.ts';
import { stateNumber } from './sqlite-states.ts';

/** One statement. Its parameters in order: `n` a number, `t` a text or NULL, `b` bytes or NULL. */
export interface Statement {
  readonly sql: string;
  readonly parameters: string;
}

const NAMES = [
  'keep message',
  'forget message',
  'retain',
  'clear retained',
  'put session',
  'end session',
  'end subscriptions',
  'end deliveries',
  'clear will',
  'delay will',
  'subscribe',
  'unsubscribe',
  'put delivery',
  'move delivery',
  'end delivery',
  'put will',
] as const;

type Name = (typeof NAMES)[number];

/** `rowid` of a delivery is its key: it is found by it without an index. */
const SQL: Readonly<Record<Name, readonly [parameters: string, sql: string]>> = {
  'keep message': [
    'nntbttnnnnnt',
    'INSERT OR REPLACE INTO base_msgs (store_id, expiry_time, topic, payload, source_id, source_username, ' +
      'payloadlen, source_mid, source_port, qos, retain, properties) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)',
  ],
  'forget message': ['n', 'DELETE FROM base_msgs WHERE store_id = ?'],
  retain: ['tn', 'INSERT OR REPLACE INTO retains (topic, store_id) VALUES (?,?)'],
  'clear retained': ['t', 'DELETE FROM retains WHERE topic = ?'],
  'put session': [
    'ttnnnnn',
    'INSERT INTO clients (client_id, username, connection_time, will_delay_time, session_expiry_time, ' +
      'listener_port, session_expiry_interval, max_packet_size, max_qos, retain_available, will_delay_interval) ' +
      'VALUES (?,?,?,?,?,?,?,0,2,1,0) ON CONFLICT (client_id) DO UPDATE SET username = excluded.username, ' +
      'connection_time = excluded.connection_time, will_delay_time = excluded.will_delay_time, ' +
      'session_expiry_time = excluded.session_expiry_time, listener_port = excluded.listener_port, ' +
      'session_expiry_interval = excluded.session_expiry_interval',
  ],
  'end session': ['t', 'DELETE FROM clients WHERE client_id = ?'],
  'end subscriptions': ['t', 'DELETE FROM subscriptions WHERE client_id = ?'],
  'end deliveries': ['t', 'DELETE FROM client_msgs WHERE client_id = ?'],
  'clear will': ['t', 'DELETE FROM wills WHERE client_id = ?'],
  'delay will': ['nt', 'UPDATE clients SET will_delay_interval = ? WHERE client_id = ?'],
  subscribe: [
    'ttnn',
    'INSERT OR REPLACE INTO subscriptions (client_id, topic, subscription_options, subscription_identifier) ' +
      'VALUES (?,?,?,?)',
  ],
  unsubscribe: ['tt', 'DELETE FROM subscriptions WHERE client_id = ? AND topic = ?'],
  'put delivery': [
    'ntnnnnnnnt',
    'INSERT OR REPLACE INTO client_msgs (rowid, client_id, cmsg_id, store_id, dup, direction, mid, qos, retain, ' +
      'state, subscription_identifier) VALUES (?1,?2,?1,?3,?4,?5,?6,?7,?8,?9,?10)',
  ],
  'move delivery': [
    'nnnnn',
    'UPDATE client_msgs SET mid = ?, dup = ?, state = CASE qos WHEN 2 THEN ? ELSE ? END WHERE rowid = ?',
  ],
  'end delivery': ['n', 'DELETE FROM client_msgs WHERE rowid = ?'],
  'put will': [
    'tbtnnnt',
    'INSERT OR REPLACE INTO wills (client_id, payload, topic, payloadlen, qos, retain, properties) ' +
      'VALUES (?,?,?,?,?,?,?)',
  ],
};

/** By the number that stands in front of their values in a batch. */
export const STATEMENTS: readonly Statement[] = NAMES.map((name) => {
  const [parameters, sql] = SQL[name];
  return { sql, parameters };
});

const NUMBER = Object.fromEntries(NAMES.map((name, number) => [name, number])) as Readonly<
  Record<Name, number>
>;

/** Beyond the octet of a subscription's options: retained messages are on their way to it. */
export const REPLAYING = 0x100;

/** The interval of a session that never ends, as the plugin writes it. */
const NEVER = -1;

/** Seconds since 1970, rounded up: nothing ends too early. 0 stays 0. */
function secondsOf(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

/** A column of bytes: NULL for none. */
function bytesOrNull(payload: Uint8Array): Uint8Array | undefined {
  return payload.length === 0 ? undefined : payload;
}

/** Puts the statements that keep a change into a batch. */
export function writeChange(change: Change, to: BatchWriter): void {
  switch (change.kind) {
    case 'message kept':
      return keepMessage(change.id, change.message, to);
    case 'message forgotten':
      return byNumber('forget message', change.id, to);
    case 'retained':
      to.number(NUMBER.retain);
      to.text(change.topic);
      return to.number(change.id);
    case 'retained cleared':
      return byText('clear retained', change.topic, to);
    case 'session':
      return putSession(change.session, to);
    case 'session ended':
      byText('end session', change.clientId, to);
      byText('end subscriptions', change.clientId, to);
      byText('end deliveries', change.clientId, to);
      return byText('clear will', change.clientId, to);
    case 'subscribed':
      return subscribe(change.clientId, change.subscription, to);
    case 'unsubscribed':
      byText('unsubscribe', change.clientId, to);
      return to.text(change.filter);
    case 'delivery':
      return putDelivery(change.key, change.delivery, to);
    case 'delivery moved':
      return moveDelivery(change, to);
    case 'delivery done':
      return byNumber('end delivery', change.key, to);
    case 'will':
      delayWill(change.clientId, change.will.properties.willDelayInterval ?? 0, to);
      return putWill(change.clientId, change.will, to);
    case 'will cleared':
      delayWill(change.clientId, 0, to);
      return byText('clear will', change.clientId, to);
  }
}

function byText(name: Name, text: string, to: BatchWriter): void {
  to.number(NUMBER[name]);
  to.text(text);
}

function byNumber(name: Name, number: number, to: BatchWriter): void {
  to.number(NUMBER[name]);
  to.number(number);
}

function keepMessage(id: number, message: KeptMessage, to: BatchWriter): void {
  to.number(NUMBER['keep message']);
  to.number(id);
  to.number(Math.floor(message.expiresAt / 1000)); // a receiver is never told more than the publisher has said
  to.text(message.topic);
  to.bytes(bytesOrNull(message.payload));
  to.text(message.publisher);
  to.text(message.username);
  to.number(message.payload.length);
  to.number(0); // the publisher's packet identifier: nobody asks for it
  to.number(message.port);
  to.number(message.qos);
  to.number(Number(message.retain));
  to.text(propertiesToJson(message.properties, 'message'));
}

function putSession(session: KeptSession, to: BatchWriter): void {
  byText('put session', session.clientId, to);
  to.text(session.username);
  to.number(Math.floor(session.seenAt / 1000));
  to.number(secondsOf(session.willAt));
  to.number(secondsOf(session.expiresAt));
  to.number(session.port);
  to.number(session.expiryInterval === 0xffff_ffff ? NEVER : session.expiryInterval);
}

function subscribe(clientId: string, subscription: KeptSubscription, to: BatchWriter): void {
  const { qos, noLocal, retainAsPublished, retainHandling } = subscription;
  byText('subscribe', clientId, to);
  to.text(subscription.filter);
  // The octet of the SUBSCRIBE packet, §3.8.3.1; Mosquitto reads no more of it
  const octet = qos | (Number(noLocal) << 2) | (Number(retainAsPublished) << 3) | (retainHandling << 4);
  to.number(octet | (subscription.isReplaying ? REPLAYING : 0));
  to.number(subscription.identifier);
}

function putDelivery(key: number, delivery: KeptDelivery, to: BatchWriter): void {
  const { direction, state, qos } = delivery;
  to.number(NUMBER['put delivery']);
  to.number(key);
  to.text(delivery.clientId);
  to.number(delivery.messageId);
  to.number(dupOf(direction, state));
  to.number(direction === 'in' ? 0 : 1);
  to.number(delivery.packetId);
  to.number(qos);
  to.number(Number(delivery.retain));
  to.number(stateNumber(direction, state, qos));
  to.text(identifierColumn(delivery.identifiers));
}

/** The column is for one number, and that is what Mosquitto reads of `1,2`: the first. A number in text becomes one. */
function identifierColumn(identifiers: readonly number[] | undefined): string {
  return identifiers === undefined || identifiers.length === 0 ? '0' : identifiers.join(',');
}

/** Whoever sends it again from the file sets DUP. [MQTT-3.3.1-1] */
function dupOf(direction: KeptDelivery['direction'], state: KeptDelivery['state']): number {
  return Number(direction === 'out' && state === 'published');
}

/** Only deliveries on their way out move. */
function moveDelivery(moved: Extract<Change, { kind: 'delivery moved' }>, to: BatchWriter): void {
  to.number(NUMBER['move delivery']);
  to.number(moved.packetId);
  to.number(dupOf('out', moved.state));
  to.number(stateNumber('out', moved.state, 2));
  to.number(stateNumber('out', moved.state, 1));
  to.number(moved.key);
}

function delayWill(clientId: string, seconds: number, to: BatchWriter): void {
  byNumber('delay will', seconds, to);
  to.text(clientId);
}

function putWill(clientId: string, will: Will, to: BatchWriter): void {
  byText('put will', clientId, to);
  to.bytes(bytesOrNull(will.payload));
  to.text(will.topic);
  to.number(will.payload.length);
  to.number(will.qos);
  to.number(Number(will.retain));
  to.text(propertiesToJson(will.properties, 'will'));
}
