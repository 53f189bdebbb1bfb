/** The log file. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';

import { FdLines } from './log-fd.ts';

/** Log lines to a file. See `FdLines`. */
export class FileLines {
  readonly #fd: number;
  readonly #lines: FdLines;

  /** Takes an open descriptor, and closes it at `finish`. */
  constructor(fd: number, dropped: (lines: number) => void) {
    this.#fd = fd;
    this.#lines = new FdLines(fd, dropped);
  }

  /** Takes a line without its LF. */
  write(line: { readonly text: string }): void {
    this.#lines.write(line);
  }

  /** Writes what was collected. */
  flush(): void {
    this.#lines.flush();
  }

  /** Writes what was collected and closes the file. */
  finish(): void {
    this.#lines.finish();
    closeSync(this.#fd);
  }
}

/**
 * Opens a log file for appending: its descriptor, or undefined if that cannot be. Only we may read what is created;
 * a link, or what is no file, would let others send the log elsewhere.
 */
export function openLogFile(path: string, allowSymlinks: boolean): number | undefined {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  // O_NONBLOCK: opening a FIFO that nobody reads would wait for a reader.
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | (allowSymlinks ? 0 : O_NOFOLLOW);
  let fd: number;
  try {
    fd = openSync(path, flags, 0o600);
  } catch {
    return undefined; // whatever it is, Mosquitto says the same about it, and so does our caller
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}
