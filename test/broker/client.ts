/** A client in memory: what it sends, in one line each, and what it expects, in order. */
import assert from 'node:assert/strict';
import type { Connection } from '../../src/broker/connection.ts';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import { encode } from '../../src/protocol/encode.ts';
import type {
  Ack,
  Connack,
  Connect,
  Packet,
  PacketType,
  ProtocolVersion,
  Publish,
  QoS,
  SubscriptionRequest,
  Will,
} from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import type { Properties } from '../../src/protocol/properties.ts';
import type { FakeWire } from './wire.ts';

export interface ConnectOptions {
  readonly version?: ProtocolVersion;
  readonly cleanStart?: boolean;
  /** Session Expiry Interval, seconds. */
  readonly expiry?: number;
  readonly keepAliveSeconds?: number;
  readonly username?: string;
  readonly bridge?: boolean;
  readonly will?: Partial<Omit<Will, 'payload'>> & { readonly topic: string; readonly payload?: string };
  readonly properties?: Properties;
}

export interface PublishOptions {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly packetId?: number;
  readonly properties?: Properties;
}

export interface SubscribeOptions extends Partial<Omit<SubscriptionRequest, 'filter'>> {
  readonly identifier?: number;
}

type PacketOf<T extends PacketType> = T extends Ack['type'] ? Ack : Extract<Packet, { type: T }>;

/** Fields that a packet must have; the payload as text. */
type Expected<T extends PacketType> = Partial<
  Omit<PacketOf<T>, 'type' | 'payload'> & (T extends 'publish' ? { readonly payload: string } : object)
>;

export class Client {
  readonly wire: FakeWire;
  readonly connection: Connection;
  clientId = '';
  /** What its CONNECT was accepted with. */
  connack: Connack | undefined;
  #packetId = 0;

  constructor(wire: FakeWire, connection: Connection) {
    this.wire = wire;
    this.connection = connection;
  }

  /** What has come and was not looked at. */
  get packets(): readonly Packet[] {
    return this.wire.packets;
  }

  get closed(): boolean {
    return this.wire.closed;
  }

  /** Sends packets in one chunk. */
  send(...packets: readonly Packet[]): void {
    this.wire.receive(Buffer.concat(packets.map((packet) => encode(packet, this.wire.version ?? 5))));
  }

  connect(clientId: string, options: ConnectOptions = {}): void {
    this.clientId = clientId;
    this.wire.version = options.version ?? 5;
    this.send(connectPacket(clientId, options));
  }

  /** Sends a PUBLISH and returns its packet identifier. */
  sendPublish(topic: string, payload = '', options: PublishOptions = {}): number {
    const packet = this.publishPacket(topic, payload, options);
    this.send(packet);
    return packet.packetId;
  }

  publishPacket(topic: string, payload = '', options: PublishOptions = {}): Publish {
    return {
      type: 'publish',
      topic,
      payload: utf8Bytes(payload),
      qos: 0,
      retain: false,
      dup: false,
      packetId: (options.qos ?? 0) > 0 ? ++this.#packetId : 0,
      properties: NO_PROPERTIES,
      ...options,
    };
  }

  /** Publishes with the whole handshake, and returns the reason code of the last acknowledgement. */
  publish(topic: string, payload = '', options: PublishOptions = {}): number {
    const packetId = this.sendPublish(topic, payload, options);
    if (options.qos === undefined || options.qos === 0) return 0;
    if (options.qos === 1) return this.#find('puback', packetId).reasonCode;
    const { reasonCode } = this.#find('pubrec', packetId);
    if (reasonCode >= 0x80) return reasonCode;
    this.ack('pubrel', packetId);
    return this.#find('pubcomp', packetId).reasonCode;
  }

  /** Sends a SUBSCRIBE and returns its packet identifier. */
  sendSubscribe(filter: string | readonly string[], qos: QoS = 0, options: SubscribeOptions = {}): number {
    const { identifier, ...rest } = options;
    const packetId = ++this.#packetId;
    const request = (one: string): SubscriptionRequest => ({
      filter: one,
      qos,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      ...rest,
    });
    this.send({
      type: 'subscribe',
      packetId,
      subscriptions: [filter].flat().map(request),
      properties: identifier === undefined ? NO_PROPERTIES : { subscriptionIdentifiers: [identifier] },
    });
    return packetId;
  }

