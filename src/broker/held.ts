/** What a client is to be sent once the store has what it tells of. */
import { allocateKept } from '../protocol/bytes.ts';
import type { Wire } from './wire.ts';

const FIRST_BYTES = 512;

/**
 * Frames in order, in one block. What came before `seal` belongs to the commit under way, what came after to the next
 * one.
 *
 *     | sealed: leaves with this commit | gathered since: leaves with the next |
 */
export class Held {
  frames = 0;
  bytes = 0;
  #block: Uint8Array = allocateKept(FIRST_BYTES);
  #sealedBytes = 0;
  #sealedFrames = 0;

  add(frame: Uint8Array): void {
    const needed = this.bytes + frame.length;
    if (needed > this.#block.length) this.#grow(Math.max(needed, this.#block.length * 2));
    this.#block.set(frame, this.bytes);
    this.bytes = needed;
    this.frames++;
  }

  /** A commit begins. */
  seal(): void {
    this.#sealedBytes = this.bytes;
    this.#sealedFrames = this.frames;
  }

  /** The commit is done: what belongs to it goes to the wire. False if that is nothing. */
  release(wire: Wire): boolean {
    if (this.#sealedBytes === 0) return false;
    const block = this.#block;
    wire.write(block.subarray(0, this.#sealedBytes), this.#sealedFrames);
    const rest = block.subarray(this.#sealedBytes, this.bytes);
    // the wire has the old block until it has written it
    this.#block = allocateKept(Math.max(FIRST_BYTES, rest.length * 2));
    this.#block.set(rest);
    this.bytes = rest.length;
    this.frames -= this.#sealedFrames;
    this.#sealedBytes = 0;
    this.#sealedFrames = 0;
    return true;
  }

  #grow(size: number): void {
    const block = allocateKept(size);
    block.set(this.#block.subarray(0, this.bytes));
    this.#block = block;
  }
}
