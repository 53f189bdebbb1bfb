/** SUBSCRIBE and UNSUBSCRIBE, §3.8 to §3.11. */
import { ProtocolError } from '../protocol/error.ts';
import type { QoS, Subscribe, SubscriptionRequest, Unsubscribe } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import { isShared, isTopicFilter, parseShared } from '../topic/topic.ts';
import type { Connection } from './connection.ts';
import type { Admission } from './hooks.ts';
import { LIMITS } from './limits.ts';
import type { Session } from './session.ts';
import { Subscription } from './subscription.ts';

/** A subscription that was made, and whether its retained messages are due. */
interface Made {
  readonly subscription: Subscription;
  readonly replayDue: boolean;
}

/** One SUBSCRIBE: answered with one SUBACK [MQTT-3.8.4-5], then come the retained messages. */
export function subscribe(connection: Connection, session: Session, packet: Subscribe): void {
  const { log } = connection.broker;
  if (log.debug) log.event('subscribeReceived', { client: session.clientId });
  for (const request of packet.subscriptions) checkRequest(request);
  // [MQTT-3.8.4-6]: as if each filter had come in a packet of its own
  next(connection, session, packet, [], []);
}

/** Handles the requests from `codes.length` on; goes on later if whoever decides takes their time. */
function next(
  connection: Connection,
  session: Session,
  packet: Subscribe,
  codes: number[],
  made: Made[],
): void {
  while (codes.length < packet.subscriptions.length) {
    const request = withMountPoint(connection, packet.subscriptions[codes.length]!);
    const take = (admission: Admission<SubscriptionRequest>): void => {
      codes.push(answer(connection, session, packet, request, admission, made));
    };
    const admission = admit(connection, session, request);
    if (!(admission instanceof Promise)) take(admission);
    else {
      connection.await(admission, (later) => {
        take(later);
        next(connection, session, packet, codes, made);
      });
      return;
    }
  }
  finish(connection, session, packet, codes, made);
}

/** What subscription is made: the one that was asked for, another one that a plugin puts in its place, or none. */
function admit(
  { broker, outlet }: Connection,
  { principal, record }: Session,
  request: SubscriptionRequest,
): Admission<SubscriptionRequest> | Promise<Admission<SubscriptionRequest>> {
  const { access, hooks, journal } = broker;
  const decided = (allowed: boolean): ReturnType<typeof admit> => {
    if (!allowed) return Reason.notAuthorized;
    return hooks.subscribing === undefined ? request : hooks.subscribing(principal, request);
  };
  if (record !== undefined && journal?.isFailing === true) {
    if (outlet.version === 3)
      throw new ProtocolError(Reason.quotaExceeded, 'SUBSCRIBE while nothing can be stored'); // it cannot be told no
    return Reason.quotaExceeded;
  }
  const allowed = access.maySubscribe(principal, request.filter, request.qos);
  return typeof allowed === 'boolean' ? decided(allowed) : allowed.then(decided);
}

/** Makes one subscription if it is admitted, and gives its reason code. */
function answer(
  connection: Connection,
  session: Session,
  packet: Subscribe,
  asked: SubscriptionRequest,
  admission: Admission<SubscriptionRequest>,
  made: Made[],
): number {
  const { log, hooks } = connection.broker;
  const client = session.clientId;
  const denied = typeof admission === 'number';
  const request = denied ? asked : admission;
  const { filter } = request;
  const qos = Math.min(request.qos, connection.listener.settings.maxQos) as QoS;
  if (log.debug) log.event('subscriptionRequested', { client, filter: asked.filter, qos, denied });
  if (denied) return refusal(connection, qos, admission);
  const existing = session.subscriptions.get(filter);
  if (existing === undefined && !hasRoom(connection, session))
    return refusal(connection, qos, Reason.quotaExceeded);
  const subscription = existing ?? new Subscription(session, filter);
  const options = isBridge(connection) ? { ...request, noLocal: true, retainAsPublished: true } : request; // as Mosquitto
  subscription.configure(options, qos, packet.properties.subscriptionIdentifiers);
  connection.broker.journal?.subscribed(session, subscription);
  if (existing === undefined) {
    session.subscriptions.set(filter, subscription);
    session.filterBytes += subscription.filterBytes;
    connection.broker.subscribe(subscription);
  }
  log.event('subscribed', { client, filter, qos });
  hooks.subscribed?.(session.principal, { ...options, qos });
  made.push({ subscription, replayDue: isReplayDue(request, subscription, existing === undefined) });
  return qos; // [MQTT-3.8.4-7]
}

/** 3.1 has no code that says no: it is told the QoS it asked for, as Mosquitto. */
function refusal(connection: Connection, qos: number, reasonCode: ReasonCode): number {
  const { version } = connection.outlet;
  if (version === 5) return reasonCode;
  return version === 4 ? Reason.unspecifiedError : qos;
}

/** Whether there may be one more subscription. */
function hasRoom({ broker }: Connection, { subscriptions, filterBytes }: Session): boolean {
  const { subscriptionsPerSession: most, filterBytes: mostBytes } = LIMITS;
  return subscriptions.size < most && filterBytes < mostBytes && !broker.overMemory;
}

