/** The values of bridge options that have a grammar of their own. */

import type { Input } from './input.ts';
import { leadingInteger, parseInt32 } from './numbers.ts';
import { empty, isRefusal, refuse, type Refusal } from './refusal.ts';
import { isTopicFilter, isTopicPrefix } from './text.ts';

/** One remote broker of a bridge. */
export interface BridgeAddress {
  readonly host: string;
  readonly port: number;
}

/** One `topic` line of a bridge. Without a pattern the two prefixes are the topics themselves. */
export interface BridgeTopic {
  readonly pattern: string | undefined;
  readonly direction: 'out' | 'in' | 'both';
  readonly qos: number;
  readonly localPrefix: string | undefined;
  readonly remotePrefix: string | undefined;
}

/** How long a bridge waits before it connects again: always the same, or longer and longer. */
export type RestartTimeout =
  | { readonly kind: 'constant'; readonly seconds: number }
  | {
      readonly kind: 'backoff';
      readonly baseSeconds: number;
      readonly capSeconds: number;
      /** A connection that lasted this long starts again at the base; 0: any does. */
      readonly stableSeconds: number;
    };

/** The three numbers of TCP keep-alive. */
export interface TcpKeepalive {
  readonly idleSeconds: number;
  readonly intervalSeconds: number;
  readonly counter: number;
}

const DEFAULT_PORT = 1883;
const PORT_MAX = 65_535;

/** `host[:port] …`; a word that starts with `#` ends the list. */
export function parseAddresses(input: Input): readonly BridgeAddress[] | Refusal {
  if (input.previous !== undefined) {
    return refuse(
      "Error: Invalid bridge configuration, 'address' only allowed once.",
      'Write all addresses of this connection into one line, separated by spaces.',
    );
  }
  const addresses: BridgeAddress[] = [];
  for (let word = input.tokens.next(); word !== undefined && word[0] !== '#'; word = input.tokens.next()) {
    const address = parseAddress(word);
    if (isRefusal(address)) return address;
    addresses.push(address);
  }
  input.tokens.end();
  return addresses.length > 0 ? addresses : refuse('Error: Empty address value in configuration.');
}

/** The port stands after the last colon, so that an IPv6 address must have one. */
function parseAddress(word: string): BridgeAddress | Refusal {
  const colon = word.lastIndexOf(':');
  if (colon < 0) return { host: word, port: DEFAULT_PORT };
  const port = leadingInteger(word.slice(colon + 1));
  if (port < 1 || port > PORT_MAX) return refuse(`Error: Invalid bridge port value (${port}).`);
  return { host: word.slice(0, colon), port };
}

/** `PATTERN [out|in|both [QOS [LOCALPREFIX REMOTEPREFIX]]]` added to the topics before it. */
export function addTopic(input: Input): readonly BridgeTopic[] | Refusal {
  const topic = parseTopic(input);
  if (isRefusal(topic)) return topic;
  const wrong = checkTopic(topic);
  if (wrong !== undefined) return wrong;
  const before = (input.previous ?? []) as readonly BridgeTopic[];
  if (before.some((other) => isSameTopic(other, topic))) {
    input.note('information', `Duplicate bridge topic '${topic.pattern ?? '""'}', skipping`);
    return before;
  }
  return [...before, topic];
}

function isSameTopic(a: BridgeTopic, b: BridgeTopic): boolean {
  const sameRoute = a.pattern === b.pattern && a.direction === b.direction && a.qos === b.qos;
  return sameRoute && a.localPrefix === b.localPrefix && a.remotePrefix === b.remotePrefix;
}

function parseTopic(input: Input): BridgeTopic | Refusal {
  const pattern = parsePattern(input);
  if (isRefusal(pattern)) return pattern;
  const direction = parseDirection(input.tokens.next());
  if (isRefusal(direction)) return direction;
  const qos = parseQos(nextUncommented(input));
  if (isRefusal(qos)) return qos;
  const localPrefix = parsePrefix(nextUncommented(input));
  const remotePrefix = parsePrefix(nextUncommented(input));
  return { pattern: pattern === '""' ? undefined : pattern, direction, qos, localPrefix, remotePrefix };
}

/** A word that starts with `#` ends the line, here and nowhere else. */
function nextUncommented(input: Input): string | undefined {
  const word = input.tokens.next();
  if (word?.[0] !== '#') return word;
  input.tokens.end();
  return undefined;
}

