/** Standard output of a tool: what a tick prints is one write, and who writes learns when the reader is behind. */
import type { Io } from '../io.ts';

/** Gathered bytes that are written before the tick ends. */
const SLAB_BYTES = 64 * 1024;

/** Where formats print to. */
export interface Sink {
  /** Text, as UTF-8. */
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
}

export interface PrinterOwner {
  /** The reader does not take what was printed. */
  behind(): void;
  /** It has. */
  caughtUp(): void;
  /** It is gone: nothing that is printed will be read. */
  gone(): void;
}

export class Printer implements Sink {
  readonly #io: Io;
  readonly #owner: PrinterOwner;
  #slab: Buffer = Buffer.allocUnsafe(SLAB_BYTES);
  #from = 0;
  #to = 0;
  #isDue = false;
  #isBehind = false;
  #isGone = false;

  constructor(io: Io, owner: PrinterOwner) {
    this.#io = io;
    this.#owner = owner;
    io.readerGone?.addEventListener('abort', () => {
      this.#isGone = true;
      owner.gone();
    });
  }

  text(text: string): void {
    const most = text.length * 3; // bytes of UTF-8, at the most
    if (most > SLAB_BYTES) {
      this.bytes(Buffer.from(text));
      return;
    }
    this.#room(most);
    this.#to += this.#slab.write(text, this.#to);
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length > SLAB_BYTES) {
      this.flush();
      this.#write(bytes);
      return;
    }
    this.#room(bytes.length);
    this.#slab.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#to > this.#from) this.#write(this.#slab.subarray(this.#from, this.#to));
    this.#from = this.#to; // the rest of the slab is still ours
  }

  #room(bytes: number): void {
    if (this.#to + bytes > this.#slab.length) {
      this.flush();
      this.#slab = Buffer.allocUnsafe(SLAB_BYTES);
      this.#from = 0;
      this.#to = 0;
    }
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.flush();
    });
  }

  #write(bytes: Uint8Array): void {
    if (this.#isGone || this.#io.stdout(bytes) !== false || this.#isBehind) return;
    this.#isBehind = true;
    this.#owner.behind();
    void this.#io.drained?.().then(() => {
      this.#isBehind = false;
      this.#owner.caughtUp();
    });
  }
}
