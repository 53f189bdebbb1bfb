/** `allow_duplicate_messages false`: overlapping subscriptions of one client give it a message once. */
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import { Subscription } from './subscription.ts';

/**
 * Delivers one copy to each session, at the highest QoS of its matching subscriptions [MQTT-3.3.5-1] and with all
 * their identifiers [MQTT-3.3.4-4].
 */
export function deliverOnce(message: Message, matched: readonly Subscription[]): void {
  const bySession = new Map<Session, Subscription>();
  for (const subscription of matched) {
    const { session } = subscription;
    if (subscription.noLocal && message.publisher === session.clientId) continue;
    const other = bySession.get(session);
    bySession.set(session, other === undefined ? subscription : merged(other, subscription));
  }
  for (const [session, subscription] of bySession) session.deliver(message, subscription);
}

function merged(a: Subscription, b: Subscription): Subscription {
  const both = new Subscription(a.session, a.filter);
  both.qos = a.qos > b.qos ? a.qos : b.qos;
  both.retainAsPublished = a.retainAsPublished || b.retainAsPublished;
  if (a.identifiers ?? b.identifiers) both.identifiers = [...(a.identifiers ?? []), ...(b.identifiers ?? [])];
  return both;
}
