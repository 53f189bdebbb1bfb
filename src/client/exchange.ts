/** Messages over one connection, both ways: PUBLISH and what acknowledges it. §4.3 */
import type { Sender } from '../flow/outbound.ts';
import { ReceivedAliases } from '../flow/topic-alias.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { Ack, Connack, Connect, Publish } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { refusalOf, tooLarge } from './checks.ts';
import { refused } from './error.ts';
import { LIMITS } from './limits.ts';
import { Message } from './message.ts';
import type { Publication } from './message.ts';
import type { Output } from './output.ts';
import type { Session } from './session.ts';

export interface ExchangeOwner {
  /** No message is to be started: the server does not take what was sent. */
  isFull(): boolean;
  received(message: Message): void;
  /** As in `ConnectionOptions`. */
  readonly acknowledgesFirst: boolean;
}

const RECEIVE_MAXIMUM = 65_535;

/** First bytes on the wire. */
const FIRST_BYTE: Readonly<Record<Ack['type'], number>> = {
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
};

export class Exchange implements Sender<Publication> {
  readonly #connect: Connect;
  readonly #session: Session;
  readonly #output: Output;
  readonly #owner: ExchangeOwner;
  readonly #acknowledgesFirst: boolean;
  readonly #aliases: ReceivedAliases;
  /** Topics by the aliases that the program has given them on this connection. */
  readonly #sentAliases = new Map<number, string>();
  #connack: Connack | undefined;
  /** What is received is acknowledged later; and what is owed so. */
  #withholds = false;
  readonly #owed: { readonly type: 'puback' | 'pubrec'; readonly packetId: number }[] = [];

  constructor(connect: Connect, session: Session, output: Output, owner: ExchangeOwner) {
    this.#connect = connect;
    this.#session = session;
    this.#output = output;
    this.#owner = owner;
    this.#acknowledgesFirst = owner.acknowledgesFirst;
    this.#aliases = new ReceivedAliases(connect.properties.topicAliasMaximum ?? 0);
  }

  get full(): boolean {
    return this.#owner.isFull();
  }

  /** The server has accepted: a session that it does not have, we do not have either. */
  accepted(connack: Connack): void {
    this.#connack = connack;
    const { version, cleanStart } = this.#connect;
    // MQTT 3.1 does not say whether there is a session
    const isKept = version === 3 ? !cleanStart : connack.sessionPresent;
    if (!isKept) this.#session.renew(); // [MQTT-3.2.2-5]
  }

