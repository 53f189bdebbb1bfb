/** `--tls-keylog`: the secrets of TLS connections in a file, for programs that decrypt what was recorded. */
import { closeSync, constants, fstatSync, lstatSync, openSync, writeSync } from 'node:fs';
import type { Log } from '../base/log.ts';

/** What others than the owner may do with a file. */
const OTHERS = 0o077;

/** The file as Mosquitto, curl and browsers write it: one secret a line. */
export class KeyLog {
  #fd: number | undefined;
  readonly #log: Log;

  private constructor(fd: number, log: Log) {
    this.#fd = fd;
    this.#log = log;
  }

  /** Opens the file, or makes it for us alone; undefined, with a word in the log, if it is not safe or cannot be. */
  static open(path: string, log: Log): KeyLog | undefined {
    log.event('configNotice', { text: `TLS key logging to '${path}' enabled for all listeners.` });
    log.event('configNotice', { text: 'TLS key logging is for DEBUGGING only.' });
    const fd = openSafely(path);
    if (typeof fd === 'number') return new KeyLog(fd, log);
    log.event('configInformation', { text: `Error: ${fd}` }); // as Mosquitto, which goes on without it
    return undefined;
  }

  /** Adds a line, which has its line feed. */
  write(line: Uint8Array): void {
    if (this.#fd === undefined) return;
    try {
      writeSync(this.#fd, line);
    } catch (error) {
      this.#log.event('serverError', { text: `Error: Unable to write to the keylog file: ${String(error)}` });
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** A descriptor, or what is wrong. */
function openSafely(path: string): number | string {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    return 'keylog file must not be a symbolic link';
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o600);
  } catch (error) {
    return `Unable to open keylog file: ${path}: ${(error as NodeJS.ErrnoException).code}`;
  }
  const file = fstatSync(fd);
  if (file.isFile() && (file.mode & OTHERS) === 0) return fd;
  closeSync(fd);
  return file.isFile()
    ? `keylog file must not be open to others: chmod 0600 ${path}`
    : `Unable to open keylog file: ${path}: it is no file`;
}
