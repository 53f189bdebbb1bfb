/** The sender side of a session: window, waiting line, resending. §4.3, §4.4, §4.6, §4.9 */
import { Queue } from '../base/queue.ts';
import { InFlight } from './in-flight.ts';
import type { Numbered } from './in-flight.ts';

/**
 * Where a message is on its way: in the waiting line; sent on this connection; sent on an earlier connection and
 * to be sent again; received by the other side (PUBREC), so that only PUBREL and PUBCOMP are left.
 */
export type OutgoingState = 'waiting' | 'published' | 'interrupted' | 'released';

/** What is sent: a message on its way to one receiver. The flow owns `packetId`, `sequence` and `state`. */
export interface Outgoing extends Numbered {
  readonly qos: 0 | 1 | 2;
  readonly payloadBytes: number;
  /** 0 until it is in flight, unless whoever offers it has reserved one. */
  packetId: number;
  state: OutgoingState;
}

/** Where the flow writes to while its session is connected. */
export interface Sender<T> {
  /** No PUBLISH is started while true. */
  readonly full: boolean;
  /** Writes a PUBLISH; false if it is not to be sent any more (expired, denied, too large) and thus is done. */
  publish(item: T, dup: boolean): boolean;
  /** Writes a PUBREL. */
  release(packetId: number): void;
}

/** Whoever keeps account of what the flow holds. */
export interface Holder<T> {
  settled(item: T): void;
}

/** 0 is no limit, everywhere. */
export interface OutboundLimits {
  /** QoS 1 and 2 messages in flight: the receiver's Receive Maximum. */
  readonly inflightMessages: number;
  readonly inflightBytes: number;
  /** Messages waiting beyond those in flight. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
}

export type Offered = 'sent' | 'waiting' | 'dropped';

/** More cannot be in flight: there are no more identifiers. */
const MOST_IN_FLIGHT = 65_535;

/**
 * Delivers in the order of offering [MQTT-4.6.0-5], never more at once than the window allows
 * [MQTT-3.3.4-9], and again after a reconnect [MQTT-4.4.0-1].
 *
 *     offer → waiting line → in flight ─ PUBACK ───────────────→ done
 *                               └────── PUBREC → PUBREL → PUBCOMP → done
 */
export class Outbound<T extends Outgoing> {
  readonly #inflight = new InFlight<T>();
  /** Interrupted messages in order; some may have been acknowledged since. */
  readonly #resend = new Queue<T>();
  readonly #waiting = new Queue<T>();
  readonly #holder: Holder<T>;
  #sender: Sender<T> | undefined;
  #limits: OutboundLimits;
  /** Identifiers of packets that are no PUBLISH; a broker sends none. */
  #reserved: Set<number> | undefined;
  #inflightBytes = 0;
  #waitingBytes = 0;
  /** Messages in flight whose state is interrupted, and their bytes: they do not count until they are sent again. */
  #interrupted = 0;
  #interruptedBytes = 0;

  /** `holder` is told of each message offered that the flow has let go of: done, dropped, withdrawn, cleared. */
  constructor(limits: OutboundLimits, holder: Holder<T>) {
    this.#limits = limits;
    this.#holder = holder;
  }

