/** The broker: sessions, subscriptions, retained messages, and the way of a message between them. */
import type { Log } from '../base/log.ts';
import type { PeerAddress } from '../base/log-events.ts';
import { TimerWheel } from '../base/timer-wheel.ts';
import { TopicNames } from '../protocol/topic-names.ts';
import { FilterTree } from '../topic/filter-tree.ts';
import type { Access, Identity, MessageView, Principal } from './access.ts';
import type { Clock } from './clock.ts';
import { Connection } from './connection.ts';
import { Counters } from './counters.ts';
import { isControlTopic, NO_HOOKS } from './hooks.ts';
import type { Hooks } from './hooks.ts';
import { Journal } from './journal.ts';
import { DEFAULT_SETTINGS } from './limits.ts';
import type { BrokerSettings, Listener } from './limits.ts';
import { forgetFrames } from './message.ts';
import type { Message } from './message.ts';
import { deliverOnce } from './overlap.ts';
import { Retained } from './retained.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { SharedSubscriptions } from './shared.ts';
import type { Store } from './store.ts';
import { StoredMessages } from './stored.ts';
import { Subscription } from './subscription.ts';
import { SystemTopics } from './sys.ts';
import { Walks } from './walks.ts';
import type { Wire } from './wire.ts';

const DOLLAR = 0x24;
const BRIDGE_STATE = /^\$SYS\/broker\/connection\/[^/]+\/state$/;

/** What the broker is given from outside. It reads no clock, opens nothing and sets no timer of its own. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly access: Access;
  readonly log: Log;
  /** Fresh random bytes, for client identifiers. */
  readonly random: (size: number) => Uint8Array;
  /** Bytes of heap in use, for $SYS and `memory_limit`. */
  readonly heapBytes: () => number;
  /** For `$SYS/broker/version`. */
  readonly version: string;
  /** What survives a restart, if anything does. */
  readonly store?: Store | undefined;
  /** Calls back when all peers that have sent something have been read; at the end of the call without it. */
  readonly afterTick?: (work: () => void) => void;
}

/**
 * A pure machine: connections put bytes in through `Connection.receive` and get bytes out through their `Wire`;
 * time comes in through `tick`.
 */
export class Broker {
  readonly log: Log;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly random: (size: number) => Uint8Array;
  readonly counters: Counters = new Counters();
  readonly topics: TopicNames = new TopicNames();
  readonly connections: Set<Connection> = new Set();
  readonly sessions: Sessions;
  readonly subscriptions: FilterTree<Subscription> = new FilterTree();
  readonly shared: SharedSubscriptions = new SharedSubscriptions();
  readonly journal: Journal | undefined;
  readonly stored: StoredMessages;
  readonly retained: Retained;
  readonly walks: Walks;
  /** Calls back when all peers that have sent something have been read. */
  readonly afterTick: (work: () => void) => void;
  readonly system: SystemTopics;
  access: Access;
  /** May be replaced at any time. */
  hooks: Hooks = NO_HOOKS;
  settings: BrokerSettings;
  /** Subscriptions that are not shared. */
  subscriptionCount = 0;
  /** Of the message being published: a connected receiver that lags, and whether any receiver keeps up. */
  laggard: Session | undefined;
  keptUp = false;
  /** How many subscriptions messages were offered to so far: what publishing costs. */
  offered = 0;
  /** Whether the heap is over `memory_limit`, as of the last tick. */
  overMemory = false;
  readonly #heapBytes: () => number;
  #nextSweep = 0;
  /** Places of sockets that are not connections yet. */
  #reserved = 0;
  /** Wills that somebody thinks about. */
  readonly #undecided = new Set<Promise<void>>();

