/** Changes as the bytes of a `mosquitto.db` of version 6. */
import type { Change, KeptDelivery, KeptMessage, KeptSession, KeptSubscription } from '../broker/change.ts';
import { isOwnTopic } from '../broker/own-topics.ts';
import { propertyBlock } from '../protocol/encode.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { CHUNK, DIRECTION, ID_BYTES, MAGIC, NEVER, STATE, VERSION } from './mosquitto-db-layout.ts';
import { roomFor, Slices } from './mosquitto-db-slices.ts';

export interface DbEncoding {
  /** Whether the broker ends. */
  readonly stopping: boolean;
  /** Milliseconds since 1970: sessions that are connected would end so long from now. */
  readonly now: number;
}

/** A session and what is on its way from or to it. */
interface Client {
  readonly session: KeptSession;
  readonly incoming: KeptDelivery[];
  readonly sent: KeptDelivery[];
  readonly waiting: KeptDelivery[];
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const HEADER = 8;
const LAST_MID = 65_535;

/**
 * The state that the changes build, of which there must be none that take something away. In the order of the file:
 * messages, clients with what is on its way, subscriptions, what is retained. Wills have no place in it.
 */
export function encodeMosquittoDb(changes: Iterable<Change>, encoding: DbEncoding): readonly Uint8Array[] {
  const encoder = new Encoder();
  for (const change of changes) encoder.take(change);
  return encoder.file(encoding);
}

class Encoder {
  readonly #messages = new Slices();
  readonly #subscriptions = new Slices();
  readonly #retained = new Slices();
  readonly #clients = new Map<string, Client>();
  /** Messages whose record depends on who refers to them. */
  readonly #later = new Map<number, KeptMessage>();
  /** The packet identifiers under which publishers sent what is not released. */
  readonly #sourceMids = new Map<number, number>();
  readonly #queued = new Set<number>();
  #lastId = 0;

  take(change: Change): void {
    switch (change.kind) {
      case 'message kept':
        return this.#message(change.id, change.message);
      case 'retained':
        return isOwnTopic(change.topic) ? undefined : this.#retain(change.id);
      case 'session': {
        const { session } = change;
        this.#clients.set(session.clientId, { session, incoming: [], sent: [], waiting: [] });
        return;
      }
      case 'subscribed':
        return this.#subscribed(change.clientId, change.subscription);
      case 'delivery':
        return this.#delivery(change.delivery);
      case 'will':
        return; // as Mosquitto
      case 'message forgotten':
      case 'retained cleared':
      case 'session ended':
      case 'unsubscribed':
      case 'delivery moved':
      case 'delivery done':
      case 'will cleared':
        throw new TypeError(`a state has no "${change.kind}"`);
    }
  }

  file({ stopping, now }: DbEncoding): readonly Uint8Array[] {
    for (const [id, message] of this.#later) {
      if (!isOwnTopic(message.topic)) this.#encode(id, message, this.#sourceMids.get(id) ?? 0);
      else if (this.#queued.has(id)) this.#encode(id, { ...message, retain: false }, 0);
    }
    const clients = new Slices();
    for (const client of this.#clients.values()) writeClient(clients, client, now);
    return [
      ...this.#head(stopping),
      ...this.#messages.parts(),
      ...clients.parts(),
      ...this.#subscriptions.parts(),
      ...this.#retained.parts(),
    ];
  }

  #head(stopping: boolean): readonly Uint8Array[] {
    const head = new Slices();
    head.raw(MAGIC);
    head.u32(0);
    head.u32(VERSION);
    head.u32(CHUNK.config);
    head.u32(16);
    head.u64(this.#lastId);
    head.u8(Number(stopping));
    head.u8(ID_BYTES);
    head.zeros(6);
    return head.parts();
  }

  /** Only QoS 2 can be on its way in; Mosquitto then finds it by the packet identifier that stands with the message. */
  #message(id: number, message: KeptMessage): void {
    if (id > this.#lastId) this.#lastId = id;
    if (message.qos === 2 || isOwnTopic(message.topic)) this.#later.set(id, message);
    else this.#encode(id, message, 0);
  }

  #encode(id: number, message: KeptMessage, sourceMid: number): void {
    const { topic, publisher, username = '', payload, port, qos, retain } = message;
    const properties = blockOf(message.properties);
    const texts = 3 * (topic.length + publisher.length + username.length);
    const out = this.#messages;
    out.room(HEADER + 32 + texts + roomFor(payload));
    const start = out.at;
    out.u32(CHUNK.message);
    out.u32(0);
    out.u64(id);
    out.u64(Math.floor(message.expiresAt / 1000)); // a receiver is never told more than the publisher has said
    out.u32(payload.length);
    out.u16(sourceMid);
    out.zeros(6);
    out.u16(port);
    out.u8(qos);
    out.u8(Number(retain));
    const publisherBytes = out.text(publisher);
    const usernameBytes = out.text(username);
    const topicBytes = out.text(topic);
    const textBytes = publisherBytes + usernameBytes + topicBytes;
    out.u32At(start + 4, 32 + textBytes + payload.length + properties.length);
    out.u16At(start + 30, publisherBytes);
    out.u16At(start + 32, usernameBytes);
    out.u16At(start + 34, topicBytes);
    out.raw(payload);
    if (properties.length === 0) return;
    out.room(roomFor(properties));
    out.raw(properties);
  }

  #retain(id: number): void {
    const out = this.#retained;
    out.room(HEADER + 8);
    out.u32(CHUNK.retained);
    out.u32(8);
    out.u64(id);
  }

