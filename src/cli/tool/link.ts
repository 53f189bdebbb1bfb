/** The connection of a tool to its broker, and the one after it: a client that does what libmosquitto's loop does. */
import { Connection } from '../../client/connection.ts';
import type { ConnectionOwner } from '../../client/connection.ts';
import type { Channel, ChannelOwner, OpenChannel } from '../../client/channel.ts';
import { MqttError } from '../../client/error.ts';
import { Publication } from '../../client/message.ts';
import type { Message } from '../../client/message.ts';
import type { Trace } from '../../client/output.ts';
import { Session } from '../../client/session.ts';
import type { Connack, Connect, Suback, SubscriptionRequest, Unsuback } from '../../protocol/packet.ts';
import { NO_PROPERTIES } from '../../protocol/properties.ts';
import type { Properties } from '../../protocol/properties.ts';
import { Reason } from '../../protocol/reason.ts';
import type { Cause } from './unreachable.ts';

/** Before another attempt to connect, milliseconds; as libmosquitto. */
const RECONNECT_MS = 1000;
/** The broker may say nothing for so many keep alives before it has answered CONNECT. */
const PATIENCE = 1.5;
/** The largest packet that MQTT can carry, bytes. */
const LARGEST_PACKET = 268_435_460;
/** Everything waits that is offered: whoever publishes waits for the flow. */
const QUEUE = { queuedMessages: 0, queuedBytes: 0 } as const;

export interface LinkOptions {
  readonly open: OpenChannel;
  readonly connect: Connect;
  /** Messages of QoS 1 and 2 in flight. */
  readonly inflight: number;
  /**
   * Come back when the connection is lost, for ever; the first attempt must succeed. Whom the server sends away does
   * not come back, nor whose certificate it has never accepted.
   */
  readonly reconnects: boolean;
  readonly trace?: Trace | undefined;
}

export interface LinkOwner {
  /** CONNACK says yes, the first time or again. */
  connected(connack: Connack): void;
  received(message: Message): void;
}

/** How it ended. */
export type Ending =
  /** `disconnect` was called, and all that was written has gone. */
  | { readonly kind: 'done' }
  /** There was never a connection. */
  | { readonly kind: 'unreachable'; readonly error: MqttError }
  /** CONNACK says no; DISCONNECT came; the connection broke, or the server broke the protocol. */
  | { readonly kind: 'refused' | 'dismissed' | 'lost'; readonly error: MqttError };

/** By the code of the error; what is not here is a connection that was lost. */
const ENDINGS: Readonly<Record<string, 'refused' | 'dismissed'>> = {
  REFUSED: 'refused',
  DISCONNECTED: 'dismissed',
};

/** What is published. */
export type Outgoing = Pick<Publication, 'topic' | 'payload' | 'qos' | 'retain' | 'properties'>;

export class Link {
  /** Resolves once, with how it ended. */
  readonly ended: Promise<Ending>;
  /** What the broker has agreed to; undefined while there is no connection. */
  connack: Connack | undefined;
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #session: Session = new Session({ ...QUEUE, inflightMessages: 0, inflightBytes: 0 });
  readonly #end: (ending: Ending) => void;
  #connection: Connection | undefined;
  #channel: Channel | undefined;
  /** Called when the system has taken what was written, or the connection is gone. */
  #drained: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasReached = false;
  /** CONNACK has said yes once. */
  #wasAccepted = false;
  #wasEnded = false;
  #isPaused = false;

  constructor(options: LinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ended = promise;
    this.#end = resolve;
    this.#connect();
  }

  /**
   * Publishes; `settled` is called once: with nothing when the flow is complete, else with why it is not. Gives the
   * packet identifier, which is one too at QoS 0: libmosquitto counts them all, and `-d` shows it.
   */
  publish(message: Outgoing, settled: (publication: Publication, error?: Error) => void): Publication {
    const { outbound } = this.#session;
    const publication = new Publication(message, (error) => settled(publication, error));
    if (message.qos === 0) {
      publication.packetId = outbound.reservePacketId();
      outbound.freePacketId(publication.packetId);
    }
    outbound.offer(publication);
    return publication;
  }