  /** Messages of QoS 1 and 2 that were sent and not acknowledged. */
  get inflight(): number {
    return this.#inflight.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether an offer would be sent at once. */
  get open(): boolean {
    return this.#inOrder() && this.#sender !== undefined && !this.#sender.full && this.#fits();
  }

  /** Whether an offer would be sent or queued. */
  get takes(): boolean {
    return this.open || this.#queueHolds();
  }

  /** Sends a message, or queues it, or drops it because the queue is full. */
  offer(item: T): Offered {
    const sender = this.#sender;
    if (this.#inOrder() && sender !== undefined && !sender.full && this.#fits()) {
      this.#send(item, sender);
      return 'sent';
    }
    if (!this.#queueHolds()) {
      this.#holder.settled(item);
      return 'dropped';
    }
    this.#waiting.push(item);
    this.#waitingBytes += item.payloadBytes;
    return 'waiting';
  }

  /** PUBACK: the message is done; undefined if there is none of QoS 1 by that identifier. */
  acknowledge(packetId: number): T | undefined {
    const item = this.#inflight.get(packetId);
    return item?.qos === 1 ? this.#done(item) : undefined;
  }

  /** PUBREC: the receiver has it; undefined if there is none of QoS 2 by that identifier. */
  receive(packetId: number): T | undefined {
    const item = this.#inflight.get(packetId);
    if (item?.qos !== 2) return undefined;
    if (item.state !== 'released') {
      this.#takeUp(item, 'released');
      this.#inflight.moveToEnd(item); // PUBRELs are sent again in the order of the PUBRECs [MQTT-4.6.0-4]
    }
    return item;
  }

  /** PUBCOMP, or a PUBREC with an error: the message is done; undefined if there is none by that identifier. */
  complete(packetId: number): T | undefined {
    const item = this.#inflight.get(packetId);
    return item?.qos === 2 ? this.#done(item) : undefined;
  }

  /** What is in flight under an identifier. */
  get(packetId: number): T | undefined {
    return this.#inflight.get(packetId);
  }

  /**
   * The session is connected: what was in flight goes out again in its order, PUBLISH with DUP
   * [MQTT-3.3.1-1], then what waits.
   */
  resume(sender: Sender<T>, limits: OutboundLimits): void {
    this.#sender = sender;
    this.#limits = limits;
    this.#resend.clear();
    for (const item of this.#inflight.values()) {
      if (item.state === 'released') sender.release(item.packetId);
      else {
        if (item.state !== 'interrupted') this.#interrupt(item);
        this.#resend.push(item);
      }
    }
    this.refill();
  }

  /**
   * The receiver has forgotten the session. What it had not received goes to the head of the waiting line, to be sent
   * as new: under another identifier, without DUP [MQTT-4.4.0-1]. What it had received (PUBREC) is done, and is given
   * back. To be called while offline.
   */
  renew(): T[] {
    const items = this.#inflight.values();
    const again = items.filter(({ state }) => state !== 'released');
    const behind = [...this.#waiting];
    const received = items.filter(({ state }) => state === 'released');
    this.#forget();
    for (const item of again) {
      item.packetId = 0;
      item.state = 'waiting';
    }
    for (const item of [...again, ...behind]) {
      this.#waiting.push(item);
      this.#waitingBytes += item.payloadBytes;
    }
    for (const item of received) this.#holder.settled(item);
    return received;
  }

  /**
   * A message is in flight, or waits, since a time before this flow: its identifier and its state are known. Only while
   * offline, in the order of their first sending; the bounds are not looked at.
   */
  restore(item: T): void {
    if (item.state === 'waiting') {
      this.#waiting.push(item);
      this.#waitingBytes += item.payloadBytes;
      return;
    }
    this.#inflight.continueAfter(item.packetId);
    this.#inflight.add(item);
    this.#inflightBytes += item.payloadBytes;
  }

  /** Other bounds, until `resume` brings its own. */
  limit(limits: OutboundLimits): void {
    this.#limits = limits;
  }

  /** The session is offline. */
  suspend(): void {
    this.#sender = undefined;
  }

  /** Sends what fits into the window: after an acknowledgement, and when the sender is no longer full. */
  refill(): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    while (this.#resend.length > 0 && !sender.full && this.#fits())
      this.#sendAgain(this.#resend.shift()!, sender);
    while (this.#waiting.length > 0 && this.#resend.length === 0 && !sender.full && this.#fits()) {
      const item = this.#waiting.shift()!;
      this.#waitingBytes -= item.payloadBytes;
      this.#send(item, sender);
    }
  }

  /** Takes out of the waiting line what was never sent and satisfies the test, in order. */
  withdraw(test: (item: T) => boolean): T[] {
    const all = [...this.#waiting];
    const taken = all.filter(test);
    if (taken.length === 0) return taken;
    this.#waiting.clear();
    for (const item of all) if (!test(item)) this.#waiting.push(item);
    for (const item of taken) {
      this.#waitingBytes -= item.payloadBytes;
      this.#holder.settled(item);
    }
    return taken;
  }

  /** All that is not done: what is in flight in order of sending, then what waits. */
  *unfinished(): Generator<T> {
    yield* this.#inflight.values();
    yield* this.#waiting;
  }

  /** An identifier for a packet of another kind, SUBSCRIBE or UNSUBSCRIBE, until it is given back. [MQTT-2.2.1-3] */
  reservePacketId(): number {
    const packetId = this.#takePacketId();
    (this.#reserved ??= new Set()).add(packetId);
    return packetId;
  }

  /** The packet was answered, or never will be. */
  freePacketId(packetId: number): void {
    this.#reserved?.delete(packetId);
  }

  /** Forgets everything. */
  clear(): void {
    for (const item of this.unfinished()) this.#holder.settled(item);
    this.#forget();
  }

  #forget(): void {
    this.#inflight.clear();
    this.#resend.clear();
    this.#waiting.clear();
    this.#inflightBytes = 0;
    this.#waitingBytes = 0;
    this.#interrupted = 0;
    this.#interruptedBytes = 0;
  }

  /** Whether nothing stands in front of a new message. */
  #inOrder(): boolean {
    return this.#waiting.length === 0 && this.#resend.length === 0;
  }

  #send(item: T, sender: Sender<T>): void {
    if (item.qos === 0) {
      sender.publish(item, false);
      this.#holder.settled(item);
      return;
    }
    if (item.packetId === 0) item.packetId = this.#takePacketId();
    item.state = 'published';
    this.#inflight.add(item);
    this.#inflightBytes += item.payloadBytes;
    if (!sender.publish(item, false)) this.#done(item);
  }

  #interrupt(item: T): void {
    item.state = 'interrupted';
    this.#interrupted++;
    this.#interruptedBytes += item.payloadBytes;
  }

