/** The subscriptions of one client: which messages are whose. */
import type { QoS, SubscriptionRequest } from '../protocol/packet.ts';
import { FilterTree } from '../topic/filter-tree.ts';
import { matches, parseShared } from '../topic/topic.ts';
import type { Message } from './message.ts';
import type { Subscription } from './subscription.ts';

/** The largest subscription identifier, §3.8.2.1.2. */
const LAST_IDENTIFIER = 268_435_455;

/**
 * A message is for the subscriptions whose filters match its topic. Where several do, and the server sends a copy for
 * each (it may [MQTT-3.3.4-4]), the subscription identifiers that come back tell which copy is whose.
 */
export class Subscriptions {
  readonly #identifiers = new Map<Subscription, number>();
  readonly #byIdentifier = new Map<number, Subscription>();
  readonly #tree = new FilterTree<Subscription>();
  /** Who has a filter: the server knows it once, with the identifier of the last that asked. */
  readonly #users = new Map<string, Set<Subscription>>();
  #lastIdentifier = 0;

  values(): Iterable<Subscription> {
    return this.#identifiers.keys();
  }

  /** Whether there is one for a filter. */
  has(filter: string): boolean {
    return this.#users.has(filter);
  }

  add(subscription: Subscription): void {
    const [chosen = this.#freeIdentifier()] = subscription.options.properties?.subscriptionIdentifiers ?? [];
    this.#identifiers.set(subscription, chosen);
    this.#byIdentifier.set(chosen, subscription);
    for (const filter of subscription.filters) {
      const users = this.#users.get(filter) ?? new Set();
      this.#users.set(filter, users.add(subscription));
      this.#tree.add(topicFilterOf(filter), subscription);
    }
  }

  /** Takes a subscription away; gives the filters that no other one has. */
  remove(subscription: Subscription): string[] {
    const identifier = this.#identifiers.get(subscription);
    if (identifier === undefined) return [];
    this.#identifiers.delete(subscription);
    if (this.#byIdentifier.get(identifier) === subscription) this.#byIdentifier.delete(identifier);
    for (const filter of subscription.filters) this.#tree.remove(topicFilterOf(filter), subscription);
    return [...new Set(subscription.filters)].filter((filter) => {
      const users = this.#users.get(filter);
      users?.delete(subscription);
      return users?.size === 0 && this.#users.delete(filter);
    });
  }

  identifierOf(subscription: Subscription): number | undefined {
    return this.#identifiers.get(subscription);
  }

  /**
   * What is asked of the server for a subscription. A filter that others have too is asked for with the highest QoS
   * of all: the server keeps one subscription for it.
   */
  requestsOf({ filters, options }: Subscription): SubscriptionRequest[] {
    const { noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
    return filters.map((filter) => {
      const qos = [...(this.#users.get(filter) ?? [])].map(({ options: { qos: wished = 0 } }) => wished);
      return {
        filter,
        qos: Math.max(options.qos ?? 0, ...qos) as QoS,
        noLocal,
        retainAsPublished,
        retainHandling,
      };
    });
  }

  /** Gives a message to the subscriptions it is for; false if there is none. */
  deliver(message: Message): boolean {
    const matching = this.#tree.match(message.topic);
    if (matching.length > 1)
      for (const subscription of this.#chosen(matching, message)) subscription.push(message);
    else matching[0]?.push(message);
    return matching.length > 0;
  }

  /** Those of the matching ones that a copy is for; all if the identifiers tell nothing. */
  #chosen(matching: readonly Subscription[], message: Message): ReadonlySet<Subscription> {
    const found = new Set<Subscription>();
    for (const identifier of message.properties.subscriptionIdentifiers ?? []) {
      const subscription = this.#byIdentifier.get(identifier);
      if (subscription === undefined || !matching.includes(subscription)) continue;
      found.add(subscription);
      // what was retained is sent because this one subscribed; what is new is for all that have the filter
      if (!message.retain || subscription.options.retainAsPublished === true)
        for (const other of this.#sharers(subscription, message.topic)) found.add(other);
    }
    return found.size > 0 ? found : new Set(matching);
  }

  /** Those that have one of its filters too, and a topic that the filter matches. */
  #sharers({ filters }: Subscription, topic: string): Subscription[] {
    return filters.flatMap((filter) => {
      const users = this.#users.get(filter);
      return users !== undefined && users.size > 1 && matches(topicFilterOf(filter), topic) ? [...users] : [];
    });
  }

  #freeIdentifier(): number {
    do this.#lastIdentifier = (this.#lastIdentifier % LAST_IDENTIFIER) + 1;
    while (this.#byIdentifier.has(this.#lastIdentifier));
    return this.#lastIdentifier;
  }
}

/** What a shared subscription is sent does not say that it is shared. */
function topicFilterOf(filter: string): string {
  return parseShared(filter)?.filter ?? filter;
}
