/** A channel through a SOCKS5 proxy: it begins once the proxy has connected. */
import type { Socket } from 'node:net';
import { SocksClient } from 'socks';
import { openSafely } from './channel.ts';
import type { Channel, ChannelOwner } from './channel.ts';

/** Where a SOCKS5 proxy is, and who asks it. */
export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** How long the proxy may take, milliseconds. */
const PATIENCE_MS = 30_000;

/** What the proxy said, or the system on the way to it. The error of `socks` itself would tell the password. */
export class ProxyError extends Error {
  /** The system's, if it is the proxy that cannot be reached. */
  readonly code: string;

  constructor(message: string) {
    super(message);
    this.name = 'ProxyError';
    this.code = /\b(?:E[A-Z]{3,}|EAI_[A-Z]+)\b/.exec(message)?.[0] ?? 'ERR_PROXY';
  }
}

export class ProxiedChannel implements Channel {
  readonly #owner: ChannelOwner;
  #channel: Channel | undefined;
  /** It was closed before the proxy had answered. */
  #isClosed = false;
  #isPaused = false;

  /** `begin` starts what runs on the socket. */
  constructor(
    { host, port, username, password }: ProxyAddress,
    destination: { readonly host: string; readonly port: number },
    localAddress: string | undefined,
    owner: ChannelOwner,
    begin: (socket: Socket) => Channel,
  ) {
    const proxy = {
      host,
      port,
      type: 5 as const,
      ...(username !== undefined && { userId: username, password: password ?? '' }),
    };
    const asked = SocksClient.createConnection({
      proxy,
      destination,
      command: 'connect',
      timeout: PATIENCE_MS,
      set_tcp_nodelay: true,
      ...(localAddress !== undefined && { socket_options: { host, port, localAddress } }),
    });
    asked.then(
      ({ socket }) => {
        if (this.#isClosed) {
          socket.destroy();
          return;
        }
        this.#channel = openSafely(() => begin(socket), owner);
        if (this.#isPaused) this.#channel.pause();
        else socket.resume(); // it comes paused
      },
      (error: unknown) => {
        if (!this.#isClosed) owner.closed(new ProxyError((error as Error).message));
      },
    );
    this.#owner = owner;
  }

  get unsentBytes(): number {
    return this.#channel?.unsentBytes ?? 0;
  }

  write(bytes: Uint8Array): void {
    this.#channel?.write(bytes);
  }

  pause(): void {
    this.#isPaused = true;
    this.#channel?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#channel?.resume();
  }

  close(): void {
    if (this.#channel === undefined) this.#giveUp();
    else this.#channel.close();
  }

  destroy(): void {
    if (this.#channel === undefined) this.#giveUp();
    else this.#channel.destroy();
  }

  /** Nobody waits for the proxy any more. */
  #giveUp(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    queueMicrotask(() => this.#owner.closed());
  }
}
