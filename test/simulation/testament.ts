/** The will of a client: what it left with its connection, and whether the broker must have published it. §3.1.2.5 */
import type { Entry } from './ledger.ts';
import type { Link } from './link.ts';
import type { Surroundings } from './profile.ts';

/** How late a broker may be with a will, milliseconds. */
const LATENESS = 2000;

interface Will {
  readonly entry: Entry;
  readonly delaySeconds: number;
}

export class Testament {
  #will: Will | undefined;
  #left: (Will & { readonly link: Link }) | undefined;

  /** The will of the connection that begins. */
  write(will: Will | undefined): void {
    this.#will = will;
  }

  /** The connection is over; `isDue` unless the broker must forget its will. */
  leave(link: Link, isDue: boolean): void {
    this.#left = isDue && this.#will !== undefined ? { ...this.#will, link } : undefined;
  }

  /** The client comes back: the will of its last connection was due if it was away for longer than its delay. */
  settle(world: Surroundings): void {
    const left = this.#left;
    this.#left = undefined;
    if (left !== undefined && world.hasWaited(left.link, left.delaySeconds * 1000 + LATENESS)) {
      world.ledger.accept(left.entry);
    }
  }
}
