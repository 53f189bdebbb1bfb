/** All sessions: how one begins, is resumed, waits for its client and ends. §4.1 */
import type { DisconnectCause } from '../base/log-events.ts';
import type { Deadline } from '../base/timer-wheel.ts';
import type { OutboundLimits } from '../flow/outbound.ts';
import type { Principal } from './access.ts';
import type { Broker } from './broker.ts';
import type { Delivery } from './delivery.ts';
import { NEVER, Session } from './session.ts';

/** The end of an offline session. */
class Expiry implements Deadline {
  second: number | undefined;
  readonly #sessions: Sessions;
  readonly #session: Session;

  constructor(sessions: Sessions, session: Session) {
    this.#sessions = sessions;
    this.#session = session;
  }

  wake(): void {
    this.#sessions.expire(this.#session);
  }
}

export class Sessions {
  readonly #broker: Broker;
  readonly #byClientId = new Map<string, Session>();
  readonly #expiries = new Map<Session, Expiry>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Sessions, connected or not. */
  get count(): number {
    return this.#byClientId.size;
  }

  get(clientId: string): Session | undefined {
    return this.#byClientId.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#byClientId.values();
  }

  /**
   * The session of a client that connects. One connection of a client is left: the other is told and closed
   * [MQTT-3.1.4-3]. A clean start ends the session that was there [MQTT-3.1.2-4]; else it is resumed [MQTT-3.1.2-5],
   * unless it is another user's: a client identifier is no secret, and what waits for one user is not for another.
   */
  open(
    principal: Principal,
    cleanStart: boolean,
    limits: OutboundLimits,
  ): { session: Session; present: boolean } {
    const { clientId } = principal;
    this.#byClientId.get(clientId)?.outlet?.takeOver();
    const old = this.#byClientId.get(clientId);
    if (old !== undefined && !cleanStart && old.principal.username === principal.username) {
      this.#cancelExpiry(old);
      old.will?.cancel(); // back before the delay has passed [MQTT-3.1.3-9]
      old.principal = principal;
      old.seenAt = this.#broker.now;
      old.expiresAt = 0;
      return { session: old, present: true };
    }
    if (old !== undefined) this.end(old);
    const session = new Session(this.#broker, principal, limits);
    this.#byClientId.set(clientId, session);
    return { session, present: false };
  }

  /** A session's connection is gone: it ends, or waits for its client. `willDue`: the will was not taken back. */
  disconnected(session: Session, cause: DisconnectCause, willDue: boolean): void {
    session.detach();
    this.#broker.hooks.disconnected?.(session.principal, cause, session.expiryInterval > 0);
    if (session.expiryInterval > 0) session.replay.park();
    if (willDue) session.will?.closed();
    else session.will?.cancel();
    if (session.expiryInterval === 0) {
      this.end(session);
      return;
    }
    this.#handOver(session, ({ choice }) => choice!.group.hasOther(session));
    this.away(session, this.#broker.now);
  }

  /** A session's client has been away since then: the time that it has left runs. */
  away(session: Session, since: number): void {
    const seconds = this.#secondsToLive(session);
    session.seenAt = since;
    session.expiresAt = seconds === NEVER ? 0 : since + seconds * 1000;
    if (session.record !== undefined) this.#broker.journal?.session(session);
    if (seconds !== NEVER) this.endAt(session, session.expiresAt);
  }

  /** An offline session ends then: milliseconds since 1970. */
  endAt(session: Session, expiresAt: number): void {
    const expiry = new Expiry(this, session);
    this.#expiries.set(session, expiry);
    this.#broker.wheel.set(expiry, expiresAt);
  }

  /** Takes a session that was kept; it has no client yet. */
  restore(session: Session): void {
    this.#byClientId.set(session.clientId, session);
  }

  /** An offline session's time is over. */
  expire(session: Session): void {
    this.#broker.counters.expired++;
    this.#broker.log.event('sessionExpired', { client: session.clientId });
    this.end(session);
  }

  /** Ends a session that is not connected: its will is published, its subscriptions go. [MQTT-3.1.2-23] */
  end(session: Session): void {
    this.#cancelExpiry(session);
    this.#byClientId.delete(session.clientId);
    this.#broker.journal?.sessionEnded(session);
    for (const subscription of session.subscriptions.values()) this.#broker.unsubscribe(subscription);
    session.subscriptions.clear();
    session.inbound.clear();
    this.#handOver(session, () => true);
    session.outbound.clear();
    session.will?.wake();
  }

  /** The broker stops: every will is published, of clients connected or not, but for those that are kept. */
  publishWills(): void {
    for (const { will } of this.#byClientId.values()) if (will?.outlivesBroker === false) will.wake();
  }

  /** Seconds an offline session has: what the client asked for, or less if the operator says so. */
  #secondsToLive(session: Session): number {
    const most = this.#broker.settings.persistentClientExpiration || NEVER;
    return Math.min(session.expiryInterval, most);
  }

  #cancelExpiry(session: Session): void {
    const expiry = this.#expiries.get(session);
    if (expiry === undefined) return;
    this.#broker.wheel.cancel(expiry);
    this.#expiries.delete(session);
  }

  /**
   * Gives what was chosen for this session by a shared subscription to other members of the group: what was
   * never sent, and at the session's end also QoS 1 that was not acknowledged; QoS 2 that was sent is never sent
   * to another. [MQTT-4.8.2-4] [MQTT-4.8.2-5]
   */
  #handOver(session: Session, test: (delivery: Delivery) => boolean): void {
    const wanted = (delivery: Delivery): boolean => delivery.choice !== undefined && test(delivery);
    const ended = !this.#byClientId.has(session.clientId);
    const sent = ended
      ? [...session.outbound.unfinished()].filter((one) => one.qos === 1 && one.packetId !== 0 && wanted(one))
      : [];
    const choices = [...sent, ...session.outbound.withdraw(wanted)].map(({ choice }) => choice!);
    for (const [group, chosen] of Map.groupBy(choices, (choice) => choice.group)) {
      const messages = chosen.map(({ message }) => message);
      // [MQTT-3.3.2-5]
      if (group.size > 0) group.redeliver(messages.filter((one) => !one.expired(this.#broker.now)));
    }
  }
}
