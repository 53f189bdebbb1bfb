/** Requests and their responses, §4.10 of MQTT 5.0. */
import type { ProtocolVersion } from '../protocol/packet.ts';
import { aborted, onAbort, throwIfAborted } from './abort.ts';
import { checkVersion, waitOf } from './checks.ts';
import { MqttError } from './error.ts';
import type { Message } from './message.ts';
import type { PublishOptions, RequestOptions } from './options.ts';
import type { MessageHandler, SubscribeOptions, Subscription } from './subscription.ts';

/** Milliseconds. */
const TIMEOUT = 10_000;
const CORRELATION_BYTES = 16;

/** What requests need of their client. */
export interface RequestsOwner {
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<unknown>;
  subscribe(filter: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription>;
}

interface Asked {
  readonly resolve: (response: Message) => void;
  readonly reject: (error: MqttError) => void;
}

/** All responses of a client come to one topic that nobody else knows; their correlation data tells them apart. */
export class Requests {
  readonly #owner: RequestsOwner;
  readonly #topic: string;
  readonly #asked = new Map<string, Asked>();
  #subscribed: Promise<void> | undefined;

  constructor(owner: RequestsOwner, topic: string = `zanzara/response/${hex(randomBytes())}`) {
    this.#owner = owner;
    this.#topic = topic;
  }

  async send(
    topic: string,
    payload: string | Uint8Array,
    { timeout = TIMEOUT, ...options }: RequestOptions,
    version: ProtocolVersion,
  ): Promise<Message> {
    checkVersion('Requests', version);
    const patience = waitOf('timeout', timeout);
    const { signal } = options;
    throwIfAborted('The request', signal);
    const correlationData = randomBytes();
    const key = hex(correlationData);
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    this.#asked.set(key, { resolve, reject });
    const late = new MqttError('TIMED_OUT', `No response to ${topic} within ${timeout} ms`);
    const timer = setTimeout(() => reject(late), patience);
    const forget = onAbort(signal, () => reject(aborted('The request', signal!)));
    const over = new AbortController();
    this.#ask(topic, payload, { ...options, signal: over.signal }, correlationData).catch(reject);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      forget();
      over.abort(); // what was not sent is not sent any more
      this.#asked.delete(key);
    }
  }

  /** The client is going: nobody will answer any more. */
  close(error: MqttError): void {
    for (const { reject } of this.#asked.values()) reject(error);
  }

  async #ask(
    topic: string,
    payload: string | Uint8Array,
    options: PublishOptions,
    correlationData: Uint8Array,
  ): Promise<void> {
    await this.#subscribe();
    const properties = { ...options.properties, responseTopic: this.#topic, correlationData };
    await this.#owner.publish(topic, payload, { ...options, properties });
  }

  /** Once for all requests; again if the server has refused or ended it. */
  async #subscribe(): Promise<void> {
    this.#subscribed ??= this.#listen();
    try {
      await this.#subscribed;
    } catch (error) {
      this.#subscribed = undefined;
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const received = (message: Message): void => this.#answered(message);
    const subscription = await this.#owner.subscribe(this.#topic, { qos: 1 }, received);
    void subscription.closed.then(() => {
      this.#subscribed = undefined;
    });
  }

  #answered(message: Message): void {
    const { correlationData } = message.properties;
    if (correlationData !== undefined) this.#asked.get(hex(correlationData))?.resolve(message);
  }
}

function randomBytes(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(CORRELATION_BYTES));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
