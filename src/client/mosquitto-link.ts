/** The link of a Mosquitto-PHP client to its server: one connection at a time, and the session that outlasts it. */
import type { Connect, Packet, Suback, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import type { OpenChannel } from './channel.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';
import { MqttError } from './error.ts';
import { connackText } from './libmosquitto-texts.ts';
import { LIMITS } from './limits.ts';
import { Publication } from './message.ts';
import type { Message as Received } from './message.ts';
import { errnoOf, Errno, exceptionOf, unreachable } from './mosquitto-errors.ts';
import { Message } from './mosquitto-message.ts';
import { Turns } from './mosquitto-turns.ts';
import { traceLines } from './packet-lines.ts';
import { Session } from './session.ts';

/** What a client calls; what a handler returns does not matter. */
export interface Handlers {
  onConnect(rc: number, message: string): void;
  /** 0 if it was asked for. */
  onDisconnect(rc: number): void;
  onSubscribe(mid: number, qosCount: number, grantedQos: number): void;
  onUnsubscribe(mid: number): void;
  onPublish(mid: number): void;
  onMessage(message: Message): void;
  onLog(level: number, text: string): void;
}

/** How to reach the server, and what to say to it. */
export interface Dial {
  readonly open: OpenChannel;
  readonly connect: Connect;
  readonly isSecure: boolean;
  /** 0 is no limit. */
  readonly inflightMessages: number;
}

/** How long `dial` waits for an answer to CONNECT; what comes later comes in a loop. Milliseconds. */
const ANSWER_MS = 1000;
const LOG_ERR = 8;
const LOG_DEBUG = 16;

export class Link {
  readonly handlers: Partial<Handlers> = {};
  readonly turns: Turns;
  readonly #session: Session;
  /** The server has accepted. */
  readonly #accepted: () => void;
  #connection: Connection | undefined;
  #isLossUntold = false;
  /** Message ids that are not free again. */
  #taken = 0;
  /** Of the message of QoS 0 that is being sent: the log has it, although the packet has not. */
  #sendingMid = 0;
  #drained: (() => void) | undefined;

  constructor(accepted: () => void) {
    this.#accepted = accepted;
    this.#session = new Session({
      inflightMessages: 0,
      inflightBytes: 0,
      queuedMessages: LIMITS.inflightMessages,
      queuedBytes: 0,
    });
    this.turns = new Turns({
      pause: () => this.#connection?.pause(),
      resume: () => this.#connection?.resume(),
    });
  }

  get isThere(): boolean {
    return this.#connection !== undefined;
  }

  /** Messages of QoS 1 and 2 that are not done. */
  get unfinished(): number {
    return this.#session.unfinished;
  }

  /** Throws if there is no connection; one whose end was not told yet was lost. */
  check(): void {
    if (this.#connection === undefined)
      throw exceptionOf(this.#isLossUntold ? Errno.lost : Errno.notConnected);
  }

  /**
   * Resolves when CONNECT was sent and the answer is here, or late: it is told in a turn. So what is published then
   * goes out at once, even if no turn follows. Rejects with an `Exception` if the server cannot be reached.
   */
  async dial({ open, connect, isSecure, inflightMessages }: Dial): Promise<void> {
    const { promise: reached, resolve, reject } = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const owner: ConnectionOwner = {
      opened: () => {
        silence = this.#expectAnswer(connect.keepAliveSeconds);
        resolve();
      },
      connected: () => {
        clearTimeout(silence);
        answered.resolve();
        this.turns.happen(() => this.#onConnected(connection));
      },
      received: (message) => this.turns.happen(() => this.#onMessage(message)),
      disconnected: (error) => {
        clearTimeout(silence);
        answered.resolve();
        reject(error === undefined ? exceptionOf(Errno.notConnected) : unreachable(error, isSecure));
        if (silence !== undefined) this.#onDisconnected(connection, error);
        else if (this.#connection === connection) this.#connection = undefined;
      },
    };
    const options = {
      connect,
      maximumPacketSize: LIMITS.largestPacketBytes,
      queue: { queuedMessages: LIMITS.inflightMessages, queuedBytes: 0 },
      inflightMessages,
      acknowledgesFirst: true,
      trace: (direction: 'sending' | 'received', packet: Packet) =>
        this.#trace(connect.clientId, direction, packet),
    };
    const connection = new Connection(open, options, this.#session, owner);
    this.#connection = connection;
    try {
      await reached;
    } catch (error) {
      this.#logError(error);
      throw error;
    }
    await within(answered.promise, ANSWER_MS);
  }

  /** Ends the connection without a word to anybody; another one follows. */
  drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#isLossUntold = false;
    this.turns.clear();
    connection?.abort(new MqttError('CLOSED', 'Another connection takes its place'));
  }

  /** Says goodbye, closes, and tells. */
  leave(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    if (!connection.open)
      connection.send({ type: 'disconnect', reasonCode: Reason.success, properties: NO_PROPERTIES });
    connection.disconnect();
    this.turns.clear();
    this.turns.call(() => this.handlers.onDisconnect?.(0));
    this.turns.finish();
  }

  /** Calls once, when no message is under way any more. */
  whenDrained(call: () => void): void {
    this.#drained = call;
    if (this.unfinished === 0) call();
  }

  /** Publishes a message that was checked; gives its id. */
  publish(message: Pick<Publication, 'topic' | 'payload' | 'qos' | 'retain'>): number {
    const mid = this.#takeMid();
    if (message.qos === 0) {
      this.#freeMid(mid);
      this.#sendingMid = mid;
      this.#connection?.publishNow(message.retain, message.topic, message.payload, NO_PROPERTIES);
      const tell = (): void => this.turns.call(() => this.handlers.onPublish?.(mid));
      if (this.turns.isInHandler) this.turns.later(tell);
      else tell();
      return mid;
    }
    const publication = new Publication({ ...message, properties: NO_PROPERTIES }, (error) => {
      this.#freeMid(mid);
      if (error === undefined) this.turns.happen(() => this.#onPublished(mid));
    });
    publication.packetId = mid;
    this.#session.outbound.offer(publication);
    return mid;
  }

  /** Sends a request for one filter; gives its id. `tell` gets the codes of the answer. */
  ask(
    requestOf: (packetId: number) => Packet,
    tell: (mid: number, codes: readonly number[]) => void,
  ): number {
    this.#checkMids();
    this.#taken++;
    const mid = this.#session.expect({
      count: 1,
      answered: ({ reasonCodes }: Suback | Unsuback) => {
        this.#taken--;
        this.turns.happen(() => this.turns.call(() => tell(mid, reasonCodes)));
      },
      failed: () => void this.#taken--,
    });
    this.#connection?.send(requestOf(mid));
    return mid;
  }

  #onConnected(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#accepted();
    this.turns.call(() => this.handlers.onConnect?.(0, connackText(0)));
  }

  #onMessage({ packetId, topic, payload, qos, retain }: Received): void {
    const message = new Message();
    Object.assign(message, { mid: packetId, topic, payload, qos, retain });
    this.turns.call(() => this.handlers.onMessage?.(message));
  }

  #onPublished(mid: number): void {
    this.turns.call(() => this.handlers.onPublish?.(mid));
    if (this.unfinished === 0) this.#drained?.();
  }

  /** The end of a connection that was there; one that was left is told of already. */
  #onDisconnected(connection: Connection, error: MqttError | undefined): void {
    if (this.#connection !== connection || error === undefined) return;
    this.#connection = undefined;
    const errno = errnoOf(error);
    this.#isLossUntold = true;
    this.turns.happen(() => {
      this.#isLossUntold = false;
      const { onConnect, onDisconnect } = this.handlers;
      const code = error.reasonCode ?? 0;
      if (error.code === 'REFUSED') this.turns.call(() => onConnect?.(code, connackText(code)));
      this.turns.call(() => onDisconnect?.(errno));
      this.turns.fail(exceptionOf(errno, error));
    });
  }

  #trace(clientId: string, direction: 'sending' | 'received', packet: Packet): void {
    if (direction === 'received') this.turns.finishIfSingle();
    if (this.handlers.onLog === undefined) return;
    const isUnnumbered = direction === 'sending' && packet.type === 'publish' && packet.qos === 0;
    const numbered = isUnnumbered ? { ...packet, packetId: this.#sendingMid } : packet;
    for (const line of traceLines(clientId, direction, numbered)) {
      const tell = (): void => this.turns.call(() => this.handlers.onLog?.(LOG_DEBUG, line));
      if (direction === 'sending') tell();
      else this.turns.happen(tell);
    }
  }

  /** Why there is no connection, in more words than the exception has. */
  #logError(error: unknown): void {
    const { cause } = error as Error;
    if (cause instanceof Error)
      this.turns.call(() => this.handlers.onLog?.(LOG_ERR, `Error: ${cause.message}`));
  }

  /** A server that does not answer CONNECT is as good as gone. */
  #expectAnswer(keepAliveSeconds: number): ReturnType<typeof setTimeout> {
    const seconds = keepAliveSeconds === 0 ? 60 : keepAliveSeconds;
    return setTimeout(() => {
      const reasonCode = Reason.keepAliveTimeout;
      this.#connection?.abort(
        new MqttError('CONNECTION_LOST', 'The server does not answer CONNECT', { reasonCode }),
      );
    }, seconds * 1000);
  }

  #checkMids(): void {
    if (this.#taken >= LIMITS.inflightMessages) throw exceptionOf(Errno.memory);
  }

  #takeMid(): number {
    this.#checkMids();
    this.#taken++;
    return this.#session.outbound.reservePacketId();
  }

  #freeMid(mid: number): void {
    this.#taken--;
    this.#session.outbound.freePacketId(mid);
  }
}

async function within(promise: Promise<void>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
