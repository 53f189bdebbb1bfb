/** A channel on a socket of Node's: TCP, TLS or a Unix socket. */
import type { Socket } from 'node:net';
import type { Channel, ChannelOwner } from './channel.ts';

/** How long a closing socket may take to send what was written to it, milliseconds. */
const CLOSE_MS = 5000;

/** `ready` is the event by which the socket says that it is open: `connect`, or `secureConnect` with TLS. */
export class SocketChannel implements Channel {
  readonly #socket: Socket;
  #closed = false;

  constructor(socket: Socket, owner: ChannelOwner, ready: 'connect' | 'secureConnect') {
    this.#socket = socket;
    let failure: Error | undefined;
    socket.on(ready, () => owner.opened());
    socket.on('data', (chunk: Buffer) => owner.received(chunk));
    socket.on('drain', () => owner.drained());
    socket.on('error', (error) => {
      failure ??= error;
    });
    socket.on('close', () => owner.closed(failure));
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroySoon();
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref();
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
  }
}
