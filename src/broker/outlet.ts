/** The way out to one client: packets become frames, frames go to the wire. */
import type { AckName } from '../base/log-events.ts';
import { SentAliases } from '../flow/topic-alias.ts';
import { ackFrame, encode } from '../protocol/encode.ts';
import type { Ack, Packet, ProtocolVersion, Publish } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Broker } from './broker.ts';
import type { Delivery } from './delivery.ts';
import { Held } from './held.ts';
import type { HeldOutput, Journal } from './journal.ts';
import { LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import type { Wire } from './wire.ts';

/** What the client asked for in CONNECT, and what of it holds. */
export interface OutletOptions {
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** The client's Maximum Packet Size, bytes; 0 is no limit. */
  readonly maximumPacketSize: number;
  /** Topic aliases to use at the most. */
  readonly topicAliasMaximum: number;
  /** Taken off the topics that go out. */
  readonly mountPoint: string;
}

/** Whoever has the connection, told when another one takes its place. */
export interface OutletOwner {
  takeOver(): void;
  close(reasonCode: ReasonCode, detail?: string, willDue?: boolean): void;
  /** There is room again. */
  drained(): void;
}

const ACK_BYTE: Readonly<Record<AckName, number>> = {
  PUBACK: 0x40,
  PUBREC: 0x50,
  PUBREL: 0x62,
  PUBCOMP: 0x70,
};
const ACK_TYPE: Readonly<Record<AckName, Ack['type']>> = {
  PUBACK: 'puback',
  PUBREC: 'pubrec',
  PUBREL: 'pubrel',
  PUBCOMP: 'pubcomp',
};

/**
 * What an answer tells: something that the store must have; a refusal, which waits only behind what waits already;
 * or that we are there, which waits for nothing.
 */
type News = 'kept' | 'refused' | 'alive';

function newsOf(packet: Packet): News {
  if (packet.type === 'pingresp') return 'alive';
  if (packet.type === 'suback') return packet.reasonCodes.every((code) => code >= 0x80) ? 'refused' : 'kept';
  return 'reasonCode' in packet && packet.reasonCode >= 0x80 ? 'refused' : 'kept';
}

/** Everything a client is sent passes here and is counted here. */
export class Outlet implements HeldOutput {
  /** Who the log lines are about: the client identifier, or the peer's address before there is one. */
  client: string;
  /** Its session survives a restart: what the client is told must, too. */
  isKept = false;
  readonly #broker: Broker;
  readonly #wire: Wire;
  readonly #owner: OutletOwner;
  #version: ProtocolVersion = 4;
  #maximumPacketSize = 0;
  #mountPoint = '';
  #aliases: SentAliases | undefined;
  /** Answers since the wire last held nothing. */
  #answers = 0;
  #answerBytes = 0;
  /** Waits for the store, and with it all that comes after it. */
  #held: Held | undefined;
  /** Its CONNACK waits with the rest. */
  #isUnanswered = false;

  constructor(broker: Broker, wire: Wire, owner: OutletOwner, address: string) {
    this.#broker = broker;
    this.#wire = wire;
    this.#owner = owner;
    this.client = address;
  }

  /** From now on the client is known. */
  configure(options: OutletOptions): void {
    this.client = options.clientId;
    this.#version = options.version;
    this.#maximumPacketSize = options.maximumPacketSize;
    this.#mountPoint = options.mountPoint;
    if (options.topicAliasMaximum > 0) this.#aliases = new SentAliases(options.topicAliasMaximum);
  }

  get full(): boolean {
    return this.#wire.full || (this.#held !== undefined && this.#held.bytes > LIMITS.heldBytes);
  }

  /** Whether the client leaves more answers unread than it may. Messages do not count: `full` bounds them. */
  get isUnread(): boolean {
    const { unreadAnswers, unreadAnswerBytes } = LIMITS;
    if (this.#answers > unreadAnswers) return this.#unsentFrames > unreadAnswers;
    return this.#answerBytes > unreadAnswerBytes && this.#unsentBytes > unreadAnswerBytes;
  }

  get pressed(): boolean {
    return this.#wire.pressed || (this.#held !== undefined && this.#held.bytes * 2 > LIMITS.heldBytes);
  }

  get version(): ProtocolVersion {
    return this.#version;
  }

  /** The version to answer in, before the client is known. */
  set version(version: ProtocolVersion) {
    this.#version = version;
  }

  takeOver(): void {
    this.#owner.takeOver();
  }

  /** Sends the client away, as an operator or a plugin wants it; `willDue`: its will is published. */
  expel(willDue: boolean): void {
    this.#owner.close(Reason.administrativeAction, undefined, willDue);
  }

  /** Sends any packet but PUBLISH. */
  send(packet: Packet): void {
    this.#answer(encode(packet, this.#version), newsOf(packet));
    if (packet.type === 'connack') this.#isUnanswered = this.#held !== undefined;
  }

  /** The last word before the connection closes: it waits for nothing, and what waits does not leave any more. */
  sendLast(packet: Packet): void {
    if (this.#isUnanswered) return; // nothing comes before CONNACK [MQTT-3.2.0-1]
    this.#held = undefined;
    this.#write(encode(packet, this.#version));
  }

  /** Sends an acknowledgement, and logs it. */
  acknowledge(name: AckName, packetId: number, reasonCode = 0): void {
    if (reasonCode === 0 || this.#version !== 5) this.#answer(ackFrame(ACK_BYTE[name], packetId));
    else this.send({ type: ACK_TYPE[name], packetId, reasonCode, properties: NO_PROPERTIES });
    const { log } = this.#broker;
    if (log.debug) log.event('ackSent', { client: this.client, packet: name, packetId, reasonCode });
  }

  /** PUBREL for what the client has received. */
  release(packetId: number): void {
    this.acknowledge('PUBREL', packetId);
  }

  /** Sends a message at QoS 0 as it is: RETAIN clear, no subscription identifier. */
  forward(message: Message): void {
    if (this.#aliases !== undefined || this.#mountPoint !== '') this.#special(message, undefined, false);
    else this.#publishFrame(message, message.sharedFrame(this.#version, this.#broker.clock), 0, 0);
  }

  /** Sends a message as its delivery says; false if it is larger than the client takes. [MQTT-3.1.2-24] */
  publish(delivery: Delivery, dup: boolean): boolean {
    const { message, qos, packetId } = delivery;
    const flags = (dup ? 0x08 : 0) | (qos << 1) | (delivery.retain ? 0x01 : 0);
    // sent before it is kept, it would be sent again under another identifier after a restart
    if (qos === 2 && this.isKept) this.#wait();
    const plain =
      qos > 0 &&
      !delivery.retain &&
      delivery.subscriptionIdentifiers === undefined &&
      this.#aliases === undefined &&
      this.#mountPoint === '';
    if (!plain) return this.#special(message, delivery, dup);
    const frame = message.stampedFrame(this.#version, flags, packetId, this.#broker.clock);
    return this.#publishFrame(message, frame, flags, packetId);
  }

  /** A frame that only this client gets: with its identifiers, its alias, its RETAIN flag, its mount point. */
  #special(message: Message, delivery: Delivery | undefined, dup: boolean): boolean {
    if (this.#mountPoint.startsWith(message.topic)) return false; // as Mosquitto: nothing is left of the topic
    const topic = this.#shown(message.topic);
    const known = this.#aliases?.get(topic);
    const free = known === undefined ? this.#aliases?.free() : undefined;
    const packet = this.#packet(message, delivery, dup, known === undefined ? topic : '', known ?? free);
    let frame = encode(packet, this.#version);
    if (free !== undefined) {
      if (!this.#isTooLarge(frame)) this.#aliases?.assign(topic);
      // it may be the alias that makes it too large
      else frame = encode(this.#packet(message, delivery, dup, topic, undefined), this.#version);
    }
    const flags = (dup ? 0x08 : 0) | (packet.qos << 1) | (packet.retain ? 0x01 : 0);
    return this.#publishFrame(message, frame, flags, packet.packetId);
  }

  #packet(
    message: Message,
    delivery: Delivery | undefined,
    dup: boolean,
    topic: string,
    topicAlias: number | undefined,
  ): Publish {
    const subscriptionIdentifiers = delivery?.subscriptionIdentifiers;
    return {
      type: 'publish',
      topic,
      payload: message.payload,
      qos: delivery?.qos ?? 0,
      retain: delivery?.retain ?? false,
      dup,
      packetId: delivery?.packetId ?? 0,
      properties: {
        ...message.propertiesAt(this.#broker.clock),
        ...(topicAlias !== undefined && { topicAlias }),
        ...(subscriptionIdentifiers !== undefined && { subscriptionIdentifiers }),
      },
    };
  }

  #isTooLarge(frame: Uint8Array): boolean {
    return this.#maximumPacketSize > 0 && frame.length > this.#maximumPacketSize;
  }

  /** The topic as the client knows it. */
  #shown(topic: string): string {
    return topic.startsWith(this.#mountPoint) ? topic.slice(this.#mountPoint.length) : topic;
  }

  #publishFrame(message: Message, frame: Uint8Array, flags: number, packetId: number): boolean {
    if (this.#isTooLarge(frame)) {
      this.#broker.log.event('deliveryTooLarge', { client: this.client, bytes: frame.length });
      return false;
    }
    const { counters, log } = this.#broker;
    counters.publishSent++;
    counters.publishBytesSent += message.payloadBytes;
    this.#write(frame);
    if (log.debug) {
      log.event('publishSent', {
        client: this.client,
        dup: (flags & 0x08) !== 0,
        qos: (flags >> 1) & 0x03,
        retain: (flags & 0x01) !== 0,
        packetId,
        topic: this.#shown(message.topic),
        bytes: message.payloadBytes,
      });
    }
    return true;
  }

  /** Frames before the last one, of those the client has not been sent. */
  get #unsentFrames(): number {
    return this.#wire.unsentFrames + (this.#held?.frames ?? 0);
  }

  get #unsentBytes(): number {
    return this.#wire.unsentBytes + (this.#held?.bytes ?? 0);
  }

  #answer(frame: Uint8Array, news: News = 'kept'): void {
    const { journal } = this.#broker;
    if (journal !== undefined && (journal.touched || (this.isKept && news === 'kept'))) this.#wait(journal);
    if (this.#unsentFrames === 0) this.#answers = this.#answerBytes = 0;
    this.#answers++;
    this.#answerBytes += frame.length;
    // a client that hears nothing for long takes us for dead; but nothing comes before CONNACK [MQTT-3.2.0-1]
    this.#write(frame, news === 'alive' && !this.#isUnanswered);
  }

  #write(frame: Uint8Array, passes = false): void {
    const { counters } = this.#broker;
    counters.packetsSent++;
    counters.bytesSent += frame.length;
    if (this.#held === undefined || passes) this.#wire.write(frame);
    else this.#held.add(frame);
  }

  /** From here on everything waits until the store has what it does not have yet. */
  #wait(journal: Journal | undefined = this.#broker.journal): void {
    if (this.#held !== undefined || journal?.behind !== true) return;
    this.#held = new Held();
    journal.watch(this);
  }

  seal(): void {
    this.#held?.seal();
  }

  letGo(): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    const wasFull = this.full;
    if (held.release(this.#wire)) this.#isUnanswered = false;
    if (held.bytes === 0) this.#held = undefined;
    if (wasFull && !this.full) this.#owner.drained();
    return this.#held !== undefined;
  }
}
