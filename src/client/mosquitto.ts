/**
 * `zanzara/mosquitto`: a client in the shape of Mosquitto-PHP. Methods, order of arguments, texts and the order of
 * callbacks are the extension's; only `connect`, `loop` and `loopForever` give promises, since JavaScript cannot wait.
 */
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Will } from '../protocol/packet.ts';
import { isText } from '../protocol/text.ts';
import {
  Arguments,
  checkedQoS,
  checkedTimeout,
  checkFilter,
  checkText,
  checkTopic,
  LOOP_MS,
} from './mosquitto-arguments.ts';
import { Errno, Exception, exceptionOf, isPassing } from './mosquitto-errors.ts';
import { Link } from './mosquitto-link.ts';
import type { Dial, Handlers } from './mosquitto-link.ts';
import { Redial } from './mosquitto-redial.ts';
import { NumberedSocket } from './mosquitto-socket.ts';
import type { Place } from './mosquitto-socket.ts';
import { TlsSettings } from './mosquitto-tls.ts';

/** How long `loopForever` waits for messages under way when a handler has said `disconnect`, milliseconds. */
const DRAIN_MS = 5000;
const LARGEST_PAYLOAD = 268_435_455;
/** Of a will before MQTT 5.0, bytes: the length is written in two. */
const LARGEST_WILL = 65_535;
const MAX_IN_FLIGHT = 20;
/** What `onSubscribe` is granted where the server refuses. */
const REFUSED = 0x80;
/** `Mosquitto\Client`. `using` it disconnects at the end of its block, as PHP's destructor does. */
export class Client implements Disposable {
  static readonly LOG_INFO = 1;
  static readonly LOG_NOTICE = 2;
  static readonly LOG_WARNING = 4;
  static readonly LOG_ERR = 8;
  static readonly LOG_DEBUG = 16;
  static readonly SSL_VERIFY_NONE = 0;
  static readonly SSL_VERIFY_PEER = 1;

  readonly #clientId: string;
  readonly #cleanSession: boolean;
  readonly #tls = new TlsSettings();
  readonly #socket = new NumberedSocket();
  readonly #redial = new Redial();
  readonly #link = new Link(() => this.#redial.reset());
  #username: string | undefined;
  #password: Uint8Array | undefined;
  #will: Will | undefined;
  #maxInFlight = MAX_IN_FLIGHT;
  /** Where `connect` was told to go; `loopForever` goes there again. */
  #place: Place | undefined;
  #keepAliveSeconds = 0;
  /** `loopForever` is to go on. */
  #isLooping = false;
  /** A handler has said `disconnect`. */
  #isLeaving = false;

