/** WebSocket on accepted streams: the request, what is demanded of it, and the frames after it. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { PerMessageDeflateOptions } from 'ws';
import type { Connection } from '../broker/connection.ts';
import { LIMITS } from '../broker/limits.ts';
import type { Arrival, Door, WebSockets } from './arrival.ts';
import { Downloads } from './downloads.ts';
import type { HttpFiles } from './http-files.ts';
import { connect } from './stream.ts';
import { breakOff, WebSocketStream } from './websocket-stream.ts';

/** What a listener's WebSocket clients may do. */
export interface WebSocketRules {
  /** The origins that clients may come from; empty for any. A client without one is no browser, and may. */
  readonly origins: ReadonlySet<string>;
  /** Bytes of the head of a request. */
  readonly headBytes: number;
  /** Bytes of the largest packet of MQTT. */
  readonly packetBytes: number;
  /** Whether messages are compressed for clients that offer it. */
  readonly compression: boolean;
  /** What is answered to requests that ask for no WebSocket; nothing without it. */
  readonly files: HttpFiles | undefined;
}

/** Names of MQTT as a subprotocol, the one of the specification first. [MQTT-6.0.0-3] */
const SUBPROTOCOLS: readonly string[] = ['mqtt', 'mqttv3.1'];

/**
 * Every message is compressed by itself: nothing is kept between two of them but the memory of zlib, about 100 KiB
 * for a connection. Few are compressed at a time, so that the threads are there for others too.
 */
const COMPRESSION: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 13,
  threshold: 512,
  concurrencyLimit: 4,
  zlibDeflateOptions: { level: 3, memLevel: 7 },
};

/** What peers begin with that speak no HTTP, by the first byte. */
const OTHER_TONGUES: Readonly<Record<number, string>> = {
  0x10: 'MQTT without WebSocket on a listener for WebSocket',
  0x16: 'TLS on a listener without TLS',
};

/** One visitor: the socket's stream, and the connection once there is one. */
interface Visit {
  readonly stream: WebSocketStream;
  readonly connection: Connection;
}

/** The WebSocket side of one listener. It lives as long as the listener, while a reload replaces the rules. */
export class WebSocketReception implements WebSockets {
  #rules: WebSocketRules;
  #http: Server;
  #frames: WebSocketServer;
  /** Clients with compression that are not let in yet. */
  #strangers = 0;
  readonly #visits = new WeakMap<Duplex, Visit>();
  readonly #downloads = new Downloads();

  constructor(rules: WebSocketRules) {
    this.#rules = rules;
    this.#http = this.#createHttp();
    this.#frames = this.#createFrames();
  }

  /** New rules, for requests from now on. */
  configure(rules: WebSocketRules): void {
    this.#rules = rules;
    this.#http = this.#createHttp();
    this.#frames = this.#createFrames();
  }

  /** The listener closes: files on their way are cut off. Connections are not touched. */
  close(): void {
    this.#downloads.close();
  }

  /** Makes a connection for a stream, which speaks HTTP first; undefined if the broker does not take it. */
  readonly serve = (socket: Socket, arrival: Arrival, door: Door): Connection | undefined => {
    const stream = new WebSocketStream(socket);
    const connection = connect(socket, stream, arrival, door, this.#start);
    if (connection !== undefined) this.#visits.set(socket, { stream, connection });
    return connection;
  };

  readonly #start = (socket: Socket): void => {
    if (!socket.destroyed) this.#http.emit('connection', socket);
  };

  /** An HTTP server that opens no port: streams are handed to it. It never answers by itself. */
  #createHttp(): Server {
    const http = createServer({ maxHeaderSize: this.#rules.headBytes, requireHostHeader: false });
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response);
    };
    http.on('request', answer);
    http.on('checkContinue', answer);
    http.on('checkExpectation', answer);
    http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    http.on('clientError', (error: HttpError, socket) => this.#refuse(socket, problemOf(error)));
    return http;
  }