  constructor(ports: BrokerPorts, settings: Readonly<BrokerSettings> = DEFAULT_SETTINGS) {
    this.log = ports.log;
    this.clock = ports.clock;
    this.access = ports.access;
    this.random = ports.random;
    this.#heapBytes = ports.heapBytes;
    this.settings = { ...settings };
    this.wheel = new TimerWheel(ports.clock.now());
    this.afterTick = ports.afterTick ?? queueMicrotask;
    this.walks = new Walks(this.afterTick);
    this.journal = ports.store && new Journal(this, ports.store, this.afterTick);
    this.stored = new StoredMessages(this.journal);
    this.retained = new Retained(this.stored, this.journal);
    this.sessions = new Sessions(this);
    this.system = new SystemTopics(this, ports.version, ports.heapBytes);
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.clock.now();
  }

  /**
   * A transport has accepted a peer. Undefined if there are too many already: the transport then closes. What the
   * transport proves of the peer later, by TLS, goes to `Connection.identity` before the first byte.
   */
  accept(wire: Wire, listener: Listener, peer: PeerAddress, identity?: Identity): Connection | undefined {
    this.counters.sockets++;
    if (this.#isAbuse(listener, peer) || !this.#hasRoom(listener, peer)) return undefined;
    listener.connections++;
    return new Connection(this, wire, listener, peer, identity);
  }

  /**
   * A socket has come that cannot be a connection yet, because it must say first whom it brings. It takes a place all
   * the same, until `giveUp`, so that sockets which never say it are no way around the limits. False if there is none.
   */
  reserve(listener: Listener, peer: PeerAddress): boolean {
    if (!this.#hasRoom(listener, peer)) return false;
    listener.connections++;
    this.#reserved++;
    return true;
  }

  /** The socket has said it, and `accept` follows, or it has gone. */
  giveUp(listener: Listener): void {
    listener.connections--;
    this.#reserved--;
  }

  /**
   * Publishes a message to all who want it, and retains it if it says so. Returns how many subscriptions and
   * groups matched.
   */
  publish(message: Message): number {
    this.laggard = undefined;
    this.keptUp = false;
    if (message.retain) this.retained.store(message);
    const matched = this.subscriptions.match(message.topic);
    this.offered += matched.length;
    if (this.settings.allowDuplicateMessages) {
      for (const subscription of matched) subscription.session.deliver(message, subscription);
    } else deliverOnce(message, matched);
    if (this.shared.count === 0) return matched.length;
    const groups = this.shared.match(message.topic);
    for (const group of groups) group.deliver(message);
    return matched.length + groups.length;
  }

  /** Publishes a message to one session alone, subscribed or not. */
  publishTo(session: Session, message: Message): void {
    const subscription = new Subscription(session, message.topic);
    subscription.qos = message.qos;
    session.deliver(message, subscription);
  }

  /** Whether a client may publish to a topic: those of the broker itself are closed, whatever the backend says. */
  mayPublish(principal: Principal, topic: string, message: MessageView): boolean | Promise<boolean> {
    const isOpen = isOpenTopic(topic) || (this.hooks.control !== undefined && isControlTopic(topic));
    return isOpen && this.access.mayPublish(principal, topic, message);
  }

  /** Publishes for someone who is not there to be told: a will. Nothing happens if it is not allowed. */
  publishFor(principal: Principal, message: Message): void {
    this.#whenSettled(message, this.mayPublish(principal, message.topic, message), (allowed) => {
      if (allowed) this.#admit(principal, message);
    });
  }

  /** Adds a subscription to the tree or to its group. */
  subscribe(subscription: Subscription): void {
    this.stored.changes++;
    if (subscription.shareName !== undefined) this.shared.add(subscription);
    else {
      this.subscriptions.add(subscription.topicFilter, subscription);
      this.subscriptionCount++;
    }
  }

  /** Takes a subscription out of the tree or its group. */
  unsubscribe(subscription: Subscription): void {
    this.stored.changes++;
    if (subscription.shareName !== undefined) this.shared.remove(subscription);
    else if (this.subscriptions.remove(subscription.topicFilter, subscription)) this.subscriptionCount--;
  }

