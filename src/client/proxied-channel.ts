/** A channel through a SOCKS5 proxy: it begins once the proxy has connected. */
import { connect } from 'node:net';
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
  /** To the proxy. */
  readonly #socket: Socket;
  #channel: Channel | undefined;
  /** It was closed before the proxy had answered, or the proxy was not there. */
  #isOver = false;
  #isPaused = false;

  /** `begin` starts what runs on the socket. */
  constructor(
    proxy: ProxyAddress,
    destination: { readonly host: string; readonly port: number },
    localAddress: string | undefined,
    owner: ChannelOwner,
    begin: (socket: Socket) => Channel,
  ) {
    const { host, port } = proxy;
    this.#owner = owner;
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
    });
    const failed = (error: Error): void => this.#end(new ProxyError(error.message));
    const late = setTimeout(() => this.#socket.destroy(new Error('Proxy connection timed out')), PATIENCE_MS);
    this.#socket.on('error', failed);
    this.#socket.once('close', () => clearTimeout(late));
    this.#socket.once('connect', () => {
      clearTimeout(late);
      ask(proxy, destination, this.#socket).then(() => this.#begin(begin), failed);
    });
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

  /** The proxy has connected. */
  #begin(begin: (socket: Socket) => Channel): void {
    if (this.#isOver) return;
    this.#channel = openSafely(() => begin(this.#socket), this.#owner);
    if (this.#isPaused) this.#channel.pause();
    else this.#socket.resume(); // it comes paused
  }

  /** Nobody waits for the proxy any more. */
  #giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    queueMicrotask(() => this.#owner.closed());
  }

  /** There is no way through the proxy. What happens to the channel beyond it, that tells itself. */
  #end(error: Error): void {
    if (this.#isOver || this.#channel !== undefined) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#owner.closed(error);
  }
}

/** Has a proxy connect; resolves when it has. */
async function ask(
  { host, port, username, password }: ProxyAddress,
  destination: { readonly host: string; readonly port: number },
  socket: Socket,
): Promise<void> {
  const login = username !== undefined && { userId: username, password: password ?? '' };
  await SocksClient.createConnection({
    proxy: { host, port, type: 5, ...login },
    destination,
    command: 'connect',
    timeout: PATIENCE_MS,
    existing_socket: socket,
  });
}
