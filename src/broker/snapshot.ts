/** All that would survive a restart, as it is now. */
import type { Broker } from './broker.ts';
import type { Change, KeptDelivery } from './change.ts';
import { keptMessage, keptSession, keptSubscription } from './kept.ts';
import type { Message } from './message.ts';
import { isOwnTopic } from './own-topics.ts';
import type { Tracked } from './records.ts';
import type { Session } from './session.ts';

/**
 * The state of a broker as the changes that would rebuild it, in the order of `Store.load`. To be read at once: the
 * state must not change meanwhile.
 */
export function* snapshotOf(broker: Broker): Generator<Change> {
  const ids = new Map<Message, number>();
  const sessions = [...broker.sessions.values()].filter(
    // a session that was kept and is to end with this connection is kept until then
    ({ expiryInterval, record }) => expiryInterval > 0 || record !== undefined,
  );
  const retained = [...broker.retained.values()].filter(({ topic }) => !isOwnTopic(topic));
  for (const message of messagesOf(retained, sessions)) {
    if (ids.has(message)) continue;
    ids.set(message, ids.size + 1);
    yield { kind: 'message kept', id: ids.get(message)!, message: keptMessage(message) };
  }
  for (const message of retained) yield { kind: 'retained', topic: message.topic, id: ids.get(message)! };
  for (const session of sessions) yield { kind: 'session', session: keptSession(session) };
  for (const { clientId, subscriptions } of sessions) {
    for (const one of subscriptions.values())
      yield { kind: 'subscribed', clientId, subscription: keptSubscription(one) };
  }
  let key = 0;
  for (const session of sessions) {
    for (const delivery of deliveriesOf(session, ids)) yield { kind: 'delivery', key: ++key, delivery };
  }
  for (const { clientId, will } of sessions)
    if (will !== undefined) yield { kind: 'will', clientId, will: will.will };
}

function* messagesOf(retained: readonly Message[], sessions: readonly Session[]): Generator<Message> {
  yield* retained;
  for (const { inbound, outbound } of sessions) {
    for (const { message } of inbound.values()) yield message;
    for (const { message } of outbound.unfinished()) yield message;
  }
}

function* deliveriesOf(session: Session, ids: ReadonlyMap<Message, number>): Generator<KeptDelivery> {
  for (const receipt of session.inbound.values()) yield describe(session, 'in', receipt, ids);
  for (const delivery of session.outbound.unfinished()) yield describe(session, 'out', delivery, ids);
}

function describe(
  { clientId }: Session,
  direction: KeptDelivery['direction'],
  { message, qos, retain, packetId, state, subscriptionIdentifiers: identifiers }: Tracked,
  ids: ReadonlyMap<Message, number>,
): KeptDelivery {
  return {
    clientId,
    messageId: ids.get(message)!,
    direction,
    qos,
    retain,
    packetId,
    state: state === 'interrupted' ? 'published' : state,
    identifiers,
  };
}
