/** A web server on this machine that answers as a test says. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What was asked: the JSON of a POST, undefined for a GET. */
export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly json: unknown;
}

/** An answer as JSON or text; or whatever a test does with the response. */
export type Reply =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly text: string }
  | { readonly raw: (response: ServerResponse) => void };

/** Never answers. */
export const SILENCE: Reply = { raw: () => undefined };

export class Web implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** How many requests have come and not been answered, and the most there ever were. */
  open = 0;
  mostOpen = 0;
  /** Connections that were ever made. */
  connections = 0;
  reply: (asked: Asked) => Reply | Promise<Reply>;
  readonly #server: Server;

  private constructor(server: Server, reply: (asked: Asked) => Reply | Promise<Reply>) {
    this.#server = server;
    this.reply = reply;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
    server.on('connection', () => this.connections++);
  }

  /** Starts one on a free port of 127.0.0.1; with a certificate it speaks HTTPS. */
  static async start(
    reply: (asked: Asked) => Reply | Promise<Reply>,
    { port = 0, tls }: { readonly port?: number; readonly tls?: { key: string; cert: string } } = {},
  ): Promise<Web> {
    const server = tls === undefined ? createServer() : createSecureServer(tls);
    const web = new Web(server, reply);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return web;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/'): URL {
    return new URL(`http://127.0.0.1:${this.port}${path}`);
  }

  /** Closes all connections and takes no more. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    response.on('close', () => this.open--);
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const asked = {
      path: request.url ?? '',
      method: request.method ?? '',
      headers: request.headers,
      json: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    this.asked.push(asked);
    const reply = await this.reply(asked);
    if ('raw' in reply) reply.raw(response);
    else {
      response.writeHead(reply.status ?? 200, { 'Content-Type': 'application/json' });
      response.end('json' in reply ? JSON.stringify(reply.json) : reply.text);
    }
  }
}
