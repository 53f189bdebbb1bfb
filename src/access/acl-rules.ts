/** The rules of an ACL file, ready to be asked for every message. */
import type { Principal } from '../broker/access.ts';
import { FilterTree } from '../topic/filter-tree.ts';
import { hasWildcard } from '../topic/topic.ts';
import type { AclRule } from './acl-parse.ts';
import { concerns, toPattern } from './acl-pattern.ts';
import type { AclPattern } from './acl-pattern.ts';
import { DENY } from './acl-rights.ts';

/** All that is said under one topic filter. */
interface Entry {
  /** Bits by user name; those of clients that have none stand under `undefined`. */
  readonly rights: Map<string | undefined, number>;
  readonly patterns: AclPattern[];
}

/** Told of a client whose user name or client identifier holds a wildcard, so that patterns deny it. */
export type DangerListener = (field: 'username' | 'client id', name: string) => void;

/**
 * One tree for the filters of all users. Few filters match a topic and the tree remembers which, so a question costs
 * a look-up of the topic and one of the user for each of them, however many rules there are; and no answers are kept
 * per client.
 *
 * As in Mosquitto a client's own rules come first, then patterns; in either a `deny` that matches beats all else, so
 * that the bits of all that match can be added up.
 */
export class AclRules {
  readonly #entries = new FilterTree<Entry>();
  readonly #hasPatterns: boolean;
  readonly #onDanger: DangerListener;
  /** Clients whose names were looked at, for patterns. */
  readonly #dangerous = new WeakMap<Principal, boolean>();
  /** A message goes to many clients: the last question's topic, and what matched it. */
  #topic = '';
  #matched: readonly Entry[] = [];

  constructor(rules: readonly AclRule[], onDanger: DangerListener) {
    const byFilter = new Map<string, Entry>();
    for (const rule of rules) this.#add(rule, byFilter);
    this.#hasPatterns = rules.some(({ kind }) => kind === 'pattern');
    this.#onDanger = onDanger;
  }

  /** Whether a client has a right at a topic: `READ` or `WRITE`. */
  allows(principal: Principal, topic: string, wanted: number): boolean {
    if (topic !== this.#topic) {
      this.#matched = this.#entries.match(topic);
      this.#topic = topic;
    }
    const own = this.#ownRights(principal);
    if ((own & DENY) !== 0) return false;
    if ((own & wanted) !== 0) return true;
    if (!this.#hasPatterns || this.#isDangerous(principal)) return false;
    return (this.#patternRights(principal, topic) & (wanted | DENY)) === wanted;
  }

  #ownRights({ username }: Principal): number {
    // as Mosquitto: an empty user name is none
    const user = username === '' ? undefined : username;
    let rights = 0;
    for (const entry of this.#matched) rights |= entry.rights.get(user) ?? 0;
    return rights;
  }

  #patternRights(principal: Principal, topic: string): number {
    let rights = 0;
    for (const { patterns } of this.#matched)
      for (const pattern of patterns) if (concerns(pattern, principal, topic)) rights |= pattern.rights;
    return rights;
  }

  /** as Mosquitto, which puts names into filters, where `+` would be everybody. Here it is but the same answer. */
  #isDangerous(principal: Principal): boolean {
    let isDangerous = this.#dangerous.get(principal);
    if (isDangerous === undefined) {
      isDangerous = this.#judge(principal);
      this.#dangerous.set(principal, isDangerous);
    }
    return isDangerous;
  }

  /** Mosquitto tells of such a name at each question; here once per connection, so that it cannot flood the log. */
  #judge({ username, clientId }: Principal): boolean {
    if (username !== undefined && hasWildcard(username)) this.#onDanger('username', username);
    else if (hasWildcard(clientId)) this.#onDanger('client id', clientId);
    else return false;
    return true;
  }

  #add(rule: AclRule, byFilter: Map<string, Entry>): void {
    if (rule.kind === 'topic') {
      const { rights } = this.#entryOf(rule.filter, byFilter);
      rights.set(rule.username, (rights.get(rule.username) ?? 0) | rule.rights);
      return;
    }
    const pattern = toPattern(rule.filter, rule.rights);
    if (pattern !== undefined) this.#entryOf(pattern.filter, byFilter).patterns.push(pattern);
  }

  #entryOf(filter: string, byFilter: Map<string, Entry>): Entry {
    const known = byFilter.get(filter);
    if (known !== undefined) return known;
    const entry: Entry = { rights: new Map(), patterns: [] };
    byFilter.set(filter, entry);
    this.#entries.add(filter, entry);
    return entry;
  }
}
