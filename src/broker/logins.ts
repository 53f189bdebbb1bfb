/** Logins that failed: whoever guesses waits, twice as long each time. */
import { LIMITS } from './limits.ts';
import type { ListenerSettings } from './limits.ts';

export type BackoffSettings = Pick<ListenerSettings, 'loginBackoffSeconds' | 'loginBackoffMaxSeconds'>;

/** Who tries: where from (undefined without an address), and the user name given, if any. */
export interface Attempt {
  readonly network: string | undefined;
  readonly username: string | undefined;
}

/** Those whose logins failed, of a network or of a user. */
export interface Failures {
  count: number;
  /** No login is tried before this time, milliseconds since 1970. */
  until: number;
  /** When it is forgotten that there were any. */
  forgottenAt: number;
  /** Whether the log has said it since the last of them. */
  told: boolean;
}

/** What stands in the way of a login. */
export interface Holdback {
  readonly failures: Failures;
  /** Undefined when it is the network that has to wait. */
  readonly username: string | undefined;
}

/**
 * Failures are counted for the network and for the user name, whichever password was tried. Nobody can shut a user
 * out for good by failing in his name: where that user has logged in before, only the failures of that network count.
 */
export class Logins {
  readonly #networks = new FailureTable();
  readonly #users = new FailureTable();
  /** User and network of logins that succeeded; the oldest first. */
  readonly #known = new Set<string>();

  /** Who has to wait before this login is tried; undefined if nobody. */
  heldBack({ network, username }: Attempt, now: number): Holdback | undefined {
    const there = network === undefined ? undefined : this.#networks.waiting(network, now);
    if (there !== undefined) return { failures: there, username: undefined };
    if (username === undefined || this.#known.has(knownKey(network, username))) return undefined;
    const his = this.#users.waiting(username, now);
    return his && { failures: his, username };
  }

  failed({ network, username }: Attempt, settings: BackoffSettings, now: number): void {
    if (network !== undefined) this.#networks.failed(network, settings, now);
    if (username !== undefined) this.#users.failed(username, settings, now);
  }

  /** The user's failures are forgotten; those of the network are not, or one account would do to guess the others. */
  succeeded({ network, username }: Attempt): void {
    if (username === undefined) return;
    this.#users.forget(username);
    const key = knownKey(network, username);
    this.#known.delete(key);
    this.#known.add(key);
    if (this.#known.size > LIMITS.knownLogins) this.#known.delete(this.#known.values().next().value!);
  }

  /** How many networks and users it holds something against. */
  get size(): number {
    return this.#networks.size + this.#users.size;
  }
}

/** An address has no blank in it, so that no two pairs give one key. */
function knownKey(network = '', username: string): string {
  return `${network} ${username}`;
}

/** Of those that failed longest ago, as many are looked at for one to forget when the table is full. */
const LOOKED_AT = 8;

/** Failures by name. */
class FailureTable {
  /** The one that failed longest ago first. */
  readonly #byName = new Map<string, Failures>();

  get size(): number {
    return this.#byName.size;
  }

  /** The failures of a name that has to wait. */
  waiting(name: string, now: number): Failures | undefined {
    const failures = this.#byName.get(name);
    return failures !== undefined && now < failures.until ? failures : undefined;
  }

  failed(name: string, settings: BackoffSettings, now: number): void {
    const { loginBackoffSeconds: first, loginBackoffMaxSeconds: most } = settings;
    const before = this.#byName.get(name);
    const count = before === undefined || now >= before.forgottenAt ? 1 : before.count + 1;
    const seconds = Math.min(most, first * 2 ** Math.min(count - 1, 31));
    const until = now + seconds * 1000;
    this.#byName.delete(name);
    if (this.#byName.size >= LIMITS.failedLogins) this.#makeRoom();
    this.#byName.set(name, { count, until, forgottenAt: until + most * 1000, told: false });
  }

  forget(name: string): void {
    this.#byName.delete(name);
  }

  /** Forgets one that has failed few times: whoever would be forgotten must fail in many other names, and waits. */
  #makeRoom(): void {
    let victim = '';
    let fewest = Infinity;
    let looked = 0;
    for (const [name, { count }] of this.#byName) {
      if (++looked > LOOKED_AT) break;
      if (count >= fewest) continue;
      fewest = count;
      victim = name;
    }
    this.#byName.delete(victim);
  }
}
