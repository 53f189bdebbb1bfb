/** A WebSocket client as raw as a script wants it: bytes out, frames in. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { closeCode, frame, OPCODE, readFrame } from './frames.ts';
import type { FrameOptions, ServerFrame } from './frames.ts';

/** How long anything may take, in milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** What is unusual about a request. A header that is undefined is left out. */
export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly http?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const HEADERS = {
  Host: 'broker.example',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', // the example of RFC 6455 §1.3
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Protocol': 'mqtt',
} as const;

/** The head of a request for a WebSocket. */
export function upgrade({
  method = 'GET',
  path = '/mqtt',
  http = '1.1',
  headers,
}: RequestOptions = {}): string {
  const lines = Object.entries<string | undefined>({ ...HEADERS, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/${http}\r\n${lines.join('')}\r\n`;
}

/** It is gone with the block that declares it (`using`). */
export class Visitor implements Disposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #over = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    socket.on('error', () => undefined); // a reset is an end: 'close' follows
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        this.#over = true;
        this.#wake?.();
      });
  }

  /** Opens a connection and sends nothing yet. */
  static open(port: number): Promise<Visitor> {
    const { promise, resolve, reject } = Promise.withResolvers<Visitor>();
    const socket = connect(port, '127.0.0.1', () => resolve(new Visitor(socket)));
    socket.once('error', reject);
    return promise;
  }

  /** Opens a WebSocket. */
  static async enter(port: number, options?: RequestOptions): Promise<Visitor> {
    const visitor = await Visitor.open(port);
    visitor.send(upgrade(options));
    const head = await visitor.head();
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${head}`);
    return visitor;
  }

  /** Writes bytes as they are. */
  send(...pieces: readonly (Uint8Array | string)[]): this {
    for (const piece of pieces) this.socket.write(piece);
    return this;
  }

  /** Writes one frame. */
  frame(opcode: number, payload?: Uint8Array | string, options?: FrameOptions): this {
    return this.send(frame(opcode, payload, options));
  }

  /** Writes packets of MQTT as one binary frame. */
  mqtt(...packets: readonly Uint8Array[]): this {
    return this.frame(OPCODE.binary, Buffer.concat(packets));
  }

  /** The head of the answer, with its empty line. */
  async head(): Promise<string> {
    await this.#until(() => this.#received.includes('\r\n\r\n'));
    const end = this.#received.indexOf('\r\n\r\n') + 4;
    if (end < 4) throw new Error(`no answer but ${this.#received.toString('latin1')}`);
    return this.#take(end).toString('latin1');
  }

  /** The next frame; undefined when the server ends instead. */
  async next(): Promise<ServerFrame | undefined> {
    await this.#until(() => readFrame(this.#received) !== undefined);
    const read = readFrame(this.#received);
    if (read === undefined) return undefined;
    this.#take(read.end);
    return read.frame;
  }

  /** The next so many bytes of MQTT, from as many binary frames as it takes, as hexadecimal digits. */
  async bytes(count: number): Promise<string> {
    const pieces: Buffer[] = [];
    for (let left = count; left > 0;) {
      const got = await this.next();
      if (got?.opcode !== OPCODE.binary) throw new Error(`no binary frame but ${JSON.stringify(got)}`);
      pieces.push(got.payload);
      left -= got.payload.length;
    }
    return Buffer.concat(pieces).toString('hex');
  }

  /** The code of the Close frame that must come now, and the end after it. */
  async closed(): Promise<number> {
    const got = await this.next();
    if (got?.opcode !== OPCODE.close) throw new Error(`no Close frame but ${JSON.stringify(got)}`);
    const rest = await this.rest();
    if (rest.length > 0) throw new Error(`after the Close frame: ${rest.toString('hex')}`);
    return closeCode(got);
  }

  /** All that comes until the server ends. */
  async rest(): Promise<Buffer> {
    await this.#until(() => false);
    return this.#take(this.#received.length);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** Waits until something is there, or the server ends. */
  async #until(isThere: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!isThere() && !this.#over) {
      if (Date.now() >= deadline) throw new Error(`nothing came but ${this.#received.toString('hex')}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, deadline - Date.now());
      await promise.finally(() => clearTimeout(timer));
    }
  }
}