  /** The message goes on: it counts again if it was interrupted. */
  #takeUp(item: T, state: OutgoingState): void {
    if (item.state === 'interrupted') {
      this.#interrupted--;
      this.#interruptedBytes -= item.payloadBytes;
    }
    item.state = state;
  }

  #sendAgain(item: T, sender: Sender<T>): void {
    if (item.state !== 'interrupted' || this.#inflight.get(item.packetId) !== item) return;
    this.#takeUp(item, 'published');
    // [MQTT-3.3.1-1] the identifier stays the same [MQTT-2.2.1-3]
    if (!sender.publish(item, true)) this.#done(item);
  }

  #done(item: T): T {
    this.#inflight.delete(item);
    this.#takeUp(item, 'published');
    this.#inflightBytes -= item.payloadBytes;
    this.#holder.settled(item);
    return item;
  }

  /** Whether another PUBLISH may be sent on this connection. */
  #windowOpen(): boolean {
    return this.#inflight.size - this.#interrupted < (this.#limits.inflightMessages || MOST_IN_FLIGHT);
  }

  /** Whether a message may be put in flight. */
  #fits(): boolean {
    const { inflightBytes } = this.#limits;
    const bytes = this.#inflightBytes - this.#interruptedBytes;
    return this.#windowOpen() && (inflightBytes === 0 || bytes < inflightBytes);
  }

  /** Whether the waiting line has room: beyond the window, or alone while offline; as Mosquitto. */
  #queueHolds(): boolean {
    const { inflightMessages, queuedMessages, queuedBytes } = this.#limits;
    const allowance = this.#sender === undefined ? 0 : inflightMessages - this.#inflight.size;
    if (queuedMessages > 0 && this.#waiting.length >= queuedMessages + Math.max(0, allowance)) return false;
    return queuedBytes === 0 || this.#waitingBytes < queuedBytes;
  }

  #takePacketId(): number {
    return this.#inflight.nextPacketId(this.#reserved);
  }
}
