/** The chunks of `mosquitto.db` as changes: what each says, what is over by now, what cannot be. */
import type { Change, KeptDelivery, KeptMessage, KeptSession } from '../broker/change.ts';
import { isOwnTopic } from '../broker/own-topics.ts';
import { decodePropertyBlock } from '../protocol/decode.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { QoS } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { isShared, isTopicFilter, isTopicName, parseShared } from '../topic/topic.ts';
import { DamagedDb } from './mosquitto-db-cursor.ts';
import { DIRECTION, FIRST_STRUCTURED, ID_BYTES, NEVER, STATE } from './mosquitto-db-layout.ts';
import type {
  ClientChunk,
  ConfigChunk,
  DbChunk,
  DbFile,
  DeliveryChunk,
  MessageChunk,
  RetainedChunk,
  StoreId,
  SubscriptionChunk,
} from './mosquitto-db-layout.ts';
import { StoreError } from './store-error.ts';

/** More warnings than these are counted only. */
const MOST_WARNINGS = 20;

type Kept<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

/** The end of a `Date`'s calendar, milliseconds since 1970. */
const LAST_TIME = 8.64e15;

/** In place of an identifier: the message is over, or was left out, and so is what refers to it. */
const GONE = 0;

/** How much there is of each. What has expired does not count. */
export interface DbCounts {
  readonly messages: number;
  readonly retained: number;
  readonly clients: number;
  readonly subscriptions: number;
  readonly clientMessages: number;
}

/** Gathers what the chunks of one file say. */
export class DbRestore {
  readonly #now: number;
  readonly #version: number;
  readonly #file: DbFile;
  /**
   * Where each message begins: it is read again when it is asked for. As objects, millions of them would take a
   * gigabyte, and be moved twice by the collector of garbage.
   */
  readonly #messages: number[] = [];
  /** Whether each message may be a retained one. */
  readonly #retainable: boolean[] = [];
  /** Ours, by theirs: the place in `#messages` and one. */
  readonly #ids = new Map<StoreId, number>();
  readonly #referred: boolean[] = [];
  #referredCount = 0;
  readonly #retained: number[] = [];
  readonly #sessions = new Map<string, KeptSession>();
  /** Clients whose session has ended with their connection. */
  readonly #ended = new Set<string>();
  readonly #subscriptions: Kept<'subscribed'>[] = [];
  readonly #deliveries: KeptDelivery[] = [];
  /** Packet identifiers in flight, by client; those of messages that come in behind those that go out. */
  readonly #inFlight = new Map<string, Set<number>>();
  readonly #warnings: string[] = [];
  #unsaid = 0;

  constructor(file: DbFile, now: number) {
    this.#version = file.version;
    this.#file = file;
    this.#now = now;
  }

