/** What a store holds, as the simplest one there is: maps that changes are replayed into. */
import assert from 'node:assert/strict';
import type {
  Change,
  KeptDelivery,
  KeptMessage,
  KeptSession,
  KeptSubscription,
} from '../../src/broker/change.ts';
import type { Will } from '../../src/protocol/packet.ts';

/** The state that changes lead to. Two states are the same if their `lines` are: identifiers and keys do not show. */
export class KeptState {
  readonly messages: Map<number, KeptMessage> = new Map();
  readonly retained: Map<string, number> = new Map();
  readonly sessions: Map<string, KeptSession> = new Map();
  readonly subscriptions: Map<string, Map<string, KeptSubscription>> = new Map();
  readonly deliveries: Map<number, KeptDelivery> = new Map();
  readonly wills: Map<string, Will> = new Map();

  static of(...batches: readonly Iterable<Change>[]): KeptState {
    const state = new KeptState();
    for (const batch of batches) state.apply(batch);
    return state;
  }

  apply(changes: Iterable<Change>): void {
    for (const change of changes) this.#take(change);
  }

  #take(change: Change): void {
    switch (change.kind) {
      case 'message kept':
        this.messages.set(change.id, change.message);
        break;
      case 'message forgotten':
        this.messages.delete(change.id);
        break;
      case 'retained':
        this.retained.set(change.topic, change.id);
        break;
      case 'retained cleared':
        this.retained.delete(change.topic);
        break;
      case 'session':
        this.sessions.set(change.session.clientId, change.session);
        break;
      case 'session ended':
        this.#end(change.clientId);
        break;
      case 'subscribed':
        this.#subscriptionsOf(change.clientId).set(change.subscription.filter, change.subscription);
        break;
      case 'unsubscribed':
        this.#subscriptionsOf(change.clientId).delete(change.filter);
        break;
      case 'delivery':
        this.deliveries.set(change.key, change.delivery);
        break;
      case 'delivery moved': {
        const { key, packetId, state } = change;
        const delivery = this.deliveries.get(key);
        if (delivery !== undefined) this.deliveries.set(key, { ...delivery, packetId, state });
        break;
      }
      case 'delivery done':
        this.deliveries.delete(change.key);
        break;
      case 'will':
        this.wills.set(change.clientId, change.will);
        break;
      case 'will cleared':
        this.wills.delete(change.clientId);
        break;
    }
  }

  /** As `Store.load` gives it. */
  *changes(): Generator<Change> {
    for (const [id, message] of this.messages) yield { kind: 'message kept', id, message };
    for (const [topic, id] of this.retained) yield { kind: 'retained', topic, id };
    for (const session of this.sessions.values()) yield { kind: 'session', session };
    for (const [clientId, all] of this.subscriptions)
      for (const subscription of all.values()) yield { kind: 'subscribed', clientId, subscription };
    for (const [key, delivery] of [...this.deliveries].toSorted(([a], [b]) => a - b))
      yield { kind: 'delivery', key, delivery };
    for (const [clientId, will] of this.wills) yield { kind: 'will', clientId, will };
  }

  /** Whatever is referred to is there, and every message is referred to. */
  check(): void {
    const used = new Set(this.retained.values());
    for (const { messageId, clientId } of this.deliveries.values()) {
      used.add(messageId);
      assert.ok(this.sessions.has(clientId), `a delivery to ${clientId}, which has no session`);
    }
    for (const id of used) assert.ok(this.messages.has(id), `message ${id} is referred to and not there`);
    for (const id of this.messages.keys()) assert.ok(used.has(id), `nothing refers to message ${id}`);
    for (const [clientId, { size }] of this.subscriptions)
      assert.ok(size === 0 || this.sessions.has(clientId), `${clientId} subscribes and has no session`);
    for (const clientId of this.wills.keys())
      assert.ok(this.sessions.has(clientId), `${clientId} has a will and no session`);
  }

  /**
   * All there is, a line each, in an order that depends on nothing else. What is in flight is told by its packet
   * identifier, what waits by its place. The time of a will says nothing once there is none.
   */
  lines(): string[] {
    const lines: string[] = [];
    const told = new Map<number, string>();
    const message = (id: number): string => {
      let text = told.get(id);
      if (text === undefined) told.set(id, (text = describe(this.messages.get(id))));
      return text;
    };
    for (const [topic, id] of this.retained) lines.push(`retained ${topic}: ${message(id)}`);
    for (const [clientId, session] of this.sessions) {
      const willAt = this.wills.has(clientId) ? session.willAt : 0;
      lines.push(`session ${JSON.stringify({ ...session, willAt })}`);
    }
    for (const [clientId, all] of this.subscriptions)
      for (const one of all.values()) lines.push(`${clientId} subscribes ${JSON.stringify(one)}`);
    for (const [clientId, will] of this.wills) lines.push(`${clientId} has a will ${describe(will)}`);
    const waiting = new Map<string, number>();
    for (const [, one] of [...this.deliveries].toSorted(([a], [b]) => a - b)) {
      const { clientId, direction, qos, retain, packetId, state, identifiers, messageId } = one;
      let place = `${packetId}`;
      if (state === 'waiting') {
        const at = (waiting.get(clientId) ?? 0) + 1;
        waiting.set(clientId, at);
        place = `at ${at}`;
      }
      const marks = JSON.stringify([qos, retain, identifiers]);
      lines.push(`${clientId} ${direction} ${state} ${place} ${marks}: ${message(messageId)}`);
    }
    return lines.toSorted();
  }

  #subscriptionsOf(clientId: string): Map<string, KeptSubscription> {
    let all = this.subscriptions.get(clientId);
    if (all === undefined) this.subscriptions.set(clientId, (all = new Map()));
    return all;
  }

  #end(clientId: string): void {
    this.sessions.delete(clientId);
    this.subscriptions.delete(clientId);
    this.wills.delete(clientId);
    for (const [key, delivery] of this.deliveries)
      if (delivery.clientId === clientId) this.deliveries.delete(key);
  }
}

function describe(message: { readonly payload: Uint8Array } | undefined): string {
  if (message === undefined) return 'nothing';
  return JSON.stringify({ ...message, payload: Buffer.from(message.payload).toString('latin1') });
}
