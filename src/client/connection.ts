/** One connection to a server, from CONNECT to its end: bytes in, bytes out. Broker and client share the flows. */
import type { OutboundLimits, Sender } from '../flow/outbound.ts';
import { ReceivedAliases } from '../flow/topic-alias.ts';
import { Decoder } from '../protocol/decoder.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { Ack, Connack, Connect, Packet, Publish, Suback, Unsuback } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { isTopicName } from '../topic/topic.ts';
import type { Channel, ChannelOwner, OpenChannel } from './channel.ts';
import { tooLarge } from './checks.ts';
import { endedByServer, MqttError, refused, refusedConnection } from './error.ts';
import { KeepAlive } from './keep-alive.ts';
import { Message } from './message.ts';
import type { Publication } from './message.ts';
import { Output } from './output.ts';
import type { Trace } from './output.ts';
import type { Session } from './session.ts';

/** What a connection tells whoever made it. */
export interface ConnectionOwner {
  /** The server was reached; CONNECT goes out. */
  opened?(): void;
  /** CONNACK says yes. What is sent now goes out before messages that were under way. */
  connected(connack: Connack): void;
  /** A message, each once: at QoS 2 when it is released. */
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

/** Bytes that the system has not taken, beyond which no message is started. */
const FULL_BYTES = 512 * 1024;

type State = 'opening' | 'connecting' | 'open' | 'closed';

export class Connection implements ChannelOwner, Sender<Publication> {
  /** What the server has agreed to; undefined before its CONNACK. */
  connack: Connack | undefined;
  readonly #options: ConnectionOptions;
  readonly #session: Session;
  readonly #owner: ConnectionOwner;
  readonly #channel: Channel;
  readonly #decoder: Decoder;
  readonly #aliases: ReceivedAliases;
  readonly #output: Output;
  readonly #keepAlive: KeepAlive;
  #state: State = 'opening';
  #paused = false;

