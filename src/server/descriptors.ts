/** Tells the operator when the process has no file descriptors left for new connections. */
import { closeSync, openSync } from 'node:fs';
import type { Log } from '../base/log.ts';

/** How long the warning counts, milliseconds: it comes once in this time, as long as there are none. */
const PERIOD_MS = 60_000;

/** The system's codes for "no more", in this process or in all. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

const TEXT =
  'Unable to accept new connection, system socket count has been exceeded. Try increasing "ulimit -n" or equivalent.';

/**
 * Without descriptors Node accepts and closes whoever comes, so that nobody waits in the queue for nothing, and tells
 * nobody. So we try for ourselves whether one can be had.
 */
export class DescriptorWatch {
  readonly #log: Log;
  readonly #now: () => number;
  #nextWarning = 0;

  /** `now` in milliseconds. */
  constructor(log: Log, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  /** Looks whether there are any; about once a second is right. */
  check(isLeft: () => boolean = isDescriptorLeft): void {
    if (this.#now() < this.#nextWarning || isLeft()) return;
    this.#nextWarning = this.#now() + PERIOD_MS;
    this.#log.event('serverWarning', { text: TEXT });
  }
}

/** Whether it is descriptors that an operation of the system lacked. */
export function isExhausted({ code }: NodeJS.ErrnoException): boolean {
  return EXHAUSTED.has(code ?? '');
}

function isDescriptorLeft(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    return !isExhausted(error as NodeJS.ErrnoException);
  }
}
