/** The scenarios of `zanzara bench`, named as other load generators for MQTT name them. */
import type { PatternName } from './message-load.ts';
import type { BenchDraft } from './options.ts';

/** Who takes part in a scenario of messages. */
export interface Numbers {
  readonly publishers: number;
  readonly subscribers: number;
}

export interface MessageScenario {
  readonly kind: 'messages';
  readonly about: string;
  readonly pattern: PatternName;
  /** A text is what is wrong with the numbers asked for. */
  readonly numbers: (draft: BenchDraft) => Numbers | string;
}

export interface ConnectScenario {
  readonly kind: 'connects';
  readonly about: string;
  /** At a time. */
  readonly clients: number;
}

export type Scenario = MessageScenario | ConnectScenario;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  p2p: {
    kind: 'messages',
    about: '10 publishers, each with a topic and a subscriber of its own',
    pattern: 'pair',
    numbers: ({ clients, publishers, subscribers }) => {
      const pairs = clients ?? publishers ?? subscribers ?? 10;
      return (publishers ?? pairs) === (subscribers ?? pairs)
        ? { publishers: pairs, subscribers: pairs }
        : 'p2p has as many publishers as subscribers.';
    },
  },
  fanout: {
    kind: 'messages',
    about: 'one publisher, 100 subscribers of its topic',
    pattern: 'fanout',
    numbers: ({ clients, publishers = 1, subscribers = clients ?? 100 }) => ({ publishers, subscribers }),
  },
  fanin: {
    kind: 'messages',
    about: '100 publishers, each with a topic of its own, one subscriber of all',
    pattern: 'fanin',
    numbers: ({ clients, publishers = clients ?? 100, subscribers = 1 }) => ({ publishers, subscribers }),
  },
  sharedsub: {
    kind: 'messages',
    about: '10 publishers, 10 members of one shared subscription',
    pattern: 'shared',
    numbers: ({ clients = 10, publishers = clients, subscribers = clients }) => ({ publishers, subscribers }),
  },
  conn: {
    kind: 'connects',
    about: 'clients that connect and leave, 50 at a time',
    clients: 50,
  },
};
