/** Topic names and topic filters: what is valid, and how shared ones are written. §4.7, §4.8.2 */

/** Deepest topic or filter, in separators, as Mosquitto. Trees are thus never deeper than 201 levels. */
export const MAX_SEPARATORS = 200;

/** Longest topic or filter, in bytes of UTF-8. [MQTT-4.7.3-3] */
export const LONGEST_TOPIC = 65_535;

/** Whether a topic name is one that can be published to: not empty, no wildcard, not too deep. [MQTT-4.7.3-1] */
export function isTopicName(topic: string): boolean {
  return topic.length > 0 && !topic.includes('+') && !topic.includes('#') && isShallow(topic);
}

/**
 * Whether a topic filter is valid: not empty, `+` and `#` alone on their level, `#` last.
 * [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1]
 */
export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0 || !isShallow(filter)) return false;
  if (!hasWildcard(filter)) return true;
  const levels = filter.split('/');
  const last = levels.length - 1;
  return levels.every((level, at) => level === '+' || (level === '#' && at === last) || !hasWildcard(level));
}

/** Whether a filter has a wildcard. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

function isShallow(topic: string): boolean {
  let separators = 0;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) separators++;
  return separators <= MAX_SEPARATORS;
}

/** In shorter topics a level may be a view of the whole: what it keeps alive is not worth a copy. */
const LONG_TOPIC = 128;

/**
 * The levels of a topic or filter, for whoever keeps one of them longer than the whole: in V8 a part of a text keeps all
 * of it alive, and a level of twenty characters may come out of 65,535.
 */
export function ownLevels(topic: string): string[] {
  const levels = topic.split('/');
  return topic.length < LONG_TOPIC ? levels : levels.map((level) => ` ${level}`.slice(1));
}

export interface SharedFilter {
  readonly shareName: string;
  readonly filter: string;
}

const SHARE = '$share/';

/** Whether a subscription's filter asks for a shared subscription. */
export function isShared(filter: string): boolean {
  return filter.startsWith(SHARE);
}

/**
 * The parts of `$share/<name>/<filter>`; undefined if it is not of that form, the name or the filter is missing or
 * the name holds a wildcard. [MQTT-4.8.2-1] [MQTT-4.8.2-2]
 */
export function parseShared(filter: string): SharedFilter | undefined {
  if (!isShared(filter)) return undefined;
  const end = filter.indexOf('/', SHARE.length);
  if (end < 0) return undefined;
  const shareName = filter.slice(SHARE.length, end);
  const rest = filter.slice(end + 1);
  if (shareName.length === 0 || hasWildcard(shareName) || !isTopicFilter(rest)) return undefined;
  return { shareName, filter: rest };
}

/**
 * Whether a filter matches a topic name, told from the two alone. The trees answer the same question for
 * many at once; this one is the definition they are tested against.
 */
export function matches(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const levels = filter.split('/');
  const names = topic.split('/');
  for (const [at, level] of levels.entries()) {
    if (level === '#') return true;
    const name = names[at];
    if (name === undefined || (level !== '+' && level !== name)) return false;
  }
  return levels.length === names.length;
}
