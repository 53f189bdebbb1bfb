/** Gives memory back to the system after a crowd has left. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Broker } from '../broker/broker.ts';

/** Fewer things than this leave no gap that is worth a collection. */
const CROWD = 10_000;
/** Seconds between two collections, so that clients which come and go in waves do not cause one a wave. */
const PAUSE_SECONDS = 10;
/** V8 pools the pages that a collection frees, and gives them back at a later one. */
const COLLECTIONS = 3;

/**
 * V8 collects when it wants to allocate: a broker that everybody has left allocates nothing and keeps the memory of
 * its busiest hour. When half of what was held is gone, a few collections are asked for. What they have to mark is what
 * is left, so they are as short as the rest is small: about 8 ms each for an empty broker.
 */
export class Housekeeping {
  readonly #broker: Broker;
  readonly #collect: () => void;
  #most = 0;
  #due = 0;
  #quietUntil = 0;

  constructor(broker: Broker, collect: () => void = collector()) {
    this.#broker = broker;
    this.#collect = collect;
  }

  /** Called once a second. */
  tick(): void {
    const { connections, stored, subscriptionCount, sessions, now } = this.#broker;
    const held = connections.size + stored.count + subscriptionCount + sessions.count;
    this.#most = Math.max(this.#most, held);
    if (this.#most >= CROWD && held * 2 <= this.#most) {
      this.#most = held;
      this.#due = COLLECTIONS;
    }
    if (this.#due === 0 || now < this.#quietUntil) return;
    this.#due--;
    this.#quietUntil = now + PAUSE_SECONDS * 1000;
    this.#collect();
  }
}

/** V8's own collector, which a flag makes visible to contexts that are made after it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