  take(chunk: DbChunk): void {
    switch (chunk.kind) {
      case 'config':
        return checkConfig(chunk);
      case 'message':
        return this.#message(chunk);
      case 'client':
        return this.#client(chunk);
      case 'delivery':
        return this.#delivery(chunk);
      case 'retained':
        return this.#retain(chunk);
      case 'subscription':
        return this.#subscription(chunk);
      case 'unknown':
        return this.#warn(
          `Warning: Unsupported chunk "${chunk.type}" in persistent database file. Ignoring.`,
        );
    }
  }

  get warnings(): readonly string[] {
    const rest = `Warning: ${this.#unsaid} more warnings of the persistence file are not shown.`;
    return this.#unsaid === 0 ? this.#warnings : [...this.#warnings, rest];
  }

  /** In the order of `Store.load`. */
  *changes(): Generator<Change> {
    for (let id = 1; id <= this.#messages.length; id++)
      if (this.#referred[id] === true) yield { kind: 'message kept', id, message: this.#again(id) };
    for (const id of this.#retained) yield { kind: 'retained', topic: this.#again(id).topic, id };
    for (const session of this.#sessions.values()) yield { kind: 'session', session };
    yield* this.#subscriptions;
    for (const [at, delivery] of this.#deliveries.entries())
      yield { kind: 'delivery', key: at + 1, delivery };
  }

  get counts(): DbCounts {
    return {
      messages: this.#referredCount,
      retained: this.#retained.length,
      clients: this.#sessions.size,
      subscriptions: this.#subscriptions.length,
      clientMessages: this.#deliveries.length,
    };
  }

  #warn(text: string): void {
    if (this.#warnings.length < MOST_WARNINGS) this.#warnings.push(text);
    else this.#unsaid++;
  }

  #message(chunk: MessageChunk): void {
    const message = this.#read(chunk);
    if (message === undefined) {
      this.#ids.set(chunk.storeId, GONE);
      return;
    }
    this.#ids.set(chunk.storeId, this.#messages.push(chunk.at));
    this.#retainable.push(!isOwnTopic(message.topic) && message.payload.length > 0);
  }

  /** A message that was good when it was read first. */
  #again(id: number): KeptMessage {
    return keptMessage(this.#file.chunkAt(this.#messages[id - 1]!) as MessageChunk);
  }

  /** Undefined for what has expired, and for what no client could have sent. */
  #read(chunk: MessageChunk): KeptMessage | undefined {
    const { at, topic, isGarbled } = chunk;
    const expiresAt = timeOf(chunk);
    if (expiresAt !== 0 && expiresAt <= this.#now) return undefined;
    if (isGarbled || !isTopicName(topic)) return this.#leaveOut(at, 'message', topic);
    return keptMessage(chunk);
  }

  #leaveOut(at: number, what: string, name: string): undefined {
    const shown = JSON.stringify(name.slice(0, 200));
    this.#warn(
      `Warning: A ${what} in the persistence file is one that MQTT does not allow, and is left out: ${shown} at byte ${at}.`,
    );
    return undefined;
  }

  #client(chunk: ClientChunk): void {
    const { at, clientId, username, port, isGarbled } = chunk;
    if (clientId === '') {
      this.#warn('Warning: Empty client entry found in persistence database, it may be corrupt.');
      return;
    }
    if (isGarbled) {
      this.#leaveOut(at, 'client', clientId);
      return;
    }
    const expiryInterval = this.#expiryInterval(chunk);
    if (expiryInterval === 0) {
      this.#ended.add(clientId);
      return;
    }
    this.#ended.delete(clientId);
    const expiresAt = timeOf(chunk);
    this.#sessions.set(clientId, {
      clientId,
      username: username === '' ? undefined : username,
      port,
      expiryInterval,
      expiresAt,
      willAt: 0,
      seenAt: this.#seenAt(chunk, expiryInterval, expiresAt),
    });
  }

  /** Before version 5 only sessions that never end were saved. Mosquitto forgets that, and ends them. */
  #expiryInterval({ expiryInterval }: ClientChunk): number {
    return this.#version < FIRST_STRUCTURED ? NEVER : expiryInterval;
  }

  #seenAt({ goneTime }: ClientChunk, expiryInterval: number, expiresAt: number): number {
    const went = expiryInterval === NEVER || expiresAt === 0 ? 0 : expiresAt - expiryInterval * 1000;
    const seen = goneTime > 0 ? goneTime * 1000 : went;
    return seen > 0 && seen < this.#now ? seen : this.#now;
  }

  /** Whether a client has a session; it has one, for ever, if something is there for it. */
  #hasSession(clientId: string): boolean {
    if (this.#sessions.has(clientId)) return true;
    if (this.#ended.has(clientId)) return false;
    this.#sessions.set(clientId, {
      clientId,
      username: undefined,
      port: 0,
      expiryInterval: NEVER,
      expiresAt: 0,
      willAt: 0,
      seenAt: this.#now,
    });
    return true;
  }

  #subscription(chunk: SubscriptionChunk): void {
    const { at, clientId, topic: filter, options, identifier, isGarbled } = chunk;
    const missing = clientId === '' ? 'client id' : filter === '' ? 'topic filter' : undefined;
    if (missing !== undefined) {
      this.#warn(`Warning: Persistence found a subscription with no ${missing}, ignoring.`);
      return;
    }
    const isFilter = isShared(filter) ? parseShared(filter) !== undefined : isTopicFilter(filter);
    if (isGarbled || !isFilter) {
      this.#leaveOut(at, 'subscription', filter);
      return;
    }
    if (!this.#hasSession(clientId)) return;
    const retainHandling = ((options >> 4) & 3) as 0 | 1 | 2 | 3;
    this.#subscriptions.push({
      kind: 'subscribed',
      clientId,
      subscription: {
        filter,
        qos: qosOf(chunk),
        noLocal: (options & 0x04) !== 0,
        retainAsPublished: (options & 0x08) !== 0,
        retainHandling: retainHandling === 3 ? 0 : retainHandling,
        identifier,
        isReplaying: false,
      },
    });
  }

  #retain(chunk: RetainedChunk): void {
    const id = this.#idOf(chunk);
    if (id === GONE || !this.#retainable[id - 1]) return;
    this.#retained.push(id);
    this.#refer(id);
  }

  #delivery(chunk: DeliveryChunk): void {
    const { at, clientId, isGarbled } = chunk;
    if (clientId === '') {
      this.#warn(
        'Warning: Persistence file contains client message with no matching client. File may be corrupt.',
      );
      return;
    }
    if (isGarbled) {
      this.#leaveOut(at, 'client message', clientId);
      return;
    }
    const messageId = this.#idOf(chunk);
    if (!this.#hasSession(clientId) || messageId === GONE) return;
    const delivery = this.#deliveryOf(chunk, messageId);
    if (delivery === undefined) return;
    this.#deliveries.push(delivery);
    this.#refer(messageId);
  }

  #refer(id: number): void {
    if (this.#referred[id] !== true) this.#referredCount++;
    this.#referred[id] = true;
  }

  /** Our identifier of the message that a chunk refers to. */
  #idOf({ at, storeId }: RetainedChunk | DeliveryChunk): number {
    const id = this.#ids.get(storeId);
    if (id !== undefined) return id;
    this.#warn(
      `Warning: Message ${storeId} is not in the persistence file, but referred to at byte ${at}. Ignoring.`,
    );
    return GONE;
  }

  /** Undefined for what is done already. */
  #deliveryOf(chunk: DeliveryChunk, messageId: number): KeptDelivery | undefined {
    const { clientId, mid } = chunk;
    const qos = qosOf(chunk);
    const isIncoming = chunk.direction === DIRECTION.in;
    if (!isIncoming && chunk.direction !== DIRECTION.out) throw damage(chunk, 'no direction');
    const state = isIncoming ? incomingState(chunk) : outgoingState(chunk);
    if (state === undefined) return undefined;
    const isWaiting = state === 'waiting' || !this.#isFirst(clientId, isIncoming ? -mid : mid);
    if (isWaiting && isIncoming) return undefined; // the client sent it once
    return {
      clientId,
      messageId,
      direction: isIncoming ? 'in' : 'out',
      qos,
      retain: chunk.retain !== 0,
      packetId: isWaiting ? 0 : mid,
      state: isWaiting ? 'waiting' : state,
      identifiers: propertiesOf(chunk).subscriptionIdentifiers,
    };
  }

  /** Whether nothing else of the client is in flight under that identifier. */
  #isFirst(clientId: string, mid: number): boolean {
    let used = this.#inFlight.get(clientId);
    if (used === undefined) this.#inFlight.set(clientId, (used = new Set()));
    return used.size !== used.add(mid).size;
  }
}

