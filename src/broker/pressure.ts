/** Publishers that outrun everybody: they wait until one of their receivers has caught up. */
import type { Deadline } from '../base/timer-wheel.ts';
import type { Broker } from './broker.ts';

/** A publisher that can be made to wait. */
export interface Publisher {
  /** Reads nothing until `goOn`. */
  wait(): void;
  goOn(): void;
}

/** How long a publisher waits for one receiver before that one is given up, milliseconds. */
const PATIENCE_MS = 1000;

/**
 * The publishers that wait for one receiver that has half of its queue full. A receiver that takes nothing while
 * they wait is given up: until it has caught up nobody waits for it again, and what it misses is dropped and
 * counted as ever.
 */
export class Backlog implements Deadline {
  second: number | undefined;
  readonly #broker: Broker;
  #waiting: Publisher[] = [];
  #givenUp = false;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Whether publishers may be made to wait. */
  get holds(): boolean {
    return !this.#givenUp;
  }

  /** Makes a publisher wait until the receiver has caught up. */
  hold(publisher: Publisher): void {
    if (this.#waiting.push(publisher) === 1) {
      this.#broker.wheel.set(this, this.#broker.now + PATIENCE_MS);
    }
    publisher.wait();
  }

  /** The receiver has caught up, or is gone. */
  clear(): void {
    this.#givenUp = false;
    if (this.#waiting.length > 0) this.#release();
  }

  /** Patience has run out. */
  wake(): void {
    this.#givenUp = true;
    this.#release();
  }

  #release(): void {
    this.#broker.wheel.cancel(this);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const publisher of waiting) publisher.goOn();
  }
}
