/** A SOCKS5 proxy, RFC 1928 and 1929, that says where it was asked to connect. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const NOBODY = 0xff;
const NAME = 3;
const REFUSED = 5;

export interface ProxyOptions {
  /** `name:password` that it asks for. */
  readonly user?: string;
  /** It refuses to connect. */
  readonly refuses?: boolean;
}

export class SocksProxy implements AsyncDisposable {
  /** `host:port` of each request; hosts as names, not looked up. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(options: ProxyOptions) {
    this.#server = createServer((socket) => {
      this.#keep(socket);
      this.#serve(socket, options).catch(() => socket.destroy());
    });
  }

  static async start(options: ProxyOptions = {}): Promise<SocksProxy> {
    const proxy = new SocksProxy(options);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As `--proxy` takes it. */
  url(user = ''): string {
    return `socks5h://${user === '' ? '' : `${user}@`}127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  async #serve(socket: Socket, { user, refuses = false }: ProxyOptions): Promise<void> {
    const read = reader(socket);
    const [, count = 0] = await read(2);
    const methods = await read(count);
    const method = user === undefined ? NO_AUTHENTICATION : USER_AND_PASSWORD;
    socket.write(Uint8Array.of(VERSION, methods.includes(method) ? method : NOBODY));
    if (user !== undefined) {
      const given = [await text(read, 1), await text(read, 0)].join(':');
      socket.write(Uint8Array.of(1, given === user ? 0 : 1));
      if (given !== user) return;
    }
    const [, , , kind] = await read(4);
    const host = kind === NAME ? await text(read, 0) : (await read(4)).join('.');
    const port = (await read(2)).readUInt16BE();
    this.asked.push(`${host}:${port}`);
    socket.write(Uint8Array.of(VERSION, refuses ? REFUSED : 0, 0, 1, 127, 0, 0, 1, 0, 0));
    if (refuses) return;
    const target = connect(port, '127.0.0.1');
    this.#keep(target);
    socket.removeAllListeners('readable');
    socket.pipe(target).pipe(socket);
  }
}

/** A text after its length, which stands behind so many bytes. */
async function text(read: (bytes: number) => Promise<Buffer>, skip: number): Promise<string> {
  const head = await read(skip + 1);
  return (await read(head[skip] ?? 0)).toString();
}

function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  return (bytes) =>
    new Promise((resolve) => {
      const look = (): void => {
        const chunk = (bytes === 0 ? Buffer.alloc(0) : socket.read(bytes)) as Buffer | null;
        if (chunk === null) return;
        socket.off('readable', look);
        resolve(chunk);
      };
      socket.on('readable', look);
      look();
    });
}
