/** One connection to a server, from CONNECT to its end: bytes in, bytes out. Broker and client share the flows. */
import type { OutboundLimits } from '../flow/outbound.ts';
import { Decoder } from '../protocol/decoder.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { Connack, Connect, Disconnect, Packet, Suback, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { TopicNames } from '../protocol/topic-names.ts';
import { Authenticating } from './authenticating.ts';
import { openSafely } from './channel.ts';
import type { Channel, ChannelOwner, OpenChannel } from './channel.ts';
import { disconnectedBy, MqttError, problemOf, refusedConnection } from './error.ts';
import { contained } from './events.ts';
import { Exchange } from './exchange.ts';
import { Input } from './input.ts';
import { KeepAlive } from './keep-alive.ts';
import { LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import { Output } from './output.ts';
import type { Trace } from './output.ts';
import type { Session } from './session.ts';

/** What a connection tells whoever made it. */
export interface ConnectionOwner {
  /** The server was reached; CONNECT goes out. */
  opened?(): void;
  /** CONNACK says yes. What is sent now goes out before messages that were under way. */
  connected(connack: Connack): void;
  /** A message, each once: at QoS 2 when it comes, or when it is released if `acknowledgesFirst`. */
  received(message: Message): void;
  /** The next step of an enhanced authentication; undefined if there is none. */
  challenged?(data: Uint8Array | undefined): Promise<Uint8Array | undefined>;
  /** The end, once. Without an error if it was `disconnect` that ended it. */
  disconnected(error?: MqttError): void;
}

export interface ConnectionOptions {
  readonly connect: Connect;
  /** The largest packet to accept, bytes. */
  readonly maximumPacketSize: number;
  /** How much may wait besides what is in flight. */
  readonly queue: Pick<OutboundLimits, 'queuedMessages' | 'queuedBytes'>;
  /** Messages of QoS 1 and 2 in flight, where the server does not say. */
  readonly inflightMessages: number;
  /**
   * Messages of QoS 1 and 2 are acknowledged before the owner gets them, as libmosquitto does: an owner that ends the
   * connection with a message is not sent it again. Otherwise after.
   */
  readonly acknowledgesFirst?: boolean;
  /** Told of each packet, for a log. */
  readonly trace?: Trace | undefined;
}

const RECEIVE_MAXIMUM = 65_535;

/** Of all connections of the program: a table of fixed size. */
const topics = new TopicNames();

type State = 'opening' | 'connecting' | 'open' | 'closed';

/** Why nothing is read: whoever takes the messages is behind, or the server does not take what it is owed. */
type Pause = 'behind' | 'owing';

export class Connection implements ChannelOwner {
  /** What the server has agreed to; undefined before its CONNACK. */
  connack: Connack | undefined;
  /** Resolves when the channel has closed, and all that could be sent was sent. */
  readonly gone: Promise<void>;
  readonly #gone: () => void;
  readonly #options: ConnectionOptions;
  readonly #session: Session;
  readonly #owner: ConnectionOwner;
  readonly #channel: Channel;
  readonly #input: Input;
  readonly #output: Output;
  readonly #exchange: Exchange;
  readonly #authenticating: Authenticating;
  readonly #keepAlive: KeepAlive;
  readonly #pauses = new Set<Pause>();
  #state: State = 'opening';
  /** The largest piece written since the system had taken all. */
  #largestUnsent = 0;

  constructor(open: OpenChannel, options: ConnectionOptions, session: Session, owner: ConnectionOwner) {
    const { connect, maximumPacketSize, trace } = options;
    const { version, properties } = connect;
    this.#options = options;
    this.#session = session;
    this.#owner = owner;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#gone = resolve;
    const decoder = new Decoder({ sender: 'server', maxPacketSize: maximumPacketSize, version, topics });
    this.#input = new Input(decoder, (packet) => this.#handle(packet));
    this.#output = new Output(version, (bytes) => this.#write(bytes), trace);
    this.#exchange = new Exchange(connect, session, this.#output, {
      isFull: () => this.full,
      received: (message) => owner.received(message),
      acknowledgesFirst: options.acknowledgesFirst === true,
    });
    this.#authenticating = new Authenticating(properties.authenticationMethod, {
      send: (packet) => void this.send(packet),
      challenged: (data) => owner.challenged?.(data),
      failed: (error) => this.#finish(error),
    });
    this.#keepAlive = new KeepAlive({
      ping: () => {
        this.send({ type: 'pingreq' });
        this.#output.flush();
      },
      lost: () => this.#onSilence(),
    });
    this.#channel = openSafely(open, this);
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** No message is started: the server does not take what was sent. */
  get full(): boolean {
    return this.#channel.unsentBytes + this.#output.bytes > LIMITS.fullBytes;
  }

  opened(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'connecting';
    this.#owner.opened?.();
    this.send(this.#options.connect);
    this.#output.flush();
  }

  received(chunk: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#keepAlive.heard();
    this.#reading(() => {
      if (this.#input.push(chunk)) return;
      const problem = 'messages come faster than they are taken, and the transport cannot wait';
      this.#finish(new MqttError('CONNECTION_LOST', `The connection was given up: ${problem}`));
    });
  }

  drained(): void {
    this.#largestUnsent = 0;
    if (this.#state !== 'open') return;
    this.#session.outbound.refill();
    this.#go('owing');
    this.#output.flush();
  }

  closed(error?: Error): void {
    this.#gone();
    this.#output.abandon();
    const what = this.#state === 'opening' ? 'The server could not be reached' : 'The connection was lost';
    const why = error === undefined ? 'the server closed it' : problemOf(error);
    this.#finish(new MqttError('CONNECTION_LOST', `${what}: ${why}`, { cause: error }));
  }

  /** Sends any packet but PUBLISH; false if it is larger than the server takes. */
  send(packet: Packet): boolean {
    return this.#output.send(packet);
  }

  /** Sends a PUBLISH past the flows, at QoS 0; false if it is larger than the server takes. */
  publishNow(retain: boolean, topic: string, payload: string | Uint8Array, properties: Properties): boolean {
    return properties === NO_PROPERTIES
      ? this.#output.publish(retain ? 1 : 0, topic, payload, 0, properties)
      : this.#exchange.send(retain ? 1 : 0, topic, payload, 0, properties);
  }

  /** Authenticates again, by the method of CONNECT. Resolves when the server has accepted it. */
  reauthenticate(data: Uint8Array | undefined): Promise<void> {
    return this.#authenticating.again(data);
  }

  /** Reads nothing until `resume`: whoever takes the messages is behind. */
  pause(): void {
    this.#stop('behind');
  }

  resume(): void {
    this.#go('behind');
  }

  /** Whether messages are acknowledged later, when it is told no more. */
  withhold(withholds: boolean): void {
    this.#exchange.withhold(withholds);
  }

  /** Says goodbye and closes. `disconnected` follows without an error. */
  disconnect(reasonCode: number = Reason.success, properties: Properties = NO_PROPERTIES): void {
    if (this.#state === 'open' && !this.send({ type: 'disconnect', reasonCode, properties }))
      this.send({ type: 'disconnect', reasonCode: Reason.success, properties: NO_PROPERTIES });
    this.#finish(undefined);
  }

  /** Closes without a word; `disconnected` follows with the error. */
  abort(error: MqttError): void {
    this.#finish(error);
  }

  #write(bytes: Uint8Array): void {
    this.#keepAlive.spoke();
    this.#channel.write(bytes);
    if (bytes.length > this.#largestUnsent) this.#largestUnsent = bytes.length;
    // what is beyond a message that was started while there was room is acknowledgements
    const limit = LIMITS.fullBytes + LIMITS.owedBytes + this.#largestUnsent;
    if (this.#state !== 'closed' && this.#channel.unsentBytes > limit) this.#stop('owing');
  }

  /** Nothing is heard when we do not listen. A server that takes nothing is as good as gone. */
  #onSilence(): void {
    if (this.#pauses.has('behind')) this.#keepAlive.heard();
    else {
      const reasonCode = Reason.keepAliveTimeout;
      this.#finish(
        new MqttError('CONNECTION_LOST', 'The server does not answer: keep alive exceeded', { reasonCode }),
      );
    }
  }

  #stop(pause: Pause): void {
    if (this.#pauses.has(pause)) return;
    this.#pauses.add(pause);
    this.#input.pause();
    this.#channel.pause();
  }

  #go(pause: Pause): void {
    if (!this.#pauses.delete(pause) || this.#pauses.size > 0 || this.#state === 'closed') return;
    this.#keepAlive.heard();
    this.#reading(() => this.#input.resume());
    if (this.#pauses.size === 0 && this.#state !== ('closed' as State)) this.#channel.resume();
  }

  /** Whatever the server does wrong comes up here. */
  #reading(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reject(error);
    }
    this.#output.flush();
  }

  #handle(packet: Packet): void {
    const { trace } = this.#options;
    if (trace !== undefined) contained(() => trace('received', packet));
    if (this.#state === 'open') this.#handleOpen(packet);
    else if (this.#state === 'connecting') this.#handleAnswer(packet);
  }

  #handleAnswer(packet: Packet): void {
    if (packet.type === 'connack') this.#onConnack(packet);
    else if (packet.type === 'auth') this.#authenticating.onAuth(packet);
    else if (packet.type === 'disconnect') this.#onDisconnect(packet);
    else throw new ProtocolError(Reason.protocolError, `${packet.type} before CONNACK`); // [MQTT-3.2.0-1]
  }

  #handleOpen(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        this.#exchange.onPublish(packet);
        break;
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        this.#exchange.onAck(packet);
        break;
      case 'suback':
      case 'unsuback':
        this.#onAnswer(packet);
        break;
      case 'disconnect':
        this.#onDisconnect(packet);
        break;
      case 'auth':
        this.#authenticating.onAuth(packet);
        break;
      case 'pingresp':
        break;
      case 'connack':
      case 'connect':
      case 'subscribe':
      case 'unsubscribe':
      case 'pingreq':
        throw new ProtocolError(Reason.protocolError, `${packet.type} from a server`); // [MQTT-3.2.0-2]
    }
  }

  #onConnack(connack: Connack): void {
    const { reasonCode, properties, sessionPresent } = connack;
    const { connect, queue, inflightMessages } = this.#options;
    if (reasonCode !== 0) {
      this.#finish(refusedConnection(connect.version, reasonCode, properties));
      return;
    }
    // [MQTT-3.2.2-2]; MQTT 3.1 gives the flag no meaning
    if (sessionPresent && connect.cleanStart && connect.version !== 3)
      throw new ProtocolError(
        Reason.protocolError,
        'CONNACK with a session although a new one was asked for',
      );
    this.connack = connack;
    this.#output.largest = properties.maximumPacketSize ?? LIMITS.largestPacketBytes;
    this.#state = 'open';
    this.#authenticating.accepted();
    this.#exchange.accepted(connack);
    this.#keepAlive.start(properties.serverKeepAlive ?? connect.keepAliveSeconds); // [MQTT-3.2.2-21]
    this.#owner.connected(connack);
    if (this.#state !== 'open') return;
    const { receiveMaximum = RECEIVE_MAXIMUM } = properties;
    const most = Math.min(receiveMaximum, inflightMessages || receiveMaximum, LIMITS.inflightMessages);
    // [MQTT-3.3.4-7]
    this.#session.outbound.resume(this.#exchange, { ...queue, inflightMessages: most, inflightBytes: 0 });
  }

  /** An answer with the wrong number of codes is one of a server that cannot be relied on. */
  #onAnswer(packet: Suback | Unsuback): void {
    const waiting = this.#session.answer(packet.packetId);
    if (waiting === undefined) return;
    const expected = packet.type === 'unsuback' && this.#options.connect.version !== 5 ? 0 : waiting.count;
    if (packet.reasonCodes.length === expected) {
      waiting.answered(packet);
      return;
    }
    const problem = `${packet.type.toUpperCase()} with ${packet.reasonCodes.length} codes for ${expected} filters`;
    waiting.failed(new MqttError('PROTOCOL_ERROR', problem));
    throw new ProtocolError(Reason.protocolError, problem);
  }

  #onDisconnect(packet: Disconnect): void {
    this.#finish(disconnectedBy(packet));
  }

  /** The server broke the protocol: it is told as its version allows. [MQTT-4.13.1-1] */
  #reject({ reasonCode, message }: ProtocolError): void {
    if (this.#state === 'open' && this.#options.connect.version === 5)
      this.send({ type: 'disconnect', reasonCode, properties: NO_PROPERTIES });
    this.#finish(
      new MqttError('PROTOCOL_ERROR', `The server broke the protocol: ${message}`, { reasonCode }),
    );
  }

  #finish(error: MqttError | undefined): void {
    if (this.#state === 'closed') return;
    const wasReached = this.#state !== 'opening';
    this.#state = 'closed';
    this.#output.close();
    this.#input.stop();
    this.#keepAlive.stop();
    if (wasReached && (error === undefined || error.code === 'PROTOCOL_ERROR')) this.#channel.close();
    else this.#channel.destroy();
    const why = error ?? new MqttError('CLOSED', 'The client has disconnected');
    this.#authenticating.end(why);
    this.#session.suspend(why);
    this.#owner.disconnected(error);
  }
}
