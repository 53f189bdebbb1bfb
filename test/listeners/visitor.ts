/** A client that comes in by any way there is, and sends what it likes. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import { encode } from '../../src/protocol/encode.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';

/** How long anything may take, milliseconds. */
const PATIENCE_MS = 30_000;

/** A CONNECT of MQTT 3.1.1. */
export function connectPacket(clientId: string): Uint8Array {
  const packet = {
    type: 'connect',
    version: 4,
    bridge: false,
    cleanStart: true,
    keepAliveSeconds: 60,
  } as const;
  return encode({ ...packet, clientId, properties: NO_PROPERTIES }, 4);
}

/** A socket to the broker. It ends with the block that declares it (`using`). */
export class Visitor implements Disposable {
  readonly socket: Socket;
  /** All that has come. */
  received: Buffer = Buffer.alloc(0);
  isOver = false;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#tell();
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      this.isOver = true;
      this.#tell();
    });
  }

  /** Comes in; rejects if nobody takes it. */
  static open(where: NetConnectOpts): Promise<Visitor> {
    const { promise, resolve, reject } = Promise.withResolvers<Visitor>();
    const socket = connect({ ...where, noDelay: true }, () => resolve(new Visitor(socket)));
    socket.once('error', reject);
    return promise;
  }

  send(bytes: Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  /** Waits for the CONNACK that lets it in. */
  async accepted(): Promise<this> {
    await this.settled();
    assert.equal(this.received.toString('hex'), '20020000');
    return this;
  }

  /** Waits for a CONNACK or the end. */
  async settled(): Promise<void> {
    await this.#until(() => this.isOver || this.received.length >= 4);
  }

  /** Waits until what has come is as wished, or the end. */
  async until(isSo: (received: Buffer) => boolean): Promise<void> {
    await this.#until(() => this.isOver || isSo(this.received));
  }

  /** Waits for the end. */
  async closed(): Promise<void> {
    await this.#until(() => this.isOver);
  }

  /** Is the broker still there for it? A PINGREQ tells. */
  async pinged(): Promise<void> {
    const before = this.received.length;
    this.send(Uint8Array.of(0xc0, 0));
    await this.#until(() => this.isOver || this.received.length >= before + 2);
    assert.equal(this.received.subarray(before).toString('hex'), 'd000');
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #until(isSo: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const watch = (): void => {
      if (isSo()) resolve();
    };
    const timer = setTimeout(() => reject(new Error('Nothing happens')), PATIENCE_MS);
    this.#watchers.add(watch);
    watch();
    await promise.finally(() => {
      clearTimeout(timer);
      this.#watchers.delete(watch);
    });
  }

  #tell(): void {
    for (const watch of this.#watchers) watch();
  }
}

/** Comes in and is let in as a client. */
export async function enter(where: NetConnectOpts, clientId: string): Promise<Visitor> {
  const visitor = await Visitor.open(where);
  return visitor.send(connectPacket(clientId)).accepted();
}