  /** Subscribes, and returns the reason codes of the SUBACK. */
  subscribe(
    filter: string | readonly string[],
    qos: QoS = 0,
    options: SubscribeOptions = {},
  ): readonly number[] {
    return this.#find('suback', this.sendSubscribe(filter, qos, options)).reasonCodes;
  }

  /** Unsubscribes, and returns the reason codes of the UNSUBACK. */
  unsubscribe(...filters: readonly string[]): readonly number[] {
    const packetId = ++this.#packetId;
    this.send({ type: 'unsubscribe', packetId, filters, properties: NO_PROPERTIES });
    return this.#find('unsuback', packetId).reasonCodes;
  }

  ack(type: Ack['type'], packetId: number, reasonCode = 0): void {
    this.send({ type, packetId, reasonCode, properties: NO_PROPERTIES });
  }

  auth(reasonCode: number, data?: string, method = 'TEST'): void {
    this.send({
      type: 'auth',
      reasonCode,
      properties: {
        authenticationMethod: method,
        ...(data !== undefined && { authenticationData: utf8Bytes(data) }),
      },
    });
  }

  ping(): void {
    this.send({ type: 'pingreq' });
    this.expect('pingresp');
  }

  /** Sends DISCONNECT; the peer then closes. */
  disconnect(reasonCode = 0, properties: Properties = NO_PROPERTIES): void {
    this.send({ type: 'disconnect', reasonCode, properties });
  }

  /** The network goes away under the connection. */
  cut(error?: string): void {
    this.connection.lost(error);
  }

  /** The next packet has these fields. */
  expect<T extends PacketType>(type: T, fields: Expected<T> = {}): PacketOf<T> {
    const packet = this.wire.packets.shift();
    assert.ok(packet, `${this.clientId} expects ${type} and got nothing`);
    const shown: Record<string, unknown> = { ...packet };
    if (packet.type === 'publish') shown.payload = payloadText(packet);
    const wanted = { type, ...fields };
    const same = Object.fromEntries(Object.keys(wanted).map((key) => [key, shown[key]]));
    assert.deepEqual(same, wanted, `${this.clientId} got ${JSON.stringify(shown)}`);
    return packet as PacketOf<T>;
  }

  expectNothing(): void {
    assert.deepEqual(this.wire.packets, [], `${this.clientId} expects nothing`);
  }

  /** The broker has closed; in 5.0 it said why, unless nothing is expected. */
  expectClosed(reasonCode?: number): void {
    if (reasonCode !== undefined) this.expect('disconnect', { reasonCode });
    this.expectNothing();
    assert.ok(this.closed, `${this.clientId} is still connected`);
  }

  /** Acknowledges all messages that have come and that then come, and returns their payloads. */
  messages(): string[] {
    const payloads: string[] = [];
    for (let packet = this.wire.packets.shift(); packet !== undefined; packet = this.wire.packets.shift()) {
      if (packet.type === 'pubrel') this.ack('pubcomp', packet.packetId);
      else {
        assert.ok(packet.type === 'publish', `${this.clientId} got ${JSON.stringify(packet)}`);
        payloads.push(payloadText(packet));
        if (packet.qos > 0) this.ack(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
      }
    }
    return payloads;
  }

  /** Takes the answer to a packet out of what has come. */
  #find<T extends Ack['type'] | 'suback' | 'unsuback'>(type: T, packetId: number): PacketOf<T> {
    const { packets } = this.wire;
    const at = packets.findIndex((one) => one.type === type && one.packetId === packetId);
    assert.ok(at >= 0, `${this.clientId} got no ${type} ${packetId}: ${JSON.stringify(packets)}`);
    return packets.splice(at, 1)[0] as PacketOf<T>;
  }
}

export function payloadText({ payload }: Publish): string {
  return new TextDecoder().decode(payload);
}

function connectPacket(clientId: string, options: ConnectOptions): Connect {
  const { version = 5, expiry, username, will, properties = NO_PROPERTIES } = options;
  return {
    type: 'connect',
    version,
    bridge: options.bridge ?? false,
    clientId,
    cleanStart: options.cleanStart ?? true,
    keepAliveSeconds: options.keepAliveSeconds ?? 0,
    ...(username !== undefined && { username }),
    ...(will !== undefined && {
      will: {
        qos: 0,
        retain: false,
        properties: NO_PROPERTIES,
        ...will,
        payload: utf8Bytes(will.payload ?? ''),
      },
    }),
    properties: expiry === undefined ? properties : { ...properties, sessionExpiryInterval: expiry },
  };
}
