/** Shared subscriptions, §4.8.2: one member of a group gets each message. */
import { FilterTree } from '../topic/filter-tree.ts';
import type { Message } from './message.ts';
import type { Subscription } from './subscription.ts';

/** The members of one `$share/<name>/<filter>`. */
export class ShareGroup {
  readonly key: string;
  readonly topicFilter: string;
  readonly #members: Subscription[] = [];
  #next = 0;

  constructor(key: string, topicFilter: string) {
    this.key = key;
    this.topicFilter = topicFilter;
  }

  get size(): number {
    return this.#members.length;
  }

  add(member: Subscription): void {
    this.#members.push(member);
  }

  remove(member: Subscription): void {
    const at = this.#members.indexOf(member);
    this.#members.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /**
   * Gives the message to the next member in turn that takes it: one that is connected and has room before one
   * that would have to queue it, and one that is offline only when none is connected.
   */
  deliver(message: Message): void {
    const at = this.#choose();
    const member = this.#members[at];
    if (member === undefined) return;
    this.#next = (at + 1) % this.#members.length;
    member.session.deliver(message, member, this);
  }

  /** Gives what a member was chosen for and never got to another member, in order. */
  redeliver(messages: readonly Message[]): void {
    for (const message of messages) this.deliver(message);
  }

  /** Whether a member other than this one is connected. */
  hasOther(member: Subscription['session']): boolean {
    return this.#members.some(({ session }) => session !== member && session.connected);
  }

  /** Whose turn it is, in one round: thousands of members may be away. */
  #choose(): number {
    const count = this.#members.length;
    let connected: number | undefined;
    for (let i = 0; i < count; i++) {
      const at = (this.#next + i) % count;
      const { session } = this.#members[at]!;
      if (session.ready) return at;
      if (session.connected) connected ??= at;
    }
    return connected ?? this.#next % count;
  }
}

/** All groups, found by topic. */
export class SharedSubscriptions {
  readonly #groups = new Map<string, ShareGroup>();
  readonly #tree = new FilterTree<ShareGroup>();
  /** Members of all groups. */
  count = 0;

  add(member: Subscription): void {
    const key = `${member.shareName}/${member.topicFilter}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new ShareGroup(key, member.topicFilter);
      this.#groups.set(key, group);
      this.#tree.add(member.topicFilter, group);
    }
    group.add(member);
    this.count++;
  }

  remove(member: Subscription): void {
    const group = this.#groups.get(`${member.shareName}/${member.topicFilter}`);
    if (group === undefined) return;
    group.remove(member);
    this.count--;
    if (group.size > 0) return;
    this.#groups.delete(group.key);
    this.#tree.remove(group.topicFilter, group);
  }

  /** The group of a member. */
  groupOf({ shareName, topicFilter }: Subscription): ShareGroup | undefined {
    return this.#groups.get(`${shareName}/${topicFilter}`);
  }

  /** The groups that a topic concerns. */
  match(topic: string): readonly ShareGroup[] {
    return this.#tree.match(topic);
  }
}
