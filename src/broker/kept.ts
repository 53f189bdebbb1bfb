/** What the broker holds, in the words of the store. */
import type { KeptMessage, KeptSession, KeptSubscription } from './change.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

export function keptMessage(message: Message): KeptMessage {
  const { topic, payload, qos, retain, properties, expiresAt, publisher, source } = message;
  return {
    topic,
    payload,
    qos,
    retain,
    properties,
    expiresAt,
    publisher,
    username: source?.username,
    port: source?.listener?.settings.port ?? 0,
  };
}

export function keptSession(session: Session): KeptSession {
  const { clientId, principal, expiryInterval, expiresAt, will, seenAt } = session;
  return {
    clientId,
    username: principal.username,
    port: principal.listener?.settings.port ?? 0,
    expiryInterval,
    expiresAt,
    willAt: will?.dueAt ?? 0,
    seenAt,
  };
}

export function keptSubscription(subscription: Subscription): KeptSubscription {
  const { filter, qos, noLocal, retainAsPublished, retainHandling, identifiers, isReplaying } = subscription;
  const identifier = identifiers?.[0] ?? 0;
  return { filter, qos, noLocal, retainAsPublished, retainHandling, identifier, isReplaying };
}