  constructor(open: OpenChannel, options: ConnectionOptions, session: Session, owner: ConnectionOwner) {
    const { connect, maximumPacketSize } = options;
    this.#options = options;
    this.#session = session;
    this.#owner = owner;
    this.#decoder = new Decoder({
      sender: 'server',
      maxPacketSize: maximumPacketSize,
      version: connect.version,
    });
    this.#aliases = new ReceivedAliases(connect.properties.topicAliasMaximum ?? 0);
    this.#keepAlive = new KeepAlive({
      ping: () => this.send({ type: 'pingreq' }),
      lost: () => {
        if (this.#paused) this.#keepAlive.heard();
        else
          this.#finish(new MqttError('CONNECTION_LOST', 'The server does not answer: keep alive exceeded'));
      },
    });
    this.#output = new Output(connect.version, (bytes) => this.#write(bytes), options.trace);
    this.#channel = open(this);
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** No message is started: the server does not take what was sent. */
  get full(): boolean {
    return this.#channel.unsentBytes + this.#output.bytes > FULL_BYTES;
  }

  opened(): void {
    this.#state = 'connecting';
    this.#owner.opened?.();
    this.send(this.#options.connect);
    this.#output.flush();
  }

  received(chunk: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#keepAlive.heard();
    this.#decoder.push(chunk);
    try {
      for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
        this.#options.trace?.('received', packet);
        this.#handle(packet);
        if (this.#state === ('closed' as State)) return;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reject(error);
    }
    this.#output.flush();
  }

  drained(): void {
    if (this.#state !== 'open') return;
    this.#session.outbound.refill();
    this.#output.flush();
  }

  closed(error?: Error): void {
    const why = error?.message ?? 'the server closed it';
    this.#finish(new MqttError('CONNECTION_LOST', `The connection was lost: ${why}`, { cause: error }));
  }

  /** Sends any packet but PUBLISH. */
  send(packet: Packet): void {
    this.#output.send(packet);
  }

  /** The flow sends a message. */
  publish(publication: Publication, dup: boolean): boolean {
    const { topic, payload, qos, retain, properties, packetId } = publication;
    const flags = (dup ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
    if (!this.publishNow(flags, topic, payload, packetId, properties)) {
      publication.settle(tooLarge(payload));
      return false;
    }
    if (qos === 0) publication.settle();
    return true;
  }

  /** Sends a PUBLISH; false if it is larger than the server takes. */
  publishNow(
    flags: number,
    topic: string,
    payload: Uint8Array,
    packetId: number,
    properties: Properties,
  ): boolean {
    return this.#output.publish(flags, topic, payload, packetId, properties);
  }

  release(packetId: number): void {
    this.#acknowledge('pubrel', packetId);
  }

  /** Reads nothing until `resume`: whoever takes the messages is behind. */
  pause(): void {
    this.#paused = true;
    this.#channel.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#keepAlive.heard();
    this.#channel.resume();
  }

  /** Says goodbye and closes. `disconnected` follows without an error. */
  disconnect(reasonCode: number = Reason.success, properties: Properties = NO_PROPERTIES): void {
    if (this.#state === 'open') this.send({ type: 'disconnect', reasonCode, properties });
    this.#finish(undefined);
  }

  /** Closes without a word; `disconnected` follows with the error. */
  abort(error: MqttError): void {
    this.#finish(error);
  }

  #write(bytes: Uint8Array): void {
    this.#keepAlive.spoke();
    this.#channel.write(bytes);
  }

  #handle(packet: Packet): void {
    if (this.#state === 'connecting') this.#handleAnswer(packet);
    else this.#handleOpen(packet);
  }

  #handleAnswer(packet: Packet): void {
    if (packet.type === 'connack') this.#onConnack(packet);
    else if (packet.type === 'auth') this.#onChallenge(packet.properties.authenticationData);
    else if (packet.type === 'disconnect') this.#finish(endedByServer(packet.reasonCode, packet.properties));
    else throw new ProtocolError(Reason.protocolError, `${packet.type} before CONNACK`); // [MQTT-3.2.0-1]
  }

  #handleOpen(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        this.#onPublish(packet);
        break;
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        this.#onAck(packet);
        break;
      case 'suback':
      case 'unsuback':
        this.#onAnswer(packet);
        break;
      case 'disconnect':
        this.#finish(endedByServer(packet.reasonCode, packet.properties));
        break;
      case 'auth':
        this.#onChallenge(packet.properties.authenticationData);
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
    const { reasonCode, properties } = connack;
    const { connect, queue, inflightMessages } = this.#options;
    if (reasonCode !== 0) {
      this.#finish(refusedConnection(connect.version, reasonCode, properties));
      return;
    }
    this.connack = connack;
    this.#output.largest = properties.maximumPacketSize ?? 0;
    this.#state = 'open';
    if (!connack.sessionPresent) this.#session.inbound.clear(); // [MQTT-3.2.2-5]
    this.#keepAlive.start(properties.serverKeepAlive ?? connect.keepAliveSeconds); // [MQTT-3.2.2-21]
    this.#owner.connected(connack);
    if (this.#state !== 'open') return;
    const receiveMaximum = properties.receiveMaximum ?? 65_535;
    this.#session.outbound.resume(this, {
      ...queue,
      inflightMessages: Math.min(receiveMaximum, inflightMessages || receiveMaximum), // [MQTT-3.3.4-7]
      inflightBytes: 0,
    });
  }

  #onPublish(packet: Publish): void {
    const { topicAlias } = packet.properties;
    const topic = topicAlias === undefined ? packet.topic : this.#aliases.resolve(topicAlias, packet.topic);
    if (topic === '' || !isTopicName(topic))
      throw new ProtocolError(Reason.protocolError, 'PUBLISH without a valid topic');
    if (packet.qos === 2) {
      this.#hold(packet, topic);
      return;
    }
    this.#deliver(new Message(packet, topic), packet.qos === 1 ? 'puback' : undefined); // [MQTT-4.3.2-4]
  }

  #deliver(message: Message, ack: 'puback' | 'pubcomp' | undefined): void {
    const { acknowledgesFirst } = this.#options;
    if (ack !== undefined && acknowledgesFirst === true) this.#acknowledge(ack, message.packetId);
    this.#owner.received(message);
    if (ack !== undefined && acknowledgesFirst !== true) this.#acknowledge(ack, message.packetId);
  }

  /** QoS 2: the message waits for its PUBREL; sent again, it is held once. [MQTT-4.3.3-10] */
  #hold(packet: Publish, topic: string): void {
    const { inbound } = this.#session;
    const most = this.#options.connect.properties.receiveMaximum ?? 65_535;
    if (inbound.get(packet.packetId) === undefined) {
      if (inbound.size >= most)
        throw new ProtocolError(
          Reason.receiveMaximumExceeded,
          `more than ${most} messages of QoS 2 in flight`,
        );
      inbound.hold(packet.packetId, new Message(packet, topic), packet.payload.length);
    }
    this.#acknowledge('pubrec', packet.packetId);
  }

  #onAck({ type, packetId, reasonCode, properties }: Ack): void {
    const { outbound, inbound } = this.#session;
    switch (type) {
      case 'puback':
        this.#done(outbound.acknowledge(packetId), reasonCode, properties);
        break;
      case 'pubrec':
        if (reasonCode >= 0x80) this.#done(outbound.complete(packetId), reasonCode, properties);
        else {
          const publication = outbound.receive(packetId);
          if (publication !== undefined) publication.reasonCode = reasonCode;
          this.#acknowledge(
            'pubrel',
            packetId,
            publication === undefined ? Reason.packetIdentifierNotFound : Reason.success,
          );
        }
        break;
      case 'pubrel': {
        const message = inbound.release(packetId);
        if (message === undefined) this.#acknowledge('pubcomp', packetId);
        else this.#deliver(message, 'pubcomp'); // [MQTT-4.3.3-11]
        break;
      }
      case 'pubcomp':
        this.#done(outbound.complete(packetId), 0, properties);
        break;
    }
  }

  #done(publication: Publication | undefined, reasonCode: number, properties: Properties): void {
    if (publication === undefined) return;
    if (reasonCode !== 0) publication.reasonCode = reasonCode;
    publication.settle(
      reasonCode >= 0x80
        ? refused(`PUBLISH to ${publication.topic}`, reasonCode, properties.reasonString)
        : undefined,
    );
    this.#session.outbound.refill();
  }

  /** An answer with the wrong number of codes is one of a server that cannot be relied on. */
  #onAnswer(packet: Suback | Unsuback): void {
    const waiting = this.#session.answer(packet.packetId);
    if (waiting === undefined) return;
    const expected = packet.type === 'unsuback' && this.#options.connect.version !== 5 ? 0 : waiting.count;
    if (packet.reasonCodes.length === expected) waiting.answered(packet);
    else {
      const problem = `${packet.type.toUpperCase()} with ${packet.reasonCodes.length} codes for ${expected} filters`;
      waiting.failed(new MqttError('PROTOCOL_ERROR', problem));
      throw new ProtocolError(Reason.protocolError, problem);
    }
  }

  /** [MQTT-4.12.0-3]; a challenge that nobody can answer ends the connection. */
  #onChallenge(data: Uint8Array | undefined): void {
    const { authenticationMethod } = this.#options.connect.properties;
    const answer = this.#owner.challenged?.(data);
    if (authenticationMethod === undefined || answer === undefined)
      throw new ProtocolError(Reason.protocolError, 'AUTH without an authentication under way');
    answer.then(
      (reply) => {
        if (this.#state === 'closed') return;
        const properties = {
          authenticationMethod,
          ...(reply !== undefined && { authenticationData: reply }),
        };
        this.send({ type: 'auth', reasonCode: Reason.continueAuthentication, properties });
      },
      (cause: unknown) =>
        this.#finish(new MqttError('ABORTED', 'The authentication was given up', { cause })),
    );
  }

  #acknowledge(type: Ack['type'], packetId: number, reasonCode: number = Reason.success): void {
    this.send({ type, packetId, reasonCode, properties: NO_PROPERTIES });
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
    this.#state = 'closed';
    this.#output.close();
    this.#keepAlive.stop();
    if (error === undefined || error.code === 'PROTOCOL_ERROR') this.#channel.close();
    else this.#channel.destroy();
    this.#session.suspend(error ?? new MqttError('CLOSED', 'The client has disconnected'));
    this.#owner.disconnected(error);
  }
}
