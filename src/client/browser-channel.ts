/** A channel over the WebSocket of a browser: MQTT §6. */
import type { Channel, ChannelOwner } from './channel.ts';

/** More than this in its buffer, and we look until it is gone: the standard has no event for it. Bytes. */
const WATCHED_BYTES = 64 * 1024;
/** How often, milliseconds. */
const LOOK_MS = 20;
/** How long a closing connection may take, milliseconds. */
const CLOSE_MS = 5000;

/** A browser cannot be told to read no more: what comes while the client is paused waits there. */
export class BrowserChannel implements Channel {
  readonly #socket: WebSocket;
  readonly #owner: ChannelOwner;
  #timer: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #failure: Error | undefined;
  #over = false;

  constructor(url: string, owner: ChannelOwner) {
    this.#owner = owner;
    const socket = new WebSocket(url, ['mqtt']); // [MQTT-6.0.0-3]
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      if (!this.#over) owner.opened();
    });
    socket.addEventListener('message', ({ data }) => this.#onMessage(data));
    socket.addEventListener('error', () => {
      this.#failure ??= new Error('the WebSocket failed');
    });
    socket.addEventListener('close', () => this.#end());
  }

  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  write(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes);
    if (this.#timer === undefined && this.#socket.bufferedAmount > WATCHED_BYTES)
      this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.#socket.close(1000);
    this.#patience = setTimeout(() => this.#end(), CLOSE_MS);
  }

  /** A browser has no way to do it at once: the rest of it is not waited for. */
  destroy(): void {
    this.#socket.close();
    queueMicrotask(() => this.#end());
  }

  #onMessage(data: unknown): void {
    if (this.#over) return;
    if (data instanceof ArrayBuffer) {
      this.#owner.received(new Uint8Array(data));
      return;
    }
    this.#failure ??= new Error('the server sent text where MQTT has bytes'); // [MQTT-6.0.0-1]
    this.destroy();
  }

  #look(): void {
    if (this.#socket.bufferedAmount > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#owner.drained();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#timer);
    clearTimeout(this.#patience);
    this.#owner.closed(this.#failure);
  }
}
