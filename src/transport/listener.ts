/** Open ports and Unix sockets. */
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, ListenOptions as NodeListenOptions, Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import type { PeerAddress } from '../base/log-events.ts';

/** Where to listen: a port, on an address or on all of a family, or the path of a Unix socket. */
export type Place =
  | { readonly port: number; readonly host: string | undefined; readonly family: 4 | 6 }
  | { readonly path: string };

export interface ListenerOptions {
  readonly place: Place;
  /** Whether small writes go out at once. The wire gathers them itself, so Nagle's algorithm only adds delay. */
  readonly noDelay: boolean;
  /** A peer has come. */
  readonly arrived: (socket: Socket, peer: PeerAddress) => void;
  /** The listener failed after it was open: no more descriptors, say. */
  readonly failed: (error: Error) => void;
}

/** Clients that the system lets wait to be accepted. */
const BACKLOG = 1024;
/** A Unix socket is for its owner and group: mode 0770, as in Mosquitto. */
const UNIX_UMASK = 0o007;

/** An open listener. */
export interface OpenListener {
  /** Host and port as the system has them; the path and port 0 of a Unix socket. */
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no more peers; resolves when the port is free. Connections are not touched. */
  close(): Promise<void>;
}

/** Opens a listener; rejects with the system's error if that cannot be done. */
export async function listen(options: ListenerOptions): Promise<OpenListener> {
  const { place } = options;
  const server = createServer({ noDelay: options.noDelay, allowHalfOpen: false }, (socket) => {
    const peer = peerOf(socket, place);
    if (peer === undefined) socket.destroy(); // gone before it was accepted
    else options.arrived(socket, peer);
  });
  if ('path' in place) await listenOnPath(server, place.path);
  else await listening(server, listenOptions(place));
  server.on('error', options.failed);
  return { address: addressOf(server), close: () => closed(server) };
}

function listenOptions({ port, host, family }: Extract<Place, { port: number }>): NodeListenOptions {
  return { port, host: host ?? (family === 4 ? '0.0.0.0' : '::'), ipv6Only: family === 6, backlog: BACKLOG };
}

/**
 * A socket that a process left there when it died is replaced, as in Mosquitto. Mosquitto replaces whatever is there;
 * here a file that is no socket stays, and so does a socket on which somebody listens: the address is in use.
 */
async function listenOnPath(server: Server, path: string): Promise<void> {
  lstatSync(dirname(path)); // for Node, a directory that is not there is one that may not be used
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true && !(await isListening(path)))
    rmSync(path, { force: true });
  const umask = process.umask(UNIX_UMASK);
  const opened = listening(server, { path, backlog: BACKLOG }); // the file is made before it returns
  process.umask(umask);
  await opened;
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    // A full queue is a sign of life; to be refused, or not to be allowed to ask, is none
    probe.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EAGAIN'));
  });
}

function listening(server: Server, options: NodeListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server): OpenListener['address'] {
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string'
    ? { host: address, port: 0 }
    : { host: address.address, port: address.port };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Who is at the other end. On a Unix socket nobody has an address: the path stands for it, as in Mosquitto. */
function peerOf({ remoteAddress, remotePort }: Socket, place: Place): PeerAddress | undefined {
  if ('path' in place) return { address: place.path, port: 0 };
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { address: remoteAddress, port: remotePort };
}
