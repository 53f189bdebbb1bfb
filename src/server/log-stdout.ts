/** Log lines to standard output, which may be a pipe that nobody reads: they are never waited for. */
import type { Writable } from 'node:stream';

/** What waits for the reader, at most. */
const PENDING_BYTES = 1024 * 1024;

const guarded = new WeakSet<Writable>();

/** Collects lines and hands them to the stream at `flush`; when the reader is too far behind, drops and counts them. */
export class StdoutLines {
  readonly #stream: Writable;
  readonly #dropped: (lines: number) => void;
  #lines: string[] = [];
  #pendingBytes = 0;
  #droppedLines = 0;

  /** `dropped` is told how many lines were lost, once the reader has caught up. */
  constructor(stream: Writable, dropped: (lines: number) => void) {
    this.#stream = stream;
    this.#dropped = dropped;
    // A reader that goes away is no reason to stop: the stream is destroyed, and `write` sees that.
    if (!guarded.has(stream)) stream.on('error', () => {});
    guarded.add(stream);
  }

  /** Takes a line without its LF. */
  write({ text }: { readonly text: string }): void {
    if (!this.#stream.writable) return;
    if (this.#pendingBytes + this.#stream.writableLength > PENDING_BYTES) {
      this.#droppedLines++;
      return;
    }
    this.#lines.push(text);
    this.#pendingBytes += text.length + 1;
  }

  /** Hands over what was collected. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#pendingBytes = 0;
    this.#stream.write(text, () => this.#written());
  }

  /** Nothing more can be done for an unread pipe than to hand the last lines over. */
  finish(): void {
    this.flush();
  }

  #written(): void {
    if (this.#droppedLines === 0 || this.#stream.writableLength > 0) return;
    const lines = this.#droppedLines;
    this.#droppedLines = 0;
    this.#dropped(lines);
  }
}