  /** All of them in one SUBSCRIBE. */
  subscribe(
    subscriptions: readonly SubscriptionRequest[],
    properties: Properties,
    answered: (packetId: number, answer: Suback | Unsuback) => void,
  ): void {
    const packetId = this.#expect(subscriptions.length, answered);
    this.#connection?.send({ type: 'subscribe', packetId, subscriptions, properties });
  }

  unsubscribe(
    filters: readonly string[],
    properties: Properties,
    answered: (packetId: number, answer: Suback | Unsuback) => void,
  ): void {
    const packetId = this.#expect(filters.length, answered);
    this.#connection?.send({ type: 'unsubscribe', packetId, filters, properties });
  }

  /** Bytes that the system has not taken. */
  get unsentBytes(): number {
    return this.#channel?.unsentBytes ?? 0;
  }

  /** Says goodbye once all that was published is on its way, however long that takes. */
  async finish(properties: Properties): Promise<void> {
    while (this.unsentBytes > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      await promise;
    }
    this.disconnect(Reason.success, properties);
  }

  /** Says goodbye if there is a connection, and ends. */
  disconnect(reasonCode: number = Reason.success, properties: Properties = NO_PROPERTIES): void {
    if (this.#wasEnded) return;
    this.#wasEnded = true;
    clearTimeout(this.#timer);
    this.#connection?.disconnect(reasonCode, properties);
    if (this.#channel === undefined) this.#end({ kind: 'done' });
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#connection?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#connection?.resume();
  }

  #expect(count: number, answered: (packetId: number, answer: Suback | Unsuback) => void): number {
    const packetId = this.#session.expect({
      count,
      answered: (answer) => answered(packetId, answer),
      failed: () => {}, // the connection is gone: the next one asks again
    });
    return packetId;
  }

  #connect(): void {
    const { connect, inflight, trace } = this.#options;
    const options = {
      connect,
      maximumPacketSize: LARGEST_PACKET,
      queue: QUEUE,
      inflightMessages: inflight,
      acknowledgesFirst: true,
      trace,
    };
    this.#connection = new Connection((owner) => this.#open(owner), options, this.#session, this.#events);
  }

  /** Listens in: the end is when the channel is closed, not when it is told to. */
  #open(owner: ChannelOwner): Channel {
    this.#channel = this.#options.open({
      opened: () => owner.opened(),
      received: (chunk) => owner.received(chunk),
      drained: () => {
        owner.drained();
        this.#drained?.();
      },
      closed: (error) => {
        this.#channel = undefined;
        owner.closed(error);
        this.#drained?.();
        if (this.#wasEnded) this.#end({ kind: 'done' });
      },
    });
    return this.#channel;
  }

  readonly #events: ConnectionOwner = {
    opened: () => {
      this.#wasReached = true;
      const patience = this.#options.connect.keepAliveSeconds * 1000 * PATIENCE;
      this.#timer = setTimeout(() => {
        this.#connection?.abort(new MqttError('TIMED_OUT', 'The server has not answered CONNECT'));
      }, patience);
    },
    connected: (connack) => {
      clearTimeout(this.#timer);
      this.connack = connack;
      this.#wasAccepted = true;
      if (this.#isPaused) this.#connection?.pause();
      this.#owner.connected(connack);
    },
    received: (message) => {
      if (!this.#wasEnded) this.#owner.received(message);
    },
    disconnected: (error) => this.#onDisconnected(error),
  };

  #onDisconnected(error: MqttError | undefined): void {
    clearTimeout(this.#timer);
    this.connack = undefined;
    this.#connection = undefined;
    if (this.#wasEnded || error === undefined) return;
    const kind = this.#wasReached ? (ENDINGS[error.code] ?? 'lost') : 'unreachable';
    if (kind === 'lost' && this.#options.reconnects && !this.#isHopeless(error)) {
      this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
      return;
    }
    this.#wasEnded = true;
    this.#end({ kind, error });
  }

  /** With TLS 1.3 a server refuses a certificate only when the client takes the handshake for done. */
  #isHopeless({ code, cause }: MqttError): boolean {
    return code === 'PROTOCOL_ERROR' || (isTlsError(cause) && !this.#wasAccepted);
  }
}

/** Whether an error is one of OpenSSL's. */
export function isTlsError(error: unknown): error is Cause {
  return error instanceof Error && (error as Cause).code?.startsWith('ERR_SSL_') === true;
}
