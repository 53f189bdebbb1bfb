/** What the broker remembers of a client between its connections, and the gate to each client. §4.1 */
import { Inbound } from '../flow/inbound.ts';
import { Outbound } from '../flow/outbound.ts';
import type { OutboundLimits, Sender } from '../flow/outbound.ts';
import type { ProtocolVersion } from '../protocol/packet.ts';
import type { Principal } from './access.ts';
import type { Broker } from './broker.ts';
import { Delivery } from './delivery.ts';
import { LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import type { Outlet } from './outlet.ts';
import type { Receipt, SessionRecord } from './records.ts';
import { Backlog } from './pressure.ts';
import type { Publisher } from './pressure.ts';
import { Replay } from './replay.ts';
import type { ShareGroup } from './shared.ts';
import type { Subscription } from './subscription.ts';
import type { PendingWill } from './will.ts';

/** Never expires, §3.1.2.11.2. */
export const NEVER = 0xffff_ffff;

/**
 * A client's state: subscriptions, messages under way in both directions, will and expiry. Connected while it
 * has an outlet.
 */
export class Session implements Sender<Delivery> {
  readonly clientId: string;
  readonly subscriptions: Map<string, Subscription> = new Map();
  /** What their filters take in memory, about. */
  filterBytes = 0;
  readonly outbound: Outbound<Delivery>;
  readonly inbound: Inbound<Receipt>;
  /** Retained messages on their way to a new subscription. */
  readonly replay: Replay;
  principal: Principal;
  /** Seconds it outlives its connection; `NEVER` for ever. */
  expiryInterval = 0;
  /** When it ends, once its client has gone: milliseconds since 1970. 0 while it is connected, and for never. */
  expiresAt = 0;
  /** When its client came or went last: milliseconds since 1970. */
  seenAt: number;
  /** Of a session that survives a restart. */
  record: SessionRecord | undefined;
  will: PendingWill | undefined;
  /** Of the connection it has or last had. */
  version: ProtocolVersion = 4;
  readonly #broker: Broker;
  #outlet: Outlet | undefined;
  #dropping = false;
  /** Made when the client lags for the first time. */
  #backlog: Backlog | undefined;

  constructor(broker: Broker, principal: Principal, limits: OutboundLimits) {
    this.#broker = broker;
    this.clientId = principal.clientId;
    this.principal = principal;
    this.seenAt = broker.now;
    this.outbound = new Outbound(limits, broker.stored.sent);
    this.inbound = new Inbound(broker.stored.received);
    this.replay = new Replay(this, broker);
  }

  get connected(): boolean {
    return this.#outlet !== undefined;
  }

  /** Connected, and a message would go out at once. */
  get ready(): boolean {
    return this.#outlet !== undefined && this.outbound.open;
  }

  get outlet(): Outlet | undefined {
    return this.#outlet;
  }

  /** A connection is there: what was under way goes on. */
  attach(outlet: Outlet, limits: OutboundLimits): void {
    this.#outlet = outlet;
    outlet.isKept = this.record !== undefined;
    this.version = outlet.version;
    this.#dropping = false;
    this.outbound.resume(this, limits);
  }

  /** The connection is gone. */
  detach(): void {
    this.#outlet = undefined;
    this.#backlog?.clear();
    this.outbound.suspend();
  }

  /**
   * The one gate: every message, live, retained, shared or a will, comes to a subscriber through here. `replayed`
   * is a retained message for a new subscription; it keeps its RETAIN flag. [MQTT-3.3.1-8]
   */
  deliver(message: Message, subscription: Subscription, group?: ShareGroup, replayed = false): void {
    // [MQTT-3.8.3-3]
    if (subscription.noLocal && message.publisher === this.clientId && !replayed) return;
    const { access, hooks, settings } = this.#broker;
    if (!access.mayReceive(this.principal, message.topic, message)) return;
    const shown = hooks.messageOut === undefined ? message : this.#shown(message);
    if (shown === undefined) return;
    const most = subscription.qos;
    const qos = shown.qos > most || settings.upgradeOutgoingQos ? most : shown.qos; // [MQTT-3.8.4-8]
    const retain = replayed || (subscription.retainAsPublished && shown.retain); // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
    const identifiers = subscription.identifiers;
    const outlet = this.#outlet;
    if (qos > 0 || this.#queuesQos0()) {
      const choice = group && { group, message: message.keep() };
      this.#offer(new Delivery(shown.keep(), qos, retain, identifiers, choice));
    } else if (outlet !== undefined) {
      this.#weigh(outlet.pressed);
      if (outlet.full) this.#drop();
      else if (!retain && identifiers === undefined) outlet.forward(shown);
      else outlet.publish(new Delivery(shown, 0, retain, identifiers, undefined), false);
    }
  }

  /** What this subscriber gets to see of a message; undefined if a plugin says that it gets nothing. */
  #shown(message: Message): Message | undefined {
    const { hooks, log } = this.#broker;
    const shown = hooks.messageOut?.(this.principal, message);
    if (shown === undefined && log.debug) {
      const { topic, qos, retain, payloadBytes: bytes } = message;
      log.event('deliveryDenied', { client: this.clientId, qos, retain, topic, bytes });
    }
    return shown;
  }

  /** `queue_qos0_messages`: for a client that is away, and behind what still waits for it. [MQTT-4.6.0-5] */
  #queuesQos0(): boolean {
    if (!this.#broker.settings.queueQos0Messages) return false;
    return this.#outlet === undefined || this.outbound.waiting > 0;
  }

  get full(): boolean {
    return this.#outlet === undefined || this.#outlet.full;
  }

  /**
   * The flow sends a delivery. One that had to wait is asked about again: rights may have changed, and it may
   * have expired, unless its flow had begun. [MQTT-3.3.2-5]
   */
  publish(delivery: Delivery, dup: boolean): boolean {
    const { message } = delivery;
    if (delivery.waited || dup) {
      if (!dup && message.expired(this.#broker.now)) return false;
      if (!this.#broker.access.mayReceive(this.principal, message.topic, message)) return false;
    }
    if (this.record !== undefined && !dup && delivery.qos > 0) this.#broker.journal?.delivery(this, delivery);
    return this.#outlet!.publish(delivery, dup);
  }

  release(packetId: number): void {
    this.#outlet!.release(packetId);
  }

  /** There is room again: after an acknowledgement, or when the wire was drained. */
  refill(): void {
    this.outbound.refill();
    this.replay.advance();
    if (this.#backlog !== undefined && !this.#pressed()) this.#backlog.clear();
  }

  /** Makes a publisher wait for this session; `laggard` of the broker says when. */
  hold(publisher: Publisher): void {
    this.#backlog?.hold(publisher);
  }

  #offer(delivery: Delivery): void {
    this.#broker.stored.hold(delivery.message);
    const offered = this.outbound.offer(delivery);
    if (this.#outlet !== undefined) this.#weigh(offered !== 'sent' && this.#pressed());
    if (offered === 'waiting') {
      delivery.waited = true;
      if (this.record !== undefined) this.#broker.journal?.delivery(this, delivery);
    } else if (offered === 'dropped') this.#drop();
  }

  /** Tells the broker whether this receiver keeps up with the message that is being published. */
  #weigh(pressed: boolean): void {
    if (!pressed) this.#broker.keptUp = true;
    else {
      this.#backlog ??= new Backlog(this.#broker);
      if (this.#backlog.holds) this.#broker.laggard = this;
    }
  }

  /** Connected, and half of what may wait for the client does. */
  #pressed(): boolean {
    const { maxQueuedMessages } = this.#broker.settings;
    const most = maxQueuedMessages || LIMITS.waitingUnlimited;
    return this.#outlet?.pressed === true || this.outbound.waiting * 2 >= most;
  }

  #drop(): void {
    this.#broker.counters.publishDropped++;
    if (this.#dropping) return;
    this.#dropping = true;
    this.#broker.log.event('messagesDropped', { client: this.clientId });
  }
}
