/** What a store must hold after some changes: the plainest way to say it. */
import type {
  Change,
  KeptDelivery,
  KeptMessage,
  KeptSession,
  KeptSubscription,
} from '../../../src/broker/change.ts';
import type { Will } from '../../../src/protocol/packet.ts';

type Subscribed = Extract<Change, { kind: 'subscribed' }>;

/** Changes replayed into maps. */
export class Kept {
  readonly messages: Map<number, KeptMessage> = new Map();
  readonly retained: Map<string, number> = new Map();
  readonly sessions: Map<string, KeptSession> = new Map();
  /** By client and filter. */
  readonly subscriptions: Map<string, Subscribed> = new Map();
  readonly deliveries: Map<number, KeptDelivery> = new Map();
  readonly wills: Map<string, Will> = new Map();

  static of(changes: Iterable<Change>): Kept {
    const kept = new Kept();
    for (const change of changes) kept.apply(change);
    return kept;
  }

  apply(change: Change): void {
    switch (change.kind) {
      case 'message kept':
        return void this.messages.set(change.id, plainMessage(change.message));
      case 'message forgotten':
        return void this.messages.delete(change.id);
      case 'retained':
        return void this.retained.set(change.topic, change.id);
      case 'retained cleared':
        return void this.retained.delete(change.topic);
      case 'session':
        return void this.sessions.set(change.session.clientId, plainSession(change.session));
      case 'session ended':
        return this.#end(change.clientId);
      case 'subscribed':
        return void this.subscriptions.set(placeOf(change.clientId, change.subscription), {
          ...change,
          subscription: { ...change.subscription },
        });
      case 'unsubscribed':
        return void this.subscriptions.delete(placeOf(change.clientId, change));
      case 'delivery':
        return void this.deliveries.set(change.key, change.delivery);
      case 'delivery moved':
        return this.#move(change);
      case 'delivery done':
        return void this.deliveries.delete(change.key);
      case 'will':
        return void this.wills.set(change.clientId, plainWill(change.will));
      case 'will cleared':
        return void this.wills.delete(change.clientId);
    }
  }

  /** Messages that nothing refers to. */
  idle(): number[] {
    const used = new Set(this.retained.values());
    for (const { messageId } of this.deliveries.values()) used.add(messageId);
    return [...this.messages.keys()].filter((id) => !used.has(id));
  }

  #end(clientId: string): void {
    this.sessions.delete(clientId);
    this.wills.delete(clientId);
    for (const [place, { clientId: whose }] of this.subscriptions)
      if (whose === clientId) this.subscriptions.delete(place);
    for (const [key, { clientId: whose }] of this.deliveries)
      if (whose === clientId) this.deliveries.delete(key);
  }

  #move({ key, packetId, state }: Extract<Change, { kind: 'delivery moved' }>): void {
    const delivery = this.deliveries.get(key);
    if (delivery !== undefined) this.deliveries.set(key, { ...delivery, packetId, state });
  }
}

function placeOf(clientId: string, { filter }: Pick<KeptSubscription, 'filter'>): string {
  return JSON.stringify([clientId, filter]);
}

/** A store may keep whole seconds, and the end of a message in place of its interval. */
const wholeSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000) * 1000;

function plainMessage(message: KeptMessage): KeptMessage {
  const { messageExpiryInterval: _, ...properties } = message.properties;
  return {
    ...message,
    properties,
    payload: new Uint8Array(message.payload),
    expiresAt: Math.floor(message.expiresAt / 1000) * 1000,
  };
}

function plainSession(session: KeptSession): KeptSession {
  return {
    ...session,
    expiresAt: wholeSeconds(session.expiresAt),
    willAt: wholeSeconds(session.willAt),
    seenAt: Math.floor(session.seenAt / 1000) * 1000,
  };
}

function plainWill(will: Will): Will {
  return { ...will, payload: new Uint8Array(will.payload), properties: { ...will.properties } };
}
