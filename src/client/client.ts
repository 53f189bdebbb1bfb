/** A client of an MQTT server that keeps its connection, its subscriptions and its messages. */
import { copyOf, utf8Bytes } from '../protocol/bytes.ts';
import type { Connack } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { Backoff } from './backoff.ts';
import type { OpenChannel } from './channel.ts';
import { checkPublish, tooLarge } from './checks.ts';
import { connectPacket } from './connect-packet.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';
import { MqttError } from './error.ts';
import { Emitter } from './events.ts';
import type { ClientEvent, ClientEvents } from './events.ts';
import { Publication } from './message.ts';
import type { Message, Published } from './message.ts';
import type { ClientOptions, PublishOptions, RequestOptions } from './options.ts';
import type { OutboxMessage } from './outbox.ts';
import { Requests } from './requests.ts';
import { Session } from './session.ts';
import { Subscriber } from './subscriber.ts';
import type { MessageHandler, SubscribeOptions, Subscription } from './subscription.ts';

const DEFAULTS = {
  queue: 1000,
  queueBytes: 64 * 1024 * 1024,
  maximumPacketSize: 64 * 1024 * 1024,
  connectTimeout: 30_000,
  drain: 5000,
} as const;

/** What publishing at QoS 0 comes to when it could be sent at once. */
const SENT: Promise<Published> = Promise.resolve({ reasonCode: Reason.success, packetId: 0 });

/** Codes with which a server says that it is not the one: coming back to it would not help. */
const ELSEWHERE: ReadonlySet<number> = new Set<number>([Reason.useAnotherServer, Reason.serverMoved]);

/** `starting`: the first connection is not there yet; if it fails, there is no second. */
type State = 'starting' | 'running' | 'closed';

/**
 * Keeps one connection at a time. Made by `connect`; it lives until `close`, until its signal aborts, or until its
 * attempts to reconnect are used up.
 */
export class Client implements AsyncDisposable {
  readonly #open: OpenChannel;
  readonly #options: ClientOptions;
  readonly #queue: { readonly queuedMessages: number; readonly queuedBytes: number };
  readonly #session: Session;
  readonly #subscriber: Subscriber;
  readonly #requests: Requests;
  readonly #emitter = new Emitter();
  readonly #backoff: Backoff;
  #state: State = 'starting';
  #connection: Connection | undefined;
  #clientId: string;
  #first = true;
  /** Of the next attempt, or of the answer to CONNECT. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #starting: PromiseWithResolvers<void> | undefined;
  #drained: (() => void) | undefined;

  /** Use `connect`, which also opens the first connection. */
  constructor(open: OpenChannel, options: ClientOptions = {}) {
    this.#open = open;
    this.#options = options;
    this.#clientId = options.clientId ?? '';
    this.#backoff = new Backoff(options.reconnect === false ? { attempts: 0 } : options.reconnect);
    this.#queue = {
      queuedMessages: options.queue ?? DEFAULTS.queue,
      queuedBytes: options.queueBytes ?? DEFAULTS.queueBytes,
    };
    const limits = { ...this.#queue, inflightMessages: 0, inflightBytes: 0 };
    this.#session = new Session(limits, (publication) => this.#settled(publication));
    this.#subscriber = new Subscriber(this.#session);
    this.#requests = new Requests(this);
    for (const [key, message] of options.outbox?.load() ?? []) this.#restore(key, message);
  }

