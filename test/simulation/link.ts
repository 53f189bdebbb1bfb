/** A network connection in slow motion: bytes stay on their way until somebody carries them. */
import type { Connection } from '../../src/broker/connection.ts';
import type { Wire } from '../../src/broker/wire.ts';

/** Chunks on their way to the client at which the wire is full. */
const ROOM = 30;
/** What a chunk is overwritten with once the broker is done with it. */
const SPENT = 0xee;

/** The client's end. */
export interface LinkOwner {
  receive(bytes: Uint8Array): void;
  /** The broker has closed, and all that it sent before has come. */
  ended(): void;
}

export class Link implements Wire {
  connection: Connection | undefined;
  /** The broker has closed, or has noticed that the client has gone. */
  closed = false;
  /** When that was, milliseconds since 1970. */
  closedAt: number = Infinity;
  paused = false;
  full = false;
  unsentBytes = 0;
  #owner: LinkOwner | undefined;
  readonly #now: () => number;
  #up: Uint8Array[] = [];
  #down: Uint8Array[] = [];
  #hasCarried = false;

  constructor(owner: LinkOwner, now: () => number) {
    this.#owner = owner;
    this.#now = now;
  }

  get unsentFrames(): number {
    return this.#down.length;
  }

  get pressed(): boolean {
    return this.#down.length * 2 > ROOM;
  }

  /** Whether the broker still takes it for connected while the client has gone. */
  get isStale(): boolean {
    return this.#owner === undefined && !this.closed;
  }

  write(frame: Uint8Array): void {
    if (this.closed || this.#owner === undefined) return;
    this.#down.push(Uint8Array.from(frame));
    this.unsentBytes += frame.length;
    if (this.#down.length >= ROOM) this.full = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): void {
    if (!this.closed) this.closedAt = this.#now();
    this.closed = true;
    this.#up = [];
  }

  /** By the client. */
  send(bytes: Uint8Array): void {
    this.#up.push(bytes);
  }

  /** Chunks come to the broker, as one. False if there are none. */
  carryUp(chunks: number): boolean {
    if (this.#up.length === 0 || this.paused || this.closed) return false;
    this.#hasCarried = true;
    const chunk = Buffer.concat(this.#up.splice(0, chunks));
    this.connection?.receive(chunk);
    if (!this.paused) chunk.fill(SPENT);
    return true;
  }

  /** Chunks come to the client. False if there is nothing to tell it. */
  carryDown(chunks: number): boolean {
    if (this.#owner === undefined) return false;
    if (this.#down.length === 0) {
      if (!this.closed) return false;
      const owner = this.#owner;
      this.#owner = undefined;
      owner.ended();
      return true;
    }
    for (const bytes of this.#down.splice(0, chunks)) {
      this.unsentBytes -= bytes.length;
      this.#owner?.receive(bytes);
    }
    if (this.full && !this.pressed) {
      this.full = false;
      if (!this.closed) this.connection?.drained();
    }
    return true;
  }

  /** The client is gone; so many chunks of what it sent still come to the broker before that shows. */
  leave(chunks: number): void {
    this.#owner = undefined;
    this.#down = [];
    this.unsentBytes = 0;
    // of a connection that the broker has heard nothing of, nothing comes: a later one would come before it
    this.#up.splice(this.#hasCarried ? chunks : 0);
  }

  /** The broker notices that the client is gone. */
  notice(): void {
    if (this.closed) return;
    while (this.carryUp(1));
    this.connection?.lost();
  }

  /** The broker is gone; so many chunks of what it sent still come to the client. */
  crash(chunks: number): void {
    this.connection = undefined;
    this.close();
    this.#down.splice(chunks);
  }
}
