/** A wire on a socket of Node's: one write per tick, and a bound on what waits for a slow peer. */
import type { Wire } from '../broker/wire.ts';
import { Batch } from '../base/batch.ts';
import type { Flusher } from './flusher.ts';

/** How much a wire holds for a peer that does not take it. 0 is no limit. */
export interface WireLimits {
  readonly frames: number;
  readonly bytes: number;
}

/** What a wire writes to: a socket of Node's, or something that behaves like one and writes to a socket itself. */
export interface WireStream {
  /** Bytes that the system has not taken. */
  readonly writableLength: number;
  /** True when there is nothing left to close. */
  readonly destroyed: boolean;
  /** `taken` is called when the system has taken the bytes, or never will. */
  write(bytes: Uint8Array, taken: () => void): unknown;
  /** Between the two, writes are gathered for one system call. */
  cork(): void;
  uncork(): void;
  pause(): unknown;
  resume(): unknown;
  /** Closes once all that was written is out. */
  destroySoon(): void;
  destroy(): unknown;
  /** Calls back when it has closed. */
  once(event: 'close', closed: () => void): unknown;
}

/** Who writes to the wire. */
export interface WireOwner {
  drained(): void;
}

/** Gathered bytes that are written before the tick ends, so that a large burst is not copied into one block. */
const FLUSH_BYTES = 256 * 1024;
/** Pieces at least this large on average are written side by side instead of copied together. */
const LARGE_PIECE = 16 * 1024;
/** Blocks into which waiting frames are copied: each is twice as large as the one before, from the first to the last. */
const FIRST_BLOCK = 512;
const LAST_BLOCK = 16 * 1024;
const NO_BLOCK = new Uint8Array(0);
/** How long a closing socket may take to send what was written to it. */
const CLOSE_MS = 5000;

/**
 * Frames are gathered and written at the end of the tick. While the system has not taken the last write, the wire
 * is congested: frames then wait here, copied so that they pin no received chunk, and count towards `full`.
 */
export class SocketWire implements Wire {
  readonly #stream: WireStream;
  readonly #flusher: Flusher;
  readonly #limits: () => WireLimits;
  /** Told when the system has taken all, after a time in which it had not. */
  owner: WireOwner | undefined;
  readonly #pending = new Batch();
  #congested = false;
  /** Where the next frame that must wait is copied to, and how much of it is taken. */
  #block: Uint8Array = NO_BLOCK;
  #used = 0;
  /** Frames in the write that the system has not taken. */
  #takenFrames = 0;
  #closed = false;

  constructor(stream: WireStream, flusher: Flusher, limits: () => WireLimits) {
    this.#stream = stream;
    this.#flusher = flusher;
    this.#limits = limits;
  }

  get full(): boolean {
    return this.#congested && this.#holds(1);
  }

  get pressed(): boolean {
    return this.#congested && this.#holds(0.5);
  }

  get unsentFrames(): number {
    return this.#congested ? this.#takenFrames + this.#pending.frames : 0;
  }

  get unsentBytes(): number {
    return this.#congested ? this.#stream.writableLength + this.#pending.bytes : 0;
  }

  write(frame: Uint8Array, frames = 1): void {
    if (this.#closed) return;
    const pending = this.#pending;
    if (this.#congested) {
      pending.add(this.#copied(frame), frames);
      return;
    }
    if (pending.frames === 0) this.#flusher.add(this);
    pending.add(frame, frames);
    if (pending.bytes > FLUSH_BYTES) this.flush();
  }

  /** Hands what was gathered to the system. */
  flush(): void {
    const { frames, bytes } = this.#pending;
    if (frames === 0 || this.#congested) return;
    const pieces = this.#pending.take();
    this.#block = NO_BLOCK;
    this.#used = 0;
    if (pieces.length === 1) this.#stream.write(pieces[0]!, this.#written);
    else if (bytes < pieces.length * LARGE_PIECE)
      this.#stream.write(Buffer.concat(pieces, bytes), this.#written);
    else this.#writeSideBySide(pieces);
    if (this.#stream.writableLength === 0) return;
    this.#congested = true;
    this.#takenFrames = frames;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    if (this.#closed) return;
    this.#congested = false; // what waits goes to the socket, which sends it in order
    this.flush();
    this.#closed = true;
    const stream = this.#stream;
    stream.destroySoon();
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), CLOSE_MS).unref();
    stream.once('close', () => clearTimeout(timer)); // else it keeps all that thousands of short connections had
  }

  /** Whether a part of what may wait is reached; what is on its way to the system counts by its bytes only. */
  #holds(part: number): boolean {
    const { frames, bytes } = this.#limits();
    return (frames > 0 && this.#pending.frames >= frames * part) || this.unsentBytes >= bytes * part;
  }

  /**
   * A copy of a frame, small ones side by side: an array of its own for each of a hundred thousand PINGRESPs would be a
   * hundred times as large as they are.
   */
  #copied(frame: Uint8Array): Uint8Array {
    const { length } = frame;
    if (length * 4 > LAST_BLOCK) return new Uint8Array(frame);
    if (this.#used + length > this.#block.length) {
      const size = Math.min(LAST_BLOCK, Math.max(FIRST_BLOCK, this.#block.length * 2));
      this.#block = new Uint8Array(Math.max(size, length));
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + length);
    copy.set(frame);
    this.#used += length;
    return copy;
  }

  #writeSideBySide(pieces: readonly Uint8Array[]): void {
    this.#stream.cork();
    for (const piece of pieces) this.#stream.write(piece, this.#written);
    this.#stream.uncork();
  }

  /** The system has taken a write. */
  readonly #written = (): void => {
    if (!this.#congested || this.#stream.writableLength > 0) return;
    this.#congested = false;
    this.#takenFrames = 0;
    this.flush();
    if (!this.#congested) this.owner?.drained();
  };
}
