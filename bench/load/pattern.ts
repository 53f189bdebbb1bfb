/** The topics and filters of each pattern. All topics of a workload have one length, so all its frames do. */
import type { MessageWorkload, PatternName } from '../workload.ts';

export interface Pattern {
  /** The topic that a publisher uses in its turn `index`, which is less than `workload.topics`. */
  topic(publisher: number, index: number, workload: MessageWorkload): string;
  filter(subscriber: number, workload: MessageWorkload): string;
  /** How many deliveries one published message becomes. */
  deliveries(workload: MessageWorkload): number;
}

export const PATTERNS: Readonly<Record<PatternName, Pattern>> = {
  /** A topic for each pair. */
  pair: {
    topic: (publisher) => `bench/pair/${padded(publisher)}`,
    filter: (subscriber, { publishers }) => `bench/pair/${padded(subscriber % publishers)}`,
    deliveries: ({ publishers, subscribers }) => subscribers / publishers,
  },
  /** A topic for each publisher; every subscriber gets all. */
  fanin: {
    topic: (publisher) => `bench/in/${padded(publisher)}`,
    filter: () => 'bench/in/#',
    deliveries: ({ subscribers }) => subscribers,
  },
  /** One topic for all. */
  fanout: {
    topic: () => 'bench/fan/out',
    filter: () => 'bench/fan/out',
    deliveries: ({ subscribers }) => subscribers,
  },
  /** A topic for each publisher; the subscribers share one subscription to all. */
  shared: {
    topic: (publisher) => `bench/in/${padded(publisher)}`,
    filter: () => '$share/group/bench/in/#',
    deliveries: () => 1,
  },
  /** Many topics for each publisher; every subscriber gets all by a wildcard. */
  devices: {
    topic: (publisher, index, { topics }) => `bench/device/${padded(publisher * topics + index)}/value`,
    filter: () => 'bench/device/+/value',
    deliveries: ({ subscribers }) => subscribers,
  },
};

/** A filter with a wildcard that matches no topic of the pattern `devices`; `near` ones fail at the last level. */
export function heldFilter(index: number, near: boolean): string {
  return near ? `bench/+/${padded(index)}/other` : `elsewhere/+/${padded(index)}/other`;
}

function padded(index: number): string {
  return String(index).padStart(7, '0');
}