  /** Without an id the server makes one up; a session that is to last needs one. */
  constructor(id: string | null = null, cleanSession = true) {
    const given = new Arguments('Client::__construct', 0, 2, [id, cleanSession]);
    this.#cleanSession = given.flag(1);
    const clientId = given.optionalText(0);
    if (clientId === null ? !this.#cleanSession : clientId === '' || !isText(clientId))
      throw new Exception('Invalid argument', 1, Errno.invalid);
    this.#clientId = clientId ?? '';
  }

  /** For the next `connect`. */
  setCredentials(username: string, password: string | Uint8Array): void {
    const given = new Arguments('Client::setCredentials', 2, 2, [username, password]);
    const [name, secret] = [given.text(0), given.bytes(1)];
    checkText(name);
    if (secret.length > LARGEST_WILL) throw exceptionOf(Errno.invalid);
    this.#username = name;
    this.#password = secret;
  }

  /** A file of authorities or a directory of them, and a client's certificate and key, as PEM. 0. */
  setTlsCertificates(
    caPath: string,
    certFile: string | null = null,
    keyFile: string | null = null,
    password: string | null = null,
  ): number {
    const given = new Arguments('Client::setTlsCertificates', 1, 4, [caPath, certFile, keyFile, password]);
    const [authorities, ...files] = [0, 1, 2, 3].map((at) => given.optionalText(at));
    if (authorities === null || authorities === undefined) throw exceptionOf(Errno.invalid);
    this.#tls.setCertificates(authorities, files[0] ?? null, files[1] ?? null, files[2] ?? null);
    return 0;
  }

  /** true: the name in the server's certificate does not matter. */
  setTlsInsecure(value: boolean): void {
    this.#tls.insecure = new Arguments('Client::setTlsInsecure', 1, 1, [value]).flag(0);
  }

  /** `tlsVersion` is the least: "tlsv1.2". 0. */
  setTlsOptions(certReqs: number, tlsVersion: string | null = null, ciphers: string | null = null): number {
    const given = new Arguments('Client::setTlsOptions', 1, 3, [certReqs, tlsVersion, ciphers]);
    this.#tls.setOptions(given.whole(0) !== 0, given.optionalText(1), given.optionalText(2));
    return 0;
  }

  /** `psk` is hexadecimal. Up to TLS 1.2. 0. */
  setTlsPSK(psk: string, identity: string, ciphers: string | null = null): number {
    const given = new Arguments('Client::setTlsPSK', 2, 3, [psk, identity, ciphers]);
    this.#tls.setPsk(given.text(0), given.text(1), given.optionalText(2));
    return 0;
  }

  /** For the next `connect`. All four are required. */
  setWill(topic: string, payload: string | Uint8Array, qos: number, retain: boolean): void {
    const given = new Arguments('Client::setWill', 4, 4, [topic, payload, qos, retain]);
    const name = given.text(0);
    checkTopic(name);
    const bytes = given.bytes(1);
    if (bytes.length > LARGEST_WILL) throw exceptionOf(Errno.tooLarge);
    const level = checkedQoS(given.whole(2));
    this.#will = {
      topic: name,
      payload: bytes,
      qos: level,
      retain: given.flag(3),
      properties: NO_PROPERTIES,
    };
  }

  clearWill(): void {
    this.#will = undefined;
  }

  /** Seconds between attempts of `loopForever`: the same each time, or growing up to a maximum. */
  setReconnectDelay(reconnectDelay: number, maxReconnectDelay = 0, exponentialBackoff = false): void {
    const given = new Arguments('Client::setReconnectDelay', 1, 3, [
      reconnectDelay,
      maxReconnectDelay,
      exponentialBackoff,
    ]);
    this.#redial.set(given.whole(0), given.whole(1), given.flag(2));
  }

  /** Of QoS 1 and 2, from the next `connect` on; 0 is no limit. */
  setMaxInFlightMessages(max: number): void {
    const most = new Arguments('Client::setMaxInFlightMessages', 1, 1, [max]).whole(0);
    if (most < 0 || most > 65_535) throw exceptionOf(Errno.invalid);
    this.#maxInFlight = most;
  }

  /** Checked, and without effect, as in libmosquitto since 1.5: MQTT sends again when a connection begins. */
  setMessageRetry(seconds: number): void {
    new Arguments('Client::setMessageRetry', 1, 1, [seconds]).whole(0);
  }

  /**
   * Connects, and sends CONNECT. Resolves with 0; whether the server accepts is told in a loop, by `onConnect`.
   * Rejects if the server cannot be reached. `interface` is a local address.
   */
  async connect(
    host: string,
    port = 1883,
    keepalive = 60,
    interface_: string | null = null,
  ): Promise<number> {
    const given = new Arguments('Client::connect', 1, 4, [host, port, keepalive, interface_]);
    const [name, number, seconds] = [given.text(0), given.whole(1), given.whole(2)];
    const isKeepAlive = seconds === 0 || (seconds >= 5 && seconds <= 65_535);
    if (number < 0 || number > 65_535 || !isKeepAlive) throw exceptionOf(Errno.invalid);
    if (name === '') throw exceptionOf(Errno.lookup);
    this.#place = { host: name, port: number, localAddress: given.optionalText(3) ?? undefined };
    this.#keepAliveSeconds = seconds;
    this.#link.drop();
    await this.#link.dial(this.#dial(this.#place));
    this.#link.turns.rethrow();
    return 0;
  }

