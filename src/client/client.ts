/** A client of an MQTT server that keeps its connection, its subscriptions and its messages. */
import type { Connack, Connect } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { abortable, aborted, ignorable, onAbort, rejected, throwIfAborted } from './abort.ts';
import { Backoff } from './backoff.ts';
import type { OpenChannel } from './channel.ts';
import { checkGoodbye, checkVersion, waitOf } from './checks.ts';
import { propertiesFor } from './check-properties.ts';
import { connectPacket, endsSession, largestPacketOf } from './connect-packet.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';
import { MqttError } from './error.ts';
import { Emitter, surface } from './events.ts';
import type { ClientEvent, ClientEvents } from './events.ts';
import { LIMITS } from './limits.ts';
import type { Message, Published } from './message.ts';
import type { ClientOptions, CloseOptions, PublishOptions, RequestOptions, WaitOptions } from './options.ts';
import { Publisher } from './publisher.ts';
import { Reading } from './reading.ts';
import { Requests } from './requests.ts';
import { Session } from './session.ts';
import { Subscriber } from './subscriber.ts';
import type { MessageHandler, SubscribeOptions, Subscription } from './subscription.ts';

/** Until the server must have answered CONNECT, milliseconds. */
const CONNECT_TIMEOUT = 30_000;
/** What is under way when the client is closed may take so long, milliseconds. */
const DRAIN = 5000;
/** A connection that lasts so long counts as one: attempts are counted anew. Milliseconds. */
const LASTING = 5000;

/** Codes with which a server says that it is not the one: coming back to it would not help. */
const ELSEWHERE: ReadonlySet<number> = new Set<number>([Reason.useAnotherServer, Reason.serverMoved]);

/**
 * `starting`: the first connection is not there yet; if it fails, there is no second. `closing`: what is under way may
 * complete, and nothing new begins.
 */
type State = 'starting' | 'running' | 'closing' | 'closed';

/**
 * Keeps one connection at a time. Made by `connect`; it lives until `close`, until its signal aborts, or until its
 * attempts to reconnect are used up. A promise of its methods that is ignored ends no program when it rejects.
 */
