/** A subscription as a stream of messages. */
import { Queue } from '../base/queue.ts';
import type { QoS, RetainHandling } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import { abortable, throwIfAborted } from './abort.ts';
import type { MqttError } from './error.ts';
import { surface } from './events.ts';
import { LIMITS } from './limits.ts';
import { weightOf } from './message.ts';
import type { Message } from './message.ts';
import type { WaitOptions } from './options.ts';

export interface SubscribeOptions {
  /** The highest QoS to be sent; 0 without it. */
  readonly qos?: QoS;
  /** MQTT 5.0: not what this client publishes itself. */
  readonly noLocal?: boolean;
  /** MQTT 5.0: keep the RETAIN flag as it was published. */
  readonly retainAsPublished?: boolean;
  /** MQTT 5.0: retained messages always (0), for a new subscription only (1), or never (2). */
  readonly retainHandling?: RetainHandling;
  /** MQTT 5.0. A subscription identifier is chosen by the client unless it stands here. */
  readonly properties?: Properties;
  /** Messages that may wait to be taken; beyond it nothing is read from the server. 1,000 without it. */
  readonly buffer?: number;
  /** Their bytes; 16 MiB without it. */
  readonly bufferBytes?: number;
  /** Ends the subscription: `for await` throws, as with other streams. */
  readonly signal?: AbortSignal;
}

/** Called with each message, in order. If it returns a promise, the next message waits until that is settled. */
export type MessageHandler = (message: Message) => void | Promise<void>;

/** What a subscription needs of its client. */
export interface SubscriptionOwner {
  /** A subscription is behind, or further behind: nothing more is to be read, unless an answer is due. */
  hold(subscription: Subscription): void;
  release(subscription: Subscription): void;
  unsubscribe(subscription: Subscription): Promise<void>;
}

/** Messages that one chunk of a socket may hold, about. */
const BURST = 1024;

type Result = IteratorResult<Message, undefined>;

interface Taker {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

const DONE: Result = { done: true, value: undefined };

/**
 * Messages of one `subscribe`. Take them with `for await`, or give `subscribe` a handler. What is not taken waits, up
 * to a bound; then the client stops reading from its server, so memory is bounded whatever the server sends.
 *
 *     for await (const message of subscription) console.log(message.topic, message.text());
 */
export class Subscription implements AsyncIterableIterator<Message, undefined> {
  readonly filters: readonly string[];
  readonly options: SubscribeOptions;
  /** One a filter: the QoS that was granted, or the reason code of a refusal. */
  granted: readonly number[] = [];
  /** Resolves when the subscription has ended: with an error if nobody asked for it. */
  readonly closed: Promise<MqttError | undefined>;
  /** Messages of QoS 0 that found no room: the program was behind, and waited for the server itself. */
  dropped = 0;
  readonly #owner: SubscriptionOwner;
  readonly #handler: MessageHandler | undefined;
  readonly #buffer = new Queue<Message>(BURST);
  /** Beyond so many messages, or bytes of them, it is behind. */
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #takers = new Queue<Taker>();
  readonly #close: (error: MqttError | undefined) => void;
  #bytes = 0;
  /** A promise of the handler is not settled. */
  #busy = false;
  #held = false;
  #overrun = false;
  #ended = false;
  /** Why it ended, until it was told. */
  #error: MqttError | undefined;

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
    this.#most = options.buffer ?? LIMITS.bufferedMessages;
    this.#mostBytes = options.bufferBytes ?? LIMITS.bufferedBytes;
    const { promise, resolve } = Promise.withResolvers<MqttError | undefined>();
    this.closed = promise;
    this.#close = resolve;
  }

  /** It got what must not be dropped, and has no room for more of it even while an answer is due. */
  get isOverrun(): boolean {
    return this.#overrun;
  }

  /** A message has come. */
  push(message: Message): void {
    if (this.#ended) return;
    if (this.#handler !== undefined && !this.#busy) {
      this.#call(this.#handler, message);
      return;
    }
    const taker = this.#takers.shift();
    if (taker === undefined) this.#keep(message);
    else taker.resolve({ done: false, value: message });
  }

  /** The next message; `done` once the subscription has ended and what waited was taken. */
  next(): Promise<Result> {
    const message = this.#take();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
    });
  }

  /** Ends the subscription, as leaving a `for await` does; what waits is dropped. */
  async return(): Promise<Result> {
    this.#drop();
    await this.unsubscribe();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Tells the server, and ends the stream; what waits can still be taken. Resolves when the server knows. */
  async unsubscribe({ signal }: WaitOptions = {}): Promise<void> {
    throwIfAborted('Unsubscribing', signal);
    if (this.#ended) return;
    this.end(undefined);
    await abortable('Unsubscribing', this.#owner.unsubscribe(this), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** No more will come: who waits is told, with an error if nobody asked for the end. */
  end(error: MqttError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#handler !== undefined) this.#drop();
    this.#tellTakers(error);
    if (this.#held) this.#letGo();
    this.#close(error);
  }

  /** The first to wait learns of the error, or the first to ask. */
  #tellTakers(error: MqttError | undefined): void {
    this.#error = error;
    for (let taker = this.#takers.shift(); taker !== undefined; taker = this.#takers.shift()) {
      if (this.#error === undefined) taker.resolve(DONE);
      else taker.reject(this.#error);
      this.#error = undefined;
    }
  }

  /** False if the next message has to wait. */
  #call(handler: MessageHandler, message: Message): boolean {
    try {
      const result = handler(message);
      if (!(result instanceof Promise)) return true;
      this.#busy = true;
      result.catch(surface).then(this.#onHandled, surface);
      return false;
    } catch (error) {
      surface(error);
      return true;
    }
  }

  /** Busy until nothing waits: what comes meanwhile comes behind. */
  readonly #onHandled = (): void => {
    for (let message = this.#take(); message !== undefined; message = this.#take())
      if (!this.#call(this.#handler!, message)) return;
    this.#busy = false;
  };

  #keep(message: Message): void {
    if (this.#held && message.qos === 0 && this.#isFull()) {
      this.dropped++;
      return;
    }
    this.#buffer.push(message);
    this.#bytes += weightOf(message);
    if (this.#held) {
      if (message.qos === 0 || !this.#isFull()) return;
      this.#overrun = true;
    } else if (this.#buffer.length < this.#most && this.#bytes < this.#mostBytes) return;
    this.#held = true;
    this.#owner.hold(this);
  }

  #take(): Message | undefined {
    const message = this.#buffer.shift();
    if (message === undefined) return undefined;
    this.#bytes -= weightOf(message);
    if (!this.#held) return message;
    if (this.#buffer.length * 2 <= this.#most && this.#bytes * 2 <= this.#mostBytes) this.#letGo();
    else if (this.#overrun && !this.#isFull()) {
      this.#overrun = false;
      this.#owner.hold(this);
    }
    return message;
  }

  /** No room beyond the bound, either. */
  #isFull(): boolean {
    const { overrunMessages, overrunBytes } = LIMITS;
    return (
      this.#buffer.length >= this.#most + overrunMessages || this.#bytes >= this.#mostBytes + overrunBytes
    );
  }

  #drop(): void {
    this.#buffer.clear();
    this.#bytes = 0;
    if (this.#held) this.#letGo();
  }

  #letGo(): void {
    this.#held = false;
    this.#overrun = false;
    this.#owner.release(this);
  }
}
