/** The scenarios of the benchmark. Numbers are those of the founders' own load generator, so figures compare. */
import { messages } from './workload.ts';
import type { Workload } from './workload.ts';

export interface Scenario {
  readonly about: string;
  readonly workload: Workload;
}

/** In the order of the report. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'pair1-q0': {
    about: 'one publisher, one subscriber, 64 bytes, QoS 0, pipelined',
    workload: messages({}),
  },
  'pair20-q0': {
    about: '20 pairs, 64 bytes, QoS 0, pipelined',
    workload: messages({ publishers: 20, subscribers: 20, window: 100 }),
  },
  'pair1-1k-q0': {
    about: 'one pair, 1 KiB, QoS 0, pipelined',
    workload: messages({ payloadBytes: 1024, window: 200 }),
  },
  'fanin100-q0': {
    about: '100 publishers, one subscriber of all, QoS 0',
    workload: messages({ pattern: 'fanin', publishers: 100, window: 20 }),
  },
  'fanout500-q0': {
    about: 'one publisher, 500 subscribers of its topic, QoS 0',
    workload: messages({ pattern: 'fanout', subscribers: 500, window: 5 }),
  },
  'pair10-q1': {
    about: '10 pairs, QoS 1, 20 messages not acknowledged each',
    workload: messages({ publishers: 10, subscribers: 10, qos: 1, window: 20 }),
  },
  'pair10-q2': {
    about: '10 pairs, QoS 2, 20 messages not completed each',
    workload: messages({ publishers: 10, subscribers: 10, qos: 2, window: 20 }),
  },
  'paced-10k-q0': {
    about: '10 pairs, 10,000 messages a second in all, evenly, each written by itself',
    workload: messages({ publishers: 10, subscribers: 10, messagesPerSecond: 10_000 }),
  },
  sharedsub: {
    about: '10 publishers, 10 members of one shared subscription, QoS 0',
    workload: messages({ pattern: 'shared', publishers: 10, subscribers: 10, window: 100 }),
  },
  connect: {
    about: 'clients that connect and leave, 50 at a time; a delivery is one connection',
    workload: { kind: 'connects', concurrency: 50 },
  },
};
