/** What the client needs of its transport: TCP, TLS, WebSocket, a Unix socket. */

/** A way to a server, being opened or open. */
export interface Channel {
  /** Bytes that were written and that the system has not taken. */
  readonly unsentBytes: number;
  /** Sends bytes, in order. The channel may keep the array. */
  write(bytes: Uint8Array): void;
  /** Asks for no more bytes; what is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. `closed` follows, once. */
  close(): void;
  /** Closes at once. `closed` follows, once. */
  destroy(): void;
}

/** What a channel tells, in this order: `opened` at most once, then `received` and `drained`, then `closed` once. */
export interface ChannelOwner {
  opened(): void;
  received(chunk: Uint8Array): void;
  /** What was written has all been taken by the system, after a time in which it had not. */
  drained(): void;
  /** The end. With an error if the server did not simply close. */
  closed(error?: Error): void;
}

/** Opens a channel. Whatever goes wrong comes by `closed`, later; nothing is thrown. */
export type OpenChannel = (owner: ChannelOwner) => Channel;

/** Opens a channel; an opener that throws all the same, as for a certificate that is none, has failed later. */
export function openSafely(open: OpenChannel, owner: ChannelOwner): Channel {
  try {
    return open(owner);
  } catch (error) {
    queueMicrotask(() => owner.closed(error instanceof Error ? error : new Error(String(error))));
    return NOWHERE;
  }
}

const NOWHERE: Channel = {
  unsentBytes: 0,
  write: () => {},
  pause: () => {},
  resume: () => {},
  close: () => {},
  destroy: () => {},
};
