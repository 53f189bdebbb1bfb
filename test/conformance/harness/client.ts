import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { hex, join, toHex, type Bytes } from './bytes.ts';
import { decode, type Packet, type PacketOf, type Publish } from './decode.ts';
import { Framer } from './framer.ts';
import { Mismatch } from './mismatch.ts';
import { packets, type Options, type Packets, type PublishOptions, type Version } from './packets.ts';
import type { Properties } from './properties.ts';

/** Some fields of a packet of one type; those that are left out may have any value. */
export type PatternOf<Type extends Packet['type']> = { readonly type: Type } & Partial<
  Omit<PacketOf<Type>, 'type'>
>;

/** Some fields of a packet. */
export type Pattern = { [Type in Packet['type']]: PatternOf<Type> }[Packet['type']];

/** How long silence lasts before `expectClosed` asks with a PINGREQ whether the broker is still there. */
const silence = 400;

/** How to wait for an end: for how long, and whether a PINGREQ may show that the broker has no such intention. */
export interface Waiting {
  readonly within?: number;
  readonly ping?: boolean;
}

/** A connection to the broker under test, as raw as a script wants it. */
export class Client {
  readonly version: Version;
  readonly clientId: string;
  /** Builders of the packets of this connection's version. */
  readonly p: Packets;
  /** The CONNACK, once `accepted` has seen it. */
  connack: PacketOf<'connack'> | undefined;
  /** Bytes of the largest packet seen. */
  largest = 0;
  readonly #socket: Socket;
  /** Milliseconds the broker may take for an answer. */
  readonly #patience: number;
  readonly #transcript: string[] = [];
  readonly #framer = new Framer();
  #open = true;
  #wake: (() => void) | undefined;
  #packetId = 0;

  private constructor(socket: Socket, version: Version, clientId: string, patience: number) {
    this.#socket = socket;
    this.version = version;
    this.clientId = clientId;
    this.#patience = patience;
    this.p = packets(version);
    socket.setNoDelay();
    socket.on('data', (chunk) => {
      this.#framer.push(chunk as Uint8Array);
      this.#wake?.();
    });
    socket.on('error', () => undefined); // a reset is a close: 'close' follows
    socket.on('close', () => {
      this.#open = false;
      this.#wake?.();
    });
  }

  /** Opens a TCP connection, and sends nothing yet. */
  static open(port: number, version: Version, clientId: string, patience: number): Promise<Client> {
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    const socket = connect(port, '127.0.0.1', () => resolve(new Client(socket, version, clientId, patience)));
    socket.once('error', reject);
    return promise;
  }

  /** Writes bytes as they are, in one write. */
  send(...pieces: readonly Bytes[]): this {
    const bytes = join(...pieces.map((piece) => (typeof piece === 'string' ? hex(piece) : piece)));
    this.#transcript.push(`→ ${shorten(bytes)}`);
    this.#socket.write(bytes);
    return this;
  }

  /** A Packet Identifier that this client has not used yet. */
  nextPacketId(): number {
    this.#packetId += 1;
    return this.#packetId;
  }