  #createFrames(): WebSocketServer {
    const { packetBytes, compression } = this.#rules;
    const messageBytes = packetBytes + LIMITS.webSocketSpareBytes;
    const pieces = Math.ceil(messageBytes / LIMITS.webSocketPieceBytes);
    const frames = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: messageBytes,
      maxFragments: pieces,
      maxBufferedChunks: pieces,
      skipUTF8Validation: true, // text is refused whatever it says
      perMessageDeflate: compression ? COMPRESSION : false,
      handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false, // [MQTT-6.0.0-4]
    });
    frames.on('headers', (lines) => {
      const at = lines.indexOf('Upgrade: websocket');
      if (at >= 0) lines[at] = 'Upgrade: WebSocket'; // as Mosquitto writes it
    });
    frames.on('wsClientError', (error, socket) => this.#refuse(socket, `HTTP request: ${error.message}`));
    return frames;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const visit = this.#visits.get(socket);
    const problem = problemOfUpgrade(request);
    // A socket on which a file was asked for before has no connection any more
    if (visit === undefined || visit.stream.destroyed) socket.destroy();
    else if (!this.#admits(request.headers.origin)) visit.connection.abort('non-matching http origin');
    else if (problem !== undefined) this.#refuse(socket, problem);
    else this.#grant(request, socket, head, visit);
  }

  #admits(origin: string | undefined): boolean {
    const { origins } = this.#rules;
    return origins.size === 0 || origin === undefined || origins.has(origin);
  }

  #grant(request: IncomingMessage, socket: Duplex, head: Buffer, { stream, connection }: Visit): void {
    const { headers } = request;
    headers['sec-websocket-version'] ??= '13'; // as Mosquitto: it may be left out
    if (this.#strangers >= LIMITS.compressingStrangers) delete headers['sec-websocket-extensions'];
    this.#frames.handleUpgrade(request, socket, head, (webSocket) => {
      if (webSocket.extensions === '') {
        stream.begin(webSocket, connection);
        return;
      }
      this.#strangers++;
      stream.begin(webSocket, connection, () => this.#strangers--);
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { files } = this.#rules;
    const visit = this.#visits.get(request.socket);
    if (files === undefined || visit === undefined || !visit.stream.release()) {
      this.#refuse(request.socket, 'HTTP request without an upgrade to WebSocket');
      return;
    }
    visit.connection.abort('normal');
    if (this.#downloads.begin(response)) files.answer(request, response);
  }

  /** As Mosquitto: whoever does not ask as it should is closed without an answer. */
  #refuse(socket: Duplex, problem: string | undefined): void {
    const visit = this.#visits.get(socket);
    if (visit !== undefined && problem !== undefined) breakOff(visit.connection, 'protocol error', problem);
    socket.destroy();
  }
}

/** An error of the parser, with what it was given, or of the socket. */
type HttpError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** What is wrong with a request; undefined if it is the socket that failed. */
function problemOf({ code, message, rawPacket }: HttpError): string | undefined {
  if (code?.startsWith('HPE_') !== true) return undefined;
  if (code === 'HPE_HEADER_OVERFLOW') return 'HTTP request larger than packet_buffer_size';
  return OTHER_TONGUES[rawPacket?.[0] ?? 0] ?? `HTTP request: ${message}`;
}

/** What the library does not look at. */
function problemOfUpgrade({ httpVersion, headers }: IncomingMessage): string | undefined {
  const version = headers['sec-websocket-version'];
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  if (httpVersion === '1.0') return 'HTTP request: WebSocket needs HTTP/1.1';
  if (version !== undefined && version !== '13')
    return `HTTP request: WebSocket version ${version} is not 13`;
  if (!SUBPROTOCOLS.some((name) => offered.includes(name)))
    return 'HTTP request without the subprotocol mqtt';
  return undefined;
}
