/** One connection, raw: packets as they come and go, and nothing done by itself. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Decoder, encode } from '../../src/protocol/index.ts';
import type { Packet, ProtocolVersion } from '../../src/protocol/index.ts';

/** Who is told what happens. */
export interface LinkOwner {
  packet(packet: Packet): void;
  /** `problem`: what the broker sent and must not; undefined for a plain end. */
  closed(problem: string | undefined): void;
}

export class Link {
  readonly #socket: Socket;
  readonly #version: ProtocolVersion;
  readonly #owner: LinkOwner;
  #problem: string | undefined;
  /** Does nobody listen any more? */
  #deaf = false;
  /** Resolves when the socket is closed. */
  readonly ended: Promise<void>;

  constructor(port: number, version: ProtocolVersion, owner: LinkOwner) {
    this.#version = version;
    this.#owner = owner;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const decoder = new Decoder({ sender: 'server', maxPacketSize: 1 << 20, version });
    this.#socket.on('data', (chunk) => this.#receive(decoder, chunk as Uint8Array));
    this.#socket.on('error', () => undefined); // a killed broker resets: 'close' follows
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#socket.on('close', () => {
      resolve();
      if (!this.#deaf) owner.closed(this.#problem);
    });
  }

  send(packet: Packet): void {
    if (this.#socket.writable) this.#socket.write(encode(packet, this.#version));
  }

  /** Goes after what was sent. */
  end(): void {
    this.#deaf = true;
    this.#socket.end();
    this.#socket.resume();
  }

  /** Goes at once, in the middle of whatever it is. */
  cut(): void {
    this.#deaf = true;
    this.#socket.destroy();
  }

  /** Goes at once, as if the network had failed: its owner is told. */
  fail(): void {
    this.#socket.destroy();
  }

  /** Stays connected, and nobody listens: its client has moved on. */
  abandon(): void {
    this.#deaf = true;
  }

  #receive(decoder: Decoder, chunk: Uint8Array): void {
    if (this.#deaf) return;
    try {
      decoder.push(chunk);
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
        if (this.#deaf) return;
        this.#owner.packet(packet);
      }
    } catch (error) {
      this.#problem = String(error);
      this.#socket.destroy();
    }
  }
}