  /** Called about once a second, with no regard to exactness: deadlines, $SYS, sweeps. */
  tick(): void {
    const now = this.now;
    this.wheel.advance(now);
    forgetFrames();
    this.system.tick(now);
    this.hooks.tick?.(now);
    const { retainExpiryInterval, memoryLimit } = this.settings;
    this.overMemory = memoryLimit > 0 && this.#heapBytes() > memoryLimit;
    if (retainExpiryInterval > 0 && now >= this.#nextSweep) {
      this.retained.sweep(now);
      this.#nextSweep = now + retainExpiryInterval * 1000;
    }
  }

  /**
   * The rules have changed: clients that would not be let in any more are closed, and messages of QoS 2 that wait
   * for their PUBREL and may not be published any more are dropped. What is to be received is asked about at the
   * gate in any case.
   */
  reconsider(): void {
    for (const connection of this.connections) connection.reconsider();
    for (const session of this.sessions.values()) {
      session.inbound.filter(
        ({ message }) => this.mayPublish(session.principal, message.topic, message) !== false,
      );
    }
  }

  /** What was written to peers and has not left yet. */
  unsent(): { frames: number; bytes: number } {
    const sum = { frames: 0, bytes: 0 };
    for (const { wire } of this.connections) {
      sum.frames += wire.unsentFrames;
      sum.bytes += wire.unsentBytes;
    }
    return sum;
  }

  /** Before `stop`: publishes every will, and resolves when none is thought about any more. */
  async publishWills(): Promise<void> {
    this.sessions.publishWills();
    while (this.#undecided.size > 0) await Promise.all(this.#undecided);
  }

  /** The broker stops: every will is published while there are clients to receive it, then all are told and closed. */
  stop(): void {
    this.sessions.publishWills();
    for (const connection of this.connections) connection.shutDown();
  }

  /** Whether there is a place, if need be that of one who has not said for a while who he is. */
  #hasRoom(listener: Listener, peer: PeerAddress): boolean {
    if (!this.#isFull(listener)) return true;
    listener.guard.newcomers.makeRoom(this.now, listener);
    if (!this.#isFull(listener)) return true;
    this.log.event('connectionDenied', { ...peer, why: 'max_connections exceeded' });
    return false;
  }

  #isFull({ settings: { maxConnections }, connections }: Listener): boolean {
    const { globalMaxConnections } = this.settings;
    return (
      (maxConnections > 0 && connections >= maxConnections) ||
      (globalMaxConnections > 0 && this.connections.size + this.#reserved >= globalMaxConnections)
    );
  }

  #isAbuse({ guard, settings }: Listener, peer: PeerAddress): boolean {
    const { now } = this;
    const why = guard.denial(peer, settings, now);
    if (why !== undefined && guard.isNews(peer, now)) this.log.event('connectionDenied', { ...peer, why });
    return why !== undefined;
  }

  #admit(principal: Principal, message: Message): void {
    const { messageIn } = this.hooks;
    const answer = messageIn === undefined ? message : messageIn(principal, message);
    this.#whenSettled(message, answer, (admitted) => {
      if (typeof admitted !== 'number') this.publish(admitted);
    });
  }

  /** Goes on at once, or when the answer about a message is there. */
  #whenSettled<T>(message: Message, answer: T | Promise<T>, then: (answer: T) => void): void {
    if (!(answer instanceof Promise)) {
      then(answer);
      return;
    }
    message.keep();
    const settled = answer
      .then(then, (error: unknown) =>
        this.log.event('serverError', { text: `Error: An access check failed: ${String(error)}.` }),
      )
      .finally(() => this.#undecided.delete(settled));
    this.#undecided.add(settled);
  }
}

/** Topics that start with `$`: those of the broker are closed to clients, but for the state of bridges. */
function isOpenTopic(topic: string): boolean {
  if (topic.charCodeAt(0) !== DOLLAR) return true;
  if (topic.startsWith('$SYS')) return BRIDGE_STATE.test(topic);
  return !topic.startsWith('$share') && !topic.startsWith('$CONTROL');
}