  /**
   * Says goodbye and closes; `onDisconnect(0)` comes before it returns. In a handler it is put off: `loopForever`
   * first waits for messages under way, for up to 5 seconds.
   */
  disconnect(): void {
    const { turns } = this.#link;
    this.#isLooping = false;
    if (this.#redial.stop()) return;
    this.#link.check();
    if (turns.isInHandler) {
      this.#isLeaving = true;
      turns.finish();
    } else this.#leave();
  }

  /** The message's id. At QoS 0 `onPublish` comes before it is returned, except in a handler. */
  publish(topic: string, payload: string | Uint8Array | null, qos = 0, retain = false): number {
    const given = new Arguments('Client::publish', 2, 4, [topic, payload, qos, retain]);
    const [name, bytes, level] = [given.text(0), given.bytes(1), given.whole(2)];
    const message = { topic: name, payload: bytes, qos: checkedQoS(level), retain: given.flag(3) };
    checkTopic(name);
    if (bytes.length > LARGEST_PAYLOAD) throw exceptionOf(Errno.tooLarge);
    this.#link.check();
    return this.#told(this.#link.publish(message));
  }

  /** The request's id, which `onSubscribe` gets. */
  subscribe(topic: string, qos: number): number {
    const given = new Arguments('Client::subscribe', 2, 2, [topic, qos]);
    const filter = given.text(0);
    const level = checkedQoS(given.whole(1));
    this.#link.check();
    checkFilter(filter);
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = [{ filter, qos: level, ...options }];
    const mid = this.#link.ask(
      (packetId) => ({ type: 'subscribe', packetId, subscriptions, properties: NO_PROPERTIES }),
      (id, codes) => this.#link.handlers.onSubscribe?.(id, codes.length, codes[0] ?? REFUSED),
    );
    return this.#told(mid);
  }