/** Retained messages at subscribe: §3.3.1.3, by retain handling; never for shared ones. */
function isReplayDue(request: SubscriptionRequest, subscription: Subscription, isNew: boolean): boolean {
  if (subscription.shareName !== undefined) return false; // §4.8.2
  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]; 3.x sends 0: always
  return request.retainHandling === 0 || (request.retainHandling === 1 && isNew);
}

function finish(
  connection: Connection,
  session: Session,
  packet: Subscribe,
  reasonCodes: readonly number[],
  made: readonly Made[],
): void {
  const { broker, outlet } = connection;
  if (broker.log.debug) broker.log.event('subackSent', { client: session.clientId });
  outlet.send({ type: 'suback', packetId: packet.packetId, reasonCodes, properties: NO_PROPERTIES });
  for (const one of made) {
    if (one.replayDue) session.replay.add(one.subscription);
  }
}

/** A filter that is not valid ends the connection, as in Mosquitto. */
function checkRequest({ filter, noLocal }: SubscriptionRequest): void {
  if (!isShared(filter)) {
    if (!isTopicFilter(filter))
      throw new ProtocolError(Reason.malformedPacket, 'SUBSCRIBE with an invalid filter');
  } else {
    // [MQTT-4.8.2-1] [MQTT-4.8.2-2] [MQTT-3.8.3-4]
    if (parseShared(filter) === undefined) {
      throw new ProtocolError(Reason.protocolError, 'SUBSCRIBE with an invalid shared filter');
    }
    if (noLocal) throw new ProtocolError(Reason.protocolError, 'SUBSCRIBE with no local on a shared filter');
  }
}

function withMountPoint(connection: Connection, request: SubscriptionRequest): SubscriptionRequest {
  const filter = mounted(connection, request.filter);
  return filter === request.filter ? request : { ...request, filter };
}

/** The filter with the listener's mount point: inside `$share/<name>/`, not in front of it. */
function mounted(connection: Connection, filter: string): string {
  const { mountPoint } = connection.listener.settings;
  if (mountPoint === '') return filter;
  const shared = parseShared(filter);
  return shared === undefined
    ? mountPoint + filter
    : `$share/${shared.shareName}/${mountPoint}${shared.filter}`;
}

function isBridge({ state }: Connection): boolean {
  return state.name === 'open' && state.agreement.connect.bridge;
}

/** One UNSUBSCRIBE, answered with one UNSUBACK. [MQTT-3.10.4-4] */
export function unsubscribe(connection: Connection, session: Session, packet: Unsubscribe): void {
  const { log } = connection.broker;
  if (log.debug) log.event('unsubscribeReceived', { client: session.clientId });
  if (!packet.filters.every((filter) => isTopicFilter(filter))) {
    throw new ProtocolError(Reason.malformedPacket, 'UNSUBSCRIBE with an invalid filter');
  }
  nextRemoval(connection, session, packet, []);
}

/** Handles the filters from `reasonCodes.length` on; goes on later if whoever decides takes their time. */
function nextRemoval(
  connection: Connection,
  session: Session,
  packet: Unsubscribe,
  reasonCodes: number[],
): void {
  const { broker, outlet } = connection;
  while (reasonCodes.length < packet.filters.length) {
    const filter = mounted(connection, packet.filters[reasonCodes.length]!);
    const take = (admission: Admission<string>): void => {
      reasonCodes.push(
        typeof admission === 'number' ? admission : remove(connection, session, filter, admission),
      );
    };
    const admission = admitRemoval(connection, session, filter);
    if (!(admission instanceof Promise)) take(admission);
    else {
      connection.await(admission, (later) => {
        take(later);
        nextRemoval(connection, session, packet, reasonCodes);
      });
      return;
    }
  }
  if (broker.log.debug) broker.log.event('unsubackSent', { client: session.clientId });
  outlet.send({ type: 'unsuback', packetId: packet.packetId, reasonCodes, properties: NO_PROPERTIES });
}

/** What filter is taken back: the one that the client names, another one in its place, or none. */
function admitRemoval(
  { broker }: Connection,
  { principal }: Session,
  filter: string,
): Admission<string> | Promise<Admission<string>> {
  const { access, hooks } = broker;
  const decided = (allowed: boolean): ReturnType<typeof admitRemoval> => {
    if (!allowed) return Reason.notAuthorized;
    return hooks.unsubscribing === undefined ? filter : hooks.unsubscribing(principal, filter);
  };
  const allowed = access.mayUnsubscribe(principal, filter);
  return typeof allowed === 'boolean' ? decided(allowed) : allowed.then(decided);
}

function remove({ broker }: Connection, session: Session, asked: string, filter: string): ReasonCode {
  const client = session.clientId;
  if (broker.log.debug) broker.log.event('unsubscriptionRequested', { client, filter: asked });
  broker.log.event('unsubscribed', { client, filter });
  const subscription = session.subscriptions.get(filter);
  if (subscription === undefined) return Reason.noSubscriptionExisted;
  session.filterBytes -= subscription.filterBytes;
  session.subscriptions.delete(filter); // [MQTT-3.10.4-1] [MQTT-3.10.4-2]
  session.replay.forget(filter);
  broker.unsubscribe(subscription);
  broker.journal?.unsubscribed(session, filter);
  broker.hooks.unsubscribed?.(session.principal, filter);
  return Reason.success;
}
