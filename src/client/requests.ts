/** Requests and their responses, §4.10 of MQTT 5.0. */
import { MqttError } from './error.ts';
import type { Message } from './message.ts';
import type { PublishOptions, RequestOptions } from './options.ts';
import type { MessageHandler } from './subscription.ts';

/** Milliseconds. */
const TIMEOUT = 10_000;
const CORRELATION_BYTES = 16;

/** What requests need of their client. */
export interface RequestsOwner {
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<unknown>;
  subscribe(filter: string, handler: MessageHandler): Promise<unknown>;
}

interface Asked {
  readonly resolve: (response: Message) => void;
  readonly reject: (error: Error) => void;
}

/** All responses of a client come to one topic that nobody else knows; their correlation data tells them apart. */
export class Requests {
  readonly #owner: RequestsOwner;
  readonly #topic = `zanzara/response/${hex(randomBytes())}`;
  readonly #asked = new Map<string, Asked>();
  #subscribed: Promise<unknown> | undefined;

  constructor(owner: RequestsOwner) {
    this.#owner = owner;
  }

  async send(topic: string, payload: string | Uint8Array, options: RequestOptions): Promise<Message> {
    const { timeout = TIMEOUT, signal } = options;
    signal?.throwIfAborted();
    const correlationData = randomBytes();
    const key = hex(correlationData);
    const response = new Promise<Message>((resolve, reject) => {
      this.#asked.set(key, { resolve, reject });
    });
    const fail = (error: MqttError): void => this.#asked.get(key)?.reject(error);
    const late = new MqttError('TIMED_OUT', `No response to ${topic} within ${timeout} ms`);
    const timer = setTimeout(() => fail(late), timeout);
    const onAbort = (): void =>
      fail(new MqttError('ABORTED', 'The request was aborted', { cause: signal?.reason }));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#ask(topic, payload, options, correlationData).catch((error: unknown) =>
      this.#asked.get(key)?.reject(error as Error),
    );
    try {
      return await response;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#asked.delete(key);
    }
  }

  /** The client is going: nobody will answer any more. */
  close(): void {
    for (const { reject } of this.#asked.values()) reject(new MqttError('CLOSED', 'The client was closed'));
  }

  async #ask(
    topic: string,
    payload: string | Uint8Array,
    { properties, ...options }: RequestOptions,
    correlationData: Uint8Array,
  ): Promise<void> {
    this.#subscribed ??= this.#owner.subscribe(this.#topic, (message) => this.#answered(message));
    try {
      await this.#subscribed;
    } catch (error) {
      this.#subscribed = undefined; // the next request asks again
      throw error;
    }
    await this.#owner.publish(topic, payload, {
      ...options,
      properties: { ...properties, responseTopic: this.#topic, correlationData },
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
