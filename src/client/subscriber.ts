/** Subscribing and unsubscribing, over as many connections as it takes. */
import { Queue } from '../base/queue.ts';
import type { Connack, ProtocolVersion, Suback, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { aborted, onAbort, throwIfAborted } from './abort.ts';
import { propertiesFor } from './check-properties.ts';
import {
  checkAmounts,
  checkFilter,
  checkQoS,
  checkVersion,
  subscriptionRefusalOf,
  tooLarge,
} from './checks.ts';
import type { Connection } from './connection.ts';
import { MqttError, refused } from './error.ts';
import { LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import type { Reading } from './reading.ts';
import type { Session } from './session.ts';
import { Subscription } from './subscription.ts';
import type { MessageHandler, SubscribeOptions, SubscriptionOwner } from './subscription.ts';
import { Subscriptions } from './subscriptions.ts';

/** Someone waits for a subscription to be granted. */
interface Pending {
  readonly granted: () => void;
  readonly failed: (error: MqttError) => void;
}

/** What the server is to be told. */
type Request =
  | { readonly kind: 'subscribe'; readonly subscription: Subscription }
  | { readonly kind: 'unsubscribe'; readonly filters: readonly string[]; readonly done: () => void };

export class Subscriber implements SubscriptionOwner {
  readonly #session: Session;
  readonly #version: ProtocolVersion;
  readonly #subscriptions = new Subscriptions();
  readonly #pending = new Map<Subscription, Pending>();
  readonly #reading: Reading;
  /** Filters that a server which keeps our session does not know yet to be gone. */
  readonly #gone = new Set<string>();
  /** Requests that wait because so many have no answer yet. */
  readonly #line = new Queue<Request>();
  #unanswered = 0;
  #connection: Connection | undefined;

  constructor(session: Session, reading: Reading, version: ProtocolVersion) {
    this.#session = session;
    this.#reading = reading;
    this.#version = version;
  }

  /** Resolves when the server has granted the subscription, with this connection or a later one. */
  async subscribe(
    filters: readonly string[],
    given: SubscribeOptions,
    handler: MessageHandler | undefined,
  ): Promise<Subscription> {
    const options = this.#checked(filters, given);
    const { signal } = options;
    throwIfAborted('The subscription', signal);
    const subscription = new Subscription(this, [...filters], options, handler);
    this.#subscriptions.add(subscription);
    for (const filter of filters) this.#gone.delete(filter);
    const forget = onAbort(signal, () => this.#remove(subscription, aborted('The subscription', signal!)));
    void subscription.closed.then(forget);
    await new Promise<void>((granted, failed) => {
      this.#pending.set(subscription, { granted, failed });
      if (this.#connection !== undefined) this.#request({ kind: 'subscribe', subscription });
    });
    return subscription;
  }

  /** Resolves when the server knows; at once if there is no server now. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    this.#pending.get(subscription)?.failed(new MqttError('CLOSED', 'The subscription has ended'));
    this.#pending.delete(subscription);
    const filters = this.#subscriptions.remove(subscription);
    if (filters.length === 0) return;
    if (this.#connection === undefined) for (const filter of filters) this.#gone.add(filter);
    else await this.#tell(filters);
  }

  /** A connection is there: what its server does not know, it is told. */
  attach(connection: Connection, { sessionPresent }: Connack): void {
    this.#connection = connection;
    const gone = sessionPresent ? [...this.#gone] : [];
    this.#gone.clear();
    for (let at = 0; at < gone.length; at += LIMITS.unsubscribedFilters)
      void this.#tell(gone.slice(at, at + LIMITS.unsubscribedFilters));
    for (const subscription of this.#subscriptions.values()) {
      if (!sessionPresent || this.#pending.has(subscription))
        this.#request({ kind: 'subscribe', subscription });
    }
    this.#reading.attach(connection);
  }

  detach(): void {
    this.#connection = undefined;
    this.#reading.detach();
    for (let request = this.#line.shift(); request !== undefined; request = this.#line.shift()) {
      if (request.kind === 'unsubscribe') this.#forget(request);
    }
  }

  /** Gives a message to whoever it is for; false if that is nobody. */
  deliver(message: Message): boolean {
    return this.#subscriptions.deliver(message);
  }

  hold(subscription: Subscription): void {
    this.#reading.hold(subscription);
  }

  release(subscription: Subscription): void {
    this.#reading.release(subscription);
  }

  /** The client has ended, and every subscription with it; streams throw the error if nobody asked for the end. */
  end(why: MqttError, error: MqttError | undefined): void {
    for (const { failed } of this.#pending.values()) failed(why);
    this.#pending.clear();
    for (const subscription of this.#subscriptions.values()) subscription.end(error);
  }

  /** Copies of the options that can be sent. */
  #checked(filters: readonly string[], options: SubscribeOptions): SubscribeOptions {
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
    if (filters.length === 0) throw new MqttError('INVALID', 'There is no topic filter to subscribe to');
    for (const filter of filters) checkFilter(filter, noLocal);
    checkQoS(qos);
    checkAmounts({ buffer: options.buffer, bufferBytes: options.bufferBytes });
    if (![0, 1, 2].includes(retainHandling)) throw new MqttError('INVALID', 'retainHandling is 0, 1 or 2');
    const properties = propertiesFor('subscribe', options.properties);
    if ((properties.subscriptionIdentifiers?.length ?? 1) !== 1)
      throw new MqttError('INVALID', 'A subscription has one subscription identifier');
    if (noLocal || retainAsPublished || retainHandling !== 0 || properties !== NO_PROPERTIES)
      checkVersion('noLocal, retainAsPublished, retainHandling and properties', this.#version);
    return { ...options, properties };
  }

  /** Sends a request, or has it wait. */
  #request(request: Request): void {
    this.#reading.asked();
    if (this.#unanswered >= LIMITS.requests) this.#line.push(request);
    else if (request.kind === 'subscribe') this.#ask(request.subscription);
    else this.#sendUnsubscribe(request);
  }

  /** An answer has come, or will not. */
  #next(): void {
    this.#unanswered--;
    this.#reading.answered();
    while (this.#unanswered < LIMITS.requests && this.#connection?.open === true) {
      const request = this.#line.shift();
      if (request === undefined) return;
      this.#request(request);
    }
  }

  #ask(subscription: Subscription): void {
    const connection = this.#connection!;
    if (this.#subscriptions.identifierOf(subscription) === undefined) return; // it has ended meanwhile
    const refusal = subscriptionRefusalOf(subscription.filters, connection.connack!);
    if (refusal !== undefined) {
      this.#refused(subscription, refusal);
      return;
    }
    this.#unanswered++;
    const packetId = this.#session.expect({
      count: subscription.filters.length,
      answered: ({ reasonCodes, properties }) => {
        this.#answered(subscription, reasonCodes, properties);
        this.#next();
      },
      failed: () => this.#next(), // the connection is gone; the next one asks again
    });
    const isSent = connection.send({
      type: 'subscribe',
      packetId,
      subscriptions: this.#subscriptions.requestsOf(subscription),
      properties: this.#propertiesOf(subscription, connection),
    });
    if (isSent) return;
    this.#session.answer(packetId);
    this.#unanswered--;
    this.#refused(subscription, tooLarge('The SUBSCRIBE'));
  }

  #propertiesOf(subscription: Subscription, { connack }: Connection): Properties {
    const { properties = NO_PROPERTIES } = subscription.options;
    const { subscriptionIdentifiers: _, ...others } = properties;
    const identifier = this.#subscriptions.identifierOf(subscription);
    const available = connack?.properties.subscriptionIdentifierAvailable !== 0;
    if (identifier === undefined || !available) return others;
    return { subscriptionIdentifiers: [identifier], ...others };
  }

  /** At least one filter was granted, or the subscription has failed. */
  #answered(subscription: Subscription, codes: readonly number[], { reasonString }: Properties): void {
    subscription.granted = codes;
    if (codes.some((code) => code < 0x80)) {
      this.#pending.get(subscription)?.granted();
      this.#pending.delete(subscription);
      return;
    }
    const what = `SUBSCRIBE to ${subscription.filters.join(', ')}`;
    this.#refused(subscription, refused(what, codes[0] ?? 0x80, reasonString));
  }

  #refused(subscription: Subscription, error: MqttError): void {
    this.#subscriptions.remove(subscription);
    this.#pending.get(subscription)?.failed(error);
    this.#pending.delete(subscription);
    subscription.end(error);
  }

  #remove(subscription: Subscription, error: MqttError): void {
    this.#pending.get(subscription)?.failed(error);
    this.#pending.delete(subscription);
    subscription.end(error);
    void this.unsubscribe(subscription);
  }

  #tell(filters: readonly string[]): Promise<void> {
    return new Promise((done) => {
      this.#request({ kind: 'unsubscribe', filters, done });
    });
  }

  #sendUnsubscribe(request: Extract<Request, { kind: 'unsubscribe' }>): void {
    const filters = request.filters.filter((filter) => !this.#subscriptions.has(filter));
    if (filters.length === 0) {
      request.done();
      return;
    }
    this.#unanswered++;
    const packetId = this.#session.expect({
      count: filters.length,
      answered: (_packet: Suback | Unsuback) => {
        request.done();
        this.#next();
      },
      failed: () => {
        this.#forget({ ...request, filters });
        this.#next();
      },
    });
    const isSent = this.#connection!.send({
      type: 'unsubscribe',
      packetId,
      filters,
      properties: NO_PROPERTIES,
    });
    if (isSent) return;
    this.#session.answer(packetId);
    this.#unanswered--;
    void this.#tellInParts(filters, request.done);
  }

  /** Together they are larger than the server takes. If one alone is, the server cannot be told: it took more once. */
  async #tellInParts(filters: readonly string[], done: () => void): Promise<void> {
    const half = filters.length >> 1;
    if (half > 0) await Promise.all([this.#tell(filters.slice(0, half)), this.#tell(filters.slice(half))]);
    done();
  }

  /** The next connection that finds our session tells. */
  #forget({ filters, done }: Extract<Request, { kind: 'unsubscribe' }>): void {
    for (const filter of filters) if (!this.#subscriptions.has(filter)) this.#gone.add(filter);
    done();
  }
}
