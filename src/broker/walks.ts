/** How much is looked for at a time: retained messages for new subscriptions. */
import { Queue } from '../base/queue.ts';
import { LIMITS } from './limits.ts';

/** Who looks for something. */
export interface Walker {
  /** Goes on, as far as `grant` lets it, and waits again if that was not enough. */
  lookOn(): void;
}

/**
 * One SUBSCRIBE may ask for everything that is retained ten thousand times over, so the search for it is shared out: all
 * walkers together take so many steps a turn of the event loop, each so many before it is another's turn. The first
 * steps are taken at once, and few subscriptions need more.
 */
export class Walks {
  readonly #afterTick: (work: () => void) => void;
  readonly #waiting = new Queue<Walker>();
  #left: number = LIMITS.walkedLevels;
  #isScheduled = false;

  /** `afterTick` calls back when all others have had their turn. */
  constructor(afterTick: (work: () => void) => void) {
    this.#afterTick = afterTick;
  }

  /** How many steps a walker may take now. */
  get grant(): number {
    return Math.min(this.#left, LIMITS.walkedAtOnce);
  }

  /** Steps were taken. */
  spend(steps: number): void {
    this.#left -= steps;
    this.#schedule();
  }

  /** Calls the walker in a later turn, once. */
  wait(walker: Walker): void {
    this.#waiting.push(walker);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#afterTick(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    this.#left = LIMITS.walkedLevels;
    while (this.#waiting.length > 0 && this.#left > 0) this.#waiting.shift()!.lookOn();
    if (this.#waiting.length > 0) this.#schedule();
  };
}
