/** How often peers may come: new connections a second, of one network and of all together. */
import type { ListenerSettings } from './limits.ts';
import { LIMITS } from './limits.ts';
import { TokenBucket } from './rate.ts';

export type RateSettings = Pick<ListenerSettings, 'connectionRate' | 'connectionRateTotal'>;

/**
 * A bucket for each network that has come within the last second or so. Whoever has not is like new and is forgotten;
 * nobody else ever is. So others, however many, cannot help a network to a new bucket: with too many of them, it is
 * those that are not known who have to wait.
 */
export class ConnectionRates {
  /** The one that came longest ago first. */
  readonly #byNetwork = new Map<string, TokenBucket>();
  #total: TokenBucket | undefined;

  /** Whether a peer may come in now; undefined stands for a peer without an address. One that may not costs nothing. */
  admits(
    network: string | undefined,
    { connectionRate, connectionRateTotal }: RateSettings,
    now: number,
  ): boolean {
    if (connectionRate > 0 && network !== undefined && !this.#take(network, connectionRate, now))
      return false;
    if (connectionRateTotal === 0) return true;
    if (this.#total?.rate !== connectionRateTotal) this.#total = new TokenBucket(connectionRateTotal, now);
    return this.#total.take(now);
  }

  /** How many networks it knows. */
  get networks(): number {
    return this.#byNetwork.size;
  }

  #take(network: string, rate: number, now: number): boolean {
    this.#forget(now);
    let bucket = this.#byNetwork.get(network);
    if (bucket === undefined && this.#byNetwork.size >= LIMITS.networks) return false;
    if (bucket?.rate !== rate) bucket = new TokenBucket(rate, now);
    this.#byNetwork.delete(network);
    this.#byNetwork.set(network, bucket);
    return bucket.take(now);
  }

  /** Two at a time: so there are fewer with each that comes, until only those of the last second are left. */
  #forget(now: number): void {
    let looked = 0;
    for (const [network, bucket] of this.#byNetwork) {
      if (++looked > 2 || !bucket.isFull(now)) return;
      this.#byNetwork.delete(network);
    }
  }
}
