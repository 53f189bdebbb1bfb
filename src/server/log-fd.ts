/** Log lines to a file descriptor, written synchronously: what is written is out, whatever happens next. */
import { writeSync } from 'node:fs';

/** What waits for a descriptor that takes nothing, at most. More than a second of a busy debug log. */
const PENDING_BYTES = 4 * 1024 * 1024;

const RETRY_MS = { first: 1, most: 250 } as const;

/** How long the end of the process waits for a reader of the last lines. */
const FAREWELL_MS = 200;

/**
 * Collects lines and writes them at `flush`, in order. A descriptor that is full (`EAGAIN`, `ENOSPC`) keeps them
 * until it takes more, up to a limit: then new lines are dropped and counted. One whose reader is gone gets nothing
 * any more. Never throws.
 */
export class FdLines {
  readonly #fd: number;
  readonly #dropped: (lines: number) => void;
  #lines: string[] = [];
  #pendingBytes = 0;
  /** What the descriptor did not take of an earlier write. */
  #rest: Buffer = Buffer.alloc(0);
  #droppedLines = 0;
  #state: 'open' | 'waiting' | 'broken' = 'open';
  #retryMs: number = RETRY_MS.first;
  #retry: NodeJS.Timeout | undefined;

  /** `dropped` is told how many lines were lost, once there is room again. */
  constructor(fd: number, dropped: (lines: number) => void) {
    this.#fd = fd;
    this.#dropped = dropped;
  }

  /** Takes a line without its LF. It is out after the next `flush` that finds room. */
  write({ text }: { readonly text: string }): void {
    if (this.#state === 'broken') return;
    if (this.#pendingBytes > PENDING_BYTES) {
      this.#droppedLines++;
      return;
    }
    this.#lines.push(text);
    this.#pendingBytes += text.length + 1;
  }

  /** Writes what the descriptor takes now. */
  flush(): void {
    if (this.#state === 'open') this.#writeOut();
  }

  /** The last flush before the process ends: waits a moment for a reader that is behind. */
  finish(): void {
    clearTimeout(this.#retry);
    if (this.#state === 'waiting') this.#state = 'open';
    const sleep = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; waited <= FAREWELL_MS && this.#state !== 'broken'; waited += 5) {
      this.#writeOut();
      if (this.#rest.length === 0) break;
      Atomics.wait(sleep, 0, 0, 5);
    }
    clearTimeout(this.#retry);
  }

  #writeOut(): void {
    if (this.#pendingBytes === 0) return;
    const text = Buffer.from(this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`);
    this.#rest = this.#rest.length === 0 ? text : Buffer.concat([this.#rest, text]);
    this.#lines = [];
    try {
      while (this.#rest.length > 0) {
        this.#rest = this.#rest.subarray(writeSync(this.#fd, this.#rest));
        this.#retryMs = RETRY_MS.first;
      }
      this.#state = 'open';
    } catch (error) {
      this.#refused(error);
    }
    this.#pendingBytes = this.#rest.length;
    if (this.#state === 'open') this.#tellDropped();
  }

  #refused(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE' || code === 'EBADF') {
      this.#state = 'broken';
      this.#rest = Buffer.alloc(0);
      return;
    }
    // Full, or out of order for now (EAGAIN, ENOSPC, EIO): ask again, ever more rarely, and without keeping the process.
    this.#state = 'waiting';
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#writeOut(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
  }

  #tellDropped(): void {
    if (this.#droppedLines === 0) return;
    const lines = this.#droppedLines;
    this.#droppedLines = 0;
    this.#dropped(lines);
  }
}
