/**
 * Reads of many sockets into one buffer. For each read Node makes a buffer of 64 KiB, gives back what was not used, and
 * takes the rest through a stream: for a client that sends a hundred bytes now and then that is a tenth of what a message
 * costs the broker itself. Sockets that connect can bring a buffer instead (`onread`); those that a server has accepted
 * cannot, so they are given one here in the same way. A Node that keeps it elsewhere reads as ever. ADR 11.
 */
import { Socket } from 'node:net';

/** Bytes of one read at most: as many as Node's own. */
const ROOM = 64 * 1024;
/** A read of so many bytes has memory of its own; smaller ones lie side by side. */
const LARGE = 16 * 1024;

/** Takes bytes that stay as they are. Called on the socket. */
export type Reader = (this: Socket, chunk: Buffer) => void;

type ReadSocket = Socket & { [READER]?: Reader };

/** What Node has for a socket with `onread`, and the part of its handle that belongs to it. */
interface Place {
  readonly buffer: symbol;
  readonly callback: symbol;
}

const READER: unique symbol = Symbol('reader');
const shared = Buffer.allocUnsafeSlow(ROOM);
let slab = shared.subarray(0, 0);
let used = 0;

/** Where a socket that connects keeps its buffer and its callback; undefined if that is not to be found. */
const place = placeOf(
  new Socket({ onread: { buffer: shared, callback: onRead as unknown as () => boolean } }),
);

/**
 * From now on `reader` gets what comes, and what has come before; `pause`, `resume` and all other events are as ever.
 * TLS reads as ever, too.
 */
export function readShared(socket: Socket, reader: Reader): void {
  socket.on('data', reader);
  const { _handle: handle } = socket as { _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null };
  if (place === undefined || socket.constructor !== Socket || handle?.useUserBuffer === undefined) return;
  Object.assign(socket, { [place.buffer]: shared, [place.callback]: onRead, [READER]: reader });
  handle.useUserBuffer(shared);
}

/** Whether this Node lets a server's sockets read so. */
export const CAN_SHARE: boolean = place !== undefined;

/** Node calls it on the socket. Whoever takes the bytes may keep them until the tick is over: the next read must not overwrite them. */
function onRead(this: ReadSocket, length: number): boolean {
  this[READER]!.call(this, copied(length));
  return !this.isPaused();
}

function copied(length: number): Buffer {
  if (length >= LARGE) return Buffer.copyBytesFrom(shared, 0, length);
  if (used + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(ROOM);
    used = 0;
  }
  const chunk = slab.subarray(used, used + length);
  shared.copy(slab, used, 0, length);
  used += length;
  return chunk;
}

function placeOf(probe: Socket): Place | undefined {
  const values = probe as unknown as Readonly<Record<symbol, unknown>>;
  const keys = Object.getOwnPropertySymbols(probe);
  const buffer = keys.find((key) => values[key] === shared);
  const callback = keys.find((key) => values[key] === onRead);
  probe.destroy();
  return buffer && callback && { buffer, callback };
}
