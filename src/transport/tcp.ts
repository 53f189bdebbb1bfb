/** MQTT on TCP. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { PeerAddress } from '../base/log-events.ts';
import type { Connection } from '../broker/connection.ts';
import type { Wire } from '../broker/wire.ts';
import type { Flusher } from './flusher.ts';
import { SocketWire } from './socket-wire.ts';
import type { WireLimits } from './socket-wire.ts';

export interface TcpOptions {
  readonly port: number;
  /** An address or a name; undefined for all addresses of the family. */
  readonly host: string | undefined;
  readonly family: 4 | 6;
  /** Whether small writes go out at once. The wire gathers them itself, so Nagle's algorithm only adds delay. */
  readonly noDelay: boolean;
  readonly limits: () => WireLimits;
  readonly flusher: Flusher;
  /** A peer has come; undefined sends it away. */
  readonly accept: (wire: Wire, peer: PeerAddress) => Connection | undefined;
  /** The listener failed after it was open: no more descriptors, say. */
  readonly failed: (error: Error) => void;
}

/** Clients that the system lets wait to be accepted. */
const BACKLOG = 1024;

/** An open listener. */
export interface TcpListener {
  readonly address: AddressInfo;
  /** Takes no more peers; resolves when the port is free. Connections are not touched. */
  close(): Promise<void>;
}

/** Opens a listener; rejects with the system's error if that cannot be done. */
export function listenTcp(options: TcpOptions): Promise<TcpListener> {
  const server = createServer({ noDelay: options.noDelay, allowHalfOpen: false }, (socket) =>
    serve(socket, options),
  );
  const { port, family } = options;
  const host = options.host ?? (family === 4 ? '0.0.0.0' : '::');
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: family === 6, backlog: BACKLOG }, () => {
      server.off('error', reject);
      server.on('error', options.failed);
      resolve({ address: server.address() as AddressInfo, close: () => closed(server) });
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A socket and the connection it serves; undefined until one accepted it. */
type ServedSocket = Socket & { [CONNECTION]?: Connection; [TROUBLE]?: string };

const CONNECTION: unique symbol = Symbol('connection');
const TROUBLE: unique symbol = Symbol('trouble');

/** Handlers are shared by all sockets and find the connection on the socket: ten thousand need no closures. */
function serve(socket: ServedSocket, options: TcpOptions): void {
  const { remoteAddress, remotePort } = socket;
  socket.on('error', onError);
  if (remoteAddress === undefined || remotePort === undefined) {
    socket.destroy(); // gone before it was accepted
    return;
  }
  const wire = new SocketWire(socket, options.flusher, options.limits);
  const connection = options.accept(wire, { address: remoteAddress, port: remotePort });
  if (connection === undefined) {
    socket.destroy();
    return;
  }
  wire.owner = connection;
  socket[CONNECTION] = connection;
  socket.on('end', onEnd);
  socket.on('close', onClose);
  setImmediate(waitATurn, socket);
}

/**
 * A turn of the event loop tells of signals after sockets. As in Mosquitto, what a SIGHUP changed must count for a
 * peer that connects after it: so a peer's first bytes are looked at when the turn in which they came is over.
 */
function waitATurn(socket: ServedSocket): void {
  setImmediate(startReading, socket);
}

function startReading(socket: ServedSocket): void {
  socket.on('data', onData);
}

function onData(this: ServedSocket, chunk: Buffer): void {
  this[CONNECTION]!.receive(chunk);
}

function onEnd(this: ServedSocket): void {
  this[CONNECTION]!.lost();
}

function onClose(this: ServedSocket): void {
  this[CONNECTION]!.lost(this[TROUBLE]);
}

/** A reset by the peer is a peer that has gone, as in Mosquitto. 'close' follows. */
function onError(this: ServedSocket, error: NodeJS.ErrnoException): void {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') this[TROUBLE] = error.message;
}
