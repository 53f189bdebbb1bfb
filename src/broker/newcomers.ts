/** Connections that are not let in yet: no TLS, no CONNECT, no password checked. */
import { LIMITS } from './limits.ts';
import type { Listener } from './limits.ts';

/** A connection that can be sent away while it is a newcomer. */
export interface Waiting {
  readonly listener: Listener;
  /** Whether it is we whom the peer waits for. */
  readonly isHeld: boolean;
  /** Closes it to make room; it then leaves. */
  abort(cause: 'server busy'): void;
}

/**
 * Their number and what they have sent is bounded, so that peers who never say who they are cannot take all places
 * or all memory. When it is full, the one that has kept us waiting longest goes if that was long enough; else whoever
 * comes is sent away: in a rush of honest clients it helps nobody to close those that are nearly through.
 */
export class Newcomers {
  /** The one that has kept us waiting longest first. */
  readonly all: Set<Newcomer> = new Set();
  /** What all of them have sent. */
  bytes = 0;

  /** Whether there is room for one more; `most` 0 is no limit. */
  hasRoom(most: number, now: number): boolean {
    if (most === 0 || this.all.size < most) return true;
    this.makeRoom(now);
    return this.all.size < most;
  }

  /** Closes the one that has kept us waiting longest, if that was long enough; one of a listener, or of all. */
  makeRoom(now: number, listener?: Listener): void {
    for (const { connection, since } of this.all) {
      if (now - since < LIMITS.newcomerPatienceMs) return;
      if (connection.isHeld || (listener !== undefined && connection.listener !== listener)) continue;
      connection.abort('server busy');
      return;
    }
  }
}

/** One of them; it is there until it leaves. */
export class Newcomer {
  readonly connection: Waiting;
  /** When it came or sent its last whole packet, milliseconds since 1970. */
  since: number;
  readonly #newcomers: Newcomers;
  #bytes = 0;

  constructor(newcomers: Newcomers, connection: Waiting, now: number) {
    this.#newcomers = newcomers;
    this.connection = connection;
    this.since = now;
    newcomers.all.add(this);
  }

  /** It sent bytes. False if all of them have sent too much, and this one more than its share. */
  maySend(bytes: number): boolean {
    this.#bytes += bytes;
    this.#newcomers.bytes += bytes;
    return this.#newcomers.bytes <= LIMITS.newcomerBytes || this.#bytes <= LIMITS.newcomerShare;
  }

  /** It sent a whole packet, and so waits anew. */
  moved(now: number): void {
    const { all } = this.#newcomers;
    this.since = now;
    if (all.delete(this)) all.add(this);
  }

  /** It was let in, or has gone. */
  leave(): void {
    if (this.#newcomers.all.delete(this)) this.#newcomers.bytes -= this.#bytes;
  }
}
