/** A raw connection to the broker: bytes out as they are, bytes in without an allocation a read. */
import { connect, isIP } from 'node:net';
import type { OnReadOpts, Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { QoS } from '../../protocol/packet.ts';
import { CONNACK, connectFrame, DISCONNECT_FRAME, frameEnd, SUBACK, subscribeFrame } from './frames.ts';
import type { Login } from './frames.ts';

/** Where the broker is, and who comes. */
export interface Target {
  readonly host: string;
  /** Where the host is, once known: it is not looked up again. */
  readonly address?: string | undefined;
  readonly port: number;
  /** How TLS is to be spoken; undefined if it is not. */
  readonly tls?: ConnectionOptions | undefined;
  /** Of all clients; undefined if they are anonymous. */
  readonly login?: Login | undefined;
}

/** Takes what was read: the first `length` bytes, which are overwritten by the next read of any link. */
export type Receive = (bytes: Buffer, length: number) => void;

/** The broker said no: to CONNECT with a return code, to SUBSCRIBE, or with a packet that nobody expected. */
export class Refused extends Error {
  readonly type: number;
  readonly code: number;

  constructor(answer: Buffer) {
    super(`The broker refused: ${answer.subarray(0, 16).toString('hex')}.`);
    this.type = answer[0]! >> 4;
    this.code = answer[3] ?? 0;
  }
}

/** The broker says nothing. */
export class Unanswered extends Error {}

/** What all links read into: a chunk is handled before the next is read. */
const CHUNK = Buffer.allocUnsafeSlow(128 * 1024);

const EMPTY = Buffer.alloc(0);
/** How long a broker may take to answer, milliseconds. */
const PATIENCE_MS = 60_000;
/** Links that are opened at a time. */
const OPENED_TOGETHER = 100;

const REFUSED: Readonly<Record<number, (answer: Buffer) => boolean>> = {
  [CONNACK]: (answer) => answer[3] !== 0,
  [SUBACK]: (answer) => answer.subarray(4).some((code) => code >= 0x80),
};

export class Link {
  /** Whoever follows the connection; replaced as it passes its phases. */
  receive: Receive = () => undefined;
  /** Called at the end that nobody asked for, and when `receive` throws. */
  lost: (error: Error) => void = (error) => {
    throw error;
  };
  /** Resolves when the connection is gone, by whomever. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #closing = false;

  /** Starts to connect; `reply` waits for what the broker says. */
  constructor(target: Target) {
    const onread = { buffer: CHUNK, callback: (length: number): boolean => this.#read(length) };
    this.#socket = open(target, onread);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => {
      resolve();
      this.#end(new Error('The broker closed a connection.'));
    });
  }

  /** Whether the system has not taken all that was written. */
  get blocked(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** The address of the broker, once connected. */
  get address(): string | undefined {
    return this.#socket.remoteAddress;
  }

  /** Writes; the bytes must not change while the link is blocked. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits for one whole frame of a type; rejects when it is another or a refusal. */
  reply(type: number, patienceMs: number = PATIENCE_MS): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const timer = setTimeout(() => reject(new Unanswered('The broker does not answer.')), patienceMs);
    this.lost = reject;
    let answer = EMPTY;
    this.receive = (bytes, length) => {
      answer = Buffer.concat([answer, bytes.subarray(0, length)]);
      if (frameEnd(answer, 0, answer.length) === 0) return;
      if (answer[0]! >> 4 === type && REFUSED[type]?.(answer) !== true) resolve(answer);
      else reject(new Refused(answer));
    };
    return promise.finally(() => clearTimeout(timer));
  }

  /** Closes without a word, or after what was written has left. */
  close(): void {
    this.#closing = true;
    this.#socket.destroySoon();
  }

  /** From now on an end is expected. */
  expectEnd(): void {
    this.#closing = true;
  }

  #read(length: number): boolean {
    try {
      this.receive(CHUNK, length);
    } catch (error) {
      this.#end(error as Error);
      this.#socket.destroy();
    }
    return true;
  }

  #end(error: Error): void {
    if (this.#closing) return;
    this.#closing = true;
    this.lost(error);
  }
}

function open({ host: named, address, port, tls }: Target, onread: OnReadOpts): Socket {
  const host = address ?? named;
  if (tls === undefined) return connect({ host, port, noDelay: true, onread });
  const name = isIP(named) === 0 ? { servername: named } : {}; // an address cannot be asked for
  const options: ConnectionOptions & { onread: OnReadOpts } = { ...name, ...tls, host, port, onread };
  return connectSecurely(options).setNoDelay(true);
}

/** A client that the broker has accepted. */
export async function openClient(
  target: Target,
  clientId: string,
  cleanSession = true,
  patienceMs: number = PATIENCE_MS,
): Promise<Link> {
  const link = new Link(target);
  link.write(connectFrame(clientId, cleanSession, target.login));
  try {
    await link.reply(CONNACK, patienceMs);
  } catch (error) {
    link.close();
    throw error;
  }
  return link;
}

/** Many clients, some at a time. */
export async function openClients(
  target: Target,
  clientIds: readonly string[],
  cleanSession = true,
): Promise<Link[]> {
  const links: Link[] = [];
  for (let at = 0; at < clientIds.length; at += OPENED_TOGETHER) {
    const some = clientIds.slice(at, at + OPENED_TOGETHER);
    links.push(...(await Promise.all(some.map((clientId) => openClient(target, clientId, cleanSession)))));
  }
  return links;
}

/** Says DISCONNECT, and waits until the connection is gone. */
export async function leaveOrderly(link: Link): Promise<void> {
  link.expectEnd();
  link.write(DISCONNECT_FRAME);
  await link.closed;
}

/** Subscribes, and waits for the SUBACK. */
export async function subscribe(link: Link, filters: readonly string[], qos: QoS): Promise<void> {
  link.write(subscribeFrame(filters, qos));
  await link.reply(SUBACK);
}
