/** What was kept, put back into a broker that has just begun. */
import { matches } from '../topic/topic.ts';
import type { Principal } from './access.ts';
import type { Broker } from './broker.ts';
import type { Change, KeptDelivery, KeptMessage, KeptSession, KeptSubscription } from './change.ts';
import { Delivery } from './delivery.ts';
import type { Choice } from './delivery.ts';
import { Message } from './message.ts';
import { Receipt, SessionRecord } from './records.ts';
import type { DeliveryRecord, Tracked } from './records.ts';
import { Session } from './session.ts';
import { StoredIds } from './stored-ids.ts';
import { Subscription } from './subscription.ts';
import { PendingWill } from './will.ts';

/** How much was put back. */
export interface RestoreCounts {
  messages: number;
  retained: number;
  sessions: number;
  subscriptions: number;
  deliveries: number;
}

/**
 * Replays changes: to be called once, before any client is there. Time has passed: sessions end and wills are
 * published that are due, and clients that were connected when the broker ended have gone now. What has expired is
 * left where it is; whoever would send it looks. Throws an `IncompleteError` before anything has happened.
 */
export function restoreInto(broker: Broker, changes: Iterable<Change>): RestoreCounts {
  const restoring = new Restoring(broker);
  for (const change of changes) restoring.take(change);
  restoring.finish();
  return restoring.counts;
}

/** Something refers to what is not there: changes are missing, and nobody knows how many. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError';
}

/** Topics that are looked for among those before. */
const MOST_TOPICS = 65_536;

class Restoring {
  readonly counts: RestoreCounts = { messages: 0, retained: 0, sessions: 0, subscriptions: 0, deliveries: 0 };
  readonly #broker: Broker;
  readonly #messages = new StoredIds();
  readonly #topics = new Map<string, string>();
  readonly #sources = new Map<string, Principal>();
  readonly #sessions = new Map<Session, KeptSession>();
  readonly #replaying: Subscription[] = [];
  readonly #shares = new Map<Session, Subscription[]>();
  #lastKey = 0;
  #lastId = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  take(change: Change): void {
    switch (change.kind) {
      case 'message kept':
        this.#message(change.id, change.message);
        break;
      case 'retained':
        this.#retained(change.id);
        break;
      case 'session':
        this.#session(change.session);
        break;
      case 'subscribed':
        this.#subscribed(this.#broker.sessions.get(change.clientId), change.subscription);
        break;
      case 'delivery':
        this.#delivery(change.key, change.delivery);
        break;
      case 'will': {
        const session = this.#broker.sessions.get(change.clientId);
        if (session !== undefined) session.will = new PendingWill(this.#broker, session, change.will, true);
        break;
      }
      case 'message forgotten':
      case 'retained cleared':
      case 'session ended':
      case 'unsubscribed':
      case 'delivery moved':
      case 'delivery done':
      case 'will cleared':
        throw new TypeError(`a store gives what is there, and no "${change.kind}"`);
    }
  }

  /** Everything is there: what was due meanwhile happens, and what nobody refers to is forgotten. */
  finish(): void {
    const { journal, now, sessions } = this.#broker;
    journal?.startAfter(this.#lastId, this.#lastKey);
    for (const message of this.#messages) if (message.holders === 0) journal?.forget(message.storedId);
    for (const [session, kept] of this.#sessions) {
      const { will } = session;
      if (kept.willAt > 0) will?.waitUntil(kept.willAt);
      else will?.closed();
    }
    for (const subscription of this.#replaying) this.#replay(subscription);
    for (const [session, { expiryInterval, expiresAt }] of this.#sessions) {
      // at once, and not with the next tick: its client may come before that
      if (expiryInterval === 0) sessions.end(session);
      else if (expiresAt === 0) sessions.away(session, now);
      else if (expiresAt <= now) sessions.expire(session);
      else sessions.endAt(session, expiresAt);
    }
  }

  /** The client was gone with the broker: as when it goes, what it was to be sent joins its queue. */
  #replay(subscription: Subscription): void {
    const { replay } = subscription.session;
    replay.add(subscription);
    replay.park();
  }

  #message(id: number, kept: KeptMessage): void {
    const { payload, qos, retain, properties, expiresAt, publisher } = kept;
    const topic = retain ? kept.topic : this.#sameTopic(kept.topic);
    const source = this.#source(kept);
    const message = new Message({
      topic,
      payload,
      qos,
      retain,
      properties,
      expiresAt,
      publisher: source?.clientId ?? publisher,
      source,
    }).keep();
    message.storedId = id;
    this.#messages.add(message);
    if (id > this.#lastId) this.#lastId = id;
    this.counts.messages++;
  }

  /** One string for the messages of a topic that wait: often there are many. */
  #sameTopic(topic: string): string {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    if (this.#topics.size === MOST_TOPICS) this.#topics.clear();
    this.#topics.set(topic, topic);
    return topic;
  }

  /** One object for all messages of a publisher. */
  #source({ publisher, username, port }: KeptMessage): Principal | undefined {
    if (publisher === '') return undefined;
    const key = `${port}\0${publisher}${username === undefined ? '' : `\0${username}`}`;
    let source = this.#sources.get(key);
    if (source === undefined) {
      source = principalOf(publisher, username, port);
      this.#sources.set(key, source);
    }
    return source;
  }

