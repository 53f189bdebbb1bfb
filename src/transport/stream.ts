/** MQTT on a stream of bytes: TCP, TLS or a Unix socket. */
import type { Socket } from 'node:net';
import type { Connection } from '../broker/connection.ts';
import type { Arrival, Door } from './arrival.ts';
import { readShared } from './shared-reads.ts';
import { SocketWire } from './socket-wire.ts';
import type { WireStream } from './socket-wire.ts';

/** A socket and the connection it serves; undefined until one accepted it. */
type ServedSocket = Socket & { [CONNECTION]?: Connection; [TROUBLE]?: string };

const CONNECTION: unique symbol = Symbol('connection');
const TROUBLE: unique symbol = Symbol('trouble');

/** Makes a connection for a stream that speaks MQTT; undefined, with the stream destroyed, if it is not taken. */
export function serveStream(socket: Socket, arrival: Arrival, door: Door): Connection | undefined {
  return connect(socket, socket, arrival, door, startReading);
}

/**
 * Makes a connection for a socket, which writes to `stream`, and has `start` read the socket a little later;
 * undefined, with the socket destroyed, if the broker does not take it. Handlers are shared by all sockets and find
 * the connection on the socket: ten thousand need no closures.
 */
export function connect(
  socket: ServedSocket,
  stream: WireStream,
  { peer, identity }: Arrival,
  door: Door,
  start: (socket: Socket) => void,
): Connection | undefined {
  socket.on('error', onError);
  const wire = new SocketWire(stream, door.flusher, door.limits);
  const connection = door.accept(wire, peer, identity);
  if (connection === undefined) {
    socket.destroy();
    return undefined;
  }
  wire.owner = connection;
  socket[CONNECTION] = connection;
  socket.on('end', onEnd);
  socket.on('close', onClose);
  setImmediate(waitATurn, socket, start);
  return connection;
}

/**
 * A turn of the event loop tells of signals after sockets. As in Mosquitto, what a SIGHUP changed must count for a
 * peer that connects after it: so a peer's first bytes are looked at when the turn in which they came is over.
 */
function waitATurn(socket: Socket, start: (socket: Socket) => void): void {
  setImmediate(start, socket);
}

function startReading(socket: ServedSocket): void {
  readShared(socket, onData);
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
