/** Who keeps the door against abuse: one for all listeners, or with `per_listener_settings true` one for each. */
import type { ConnectionDenial, PeerAddress } from '../base/log-events.ts';
import { ConnectionRates } from './connection-rates.ts';
import { LIMITS } from './limits.ts';
import type { ListenerSettings } from './limits.ts';
import { Logins } from './logins.ts';
import { networkOf } from './network.ts';
import { Newcomers } from './newcomers.ts';

/** How long the log is silent about a peer that it has named, milliseconds. */
const SILENCE_MS = 60_000;

export class Guard {
  readonly newcomers: Newcomers = new Newcomers();
  readonly logins: Logins = new Logins();
  readonly #rates = new ConnectionRates();
  /** Of whom the log has told since `#toldSince`. */
  readonly #told = new Set<string>();
  #toldSince = 0;

  /** Why a peer may not come in now; undefined if it may, and then it has been counted. */
  denial(peer: PeerAddress, settings: ListenerSettings, now: number): ConnectionDenial | undefined {
    const { connectionRate, connectionRateTotal, maxPendingConnections } = settings;
    const hasRate = connectionRate > 0 || connectionRateTotal > 0;
    if (hasRate && !this.#rates.admits(networkOf(peer), settings, now)) return 'connection rate exceeded';
    return this.newcomers.hasRoom(maxPendingConnections, now) ? undefined : 'too many pending connections';
  }

  /** Whether the log has not told of this peer for a while, nor of too many others: a flood of peers is no flood of lines. */
  isNews({ address }: PeerAddress, now: number): boolean {
    if (Math.abs(now - this.#toldSince) >= SILENCE_MS) {
      this.#told.clear();
      this.#toldSince = now;
    }
    if (this.#told.has(address) || this.#told.size >= LIMITS.deniedPeersLogged) return false;
    this.#told.add(address);
    return true;
  }
}
