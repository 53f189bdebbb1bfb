/** A subscription as a stream of messages. */
import { Queue } from '../base/queue.ts';
import type { QoS, RetainHandling } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import type { Message } from './message.ts';

export interface SubscribeOptions {
  /** The highest QoS to be sent; 0 without it. */
  readonly qos?: QoS;
  /** MQTT 5.0: not what this client publishes itself. */
  readonly noLocal?: boolean;
  /** MQTT 5.0: keep the RETAIN flag as it was published. */
  readonly retainAsPublished?: boolean;
  /** MQTT 5.0: retained messages always (0), for a new subscription only (1), or never (2). */
  readonly retainHandling?: RetainHandling;
  readonly properties?: Properties;
  /** Messages that may wait to be taken; beyond it nothing is read from the server. 1,000 without it. */
  readonly buffer?: number;
  readonly signal?: AbortSignal;
}

/** Called with each message, in order; nothing waits for what it returns. */
export type MessageHandler = (message: Message) => void;

/** What a subscription needs of its client. */
export interface SubscriptionOwner {
  /** A subscription is behind: nothing more is to be read. */
  hold(subscription: Subscription): void;
  release(subscription: Subscription): void;
  unsubscribe(subscription: Subscription): Promise<void>;
}

const DONE: IteratorResult<Message, undefined> = { done: true, value: undefined };

/**
 * Messages of one `subscribe`. Take them with `for await`, or give `subscribe` a handler. What is not taken waits, up
 * to a bound; then the client stops reading from its server, so memory is bounded whatever the server sends.
 *
 *     for await (const message of subscription) console.log(message.topic, message.text());
 */
export class Subscription implements AsyncIterableIterator<Message, undefined> {
  readonly filters: readonly string[];
  readonly options: SubscribeOptions;
  /** One a filter: the QoS that was granted. */
  granted: readonly number[] = [];
  readonly #owner: SubscriptionOwner;
  readonly #handler: MessageHandler | undefined;
  readonly #buffer = new Queue<Message>();
  readonly #takers = new Queue<(result: IteratorResult<Message, undefined>) => void>();
  readonly #most: number;
  #held = false;
  #ended = false;

  constructor(
    owner: SubscriptionOwner,
    filters: readonly string[],
    options: SubscribeOptions,
    handler: MessageHandler | undefined,
  ) {
    this.#owner = owner;
    this.filters = filters;
    this.options = options;
    this.#handler = handler;
    this.#most = options.buffer ?? 1000;
  }

  /** A message has come. */
  push(message: Message): void {
    if (this.#ended) return;
    if (this.#handler !== undefined) {
      this.#handler(message);
      return;
    }
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker({ done: false, value: message });
      return;
    }
    this.#buffer.push(message);
    if (this.#held || this.#buffer.length < this.#most) return;
    this.#held = true;
    this.#owner.hold(this);
  }

  /** The next message; `done` once the subscription has ended and what waited was taken. */
  next(): Promise<IteratorResult<Message, undefined>> {
    const message = this.#buffer.shift();
    if (message === undefined) {
      if (this.#ended) return Promise.resolve(DONE);
      return new Promise((resolve) => {
        this.#takers.push(resolve);
      });
    }
    if (this.#held && this.#buffer.length * 2 <= this.#most) this.#letGo();
    return Promise.resolve({ done: false, value: message });
  }

  /** Ends the subscription, as leaving a `for await` does. */
  async return(): Promise<IteratorResult<Message, undefined>> {
    await this.unsubscribe();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Tells the server, and ends the stream. */
  async unsubscribe(): Promise<void> {
    if (this.#ended) return;
    this.end();
    await this.#owner.unsubscribe(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unsubscribe();
  }

  /** No more will come: who waits is told. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#held) this.#letGo();
    for (let taker = this.#takers.shift(); taker !== undefined; taker = this.#takers.shift()) taker(DONE);
  }

  #letGo(): void {
    this.#held = false;
    this.#owner.release(this);
  }
}