  /** Connects for the first time; if that does not succeed it rejects, and the client has ended. */
  start(): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#starting = Promise.withResolvers();
    this.#connect();
    return this.#starting.promise;
  }

  /** Whether there is a connection now. */
  get connected(): boolean {
    return this.#connection?.open === true;
  }

  /** Empty until a server has made one up. */
  get clientId(): string {
    return this.#clientId;
  }

  /** What the server has agreed to; undefined while there is no connection. */
  get connack(): Connack | undefined {
    return this.#connection?.connack;
  }

  /** Messages that were published and are not done. */
  get unfinished(): number {
    return this.#session.unfinished;
  }

  /** Calls a handler at each event; the result takes it away again. */
  on<E extends ClientEvent>(name: E, handler: (event: ClientEvents[E]) => void): () => void {
    return this.#emitter.on(name, handler);
  }

  /**
   * Publishes a message. Resolves when its flow is complete: at QoS 0 when it is on its way, else when the server has
   * acknowledged it, however many connections that takes. Rejects if the server refuses it (`REFUSED`), if too much
   * waits already (`QUEUE_FULL`), or if the client ends first (`CLOSED`).
   */
  publish(
    topic: string,
    payload: string | Uint8Array = '',
    options: PublishOptions = {},
  ): Promise<Published> {
    const { qos = 0, retain = false, properties = NO_PROPERTIES } = options;
    const problem = this.#ended() ?? checkPublish(topic, { qos, retain }, this.connack);
    if (problem !== undefined) return Promise.reject(problem);
    const bytes = typeof payload === 'string' ? utf8Bytes(payload) : payload;
    const connection = this.#connection;
    if (qos === 0 && connection?.open === true && this.#session.outbound.open) {
      const sent = connection.publishNow(retain ? 1 : 0, topic, bytes, 0, properties);
      return sent ? SENT : Promise.reject(tooLarge(bytes));
    }
    const kept = bytes === payload ? copyOf(bytes) : bytes; // it may be sent again, whatever becomes of the original
    return this.#offer({ topic, payload: kept, qos, retain, properties }, options.signal);
  }

  /**
   * Subscribes. Resolves when the server has granted it, with a stream of messages to take with `for await`; or give
   * a handler, which gets them instead. Several filters make one subscription, whose `granted` says what each got; if
   * all are refused it rejects.
   */
  async subscribe(
    filters: string | readonly string[],
    options?: SubscribeOptions | MessageHandler,
    handler?: MessageHandler,
  ): Promise<Subscription> {
    const problem = this.#ended();
    if (problem !== undefined) throw problem;
    const list = typeof filters === 'string' ? [filters] : filters;
    if (typeof options === 'function') return this.#subscriber.subscribe(list, {}, options);
    return this.#subscriber.subscribe(list, options ?? {}, handler);
  }

  /**
   * Sends a request and resolves with the first response, by Response Topic and Correlation Data of MQTT 5.0. Rejects
   * with `TIMED_OUT` if none comes.
   */
  request(topic: string, payload: string | Uint8Array = '', options: RequestOptions = {}): Promise<Message> {
    const { version = 5 } = this.#options;
    if (version !== 5) return Promise.reject(new MqttError('INVALID', 'Requests need MQTT 5.0'));
    return this.#requests.send(topic, payload, options);
  }

  /**
   * Says goodbye and ends the client. What is under way may complete first, for up to `drain` milliseconds (5,000);
   * what is not done then is rejected, and stays in the outbox if there is one.
   */
  async close({ drain = DEFAULTS.drain }: { readonly drain?: number } = {}): Promise<void> {
    if (this.connected && this.unfinished > 0 && drain > 0) await this.#drain(drain);
    this.#end(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #ended(): MqttError | undefined {
    return this.#state === 'closed' ? new MqttError('CLOSED', 'The client was closed') : undefined;
  }

  /** A message goes on from where the program before this one left it. */
  #restore(key: number, message: OutboxMessage): void {
    const publication = new Publication(message, () => {});
    publication.stored = key;
    this.#session.outbound.offer(publication);
  }

  #offer(message: OutboxMessage, signal: AbortSignal | undefined): Promise<Published> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const publication = new Publication(message, (error) => {
        if (error !== undefined) reject(error);
        else resolve({ reasonCode: publication.reasonCode, packetId: publication.packetId });
      });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      // kept before it is sent: what is acknowledged must have been there
      if (message.qos > 0) publication.stored = this.#options.outbox?.put(message);
      if (this.#session.outbound.offer(publication) !== 'dropped') return;
      const most = `${this.#queue.queuedMessages} messages or ${this.#queue.queuedBytes} bytes`;
      reject(new MqttError('QUEUE_FULL', `More than ${most} wait to be sent`));
    });
  }

  /** The flow has let go of a message: done, refused or dropped. At the end of the client those unfinished stay. */
  #settled(publication: Publication): void {
    if (publication.stored !== undefined && this.#state !== 'closed') {
      this.#options.outbox?.delete(publication.stored);
      publication.stored = undefined;
    }
    if (this.unfinished === 0) this.#drained?.();
  }

  #drain(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #connect(): void {
    const {
      maximumPacketSize = DEFAULTS.maximumPacketSize,
      connectTimeout,
      inflight = 0,
      trace,
    } = this.#options;
    const options = {
      connect: connectPacket(this.#options, this.#clientId, this.#first),
      maximumPacketSize,
      queue: this.#queue,
      inflightMessages: inflight,
      trace,
    };
    const timeout = connectTimeout ?? DEFAULTS.connectTimeout;
    this.#timer = setTimeout(() => {
      this.#connection?.abort(new MqttError('TIMED_OUT', `The server has not answered within ${timeout} ms`));
    }, timeout);
    this.#connection = new Connection(this.#open, options, this.#session, this.#owner);
  }

  readonly #owner: ConnectionOwner = {
    connected: (connack) => this.#onConnected(connack),
    received: (message) => {
      if (!this.#subscriber.deliver(message)) this.#emitter.emit('message', message);
    },
    challenged: async (data) => this.#options.authentication?.challenge(data),
    disconnected: (error) => this.#onDisconnected(error),
  };

  #onConnected(connack: Connack): void {
    clearTimeout(this.#timer);
    this.#backoff.reset();
    this.#first = false;
    this.#clientId = connack.properties.assignedClientIdentifier ?? this.#clientId;
    this.#state = 'running';
    this.#subscriber.attach(this.#connection!, connack);
    this.#emitter.emit('connected', connack);
    this.#starting?.resolve();
  }

  #onDisconnected(error: MqttError | undefined): void {
    clearTimeout(this.#timer);
    this.#subscriber.detach();
    this.#connection = undefined;
    if (this.#state === 'closed') return;
    if (this.#state === 'running') this.#emitter.emit('disconnected', error);
    const final = this.#state === 'starting' || ELSEWHERE.has(error?.reasonCode ?? 0);
    const delay = final ? undefined : this.#backoff.next();
    if (delay === undefined) {
      this.#end(error);
      return;
    }
    this.#emitter.emit('reconnecting', { attempt: this.#backoff.attempts, delay, error });
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  readonly #onAbort = (): void => {
    const cause: unknown = this.#options.signal?.reason;
    this.#end(new MqttError('ABORTED', 'The client was aborted', { cause }));
  };

  /** The end, once: everybody who waits is told. */
  #end(error: MqttError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#connection?.disconnect();
    const why = error ?? new MqttError('CLOSED', 'The client was closed');
    this.#starting?.reject(why);
    this.#requests.close();
    this.#subscriber.end(why);
    this.#session.end(why);
    this.#options.outbox?.close();
    this.#emitter.emit('closed', error);
  }
}