  #subscribed(clientId: string, subscription: KeptSubscription): void {
    if (!this.#clients.has(clientId)) return; // its session has ended
    const { filter, identifier, qos, noLocal, retainAsPublished, retainHandling } = subscription;
    const out = this.#subscriptions;
    out.room(HEADER + 12 + 3 * (clientId.length + filter.length));
    const start = out.at;
    out.u32(CHUNK.subscription);
    out.u32(0);
    out.u32(identifier);
    out.zeros(4);
    out.u8(qos);
    out.u8((noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4));
    out.zeros(2);
    const idBytes = out.text(clientId);
    const filterBytes = out.text(filter);
    out.u32At(start + 4, 12 + idBytes + filterBytes);
    out.u16At(start + 12, idBytes);
    out.u16At(start + 14, filterBytes);
  }

  #delivery(delivery: KeptDelivery): void {
    const { clientId, direction, messageId, packetId, state } = delivery;
    const client = this.#clients.get(clientId);
    if (client === undefined) return; // its session has ended
    if (direction === 'in') this.#sourceMids.set(messageId, packetId);
    else this.#queued.add(messageId);
    const line = direction === 'in' ? client.incoming : state === 'waiting' ? client.waiting : client.sent;
    line.push(delivery);
  }
}

function writeClient(out: Slices, client: Client, now: number): void {
  const { session, incoming, sent, waiting } = client;
  const { clientId, username = '', port, expiryInterval } = session;
  const { mids, last } = midsOf(client);
  out.room(HEADER + 24 + 3 * (clientId.length + username.length));
  const start = out.at;
  out.u32(CHUNK.client);
  out.u32(0);
  out.u64(endOf(session, now));
  out.u32(expiryInterval);
  out.u16(last);
  out.u16(0);
  out.u16(port);
  out.zeros(6);
  const idBytes = out.text(clientId);
  const usernameBytes = out.text(username);
  out.u32At(start + 4, 24 + idBytes + usernameBytes);
  out.u16At(start + 22, idBytes);
  out.u16At(start + 26, usernameBytes);
  for (const one of incoming) writeDelivery(out, one, one.packetId, STATE.waitForPubrel);
  for (const one of sent) writeDelivery(out, one, one.packetId, stateOf(one));
  for (const [at, one] of waiting.entries()) writeDelivery(out, one, mids[at]!, STATE.queued);
}

/** Seconds since 1970; 0 for a session that never ends. One that is connected has its interval from now on. */
function endOf({ expiresAt, expiryInterval }: KeptSession, now: number): number {
  if (expiresAt > 0) return seconds(expiresAt);
  return expiryInterval === NEVER ? 0 : seconds(now + expiryInterval * 1000);
}

/**
 * Mosquitto gives a message its packet identifier when it is queued, and sends it under 0 if the file has none: those
 * that wait get the ones that would follow, past what is in flight. The last is where Mosquitto goes on.
 */
function midsOf({ sent, waiting }: Client): { readonly mids: readonly number[]; readonly last: number } {
  const inFlight = new Set(sent.map(({ packetId }) => packetId));
  let last = sent.at(-1)?.packetId ?? 0;
  const next = (): number => {
    do last = last === LAST_MID ? 1 : last + 1;
    while (inFlight.has(last) && inFlight.size < LAST_MID);
    return last;
  };
  const mids = waiting.map(({ qos }) => (qos === 0 ? 0 : next()));
  return { mids, last };
}

function stateOf({ qos, state }: KeptDelivery): number {
  if (state === 'released') return STATE.waitForPubcomp;
  return qos === 1 ? STATE.waitForPuback : STATE.waitForPubrec;
}

function writeDelivery(out: Slices, delivery: KeptDelivery, mid: number, state: number): void {
  const { clientId, messageId, direction, qos, retain, identifiers } = delivery;
  const properties = identifierBlock(identifiers);
  out.room(HEADER + 16 + 3 * clientId.length + properties.length);
  const start = out.at;
  out.u32(CHUNK.delivery);
  out.u32(0);
  out.u64(messageId);
  out.u16(mid);
  out.u16(0);
  out.u8(qos);
  out.u8(state);
  out.u8((Number(retain) << 4) | Number(state !== STATE.queued && direction === 'out'));
  out.u8(DIRECTION[direction]);
  const idBytes = out.text(clientId);
  out.u32At(start + 4, 16 + idBytes + properties.length);
  out.u16At(start + 18, idBytes);
  out.raw(properties);
}

/** Mosquitto refuses a file with more than one subscription identifier for a message. */
function identifierBlock(identifiers: readonly number[] | undefined): Uint8Array {
  return identifiers === undefined ? NO_BYTES : blockOf({ subscriptionIdentifiers: identifiers.slice(0, 1) });
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

/** Those of a PUBLISH as they are kept; nothing if there are none. */
function blockOf(properties: Properties): Uint8Array {
  if (properties === NO_PROPERTIES) return NO_BYTES;
  const { messageExpiryInterval: _, topicAlias: __, ...kept } = properties;
  const block = propertyBlock(kept);
  return block === undefined || block.length === 1 ? NO_BYTES : block;
}
