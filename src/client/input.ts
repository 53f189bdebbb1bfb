/** The way in of a connection: chunks become packets, unless nothing is to be read. */
import { Queue } from '../base/queue.ts';
import type { Decoder } from '../protocol/decoder.ts';
import type { Packet } from '../protocol/packet.ts';
import { LIMITS } from './limits.ts';

/**
 * Stops in the middle of a chunk when it is paused, and goes on there. Chunks that come meanwhile wait, in order: a
 * socket has one on its way, a browser's WebSocket cannot be paused at all.
 */
export class Input {
  readonly #decoder: Decoder;
  readonly #handle: (packet: Packet) => void;
  readonly #unread = new Queue<Uint8Array>();
  #unreadBytes = 0;
  #paused = false;
  #reading = false;
  /** The decoder has a chunk that is not used up. */
  #inChunk = false;

  constructor(decoder: Decoder, handle: (packet: Packet) => void) {
    this.#decoder = decoder;
    this.#handle = handle;
  }

  /**
   * Takes a chunk, and handles its packets unless it is paused; false if more waits than may. Throws the
   * `ProtocolError` of a chunk that is wrong.
   */
  push(chunk: Uint8Array): boolean {
    if (this.#inChunk || this.#paused) {
      this.#unread.push(chunk);
      this.#unreadBytes += chunk.length;
      return this.#unreadBytes <= LIMITS.unreadBytes;
    }
    this.#begin(chunk);
    this.#read();
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  /** Goes on where it was paused, with all that waits. Throws as `push`. */
  resume(): void {
    this.#paused = false;
    this.#read();
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#paused = true;
    this.#unread.clear();
  }

  #begin(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    this.#inChunk = true;
  }

  #read(): void {
    if (this.#reading) return; // a handler has paused and resumed: the loop below goes on
    this.#reading = true;
    try {
      while (!this.#paused && this.#hasChunk()) {
        const packet = this.#decoder.next();
        if (packet === undefined) this.#inChunk = false;
        else this.#handle(packet);
      }
    } finally {
      this.#reading = false;
    }
  }

  #hasChunk(): boolean {
    if (this.#inChunk) return true;
    const chunk = this.#unread.shift();
    if (chunk === undefined) return false;
    this.#unreadBytes -= chunk.length;
    this.#begin(chunk);
    return true;
  }
}
