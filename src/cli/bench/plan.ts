/** From the command line of `zanzara bench` to what is to be run. */
import { randomBytes } from 'node:crypto';
import { nearestWord } from '../../base/nearest.ts';
import type { QoS } from '../../protocol/packet.ts';
import { ringBytes } from './frame-ring.ts';
import type { MessageLoad } from './message-load.ts';
import { BENCH_OPTIONS } from './options.ts';
import type { BenchDraft, BenchOption } from './options.ts';
import { PATTERNS } from './pattern.ts';
import { SCENARIOS } from './scenarios.ts';
import type { MessageScenario } from './scenarios.ts';

/** Clients that connect and leave. */
export interface ConnectLoad {
  /** At a time. */
  readonly clients: number;
  /** Connections a second of each; 0 is as fast as it goes. */
  readonly rate: number;
}

export type Load =
  | ({ readonly kind: 'messages' } & MessageLoad)
  | ({ readonly kind: 'connects' } & ConnectLoad);

export interface Plan {
  readonly scenario: string;
  /** How the client identifiers of this run begin: others may run too. */
  readonly name: string;
  readonly load: Load;
  readonly seconds: number;
  readonly draft: BenchDraft;
}

/** What the command line came to: what to do, or what is wrong. */
export type Parsed =
  | { readonly kind: 'run'; readonly plan: Plan }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** The first level of all topics: what a user of the broker must be allowed to. */
export const ROOT = 'zanzara-bench';

/** Messages under way in all, unless the options say otherwise. */
const UNDER_WAY = 1000;
const LEAST_WINDOW = 5;
/** QoS 1 and 2: what brokers take from a client by default. */
const ANSWERED_WINDOW = 20;
/** What frames may be prepared, bytes. */
const MOST_RING_BYTES = 256 * 1024 * 1024;

const BY_NAME: ReadonlyMap<string, BenchOption> = new Map(
  BENCH_OPTIONS.flatMap((option) => option.names.map((name) => [name, option])),
);

export function parseBench(argv: readonly string[]): Parsed {
  const draft: BenchDraft = {};
  const problem = takeWords(draft, argv);
  if (problem !== undefined) return { kind: 'wrong', problem };
  if (draft.help === true) return { kind: 'help' };
  const plan = planOf(draft);
  return typeof plan === 'string' ? { kind: 'wrong', problem: plan } : { kind: 'run', plan };
}

function takeWords(draft: BenchDraft, argv: readonly string[]): string | undefined {
  const words = argv.values();
  for (const word of words) {
    const option = BY_NAME.get(word);
    if (option === undefined && word.startsWith('-')) return unknown('option', word, BY_NAME.keys());
    const problem = option === undefined ? takeScenario(draft, word) : takeOption(draft, option, words);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function takeScenario(draft: BenchDraft, word: string): string | undefined {
  if (draft.scenario !== undefined) return `One scenario at a time: '${draft.scenario}' or '${word}'.`;
  draft.scenario = word;
  return undefined;
}

function takeOption(
  draft: BenchDraft,
  { names, value, take }: BenchOption,
  words: ArrayIterator<string>,
): string | undefined {
  if (value === undefined) return take(draft, '');
  const { value: word } = words.next();
  return word === undefined ? `${names.at(-1)} lacks its value ${value}.` : take(draft, word);
}

function unknown(what: string, word: string, known: Iterable<string>): string {
  const nearest = nearestWord(word, known);
  return `Unknown ${what} '${word}'.${nearest === undefined ? '' : ` Did you mean '${nearest}'?`}`;
}

function planOf(draft: BenchDraft): Plan | string {
  const { scenario: word, duration: seconds = 10 } = draft;
  const names = Object.keys(SCENARIOS);
  if (word === undefined) return `Which scenario? One of ${names.join(', ')}.`;
  if (!Object.hasOwn(SCENARIOS, word))
    return `${unknown('scenario', word, names)} There are ${names.join(', ')}.`;
  if (draft.password !== undefined && draft.username === undefined)
    return 'A password (-P) needs a user name (-u).';
  if (draft.insecure === true && draft.secure !== true)
    return '--insecure is of use with --tls or --cafile only.';
  const name = `zb${randomBytes(3).toString('hex')}`;
  const scenario = SCENARIOS[word]!;
  const load =
    scenario.kind === 'messages' ? messageLoad(scenario, draft, name) : connectLoad(scenario.clients, draft);
  return typeof load === 'string' ? load : { scenario: word, name, load, seconds, draft };
}

function messageLoad(scenario: MessageScenario, draft: BenchDraft, name: string): Load | string {
  if (draft.clients !== undefined && (draft.publishers ?? draft.subscribers) !== undefined)
    return 'Either --clients, or --publishers and --subscribers.';
  const numbers = scenario.numbers(draft);
  if (typeof numbers === 'string') return numbers;
  const { size: payloadBytes = 64, qos = 0, rate = 0 } = draft;
  if (qos === 0 && rate > 0 && draft.inflight !== undefined)
    return 'At QoS 0 a rate is kept however much is under way: --inflight is of no use with it.';
  const load = {
    kind: 'messages',
    pattern: scenario.pattern,
    root: `${ROOT}/${name}`,
    ...numbers,
    qos: qos as QoS,
    payloadBytes,
    window: UNDER_WAY,
    messagesPerSecond: rate * numbers.publishers,
    topics: 1,
  } as const;
  const sized = { ...load, window: draft.inflight ?? windowOf(load) };
  if (ringBytes(sized) * sized.publishers > MOST_RING_BYTES)
    return 'So many publishers with so large messages take too much memory: lower --publishers, --size or --inflight.';
  return sized;
}

function windowOf(load: MessageLoad): number {
  if (load.qos > 0) return ANSWERED_WINDOW;
  const deliveries = load.publishers * PATTERNS[load.pattern].deliveries(load);
  return Math.max(LEAST_WINDOW, Math.ceil(UNDER_WAY / deliveries));
}

/** Options that a scenario without messages cannot heed. */
const OF_MESSAGES = ['publishers', 'subscribers', 'size', 'qos', 'inflight'] as const;

function connectLoad(usual: number, draft: BenchDraft): Load | string {
  const vain = OF_MESSAGES.find((key) => draft[key] !== undefined);
  if (vain !== undefined) return `The scenario conn has no messages: --${vain} is of no use to it.`;
  return { kind: 'connects', clients: draft.clients ?? usual, rate: draft.rate ?? 0 };
}