  /** The request's id, which `onUnsubscribe` gets. */
  unsubscribe(topic: string): number {
    const filter = new Arguments('Client::unsubscribe', 1, 1, [topic]).text(0);
    this.#link.check();
    checkFilter(filter);
    const mid = this.#link.ask(
      (packetId) => ({ type: 'unsubscribe', packetId, filters: [filter], properties: NO_PROPERTIES }),
      (id) => this.#link.handlers.onUnsubscribe?.(id),
    );
    return this.#told(mid);
  }

  /** Waits until something has happened, at the most `timeout` milliseconds, and calls the handlers. */
  async loop(timeout: number = LOOP_MS, maxPackets: number = 1): Promise<void> {
    const milliseconds = checkedTimeout('Client::loop', timeout, maxPackets);
    this.#checkTurn();
    await this.#link.turns.take(milliseconds);
    if (this.#isLeaving && this.#link.unfinished === 0) this.#leave();
  }

  /**
   * Loops until `exitLoop` or `disconnect`, or until a handler throws. Connects again when the connection is lost;
   * rejects if the server refuses.
   */
  async loopForever(timeout: number = LOOP_MS, maxPackets: number = 1): Promise<void> {
    checkedTimeout('Client::loopForever', timeout, maxPackets);
    this.#checkTurn();
    this.#isLooping = true;
    try {
      while (this.#isLooping && !this.#isLeaving) await this.#turnOrRedial();
    } finally {
      this.#isLooping = false;
    }
    if (this.#isLeaving) await this.#drain();
  }

  /** Ends `loopForever`; the connection stays. */
  exitLoop(): void {
    this.#isLooping = false;
    this.#redial.stop();
    this.#link.turns.finish();
  }

  /** The file descriptor; -1 without a connection. */
  getSocket(): number {
    return this.#link.isThere ? this.#socket.fd : -1;
  }

  onConnect(handler: Handlers['onConnect']): void {
    this.#handle('onConnect', handler);
  }

  onDisconnect(handler: Handlers['onDisconnect']): void {
    this.#handle('onDisconnect', handler);
  }

  onSubscribe(handler: Handlers['onSubscribe']): void {
    this.#handle('onSubscribe', handler);
  }

  onUnsubscribe(handler: Handlers['onUnsubscribe']): void {
    this.#handle('onUnsubscribe', handler);
  }

  onPublish(handler: Handlers['onPublish']): void {
    this.#handle('onPublish', handler);
  }

  onMessage(handler: Handlers['onMessage']): void {
    this.#handle('onMessage', handler);
  }

  onLog(handler: Handlers['onLog']): void {
    this.#handle('onLog', handler);
  }

  [Symbol.dispose](): void {
    if (this.#link.isThere) this.#leave();
  }

  /** What to say to the server; it may have changed since the last time. */
  #dial(place: Place): Dial {
    const tls = this.#tls.options;
    return {
      open: this.#socket.opener(place, tls),
      isSecure: tls !== undefined,
      inflightMessages: this.#maxInFlight,
      connect: {
        type: 'connect',
        version: 4,
        bridge: false,
        clientId: this.#clientId,
        cleanStart: this.#cleanSession,
        keepAliveSeconds: this.#keepAliveSeconds,
        ...(this.#username !== undefined && { username: this.#username }),
        ...(this.#password !== undefined && { password: this.#password }),
        ...(this.#will !== undefined && { will: this.#will }),
        properties: NO_PROPERTIES,
      },
    };
  }

  /** Throws if there is nothing to loop for, or if a loop runs already. */
  #checkTurn(): void {
    const { turns, isThere } = this.#link;
    if (turns.isUnderWay) throw exceptionOf(Errno.unsupported);
    if (!isThere && !turns.hasNews) throw exceptionOf(Errno.notConnected);
  }

  /** A turn of `loopForever`; if the connection is lost in it, another one follows. */
  async #turnOrRedial(): Promise<void> {
    try {
      await this.#link.turns.take(undefined);
    } catch (error) {
      if (this.#isLeaving || !isPassing(error)) throw error;
      while (this.#isLooping && !this.#link.isThere) await this.#tryAgain();
    }
  }

  async #tryAgain(): Promise<void> {
    await this.#redial.wait();
    if (!this.#isLooping || this.#link.isThere || this.#place === undefined) return;
    try {
      await this.#link.dial(this.#dial(this.#place));
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  /** Messages under way may still be done: then goodbye. */
  async #drain(): Promise<void> {
    const { turns } = this.#link;
    const deadline = setTimeout(() => turns.finish(), DRAIN_MS);
    this.#link.whenDrained(() => turns.finish());
    try {
      if (this.#link.unfinished > 0) await turns.take(undefined);
    } finally {
      clearTimeout(deadline);
      this.#leave();
    }
  }

  #leave(): void {
    this.#isLeaving = false;
    this.#link.leave();
    if (!this.#link.turns.isUnderWay) this.#link.turns.rethrow();
  }

  /** What a handler has thrown meanwhile is the caller's; in a turn it is the turn's. */
  #told(mid: number): number {
    const { turns } = this.#link;
    if (!turns.isUnderWay) turns.rethrow();
    return mid;
  }

  /** Without a handler that can be called there is none, as in the extension. */
  #handle<E extends keyof Handlers>(name: E, handler: Handlers[E]): void {
    delete this.#link.handlers[name];
    const given: unknown = handler;
    if (given === null || given === undefined) throw new Exception('Need a valid callback');
    if (typeof given !== 'function')
      throw new Exception(
        `Mosquitto\\Client::${name}() expects parameter 1 to be a valid callback, no array or string given`,
      );
    this.#link.handlers[name] = handler;
  }
}

export { Exception, Exception as MosquittoException } from './mosquitto-errors.ts';
export type { Handlers } from './mosquitto-link.ts';
export { Message } from './mosquitto-message.ts';
