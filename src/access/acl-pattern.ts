/** The placeholders of a `pattern` line: whole levels that stand for the client's names. */
import type { Principal } from '../broker/access.ts';

/** A `pattern` line, ready to be asked about a topic that its `filter` matches. */
export interface AclPattern {
  /** The topic filter, with `+` in place of each placeholder. */
  readonly filter: string;
  readonly rights: number;
  /** Which levels must be the client identifier, counted from 0. */
  readonly clientIdAt: readonly number[];
  /** Which levels must be the user name. */
  readonly usernameAt: readonly number[];
}

/** Whether a placeholder stands in a filter, as a whole level or not. */
export function hasPlaceholder(filter: string): boolean {
  return filter.includes('%c') || filter.includes('%u');
}

/** Whether a placeholder is a whole level of a filter. */
export function hasWholePlaceholder(filter: string): boolean {
  return filter.split('/').some((level) => level === '%c' || level === '%u');
}

/** Whether a placeholder is a part of a level only: nothing ever matches that, as Mosquitto since 2.1. */
export function hasPartialPlaceholder(filter: string): boolean {
  return filter.split('/').some((level) => level.length > 2 && hasPlaceholder(level));
}

/** The pattern of a filter; undefined if nothing can match it. */
export function toPattern(filter: string, rights: number): AclPattern | undefined {
  if (hasPartialPlaceholder(filter)) return undefined;
  const levels = filter.split('/');
  return {
    filter: levels.map((level) => (level === '%c' || level === '%u' ? '+' : level)).join('/'),
    rights,
    clientIdAt: placesOf('%c', levels),
    usernameAt: placesOf('%u', levels),
  };
}

function placesOf(placeholder: string, levels: readonly string[]): number[] {
  return levels.flatMap((level, at) => (level === placeholder ? [at] : []));
}

/**
 * Whether a pattern is about this client, at a topic that matches its filter. Names are compared with levels as they
 * are, never put into a filter: `+`, `#` and `/` in a name have no meaning there.
 */
export function concerns(pattern: AclPattern, principal: Principal, topic: string): boolean {
  const { clientIdAt, usernameAt } = pattern;
  for (const at of clientIdAt) if (!isLevel(topic, at, principal.clientId)) return false;
  if (usernameAt.length === 0) return true;
  const { username } = principal;
  if (username === undefined || username === '') return false;
  for (const at of usernameAt) if (!isLevel(topic, at, username)) return false;
  return true;
}

/** Whether a level that the topic has, counted from 0, is this text. No level is a text with a separator. */
function isLevel(topic: string, at: number, text: string): boolean {
  let start = 0;
  for (let passed = 0; passed < at; passed++) start = topic.indexOf('/', start) + 1;
  const separator = topic.indexOf('/', start);
  const end = separator < 0 ? topic.length : separator;
  return end - start === text.length && topic.startsWith(text, start);
}
