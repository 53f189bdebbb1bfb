/** A socket on its way to a connection: PROXY header, TLS, WebSocket, then MQTT. */
import type { Socket } from 'node:net';
import type { PeerAddress } from '../base/log-events.ts';
import type { Identity } from '../broker/access.ts';
import type { Connection } from '../broker/connection.ts';
import type { Wire } from '../broker/wire.ts';
import type { Flusher } from './flusher.ts';
import type { WireLimits } from './socket-wire.ts';
import { serveStream } from './stream.ts';

/** What a stream of bytes needs of the listener it came through. */
export interface Door {
  readonly limits: () => WireLimits;
  readonly flusher: Flusher;
  /** A peer has come; undefined sends it away. */
  readonly accept: (wire: Wire, peer: PeerAddress, identity?: Identity) => Connection | undefined;
}

/** Who came: the socket's peer, or whoever a proxy names. */
export interface Arrival {
  readonly peer: PeerAddress;
  /** What a proxy says that TLS has proved. */
  readonly identity: Identity | undefined;
}

/** PROXY headers in front of everything else. */
export interface ProxyProtocol {
  /** Reads the header of a socket, then calls back with whom it names; or destroys the socket and does not. */
  read(socket: Socket, peer: PeerAddress, then: (arrival: Arrival) => void): void;
}

/** What came of a handshake. */
export type Handshake = { readonly secured: true; readonly identity: Identity } | InsecureStream;

/** There is no encryption, or no more. */
export interface InsecureStream {
  readonly secured: false;
  /** Ends the log line of the connection, without a final dot; undefined if the peer has just gone away. */
  readonly problem: string | undefined;
  /** In the words of OpenSSL. */
  readonly errors: readonly string[];
  /** What OpenSSL does not say, such as which certificate it is about. */
  readonly detail?: string;
}

/** TLS on accepted sockets. */
export interface Encryption {
  /**
   * The encrypted side of a socket, whose handshake has begun. `done` is called when it is over, before any bytes
   * come and not before this has returned; and again, with `secured: false`, if the encryption fails later on.
   */
  wrap(socket: Socket, done: (handshake: Handshake) => void): Socket;
}

/** WebSocket on accepted streams. */
export interface WebSockets {
  /** Makes a connection for a stream, which speaks HTTP first; undefined if the broker does not take it. */
  readonly serve: (stream: Socket, arrival: Arrival, door: Door) => Connection | undefined;
}

/** What stands between a listener's sockets and MQTT; what is undefined is not there. */
export interface Layers {
  readonly proxyProtocol?: ProxyProtocol | undefined;
  readonly encryption?: Encryption | undefined;
  readonly webSockets?: WebSockets | undefined;
}

/** Takes an accepted socket through the layers. Whatever a peer sends, nothing is thrown. */
export function arrive(socket: Socket, peer: PeerAddress, door: Door, layers: Layers): void {
  const { proxyProtocol } = layers;
  if (proxyProtocol === undefined) admit(socket, { peer, identity: undefined }, door, layers);
  else proxyProtocol.read(socket, peer, (arrival) => admit(socket, arrival, door, layers));
}

function admit(socket: Socket, arrival: Arrival, door: Door, layers: Layers): void {
  const { encryption, webSockets } = layers;
  const serve = webSockets === undefined ? serveStream : webSockets.serve;
  if (encryption === undefined) {
    serve(socket, arrival, door);
    return;
  }
  socket.on('error', leaveToStream);
  // As with the first bytes of MQTT: what a SIGHUP changed counts for a peer that connects after it
  setImmediate(setImmediate, encrypt, socket, arrival, door, encryption, serve);
}

/** A socket in trouble closes, and so does whatever stands on it. */
function leaveToStream(): void {}

function encrypt(
  socket: Socket,
  arrival: Arrival,
  door: Door,
  encryption: Encryption,
  serve: WebSockets['serve'],
): void {
  if (socket.destroyed) return;
  const stream = encryption.wrap(socket, (handshake) => {
    if (connection === undefined) return;
    if (handshake.secured) connection.identity = { ...arrival.identity, ...handshake.identity };
    else giveUp(connection, handshake);
  });
  const connection = serve(stream, arrival, door);
}

function giveUp(connection: Connection, { problem, errors, detail }: InsecureStream): void {
  const { broker, peer, state } = connection;
  if (state.name === 'closed') return;
  for (const [index, error] of errors.entries()) {
    const about = index === 0 && detail !== undefined ? { detail } : {};
    broker.log.event('tlsFailed', { ...peer, index, error, ...about });
  }
  connection.lost(problem);
}