/** A word, or words in quotes. A quoted pattern holds at least one space. */
function parsePattern(input: Input): string | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  if (word[0] !== '"' || word[1] === '"') return word;
  const rest = input.tokens.peek();
  const close = rest.indexOf('"');
  if (close < 0 || (word.length > 1 && word.endsWith('"'))) {
    return refuse(
      `Error: Missing closing quote in topic value (${rest}).`,
      'A quoted topic holds at least one space and ends with a quote. Without a space, write it unquoted.',
    );
  }
  const quoted = input.tokens.upTo(close);
  return `${word.slice(1)} ${quoted}`;
}

function parseDirection(word: string | undefined): BridgeTopic['direction'] | Refusal {
  const direction = word?.toLowerCase() ?? 'out';
  if (direction === 'out' || direction === 'in' || direction === 'both') return direction;
  return refuse(`Error: Invalid bridge topic direction '${word}'.`);
}

function parseQos(word: string | undefined): number | Refusal {
  const qos = word === undefined ? 0 : leadingInteger(word);
  return qos >= 0 && qos <= 2 ? qos : refuse(`Error: Invalid bridge QoS level '${word}'.`);
}

function parsePrefix(word: string | undefined): string | undefined {
  return word === '""' ? undefined : word;
}

function checkTopic(topic: BridgeTopic): Refusal | undefined {
  const { pattern, localPrefix, remotePrefix } = topic;
  if (localPrefix !== undefined && !isTopicPrefix(localPrefix)) {
    return refuse(`Error: Invalid bridge topic local prefix '${localPrefix}'.`);
  }
  if (remotePrefix !== undefined && !isTopicPrefix(remotePrefix)) {
    return refuse(`Error: Invalid bridge topic remote prefix '${remotePrefix}'.`);
  }
  if (pattern === undefined && (localPrefix === undefined || remotePrefix === undefined)) {
    return refuse('Error: Invalid bridge remapping.', 'A topic "" needs a local and a remote prefix.');
  }
  return checkComposed(localPrefix, pattern) ?? checkComposed(remotePrefix, pattern);
}

/** Mosquitto prints `local` for both sides, and looks at a pattern only where a prefix is given. */
function checkComposed(prefix: string | undefined, pattern: string | undefined): Refusal | undefined {
  const filter = `${prefix ?? ''}${pattern ?? ''}`;
  if (isTopicFilter(filter)) return undefined;
  return refuse(`Error: Invalid bridge topic local prefix and pattern combination '${filter}'.`);
}

/** `SECONDS`, or `BASE CAP [STABLE]`. */
export function parseRestartTimeout(input: Input): RestartTimeout | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  const seconds = clampRestart(leadingInteger(word), input);
  const cap = input.tokens.next();
  if (cap === undefined) return { kind: 'constant', seconds };
  return parseBackoff(seconds, leadingInteger(cap), input);
}

function clampRestart(seconds: number, input: Input): number {
  if (seconds < 1) {
    input.note('notice', 'restart_timeout interval too low, using 1 second.');
    return 1;
  }
  if (seconds > 3600) {
    input.note('notice', 'restart_timeout interval too high, using 3600 seconds.');
    return 3600;
  }
  return seconds;
}

function parseBackoff(baseSeconds: number, cap: number, input: Input): RestartTimeout | Refusal {
  if (cap < baseSeconds) return refuse('Error: backoff cap is lower than the base in restart_timeout.');
  if (cap > 7200) input.note('warning', 'Error: backoff cap too high, using 7200 seconds.');
  const stableSeconds = leadingInteger(input.tokens.next() ?? '0');
  if (stableSeconds < 0) return refuse('Error: stable connection period cannot be negative.');
  return { kind: 'backoff', baseSeconds, capSeconds: Math.min(cap, 7200), stableSeconds };
}

/** `IDLE INTERVAL COUNTER`, each over 0. */
export function parseTcpKeepalive(input: Input): TcpKeepalive | Refusal {
  const numbers: number[] = [];
  for (const part of ['idle', 'interval', 'counter']) {
    const value = parseInt32({ ...input, name: `${input.name}_${part}` });
    if (isRefusal(value)) return value;
    if (value <= 0) return refuse(`Error: invalid TCP keepalive ${part} value.`);
    numbers.push(value);
  }
  const [idleSeconds = 0, intervalSeconds = 0, counter = 0] = numbers;
  return { idleSeconds, intervalSeconds, counter };
}
