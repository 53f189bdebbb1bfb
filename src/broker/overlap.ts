/** `allow_duplicate_messages false`: overlapping subscriptions of one client give it a message once. */
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

/**
 * Delivers one copy to each session of 3.x, at the highest QoS of its matching subscriptions [MQTT-3.3.5-1]. As
 * Mosquitto, 5.0 gets its copies all the same: each says which subscription it is for.
 */
export function deliverOnce(message: Message, matched: readonly Subscription[]): void {
  const once = new Map<Session, Subscription>();
  for (const subscription of matched) {
    const { session } = subscription;
    if (session.version === 5) session.deliver(message, subscription);
    else once.set(session, merged(once.get(session), subscription));
  }
  for (const [session, subscription] of once) session.deliver(message, subscription);
}

/** The one of two overlapping subscriptions that grants more. A bridge's options are the same in both. */
function merged(one: Subscription | undefined, other: Subscription): Subscription {
  return one !== undefined && one.qos >= other.qos ? one : other;
}