  #retained(id: number): void {
    const message = this.#messages.get(id);
    if (message === undefined) throw new IncompleteError('a retained message has no content');
    this.#broker.retained.restore(message);
    if (this.#broker.journal !== undefined) message.references++;
    this.counts.retained++;
  }

  #session(kept: KeptSession): void {
    const { clientId, username, port, expiryInterval, expiresAt, seenAt } = kept;
    const { settings, journal, sessions } = this.#broker;
    const session = new Session(this.#broker, principalOf(clientId, username, port), {
      inflightMessages: settings.maxInflightMessages,
      inflightBytes: settings.maxInflightBytes,
      queuedMessages: settings.maxQueuedMessages,
      queuedBytes: settings.maxQueuedBytes,
    });
    session.expiryInterval = expiryInterval;
    session.expiresAt = expiresAt;
    session.seenAt = seenAt;
    if (journal !== undefined) session.record = new SessionRecord();
    sessions.restore(session);
    this.#sessions.set(session, kept);
    this.counts.sessions++;
  }

  #subscribed(session: Session | undefined, kept: KeptSubscription): void {
    if (session === undefined) throw new IncompleteError('a subscription belongs to no session');
    const subscription = new Subscription(session, kept.filter);
    const identifiers = kept.identifier === 0 ? undefined : [kept.identifier];
    subscription.configure(kept, kept.qos, identifiers);
    session.subscriptions.set(kept.filter, subscription);
    session.filterBytes += subscription.filterBytes;
    this.#broker.subscribe(subscription);
    subscription.isReplaying = kept.isReplaying;
    if (kept.isReplaying) this.#replaying.push(subscription);
    if (subscription.shareName !== undefined) {
      const shares = this.#shares.get(session);
      if (shares === undefined) this.#shares.set(session, [subscription]);
      else shares.push(subscription);
    }
    this.counts.subscriptions++;
  }

  /** That a member of a group was chosen is not kept: it was, if nothing else explains the delivery. */
  #choice(session: Session, message: Message): Choice | undefined {
    const share = this.#shares.get(session)?.find(({ topicFilter }) => matches(topicFilter, message.topic));
    const group = share && this.#broker.shared.groupOf(share);
    if (group === undefined) return undefined;
    for (const { shareName, topicFilter } of session.subscriptions.values())
      if (shareName === undefined && matches(topicFilter, message.topic)) return undefined;
    return { group, message };
  }

  #delivery(key: number, kept: KeptDelivery): void {
    const message = this.#messages.get(kept.messageId);
    const session = this.#broker.sessions.get(kept.clientId);
    this.#lastKey = Math.max(this.#lastKey, key);
    if (message === undefined) throw new IncompleteError('a queued message has no content');
    if (session === undefined) throw new IncompleteError('a queued message belongs to no session');
    this.#broker.stored.hold(message);
    if (kept.direction === 'in') {
      const receipt = new Receipt(message, kept.packetId);
      receipt.record = this.#record(key, kept, receipt);
      session.inbound.hold(kept.packetId, receipt, message.payloadBytes);
    } else {
      const delivery = new Delivery(
        message,
        kept.qos,
        kept.retain,
        kept.identifiers,
        this.#choice(session, message),
      );
      delivery.packetId = kept.packetId;
      delivery.state = kept.state;
      delivery.waited = true;
      delivery.record = this.#record(key, kept, delivery);
      session.outbound.restore(delivery);
    }
    this.counts.deliveries++;
  }

  #record(key: number, { clientId, direction }: KeptDelivery, tracked: Tracked): DeliveryRecord | undefined {
    return this.#broker.journal?.restored(clientId, direction, key, tracked);
  }
}

/** A client that is not there. */
function principalOf(clientId: string, username: string | undefined, port: number): Principal {
  return { clientId, ...(username !== undefined && { username }), ...(port > 0 && { port }) };
}
