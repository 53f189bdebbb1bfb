/** What one client may do, as a claim of its token or the answer of a web service says it in JSON. */
import type { Principal } from '../broker/access.ts';
import { LIMITS } from '../broker/limits.ts';
import { covers } from '../topic/cover.ts';
import { isShared, isTopicFilter, matches, parseShared } from '../topic/topic.ts';
import type { Answer } from './backend.ts';

const ACTIONS = ['publish', 'subscribe', 'receive', 'all'] as const;
const PERMISSIONS = ['allow', 'deny'] as const;

/** One line of such a list. `topic` is a filter, in which the levels `%c` and `%u` stand for the client's names. */
export interface Rule {
  readonly permission: (typeof PERMISSIONS)[number];
  readonly action: (typeof ACTIONS)[number];
  readonly topic: string;
}

/** All rules for a client. */
export interface Rules {
  readonly list: readonly Rule[];
  /** Whether they speak of receiving, be it to allow nothing: else it follows from what may be subscribed to. */
  readonly aboutReceiving: boolean;
}

/** Rules, or what is wrong with the JSON: a phrase without a final dot. */
export type ParsedRules =
  | { readonly ok: true; readonly rules: Rules }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads `{ "publish": ["a/#"], "subscribe": [...], "receive": [...], "all": [...] }`, which allows, or a list of
 * `{ "permission": "allow" | "deny", "action": ..., "topic": ... }`, of which the first that fits decides. Whatever else
 * stands there is a problem, so that a rule with a slip of the pen cannot allow more than was meant.
 */
export function parseRules(json: unknown): ParsedRules {
  if (Array.isArray(json)) return collect(json.map(parseRule), false);
  if (!isObject(json)) return problem('it is neither an object nor a list');
  const parsed = Object.entries(json).flatMap(([action, topics]) => parseTopics(action, topics));
  return collect(parsed, 'receive' in json);
}

function collect(parsed: readonly (Rule | string)[], named: boolean): ParsedRules {
  const wrong = parsed.find((one) => typeof one === 'string');
  if (wrong !== undefined) return problem(wrong);
  const list = parsed.filter((one) => typeof one !== 'string');
  return {
    ok: true,
    rules: { list, aboutReceiving: named || list.some(({ action }) => action === 'receive') },
  };
}

function problem(text: string): ParsedRules {
  return { ok: false, problem: text };
}

function parseTopics(action: string, topics: unknown): (Rule | string)[] {
  if (!isOneOf(ACTIONS, action)) return [`'${action}' is not one of ${ACTIONS.join(', ')}`];
  if (!Array.isArray(topics)) return [`'${action}' is not a list`];
  return topics.map((topic: unknown) => parseRule({ permission: 'allow', action, topic }));
}

function parseRule(json: unknown): Rule | string {
  if (!isObject(json)) return 'a rule is not an object';
  const { permission, action, topic, ...others } = json;
  const [other] = Object.keys(others);
  if (other !== undefined) return `'${other}' of a rule is not known`;
  if (!isOneOf(PERMISSIONS, permission)) return `a permission is not one of ${PERMISSIONS.join(', ')}`;
  if (!isOneOf(ACTIONS, action)) return `an action is not one of ${ACTIONS.join(', ')}`;
  if (typeof topic !== 'string' || !isTopicFilter(topic) || isShared(topic))
    return 'a topic is not a topic filter';
  return { permission, action, topic };
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isOneOf<Word extends string>(words: readonly Word[], word: unknown): word is Word {
  return words.includes(word as Word);
}

/** A rule for one client; without `topic` it fits everything. */
interface OwnRule {
  readonly answer: Answer;
  readonly topic: string | undefined;
}

/** What the rules say of each thing that a client does. */
interface OwnRules {
  readonly publish: readonly OwnRule[];
  readonly subscribe: readonly OwnRule[];
  readonly receive: readonly OwnRule[];
}

/**
 * The rights of one client. The first rule that fits decides; where none does it is `defer`, so that an ACL file may
 * still say yes. Without a rule about `receive` a client may receive what it may subscribe to.
 */
export class Rights {
  readonly #rules: Rules;
  readonly #published = new Map<string, Answer>();
  readonly #received = new Map<string, Answer>();
  /** Made at the first question: the client has its identifier then, be it one that the broker gave it. */
  #own: OwnRules | undefined;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  mayPublish(principal: Principal, topic: string): Answer {
    return remembered(this.#published, this.#ownRules(principal).publish, topic);
  }

  /** A subscription must lie within a rule: all it asks for, not some. A shared one is what it shares. */
  maySubscribe(principal: Principal, filter: string): Answer {
    const asked = parseShared(filter)?.filter ?? filter;
    return first(this.#ownRules(principal).subscribe, (topic) => covers(topic, asked));
  }

  mayReceive(principal: Principal, topic: string): Answer {
    return remembered(this.#received, this.#ownRules(principal).receive, topic);
  }

  #ownRules(principal: Principal): OwnRules {
    return (this.#own ??= ownRules(this.#rules, principal));
  }
}

function ownRules({ list, aboutReceiving }: Rules, principal: Principal): OwnRules {
  const about = (wanted: Rule['action']): OwnRule[] =>
    list
      .filter(({ action }) => action === wanted || action === 'all')
      .flatMap((rule) => ownRule(rule, principal));
  return {
    publish: about('publish'),
    subscribe: about('subscribe'),
    receive: about(aboutReceiving ? 'receive' : 'subscribe'),
  };
}

/** The names of a client fill whole levels. A rule whose name it lacks, or that cannot be a level, never allows. */
function ownRule({ permission, topic }: Rule, { clientId, username }: Principal): OwnRule[] {
  const names: Readonly<Record<string, string | undefined>> = { '%c': clientId, '%u': username };
  const levels = topic.split('/').map((level) => (Object.hasOwn(names, level) ? names[level] : level));
  const isFilled = topic.split('/').every((level, at) => !Object.hasOwn(names, level) || isLevel(levels[at]));
  if (isFilled) return [{ answer: permission, topic: levels.join('/') }];
  return permission === 'deny' ? [{ answer: 'deny', topic: undefined }] : [];
}

function isLevel(level: string | undefined): boolean {
  return level !== undefined && level !== '' && !/[+#/]/.test(level);
}

function remembered(known: Map<string, Answer>, rules: readonly OwnRule[], topic: string): Answer {
  const before = known.get(topic);
  if (before !== undefined) return before;
  const answer = first(rules, (filter) => matches(filter, topic));
  if (topic.length > LIMITS.rememberedTopicLength) return answer;
  if (known.size >= LIMITS.rememberedTopics) known.clear();
  known.set(topic, answer);
  return answer;
}

function first(rules: readonly OwnRule[], fits: (filter: string) => boolean): Answer {
  return rules.find(({ topic }) => topic === undefined || fits(topic))?.answer ?? 'defer';
}
