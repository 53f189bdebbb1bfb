/** What the broker holds, in the words of the store. */
import type { Principal } from './access.ts';
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
    port: portOf(source),
  };
}

export function keptSession(session: Session): KeptSession {
  const { clientId, principal, expiryInterval, expiresAt, will, seenAt } = session;
  return {
    clientId,
    username: principal.username,
    port: portOf(principal),
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

/** Of the listener where a client came in; 0 for unknown. */
function portOf(principal: Principal | undefined): number {
  return principal?.listener?.settings.port ?? principal?.port ?? 0;
}
