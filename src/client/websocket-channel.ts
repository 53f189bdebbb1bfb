/** A channel over WebSocket, on Node: MQTT §6. */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Channel, ChannelOwner } from './channel.ts';
import { LIMITS } from './limits.ts';

/** Until the server must have answered the request, milliseconds. */
const PATIENCE_MS = 30_000;
/** How long a closing connection may take, milliseconds. */
const CLOSE_MS = 5000;

export class WebSocketChannel implements Channel {
  readonly #socket: WebSocket;
  readonly #owner: ChannelOwner;
  #failure: Error | undefined;

  /** `dial` gives the socket that the request goes out on. The size is that of the largest packet to accept, bytes. */
  constructor(url: string, dial: () => Socket, maximumPacketSize: number, owner: ChannelOwner) {
    this.#owner = owner;
    this.#socket = new WebSocket(url, ['mqtt'], {
      createConnection: dial,
      perMessageDeflate: false,
      // the library gathers a message before it shows it
      maxPayload: Math.min(maximumPacketSize, LIMITS.largestPacketBytes) + LIMITS.messageSpareBytes,
      handshakeTimeout: PATIENCE_MS,
      skipUTF8Validation: true,
    });
    this.#socket.binaryType = 'nodebuffer';
    this.#socket.on('open', () => owner.opened());
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(data, isBinary));
    this.#socket.on('error', (error) => {
      this.#failure ??= error;
    });
    this.#socket.on('close', () => owner.closed(this.#failure));
  }

  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes, () => {
      if (this.#socket.bufferedAmount === 0) this.#owner.drained();
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.close(1000);
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
  }

  destroy(): void {
    this.#socket.terminate();
  }

  /** [MQTT-6.0.0-1] */
  #onMessage(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#owner.received(data);
      return;
    }
    this.#failure ??= new Error('the server sent text where MQTT has bytes');
    this.#socket.terminate();
  }
}