  /** The flow sends a message. */
  publish(publication: Publication, dup: boolean): boolean {
    const { topic, payload, qos, retain, properties, packetId } = publication;
    const refusal = refusalOf(qos, retain, this.#connack!);
    if (refusal !== undefined) {
      publication.settle(refusal);
      return false;
    }
    publication.progressed?.(publication);
    const flags = (dup ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
    if (!this.send(flags, topic, payload, packetId, properties)) {
      publication.settle(tooLarge(`A message of ${payload.length} bytes`));
      return false;
    }
    if (qos === 0) publication.settle();
    return true;
  }

  /** Sends a PUBLISH; false if it is larger than the server takes. */
  send(
    flags: number,
    topic: string,
    payload: string | Uint8Array,
    packetId: number,
    properties: Properties,
  ): boolean {
    const { topicAlias } = properties;
    if (topicAlias === undefined || topic === '')
      return this.#output.publish(flags, topic, payload, packetId, properties);
    const { topicAlias: _, ...others } = properties;
    // [MQTT-3.3.2-9]
    if (topicAlias > (this.#connack?.properties.topicAliasMaximum ?? 0))
      return this.#output.publish(flags, topic, payload, packetId, others);
    const isKnown = this.#sentAliases.get(topicAlias) === topic;
    const isSent = this.#output.publish(flags, isKnown ? '' : topic, payload, packetId, properties);
    if (isSent) this.#sentAliases.set(topicAlias, topic);
    return isSent;
  }

  release(packetId: number): void {
    this.#acknowledge('pubrel', packetId);
  }

  /** PUBLISH has come. */
  onPublish(packet: Publish): void {
    const { topicAlias } = packet.properties;
    const topic = topicAlias === undefined ? packet.topic : this.#aliases.resolve(topicAlias, packet.topic);
    if (topic === '') throw new ProtocolError(Reason.protocolError, 'PUBLISH without a topic');
    if (packet.qos === 2) this.#onPublish2(packet, topic);
    else this.#deliver(new Message(packet, topic), packet.qos === 1 ? 'puback' : undefined);
  }

  /** Whether to acknowledge what is received later, when it is told no more. [MQTT-4.6.0-2] keeps its order */
  withhold(withholds: boolean): void {
    this.#withholds = withholds;
    if (!withholds) for (const { type, packetId } of this.#owed.splice(0)) this.#acknowledge(type, packetId);
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP has come. */
  onAck({ type, packetId, reasonCode, properties }: Ack): void {
    const { outbound } = this.#session;
    switch (type) {
      case 'puback':
        this.#done(outbound.acknowledge(packetId), reasonCode, properties);
        break;
      case 'pubrec':
        if (reasonCode >= 0x80) this.#done(outbound.complete(packetId), reasonCode, properties);
        else this.#onPubrec(packetId, reasonCode);
        break;
      case 'pubrel':
        this.#onPubrel(packetId);
        break;
      case 'pubcomp':
        this.#done(outbound.complete(packetId), 0, properties);
        break;
    }
  }

  /** [MQTT-4.3.2-4]: what is acknowledged was handed on. */
  #deliver(message: Message, ack: 'puback' | 'pubcomp' | undefined): void {
    if (ack !== undefined && this.#acknowledgesFirst) this.#acknowledge(ack, message.packetId);
    const isWithheld = this.#withholds;
    this.#owner.received(message);
    if (ack !== undefined && !this.#acknowledgesFirst) this.#confirm(ack, message.packetId, isWithheld);
  }

  /**
   * QoS 2: handed on at once, and its identifier kept until PUBREL, so that it is handed on once however often it
   * comes [MQTT-4.3.3-10]. So messages keep their order whatever their QoS, and nothing but identifiers is held.
   */
  #onPublish2(packet: Publish, topic: string): void {
    const { packetId } = packet;
    const { inbound } = this.#session;
    // in MQTT 3.1 nobody says that a session was lost: what does not come again is new
    const isWithheld = this.#withholds;
    const isNew = !inbound.has(packetId) || (this.#connect.version === 3 && !packet.dup);
    if (isNew) {
      this.#checkRoom();
      const message = new Message(packet, topic);
      inbound.hold(packetId, this.#acknowledgesFirst ? message : undefined, packet.payload.length);
      if (!this.#acknowledgesFirst) this.#owner.received(message);
    }
    this.#confirm('pubrec', packetId, isWithheld);
  }

  /** Acknowledges; or later, if that was so before the message was handed on, and still is. */
  #confirm(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number, isWithheld: boolean): void {
    if (type === 'pubcomp' || !isWithheld || !this.#withholds) {
      this.#acknowledge(type, packetId);
      return;
    }
    const most = this.#receiveMaximum;
    if (this.#owed.length >= most)
      throw new ProtocolError(Reason.receiveMaximumExceeded, `more than ${most} messages in flight`);
    this.#owed.push({ type, packetId });
  }

  get #receiveMaximum(): number {
    return this.#connect.properties.receiveMaximum ?? RECEIVE_MAXIMUM;
  }

  #checkRoom(): void {
    const { inbound } = this.#session;
    const most = this.#receiveMaximum;
    if (inbound.size >= most)
      throw new ProtocolError(Reason.receiveMaximumExceeded, `more than ${most} messages of QoS 2 in flight`);
    if (this.#acknowledgesFirst && inbound.bytes > LIMITS.heldBytes)
      throw new ProtocolError(Reason.quotaExceeded, 'too many messages of QoS 2 that are not released');
  }

  #onPubrel(packetId: number): void {
    const message = this.#session.inbound.release(packetId);
    if (message === undefined) this.#acknowledge('pubcomp', packetId); // [MQTT-4.3.3-11]
    else this.#deliver(message, 'pubcomp');
  }

  #onPubrec(packetId: number, reasonCode: number): void {
    const publication = this.#session.outbound.receive(packetId);
    if (publication !== undefined) {
      if (reasonCode !== 0) publication.reasonCode = reasonCode;
      publication.progressed?.(publication);
      this.#acknowledge('pubrel', packetId);
    } else this.#answerUnknown(packetId);
  }

  #answerUnknown(packetId: number): void {
    const reasonCode = Reason.packetIdentifierNotFound;
    this.#output.send({ type: 'pubrel', packetId, reasonCode, properties: NO_PROPERTIES });
  }

  #done(publication: Publication | undefined, reasonCode: number, properties: Properties): void {
    if (publication === undefined) return;
    if (reasonCode !== 0) publication.reasonCode = reasonCode;
    if (reasonCode >= 0x80) {
      const what = `PUBLISH to ${publication.topic}`;
      publication.settle(refused(what, reasonCode, properties.reasonString));
    } else publication.settle();
    this.#session.outbound.refill();
  }

  #acknowledge(type: Ack['type'], packetId: number): void {
    this.#output.acknowledge(type, FIRST_BYTE[type], packetId);
  }
}
