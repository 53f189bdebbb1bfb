/** A broker that does as a test says, and remembers what it was sent. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Decoder } from '../../../src/protocol/decoder.ts';
import { encode } from '../../../src/protocol/encode.ts';
import type { Packet, ProtocolVersion, Publish } from '../../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../../src/protocol/properties.ts';
import type { Properties } from '../../../src/protocol/properties.ts';
import { withinPatience } from './tool-run.ts';

/** One of its connections. */
export interface Line {
  readonly socket: Socket;
  send(...packets: readonly Packet[]): void;
  /** Which connection it is, from 1. */
  readonly number: number;
}

/** Answers a packet; true if the broker is not to answer it as usual. */
export type Answer = (packet: Packet, line: Line) => boolean | void;

export class FakeBroker implements AsyncDisposable {
  /** All packets of all connections, in order. */
  readonly received: Packet[] = [];
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #answer: Answer;
  readonly #watchers = new Set<() => void>();
  #lines = 0;

  private constructor(answer: Answer) {
    this.#answer = answer;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(answer: Answer = () => false): Promise<FakeBroker> {
    const broker = new FakeBroker(answer);
    await new Promise<void>((resolve) => {
      broker.#server.listen(0, '127.0.0.1', resolve);
    });
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What a tool is called with to come here. */
  get address(): readonly string[] {
    return ['-h', '127.0.0.1', '-p', String(this.port)];
  }

  /** The packets of one kind. */
  of<T extends Packet['type']>(type: T): readonly Extract<Packet, { type: T }>[] {
    return this.received.filter((packet): packet is Extract<Packet, { type: T }> => packet.type === type);
  }

  /** Waits until so many packets of a kind have come. */
  async until(type: Packet['type'], count = 1): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.of(type).length >= count) resolve();
    };
    this.#watchers.add(look);
    look();
    await withinPatience(`${count} packets ${type}`, promise).finally(() => this.#watchers.delete(look));
  }

  /** Breaks all connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const decoder = new Decoder({ sender: 'client', maxPacketSize: 268_435_460 });
    let version: ProtocolVersion = 4;
    const line: Line = {
      socket,
      number: ++this.#lines,
      send: (...packets) => {
        for (const packet of packets) socket.write(encode(packet, version));
      },
    };
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
        if (packet.type === 'connect') version = packet.version;
        this.received.push(packet);
        if (this.#answer(packet, line) !== true) line.send(...usual(packet));
        for (const look of this.#watchers) look();
      }
    });
  }
}

/** What a broker says that agrees with everything and delivers nothing. */
function usual(packet: Packet): Packet[] {
  if (packet.type === 'connect') return [accepted()];
  if (packet.type === 'pingreq') return [{ type: 'pingresp' }];
  const properties = NO_PROPERTIES;
  const { packetId = 0 } = packet as { readonly packetId?: number };
  if (packet.type === 'subscribe') {
    const reasonCodes = packet.subscriptions.map(({ qos }) => qos);
    return [{ type: 'suback', packetId, reasonCodes, properties }];
  }
  if (packet.type === 'unsubscribe')
    return [{ type: 'unsuback', packetId, reasonCodes: packet.filters.map(() => 0), properties }];
  const ack = packet.type === 'publish' ? ACKS[packet.qos] : packet.type === 'pubrel' ? 'pubcomp' : undefined;
  return ack === undefined ? [] : [{ type: ack, packetId, reasonCode: 0, properties }];
}

/** By QoS. */
const ACKS = [undefined, 'puback', 'pubrec'] as const;

/** A CONNACK. */
export function accepted(reasonCode = 0, properties: Properties = NO_PROPERTIES): Packet {
  return { type: 'connack', sessionPresent: false, reasonCode, properties };
}

/** A message to a client. */
export function message(topic: string, payload: string | Uint8Array, more: Partial<Publish> = {}): Publish {
  return {
    type: 'publish',
    topic,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: NO_PROPERTIES,
    ...more,
  };
}
