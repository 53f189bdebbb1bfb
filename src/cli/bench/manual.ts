/** The manual page of `bench`, made from the tables of its options and scenarios. */
import { sentence } from '../manual/page.ts';
import type { Entry, Example, Page } from '../manual/page.ts';
import { BENCH_OPTIONS } from './options.ts';
import type { BenchOption } from './options.ts';
import { SCENARIOS } from './scenarios.ts';

const DESCRIPTION: readonly string[] = [
  'Loads a broker, any broker, with clients of MQTT 3.1.1, and tells what it did: how many messages or connections a second there were, and how long they took.',
  'On a terminal a line shows the rates of the last second while it runs, and a table comes at the end. Elsewhere each figure stands on a line. Ctrl-C ends a run early, with what has come; a second one does not wait for the clients to leave.',
  'Topics are below zanzara-bench/, client identifiers begin with zb, and both are new in each run: runs side by side do not meet. A user (-u, -P) must be allowed to publish and subscribe to zanzara-bench/#.',
  'The load shares its machine with the broker unless it runs on another one, and it is one process on one core.',
];

const FIGURES: readonly Entry[] = [
  {
    term: 'latency',
    text: 'The time from the write of a message to its read, with what waits in between. As fast as it goes (--rate 0) it tells how long the line is that --inflight allows; what a broker adds is seen at a --rate that it can bear. Percentiles are exact to one part in 1024. As fast as it goes at QoS 0, one delivery in 16 is asked.',
  },
  {
    term: 'sent, received',
    text: 'Rates are of the measured time. The numbers also count what came after it: deliveries are waited for while they come, at most 30 seconds.',
  },
  { term: 'lost', text: 'Deliveries that stayed away for 3 seconds.' },
  {
    term: 'skipped',
    text: 'Messages that a rate asked for and that were not sent, as their publisher still had --inflight messages unacknowledged (QoS 1 and 2), or bytes that the system had not taken. Latencies do not know of them: with many, lower the rate.',
  },
];

const EXIT: readonly Entry[] = [
  { term: '0', text: 'The run is over, or was ended by Ctrl-C.' },
  {
    term: '1',
    text: 'The command line is wrong, or the broker cannot be reached, refuses, goes away, or delivers nothing. Standard error says which.',
  },
];

const EXAMPLES: readonly Example[] = [
  {
    text: 'How much goes from 10 publishers to 10 subscribers, in 5 seconds.',
    lines: ['zanzara bench p2p --duration 5'],
  },
  {
    text: 'How long 100 messages a second take to 100 subscribers, for a program to read.',
    lines: ['zanzara bench fanout --qos 1 --rate 100 --json'],
  },
];

/** The page. */
export function benchManual(): Page {
  return {
    name: 'zanzara-bench',
    chapter: 1,
    summary: 'load an MQTT broker and measure it',
    calls: [['zanzara bench', 'scenario [options]']],
    parts: [
      { title: 'DESCRIPTION', paragraphs: DESCRIPTION },
      { title: 'SCENARIOS', entries: Object.entries(SCENARIOS).map(scenario) },
      { title: 'OPTIONS', entries: BENCH_OPTIONS.map(option) },
      { title: 'FIGURES', entries: FIGURES },
      {
        title: 'ENVIRONMENT',
        entries: [{ term: 'NO_COLOR', text: 'If it is set and not empty, nothing is coloured.' }],
      },
      { title: 'EXIT STATUS', entries: EXIT },
      { title: 'EXAMPLES', examples: EXAMPLES },
    ],
    seeAlso: ['zanzara(1)', 'zanzara-broker(8)'],
  };
}

function scenario([name, { about }]: readonly [string, { readonly about: string }]): Entry {
  return { term: name, text: sentence(about) };
}

function option({ names, value, about }: BenchOption): Entry {
  return { term: names.join(', '), ...(value === undefined ? {} : { value }), text: sentence(about) };
}
