/** The subscriptions of one client: which messages are whose. */
import type { SubscriptionRequest } from '../protocol/packet.ts';
import { FilterTree } from '../topic/filter-tree.ts';
import { parseShared } from '../topic/topic.ts';
import type { Message } from './message.ts';
import type { Subscription } from './subscription.ts';

/** The largest subscription identifier, §3.8.2.1.2. */
const LAST_IDENTIFIER = 268_435_455;

/**
 * Messages are handed out by the subscription identifiers that the server sends back, which say exactly which
 * SUBSCRIBE a copy is for; where there are none (before MQTT 5.0, or the server has none), by their topic.
 */
export class Subscriptions {
  readonly #identifiers = new Map<Subscription, number>();
  readonly #byIdentifier = new Map<number, Subscription>();
  readonly #tree = new FilterTree<Subscription>();
  /** How many subscriptions have a filter: the server knows it once. */
  readonly #users = new Map<string, number>();
  /** Two have had the same filter: its messages carry the identifier of the later one only. */
  #ambiguous = false;
  #lastIdentifier = 0;

  values(): Iterable<Subscription> {
    return this.#identifiers.keys();
  }

  get size(): number {
    return this.#identifiers.size;
  }

  add(subscription: Subscription): void {
    const identifier = this.#takeIdentifier();
    this.#identifiers.set(subscription, identifier);
    this.#byIdentifier.set(identifier, subscription);
    for (const filter of new Set(subscription.filters)) {
      const users = this.#users.get(filter) ?? 0;
      if (users > 0) this.#ambiguous = true;
      this.#users.set(filter, users + 1);
      this.#tree.add(topicFilterOf(filter), subscription);
    }
  }

  /** Takes a subscription away; gives the filters that no other one has. */
  remove(subscription: Subscription): string[] {
    const identifier = this.#identifiers.get(subscription);
    if (identifier === undefined) return [];
    this.#identifiers.delete(subscription);
    this.#byIdentifier.delete(identifier);
    const filters = [...new Set(subscription.filters)];
    for (const filter of filters) {
      this.#users.set(filter, this.#users.get(filter)! - 1);
      this.#tree.remove(topicFilterOf(filter), subscription);
    }
    const unused = filters.filter((filter) => this.#users.get(filter) === 0);
    for (const filter of unused) this.#users.delete(filter);
    return unused;
  }

  identifierOf(subscription: Subscription): number | undefined {
    return this.#identifiers.get(subscription);
  }

  /** Gives a message to the subscriptions it is for; false if there is none. */
  deliver(message: Message): boolean {
    const { subscriptionIdentifiers } = message.properties;
    const subscriptions =
      subscriptionIdentifiers === undefined || this.#ambiguous
        ? this.#tree.match(message.topic)
        : subscriptionIdentifiers.map((identifier) => this.#byIdentifier.get(identifier));
    let delivered = false;
    for (const subscription of subscriptions.length > 1 ? new Set(subscriptions) : subscriptions) {
      if (subscription === undefined) continue;
      delivered = true;
      subscription.push(message);
    }
    return delivered;
  }

  #takeIdentifier(): number {
    do this.#lastIdentifier = (this.#lastIdentifier % LAST_IDENTIFIER) + 1;
    while (this.#byIdentifier.has(this.#lastIdentifier));
    return this.#lastIdentifier;
  }
}

/** What a shared subscription is sent does not say that it is shared. */
function topicFilterOf(filter: string): string {
  return parseShared(filter)?.filter ?? filter;
}

/** What is asked of the server for a subscription. */
export function requestsOf({ filters, options }: Subscription): SubscriptionRequest[] {
  const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
  return filters.map((filter) => ({ filter, qos, noLocal, retainAsPublished, retainHandling }));
}