  /** The next packet must be this one: all of it when given as bytes, the fields named when given as a pattern. */
  expect(bytes: Bytes): Promise<Packet>;
  expect<Type extends Packet['type']>(pattern: PatternOf<Type>): Promise<PacketOf<Type>>;
  async expect(expected: Bytes | Pattern): Promise<Packet> {
    const pattern = this.#toPattern(expected);
    const packet = await this.next(this.#patience, `expected ${show(pattern)}`);
    if (!matches(packet, pattern)) this.#fail(`expected ${show(pattern)}, but got ${show(packet)}`);
    return packet;
  }

  /** The next packets must be these, in any order. */
  async expectAll(...expected: readonly (Bytes | Pattern)[]): Promise<void> {
    const patterns = expected.map((one) => this.#toPattern(one));
    while (patterns.length > 0) {
      const packet = await this.next(this.#patience, `expected one of ${patterns.map(show).join(' | ')}`);
      const at = patterns.findIndex((pattern) => matches(packet, pattern));
      if (at < 0) this.#fail(`expected one of ${patterns.map(show).join(' | ')}, but got ${show(packet)}`);
      patterns.splice(at, 1);
    }
  }

  /** The broker closes the connection and sends nothing more before it. */
  async expectClosed({ within = this.#patience, ping = true }: Waiting = {}): Promise<void> {
    if (ping && this.connack && (await this.#wait(silence, false)) === 'silence') this.send(this.p.pingreq());
    const got = await this.#wait(within);
    if (got === 'silence') this.#fail('expected the broker to close the connection, but it did not');
    if (got !== 'closed')
      this.#fail(`expected the broker to close the connection, but got ${show(this.#decode(got))}`);
  }

  /** The broker closes the connection, and may say why before it. */
  async expectGone({ within = this.#patience }: Waiting = {}): Promise<void> {
    const got = await this.#wait(within);
    if (got === 'closed') return;
    if (got === 'silence') this.#fail('expected the broker to close the connection, but it did not');
    const packet = this.#decode(got);
    if (packet.type !== 'disconnect' && packet.type !== 'connack') this.#fail(`got ${show(packet)}`);
    await this.expectClosed({ within, ping: false });
  }

  /** A protocol error: 5.0 gets a DISCONNECT with this code (one of these), and the end; 3.x is just closed. */
  async expectError(code: number | readonly number[], options: Waiting = {}): Promise<void> {
    if (this.version !== 5) return this.expectClosed(options);
    const { within = this.#patience, ping = true } = options;
    if (ping && this.connack && (await this.#wait(silence, false)) === 'silence') this.send(this.p.pingreq());
    const codes = [code].flat();
    const why = `expected DISCONNECT ${codes.map((one) => `0x${one.toString(16)}`).join(' or ')}`;
    const packet = await this.next(within, why);
    if (packet.type !== 'disconnect' || !codes.includes(packet.code))
      this.#fail(`${why}, but got ${show(packet)}`);
    return this.expectClosed({ within, ping: false });
  }

  /** A refused CONNECT: a CONNACK with the code of this version, or none where there is none; then the end. */
  async expectRefusal(code5: number | readonly number[] | undefined, code3?: number): Promise<void> {
    const code = this.version === 5 ? code5 : code3;
    if (code !== undefined) {
      const packet = await this.expect({ type: 'connack', sessionPresent: false });
      const codes = [code].flat();
      if (!codes.includes(packet.code)) this.#fail(`expected CONNACK with one of ${codes.join(', ')}`);
    }
    return this.expectClosed({ ping: false });
  }

  /** A CONNECT of a version that the broker does not know: it may say so in the form of 3.x or of 5.0, and closes. */
  async expectUnsupported(): Promise<void> {
    const got = await this.#wait(this.#patience);
    const answer = typeof got === 'string' ? got : toHex(got);
    if (!['closed', '20 02 00 01', '20 03 00 84 00'].includes(answer))
      this.#fail(`it is answered by ${answer}`);
    if (answer !== 'closed') await this.expectClosed({ ping: false });
  }

  /** Nothing is on its way: the answer to a PINGREQ is the next packet. */
  async expectNothing(): Promise<void> {
    this.send(this.p.pingreq());
    await this.expect({ type: 'pingresp' });
  }

  /** The CONNECT was accepted. */
  async accepted(): Promise<PacketOf<'connack'>> {
    this.connack = await this.expect({ type: 'connack', code: 0 });
    return this.connack;
  }

  /** Subscribes at the QoS asked for. */
  async subscribe(filter: string, options: number | Options = 0, properties?: Properties): Promise<void> {
    const packetId = this.nextPacketId();
    this.send(this.p.subscribe(packetId, [[filter, options]], properties));
    const qos = typeof options === 'number' ? options & 3 : (options.qos ?? 0);
    await this.expect(this.p.suback(packetId, [qos]));
  }

  /** Publishes and waits until the broker has taken it over. */
  async publish(
    topic: string,
    payload: string | Uint8Array = '',
    options: PublishOptions = {},
  ): Promise<void> {
    const packetId = options.packetId ?? this.nextPacketId();
    this.send(this.p.publish(topic, payload, { ...options, packetId }));
    if (!options.qos) return this.expectNothing();
    const type = options.qos === 1 ? 'puback' : 'pubrec';
    const { code } = await this.expect({ type, packetId });
    if (code >= 0x80) this.#fail('the broker refused the message');
    if (type === 'puback') return undefined;
    this.send(this.p.pubrel(packetId));
    await this.expect(this.p.pubcomp(packetId));
    return undefined;
  }

  /** The next packet is this message; it is acknowledged, to the end of its QoS. Others may come before its PUBREL. */
  async receive(topic: string, payload: string, fields: Partial<Publish> = {}): Promise<Publish> {
    const message = await this.expect({ type: 'publish', topic, payload, ...fields });
    if (message.qos === 1) this.send(this.p.puback(message.packetId));
    if (message.qos === 2) {
      this.send(this.p.pubrec(message.packetId));
      await this.#takePubrel(message.packetId);
      this.send(this.p.pubcomp(message.packetId));
    }
    return message;
  }

  /** Takes the PUBREL out of the packets that are coming, and leaves the others. */
  async #takePubrel(packetId: number): Promise<void> {
    const others: Uint8Array[] = [];
    for (;;) {
      const got = await this.#wait(this.#patience);
      if (typeof got === 'string') this.#fail(`expected PUBREL ${packetId}, but there is ${got}`);
      if (got[0] === 0x62 && got[2] === packetId >> 8 && got[3] === (packetId & 0xff)) {
        this.#decode(got);
        break;
      }
      others.push(got);
    }
    this.#framer.putBack(others);
  }

  /** Says goodbye, and waits until the broker has closed the connection. */
  async disconnect(code?: number, properties?: Properties): Promise<void> {
    this.send(this.p.disconnect(code, properties));
    await this.expectClosed({ ping: false });
  }

  /** Ends the connection without a word, as a broken network does. */
  drop(): void {
    this.#socket.destroy();
  }

  /** The next packet, whatever it is. */
  async next(within: number = this.#patience, why = 'expected a packet'): Promise<Packet> {
    const got = await this.#wait(within);
    if (got === 'closed') this.#fail(`${why}, but the broker closed the connection`);
    if (got === 'silence') this.#fail(`${why}, but nothing came within ${within} ms`);
    return this.#decode(got);
  }

  /** Waits for the next packet; takes it, unless told to leave it. */
  async #wait(within: number, take = true): Promise<Uint8Array | 'closed' | 'silence'> {
    const deadline = Date.now() + within;
    for (let isLate = false; this.#open && !this.#framer.ready;) {
      if (isLate) return 'silence';
      const left = deadline - Date.now();
      isLate = left <= 0;
      await (isLate ? turn() : this.#woken(left)); // this process may be the late one: what is there is read first
    }
    if (this.#framer.ready) return take ? this.#framer.take() : this.#framer.peek();
    if (this.#framer.rest.length > 0) this.#fail(`the last packet is cut: ${toHex(this.#framer.rest)}`);
    return 'closed';
  }

  #woken(within: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, within);
    this.#wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }

  #decode(bytes: Uint8Array): Packet {
    this.largest = Math.max(this.largest, bytes.length);
    this.#transcript.push(`← ${shorten(bytes)}`);
    try {
      return decode(bytes, this.version);
    } catch (error) {
      if (error instanceof Mismatch) this.#fail(error.message);
      throw error;
    }
  }

  #toPattern(expected: Bytes | Pattern): Pattern | Packet {
    if (typeof expected === 'string') return decode(hex(expected), this.version);
    return expected instanceof Uint8Array ? decode(expected, this.version) : expected;
  }

  #fail(message: string): never {
    throw new Mismatch(`${message}\n${this.clientId}:\n  ${this.#transcript.join('\n  ')}`);
  }
}

function matches(packet: Packet, pattern: Pattern | Packet): boolean {
  const fields = new Map<string, unknown>(Object.entries(packet));
  return Object.entries(pattern).every(([name, value]) => isDeepStrictEqual(fields.get(name), value));
}

function shorten(bytes: Uint8Array): string {
  return bytes.length > 120 ? `${toHex(bytes.subarray(0, 100))} … (${bytes.length} bytes)` : toHex(bytes);
}

function show(value: Pattern | Packet): string {
  const { type, ...fields } = value;
  const list = Object.entries(fields).filter(([, one]) => !isDeepStrictEqual(one, {}));
  return `${type.toUpperCase()} ${list.map(([name, one]) => `${name}=${JSON.stringify(one).slice(0, 200)}`).join(' ')}`.trim();
}
