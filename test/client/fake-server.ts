/** A server without a network, for tests of the client: the test reads what comes and says what is answered. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Channel, ChannelOwner, OpenChannel } from '../../src/client/channel.ts';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { utf8Bytes } from '../../src/protocol/bytes.ts';
import { Decoder } from '../../src/protocol/decoder.ts';
import { encode } from '../../src/protocol/encode.ts';
import type {
  Ack,
  Connack,
  Packet,
  PacketType,
  ProtocolVersion,
  Publish,
} from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import type { Properties } from '../../src/protocol/properties.ts';
import { TopicNames } from '../../src/protocol/topic-names.ts';

type PacketOf<T extends PacketType> = T extends Ack['type'] ? Ack : Extract<Packet, { type: T }>;

const topics = new TopicNames();

/** One connection, as the server sees it. */
export class FakeConnection implements Channel {
  /** What came and was not looked at. */
  readonly packets: Packet[] = [];
  unsentBytes = 0;
  paused = false;
  /** How the client has ended it. */
  ending: 'closed' | 'destroyed' | undefined;
  /** By which it reads and writes. */
  version: ProtocolVersion = 5;
  readonly #owner: ChannelOwner;
  readonly #decoder = new Decoder({
    sender: 'client',
    maxPacketSize: 2 ** 28,
    maxConnectBytes: 2 ** 28,
    topics,
  });

  constructor(owner: ChannelOwner) {
    this.#owner = owner;
  }

  write(bytes: Uint8Array): void {
    assert.equal(this.ending, undefined, 'nothing is written after the end');
    try {
      this.#decode(bytes);
    } catch (error) {
      // what a client writes is valid, or it is its own fault and no server's
      throw new Error(`the client wrote ${Buffer.from(bytes).toString('hex')}`, { cause: error });
    }
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): void {
    this.#end('closed');
  }

  destroy(): void {
    this.#end('destroyed');
  }

  /** The network is there. */
  opens(): void {
    this.#owner.opened();
  }

  /** The network breaks. */
  breaks(error?: Error): void {
    if (this.ending !== undefined) return;
    this.ending = 'destroyed';
    this.#owner.closed(error);
  }

  /** Packets come to the client, in one chunk. */
  send(...packets: readonly Packet[]): void {
    this.sendBytes(Buffer.concat(packets.map((packet) => encode(packet, this.version))));
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.ending === undefined) this.#owner.received(bytes);
  }

  /** The system has taken what was written. */
  drains(): void {
    this.unsentBytes = 0;
    this.#owner.drained();
  }

  /** What has come, with what the client still had to write. */
  async take(): Promise<Packet[]> {
    await turn();
    return this.packets.splice(0);
  }

  /** The next packet, which must be of this type and, where a pattern is given, have these fields. */
  async expect<T extends PacketType>(type: T, pattern: Partial<PacketOf<T>> = {}): Promise<PacketOf<T>> {
    for (let turns = 0; turns < 3 && this.packets.length === 0; turns++) await turn();
    const packet = this.packets.shift();
    assert.equal(packet?.type, type, `instead of ${type} there was ${JSON.stringify(packet)}`);
    assert.partialDeepStrictEqual(packet, { type, ...pattern });
    return packet as PacketOf<T>;
  }

  async expectNothing(): Promise<void> {
    assert.deepEqual(await this.take(), []);
  }

  /** Accepts the CONNECT, and gives it. */
  async accept(connack: Partial<Connack> = {}): Promise<PacketOf<'connect'>> {
    this.opens();
    const connect = await this.expect('connect');
    const answer = {
      type: 'connack',
      sessionPresent: false,
      reasonCode: 0,
      properties: NO_PROPERTIES,
    } as const;
    this.send({ ...answer, ...connack });
    return connect;
  }

  /** Answers SUBSCRIBE with these codes, or grants what was asked for. */
  async grant(codes?: readonly number[]): Promise<PacketOf<'subscribe'>> {
    const subscribe = await this.expect('subscribe');
    const reasonCodes = codes ?? subscribe.subscriptions.map(({ qos }) => qos);
    this.send({ type: 'suback', packetId: subscribe.packetId, reasonCodes, properties: NO_PROPERTIES });
    return subscribe;
  }

  acknowledge(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number, reasonCode = 0): void {
    this.send({ type, packetId, reasonCode, properties: NO_PROPERTIES });
  }

  #decode(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
      if (packet.type === 'connect') this.version = packet.version;
      this.packets.push(packet);
    }
  }

  #end(how: 'closed' | 'destroyed'): void {
    if (this.ending !== undefined) return;
    this.ending = how;
    queueMicrotask(() => this.#owner.closed());
  }
}

/** All connections of one client. */
export class FakeServer {
  readonly connections: FakeConnection[] = [];
  readonly open: OpenChannel = (owner) => {
    const connection = new FakeConnection(owner);
    this.connections.push(connection);
    return connection;
  };

  /** The connection that is there, or is being opened. */
  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    assert.ok(connection, 'the client has not connected');
    return connection;
  }

  /** A client that is connected. */
  async client(options: ClientOptions = {}, connack: Partial<Connack> = {}): Promise<Client> {
    const client = new Client(this.open, options);
    const started = client.start();
    await this.last.accept(connack);
    await started;
    return client;
  }
}

/** A PUBLISH of the server's. */
export function publish(
  topic: string,
  payload: string,
  { qos = 0, packetId = 0, ...others }: Partial<Omit<Publish, 'topic' | 'payload'>> = {},
): Publish {
  return {
    type: 'publish',
    topic,
    payload: utf8Bytes(payload),
    qos,
    retain: false,
    dup: false,
    packetId,
    properties: NO_PROPERTIES,
    ...others,
  };
}

/** As a subscription is told which one it is. */
export function withIdentifiers(...subscriptionIdentifiers: readonly number[]): { properties: Properties } {
  return { properties: { subscriptionIdentifiers } };
}