export class Client implements AsyncDisposable {
  readonly #open: OpenChannel;
  readonly #options: ClientOptions;
  readonly #connect: Connect;
  readonly #queue: { readonly queuedMessages: number; readonly queuedBytes: number };
  readonly #session: Session;
  readonly #reading: Reading;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #requests: Requests;
  readonly #emitter = new Emitter();
  readonly #backoff: Backoff;
  readonly #forgetSignal: () => void;
  #state: State = 'starting';
  #connection: Connection | undefined;
  #clientId: string;
  /** There was no connection yet. */
  #first = true;
  /** Of the next attempt, of the answer to CONNECT, of a connection that lasts. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #starting: PromiseWithResolvers<void> = Promise.withResolvers();
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** Use `connect`, which also opens the first connection. Throws an `MqttError` if the options are wrong. */
  constructor(open: OpenChannel, options: ClientOptions = {}) {
    const { outbox, signal } = options;
    this.#open = open;
    this.#options = options;
    this.#connect = connectPacket(options);
    this.#clientId = this.#connect.clientId;
    this.#backoff = new Backoff(options.reconnect === false ? { attempts: 0 } : options.reconnect);
    this.#queue = {
      queuedMessages: options.queue ?? LIMITS.queuedMessages,
      queuedBytes: options.queueBytes ?? LIMITS.queuedBytes,
    };
    void ignorable(this.#starting.promise);
    // what was kept is there whatever the queue may hold: the first connection sets its bounds
    const unlimited = { queuedMessages: 0, queuedBytes: 0, inflightMessages: 0, inflightBytes: 0 };
    this.#session = new Session(unlimited, (publication) => {
      // what is not done at the end stays in the outbox
      if (this.#state !== 'closed') this.#publisher.settled(publication);
      this.#reading.answered();
      if (this.unfinished === 0) this.#drained?.();
    });
    this.#reading = new Reading(this.#session);
    const { version } = this.#connect;
    this.#publisher = new Publisher(this.#session, {
      version,
      ...this.#queue,
      outbox,
      offered: () => this.#reading.asked(),
      outboxFailed: (error) => this.#onOutboxFailed(error),
    });
    this.#subscriber = new Subscriber(this.#session, this.#reading, version);
    this.#requests = new Requests(this, options.responseTopic);
    this.#publisher.restore();
    this.#session.outbound.limit({ ...unlimited, ...this.#queue });
    this.#forgetSignal = onAbort(signal, () => this.#end(aborted('The client', signal!)));
  }

  /**
   * Connects for the first time; if that does not succeed it rejects, and the client has ended. With the option
   * `startOffline` it resolves at once, and the first connection is tried for like all later ones.
   */
  async start(): Promise<void> {
    const { signal } = this.#options;
    if (signal?.aborted === true) this.#end(aborted('The client', signal));
    throwIfAborted('The client', signal);
    if (this.#options.startOffline === true) this.#state = 'running';
    this.#dial();
    if (this.#state === 'starting') await this.#starting.promise;
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

  /** Calls a handler at each event; the result takes it away again, and so does the signal. */
  on<E extends ClientEvent>(
    name: E,
    handler: (event: ClientEvents[E]) => void,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): () => void {
    return this.#emitter.on(name, handler, signal);
  }

  /**
   * Publishes a message. Resolves when its flow is complete: at QoS 0 when it is on its way, else when the server has
   * acknowledged it, however many connections that takes. Rejects if the server refuses it (`REFUSED`), if too much
   * waits already (`QUEUE_FULL`), or if the client ends first (`CLOSED`).
   */
  publish(topic: string, payload: string | Uint8Array = '', options?: PublishOptions): Promise<Published> {
    if (this.#state === 'closing' || this.#state === 'closed') return rejected(closedError());
    return this.#publisher.publish(topic, payload, options);
  }

  /**
   * Subscribes. Resolves when the server has granted it, with a stream of messages to take with `for await`; or give
   * a handler, which gets them instead. Several filters make one subscription, whose `granted` says what each got; if
   * all are refused it rejects.
   */
  subscribe(
    filters: string | readonly string[],
    options?: SubscribeOptions | MessageHandler,
    handler?: MessageHandler,
  ): Promise<Subscription> {
    if (this.#state === 'closing' || this.#state === 'closed') return rejected(closedError());
    const list = typeof filters === 'string' ? [filters] : filters;
    return ignorable(
      typeof options === 'function'
        ? this.#subscriber.subscribe(list, {}, options)
        : this.#subscriber.subscribe(list, options ?? {}, handler),
    );
  }

  /**
   * Sends a request and resolves with the first response, by Response Topic and Correlation Data of MQTT 5.0. Rejects
   * with `TIMED_OUT` if none comes.
   */
  request(topic: string, payload: string | Uint8Array = '', options: RequestOptions = {}): Promise<Message> {
    const response = this.#requests.send(topic, payload, options, this.#connect.version);
    return ignorable(this.#reading.during(response));
  }

  /** Authenticates again, by the method that the connection began with. MQTT 5.0 §4.12.1 */
  reauthenticate(data?: Uint8Array, { signal }: WaitOptions = {}): Promise<void> {
    return ignorable(abortable('The authentication', this.#reauthenticate(data, signal), signal));
  }

  /**
   * Says goodbye and ends the client; resolves when the connection is closed. What is under way may complete first, for
   * up to `drain` milliseconds (5,000); what is not done then is rejected, and stays in the outbox if there is one.
   */
  close(options: CloseOptions = {}): Promise<void> {
    return ignorable(this.#closeOnce(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #reauthenticate(data: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted('The authentication', signal);
    if (!this.connected) throw new MqttError('CONNECTION_LOST', 'There is no connection to authenticate');
    await this.#reading.during(this.#connection!.reauthenticate(data));
  }

  async #closeOnce({ drain = DRAIN, reasonCode, properties, signal }: CloseOptions): Promise<void> {
    const last = propertiesFor('disconnect', properties);
    const { version } = this.#connect;
    if (last !== NO_PROPERTIES) checkVersion('Properties', version);
    if (reasonCode !== undefined) checkGoodbye(reasonCode, version);
    const patience = waitOf('drain', drain);
    const forget = onAbort(signal, () => this.#drained?.());
    const isEnough = signal?.aborted === true || patience === 0;
    this.#closing ??= this.#close(isEnough ? 0 : patience, reasonCode, last);
    if (isEnough) this.#drained?.(); // somebody else may have had more patience
    await this.#closing;
    forget();
  }

  async #close(drain: number, reasonCode: number | undefined, properties: Properties): Promise<void> {
    if (this.#state === 'running') this.#state = 'closing';
    if (this.connected && this.unfinished > 0 && drain > 0) await this.#drain(drain);
    const connection = this.#connection;
    this.#end(undefined, reasonCode, properties);
    await connection?.gone;
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

  #dial(): void {
    const connectTimeout = waitOf('connectTimeout', this.#options.connectTimeout ?? CONNECT_TIMEOUT);
    const { version, cleanStart } = this.#connect;
    const options = {
      connect: {
        ...this.#connect,
        clientId: this.#clientId,
        // before MQTT 5.0 it also says that the session ends with the connection
        cleanStart: version === 5 ? cleanStart && this.#first : cleanStart,
      },
      maximumPacketSize: largestPacketOf(this.#options),
      queue: this.#queue,
      inflightMessages: this.#options.inflight ?? 0,
      trace: this.#options.trace,
    };
    this.#timer = setTimeout(() => {
      const problem = `The server has not answered within ${connectTimeout} ms`;
      this.#connection?.abort(new MqttError('TIMED_OUT', problem));
    }, connectTimeout);
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
    this.#timer = setTimeout(() => this.#backoff.reset(), LASTING);
    this.#first = false;
    this.#clientId = connack.properties.assignedClientIdentifier ?? this.#clientId;
    if (this.#state === 'starting') this.#state = 'running';
    this.#publisher.connection = this.#connection;
    this.#subscriber.attach(this.#connection!, connack);
    this.#emitter.emit('connected', connack);
    this.#starting.resolve();
  }

  #onDisconnected(error: MqttError | undefined): void {
    clearTimeout(this.#timer);
    const wasOpen = this.#publisher.connection !== undefined;
    this.#publisher.connection = undefined;
    this.#subscriber.detach();
    this.#connection = undefined;
    if (wasOpen) this.#emitter.emit('disconnected', error);
    if (this.#state === 'closed') return;
    const final = this.#state === 'starting' || ELSEWHERE.has(error?.reasonCode ?? 0);
    const delay = final ? undefined : this.#backoff.next();
    if (delay === undefined) {
      this.#end(error);
      return;
    }
    this.#timer = setTimeout(() => this.#dial(), delay);
    this.#emitter.emit('reconnecting', { attempt: this.#backoff.attempts, delay, error });
  }

  #onOutboxFailed(error: unknown): void {
    if (this.#emitter.has('outboxFailed')) this.#emitter.emit('outboxFailed', error);
    else surface(error);
  }

  /** The end, once: everybody who waits is told. */
  #end(error: MqttError | undefined, reasonCode?: number, properties?: Properties): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#forgetSignal();
    this.#connection?.disconnect(reasonCode, {
      ...(endsSession(this.#options) && { sessionExpiryInterval: 0 }),
      ...properties,
    });
    const why = error ?? closedError();
    this.#starting.reject(why);
    this.#requests.close(why);
    this.#subscriber.end(why, error);
    this.#session.end(why);
    this.#drained?.();
    this.#publisher.close();
    this.#emitter.emit('closed', error);
  }
}

function closedError(): MqttError {
  return new MqttError('CLOSED', 'The client was closed');
}
