/** Curves of CPU time a message: one dimension of the work grows, everything else stays. */
import { messages } from '../workload.ts';
import type { MessageWorkload } from '../workload.ts';

export interface Variant {
  /** Told apart from the other variants of its curve; empty where there is only one. */
  readonly label: string;
  workload(x: number): MessageWorkload;
}

export interface LoadCurve {
  readonly title: string;
  readonly xLabel: string;
  readonly xs: readonly number[];
  readonly variants: readonly Variant[];
}

/** More topics than any broker remembers, so that each message walks the tree of filters. */
const TOPICS_OVER_FILTERS = 10_000;

function overFilters(near: boolean): (count: number) => MessageWorkload {
  return (count) => messages({ pattern: 'devices', topics: TOPICS_OVER_FILTERS, held: { count, near } });
}

export const LOAD_CURVES: Readonly<Record<string, LoadCurve>> = {
  'fan-out': {
    title: 'CPU time a delivery over subscribers of one topic',
    xLabel: 'subscribers (QoS 0, 64 bytes, at most 5 messages ahead)',
    xs: [1, 10, 100, 1000, 10_000],
    variants: [
      { label: '', workload: (subscribers) => messages({ pattern: 'fanout', subscribers, window: 5 }) },
    ],
  },
  topics: {
    title: 'CPU time a message over distinct topics',
    xLabel: 'topics, one after the other (QoS 0, 64 bytes, one subscriber with a wildcard)',
    xs: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
    variants: [{ label: '', workload: (topics) => messages({ pattern: 'devices', topics }) }],
  },
  filters: {
    title: 'CPU time a message over wildcard filters of other clients',
    xLabel: 'filters that match nothing (10,000 topics, one subscriber that gets all)',
    xs: [10, 100, 1000, 10_000, 100_000],
    variants: [
      { label: 'other prefix', workload: overFilters(false) },
      { label: 'same prefix', workload: overFilters(true) },
    ],
  },
};
