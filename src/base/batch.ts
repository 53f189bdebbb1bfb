/** Frames gathered for one write. */

const NO_PIECES: readonly Uint8Array[] = [];

/**
 * Gathers frames in order. Frames that lie side by side in memory become one piece without being copied: a chunk full
 * of messages that all go to the same subscriber leaves as the chunk that came in.
 */
export class Batch {
  frames = 0;
  bytes = 0;
  #pieces: Uint8Array[] | undefined;
  /** The first frame of the last piece, and where that piece ends in its buffer. */
  #first: Uint8Array | undefined;
  #end = 0;

  /** Adds a frame, or a block of several. */
  add(frame: Uint8Array, frames = 1): void {
    const { length, byteOffset } = frame;
    this.frames += frames;
    this.bytes += length;
    if (this.#first !== undefined) {
      if (byteOffset === this.#end && frame.buffer === this.#first.buffer) {
        this.#end += length;
        return;
      }
      (this.#pieces ??= []).push(this.#piece(this.#first));
    }
    this.#first = frame;
    this.#end = byteOffset + length;
  }

  /** The pieces in order; the batch is empty afterwards. */
  take(): readonly Uint8Array[] {
    if (this.#first === undefined) return NO_PIECES;
    const last = this.#piece(this.#first);
    const pieces = this.#pieces ?? [];
    pieces.push(last);
    this.#pieces = undefined;
    this.#first = undefined;
    this.frames = 0;
    this.bytes = 0;
    return pieces;
  }

  #piece(first: Uint8Array): Uint8Array {
    const length = this.#end - first.byteOffset;
    return length === first.length ? first : new Uint8Array(first.buffer, first.byteOffset, length);
  }
}
