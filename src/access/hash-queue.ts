/** Work on passwords: a few at a time in the thread pool, the rest in line, and no endless line. */
import { Queue } from '../base/queue.ts';
import { LIMITS } from '../broker/limits.ts';

/** What the thread pool has, unless `UV_THREADPOOL_SIZE` says otherwise; names and files need one of them too. */
const POOL_THREADS = 4;

/** How much the latest piece of work counts in what is expected of the next. */
const LATEST = 0.2;

/**
 * How much of this work may be under way on a machine. A core is left to the event loop: work that takes all of them
 * would make every message wait for the scheduler.
 */
export function hashesAtOnce(cores: number): number {
  return Math.max(1, Math.min(cores - 1, POOL_THREADS - 1));
}

/**
 * First come, first served. A broker has one of these for all its backends, since its cores are the same for all.
 *
 * The line is bounded by what it would cost to wait in it: a client that is told at once that the broker is busy
 * comes again later; one that waits for longer than it has patience is gone when its turn comes, and the work is
 * for nothing.
 */
export class HashQueue {
  readonly #atOnce: number;
  readonly #now: () => number;
  readonly #waiting: Queue<() => void> = new Queue();
  #atWork = 0;
  #expectedMs = 0;

  /** `now` is in milliseconds, from anywhere. */
  constructor(atOnce: number, now: () => number = () => performance.now()) {
    this.#atOnce = atOnce;
    this.#now = now;
  }

  /** Pieces of work that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** What the work comes to, when it had its turn; undefined, and it will not be done, if too much waits already. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#atWork < this.#atOnce) return this.#start(work);
    if (this.#isFull()) return undefined;
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#waiting.push(() => resolve(this.#start(work)));
    return promise;
  }

  async #start<T>(work: () => Promise<T>): Promise<T> {
    this.#atWork++;
    const startedAt = this.#now();
    try {
      return await work();
    } finally {
      this.#atWork--;
      this.#expectedMs += LATEST * (this.#now() - startedAt - this.#expectedMs);
      this.#waiting.shift()?.();
    }
  }

  #isFull(): boolean {
    const { length } = this.#waiting;
    const waitMs = (length * this.#expectedMs) / this.#atOnce;
    return length >= LIMITS.hashesWaiting || waitMs >= LIMITS.hashWaitSeconds * 1000;
  }
}
