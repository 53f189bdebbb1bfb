/** The topics and filters of each pattern. All topics of a load have one length, so all its frames do. */
import type { MessageLoad, PatternName } from './message-load.ts';

export interface Pattern {
  /** The topic that a publisher uses in its turn `index`, which is less than `load.topics`. */
  topic(publisher: number, index: number, load: MessageLoad): string;
  filter(subscriber: number, load: MessageLoad): string;
  /** How many deliveries one published message becomes. */
  deliveries(load: MessageLoad): number;
}

export const PATTERNS: Readonly<Record<PatternName, Pattern>> = {
  /** A topic for each pair. */
  pair: {
    topic: (publisher, _, { root }) => `${root}/pair/${padded(publisher)}`,
    filter: (subscriber, { root, publishers }) => `${root}/pair/${padded(subscriber % publishers)}`,
    deliveries: ({ publishers, subscribers }) => subscribers / publishers,
  },
  /** A topic for each publisher; every subscriber gets all. */
  fanin: {
    topic: (publisher, _, { root }) => `${root}/in/${padded(publisher)}`,
    filter: (_, { root }) => `${root}/in/#`,
    deliveries: ({ subscribers }) => subscribers,
  },
  /** One topic for all. */
  fanout: {
    topic: (_publisher, _index, { root }) => `${root}/fan/out`,
    filter: (_, { root }) => `${root}/fan/out`,
    deliveries: ({ subscribers }) => subscribers,
  },
  /** A topic for each publisher; the subscribers share one subscription to all. */
  shared: {
    topic: (publisher, _, { root }) => `${root}/in/${padded(publisher)}`,
    filter: (_, { root }) => `$share/group/${root}/in/#`,
    deliveries: () => 1,
  },
  /** Many topics for each publisher; every subscriber gets all by a wildcard. */
  devices: {
    topic: (publisher, index, { root, topics }) =>
      `${root}/device/${padded(publisher * topics + index)}/value`,
    filter: (_, { root }) => `${root}/device/+/value`,
    deliveries: ({ subscribers }) => subscribers,
  },
};

function padded(index: number): string {
  return String(index).padStart(7, '0');
}
