/** Subscribing and unsubscribing, over as many connections as it takes. */
import type { Connack, Suback, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { isTopicFilter } from '../topic/topic.ts';
import type { Connection } from './connection.ts';
import { MqttError, refused } from './error.ts';
import { contained } from './events.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import { Subscription } from './subscription.ts';
import type { MessageHandler, SubscribeOptions, SubscriptionOwner } from './subscription.ts';
import { requestsOf, Subscriptions } from './subscriptions.ts';

/** Someone waits for a subscription to be granted. */
interface Pending {
  readonly granted: () => void;
  readonly failed: (error: Error) => void;
}

export class Subscriber implements SubscriptionOwner {
  readonly #session: Session;
  readonly #subscriptions = new Subscriptions();
  readonly #pending = new Map<Subscription, Pending>();
  /** Subscriptions that are behind; nothing is read while there is one. */
  readonly #behind = new Set<Subscription>();
  /** Filters that a server which keeps our session does not know yet to be gone. */
  readonly #gone = new Set<string>();
  #connection: Connection | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Resolves when the server has granted the subscription, with this connection or a later one. */
  async subscribe(
    filters: readonly string[],
    options: SubscribeOptions,
    handler: MessageHandler | undefined,
  ): Promise<Subscription> {
    const wrong = filters.find((filter) => !isTopicFilter(filter));
    if (wrong !== undefined || filters.length === 0) throw invalidFilter(wrong ?? '');
    const { signal } = options;
    signal?.throwIfAborted();
    const subscription = new Subscription(
      this,
      filters,
      options,
      handler && ((message) => contained(() => handler(message))),
    );
    this.#subscriptions.add(subscription);
    for (const filter of filters) this.#gone.delete(filter);
    signal?.addEventListener('abort', () => this.#remove(subscription, aborted(signal)), { once: true });
    await new Promise<void>((granted, failed) => {
      this.#pending.set(subscription, { granted, failed });
      if (this.#connection !== undefined) this.#ask(subscription, this.#connection);
    });
    return subscription;
  }

  /** Resolves when the server knows; at once if there is no server now. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    const filters = this.#subscriptions.remove(subscription);
    if (filters.length === 0) return;
    if (this.#connection === undefined) for (const filter of filters) this.#gone.add(filter);
    else await this.#tell(filters, this.#connection);
  }

  /** A connection is there: what its server does not know, it is told. */
  attach(connection: Connection, { sessionPresent }: Connack): void {
    this.#connection = connection;
    if (!sessionPresent) this.#gone.clear();
    if (this.#gone.size > 0) void this.#tell([...this.#gone], connection);
    this.#gone.clear();
    for (const subscription of this.#subscriptions.values()) {
      if (!sessionPresent || this.#pending.has(subscription)) this.#ask(subscription, connection);
    }
    if (this.#behind.size > 0) connection.pause();
  }

  detach(): void {
    this.#connection = undefined;
  }

  /** Gives a message to whoever it is for; false if that is nobody. */
  deliver(message: Message): boolean {
    return this.#subscriptions.deliver(message);
  }

  hold(subscription: Subscription): void {
    this.#behind.add(subscription);
    this.#connection?.pause();
  }

  release(subscription: Subscription): void {
    this.#behind.delete(subscription);
    if (this.#behind.size === 0) this.#connection?.resume();
  }

  /** The client has ended, and every subscription with it. */
  end(error: Error): void {
    for (const { failed } of this.#pending.values()) failed(error);
    this.#pending.clear();
    for (const subscription of this.#subscriptions.values()) subscription.end();
  }

  #ask(subscription: Subscription, connection: Connection): void {
    const packetId = this.#session.expect({
      count: subscription.filters.length,
      answered: ({ reasonCodes, properties }) => this.#answered(subscription, reasonCodes, properties),
      failed: () => {}, // the connection is gone; the next one asks again
    });
    connection.send({
      type: 'subscribe',
      packetId,
      subscriptions: requestsOf(subscription),
      properties: this.#propertiesOf(subscription, connection),
    });
  }

  #propertiesOf(subscription: Subscription, { connack }: Connection): Properties {
    const { properties = NO_PROPERTIES } = subscription.options;
    const identifier = this.#subscriptions.identifierOf(subscription);
    const available = connack?.properties.subscriptionIdentifierAvailable !== 0;
    if (identifier === undefined || !available) return properties;
    return { subscriptionIdentifiers: [identifier], ...properties };
  }

  /** At least one filter was granted, or the subscription has failed. */
  #answered(subscription: Subscription, codes: readonly number[], { reasonString }: Properties): void {
    subscription.granted = codes;
    const pending = this.#pending.get(subscription);
    this.#pending.delete(subscription);
    if (codes.some((code) => code < 0x80)) {
      pending?.granted();
      return;
    }
    this.#subscriptions.remove(subscription);
    subscription.end();
    pending?.failed(
      refused(`SUBSCRIBE to ${subscription.filters.join(', ')}`, codes[0] ?? 0x80, reasonString),
    );
  }

  #remove(subscription: Subscription, error: Error): void {
    this.#pending.get(subscription)?.failed(error);
    this.#pending.delete(subscription);
    subscription.end();
    void this.unsubscribe(subscription);
  }

  #tell(filters: readonly string[], connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      const packetId = this.#session.expect({
        count: filters.length,
        answered: (_packet: Suback | Unsuback) => resolve(),
        failed: () => {
          for (const filter of filters) this.#gone.add(filter);
          resolve();
        },
      });
      connection.send({ type: 'unsubscribe', packetId, filters, properties: NO_PROPERTIES });
    });
  }
}

function invalidFilter(filter: string): MqttError {
  const rule = '+ and # stand for whole levels, and # is the last one';
  return new MqttError('INVALID', `'${filter}' is not a topic filter: ${rule}`);
}

function aborted({ reason }: AbortSignal): MqttError {
  return new MqttError('ABORTED', 'The subscription was aborted', { cause: reason });
}
