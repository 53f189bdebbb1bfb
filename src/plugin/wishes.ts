/** What a plugin wants done: messages published, clients sent away. Done when the broker is at rest, in their order. */
import { Queue } from '../base/queue.ts';
import type { Broker } from '../broker/broker.ts';
import { LIMITS } from '../broker/limits.ts';
import { runAsBroker } from './strays.ts';

/** Something to be done to the broker. */
export type Wish = (broker: Broker) => void;

/**
 * A plugin that is asked about a delivery stands in the middle of a PUBLISH; were it to publish there, order would be
 * lost and a loop of its own making would have no end. So its wishes wait for the end of the tick, and those that are
 * made then for the next one. They are kept until there is a broker, and dropped when there is none any more.
 */
export class Wishes {
  readonly #waiting = new Queue<Wish>();
  #broker: Broker | undefined;
  #scheduled = false;
  #closed = false;

  /** Adds one; false if there are too many. */
  add(wish: Wish): boolean {
    if (this.#closed || this.#waiting.length >= LIMITS.pluginWishes) return false;
    this.#waiting.push(wish);
    this.#schedule();
    return true;
  }

  /** There is a broker. */
  start(broker: Broker): void {
    this.#broker = broker;
    this.#schedule();
  }

  /** The broker has stopped. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#scheduled || this.#broker === undefined) return;
    this.#scheduled = true;
    runAsBroker(() => setImmediate(this.#run));
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    for (let left = this.#waiting.length; left > 0 && !this.#closed; left--)
      this.#waiting.shift()!(this.#broker!);
    if (this.#waiting.length > 0) this.#schedule();
  };
}