function checkConfig({ idBytes }: ConfigChunk): void {
  if (idBytes === ID_BYTES) return;
  throw new StoreError(
    `Error: Incompatible database configuration (dbid size is ${idBytes} bytes, expected ${ID_BYTES}).`,
    'The file was written by a Mosquitto that was built in another way, or it is damaged. Nothing was changed.',
  );
}

/** QoS 2 whose PUBREL has not come; undefined if it has: then it was published, and a PUBCOMP is all that is left. */
function incomingState({ qos, mid, state }: DeliveryChunk): KeptDelivery['state'] | undefined {
  return qos === 2 && mid !== 0 && state !== STATE.resendPubcomp ? 'published' : undefined;
}

/** What was never sent waits; so does what is in no state in which a broker sends. */
function outgoingState({ qos, mid, state, dup }: DeliveryChunk): KeptDelivery['state'] {
  if (qos === 0 || mid === 0) return 'waiting';
  switch (state) {
    case STATE.publishQos1:
    case STATE.publishQos2:
      return dup === 0 ? 'waiting' : 'published';
    case STATE.waitForPuback:
    case STATE.waitForPubrec:
      return 'published';
    case STATE.resendPubrel:
    case STATE.waitForPubcomp:
      return qos === 2 ? 'released' : 'published';
    default:
      return 'waiting';
  }
}

/** Throws for what no broker writes. */
function keptMessage(chunk: MessageChunk): KeptMessage {
  const { topic, sourceId, username, payload, port } = chunk;
  return {
    topic,
    payload,
    qos: qosOf(chunk),
    retain: chunk.retain !== 0,
    properties: propertiesOf(chunk),
    expiresAt: timeOf(chunk),
    publisher: sourceId,
    username: username === '' ? undefined : username,
    port,
  };
}

/** Milliseconds since 1970; 0 for never. What no calendar has is the last that it has. */
function timeOf(chunk: MessageChunk | ClientChunk): number {
  if (chunk.expiryTime < 0) throw damage(chunk, 'a time before 1970');
  return Math.min(chunk.expiryTime * 1000, LAST_TIME);
}

function qosOf(chunk: MessageChunk | DeliveryChunk | SubscriptionChunk): QoS {
  if (chunk.qos > 2) throw damage(chunk, `a QoS of ${chunk.qos}`);
  return chunk.qos as QoS;
}

/** Those of a PUBLISH; the expiry stands elsewhere. */
function propertiesOf(chunk: MessageChunk | DeliveryChunk): Properties {
  if (chunk.properties.length === 0) return NO_PROPERTIES;
  try {
    return decodePropertyBlock(chunk.properties);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw damage(chunk, error.message);
  }
}

function damage({ at }: DbChunk, problem: string): DamagedDb {
  return new DamagedDb(at, problem);
}
