/** The values of `log_dest` and `log_type`. */

import type { Input } from './input.ts';
import { empty, refuse, type Refusal } from './refusal.ts';

/** Somewhere log lines go. */
export type LogDestination =
  | { readonly to: 'stdout' | 'stderr' | 'syslog' | 'topic' | 'dlt' }
  | { readonly to: 'file'; readonly path: string };

/** A kind of log line that can be switched on. */
export type LogType = (typeof logTypes)[number];

const logTypes = [
  'error',
  'warning',
  'notice',
  'information',
  'debug',
  'subscribe',
  'unsubscribe',
  'internal',
  'websockets',
] as const;

const plainDestinations = ['stdout', 'stderr', 'syslog', 'topic', 'dlt'] as const;

/** Every kind of log line: what `log_type all` and `-v` switch on. */
export const allLogTypes: readonly LogType[] = logTypes;

/** One `log_dest` line added to those before it; `none` clears them. */
export function addLogDestination(input: Input): readonly LogDestination[] | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  const before = (input.previous ?? []) as readonly LogDestination[];
  if (word === 'none') return [];
  if (word === 'file') return addLogFile(before, input);
  const to = plainDestinations.find((name) => name === word);
  if (to === undefined) return refuse(`Error: Invalid 'log_dest' value (${word}).`);
  if (to === 'stdout') input.tokens.skip('unbuffered'); // ours never is buffered
  return before.some((destination) => destination.to === to) ? before : [...before, { to }];
}

function addLogFile(before: readonly LogDestination[], input: Input): readonly LogDestination[] | Refusal {
  const path = input.tokens.rest()?.replace(/^[ \t]+/, '');
  if (before.some(({ to }) => to === 'file')) {
    return refuse('Error: Duplicate "log_dest file" value.', 'Only one log file can be written.');
  }
  if (!path) {
    return refuse('Error: Empty "log_dest file" value in configuration.', 'Write log_dest file PATH.');
  }
  return [...before, { to: 'file', path }];
}

/** One `log_type` line added to those before it; `none` clears them, `all` is every kind. */
export function addLogType(input: Input): readonly LogType[] | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  const before = (input.previous ?? []) as readonly LogType[];
  if (word === 'none') return [];
  if (word === 'all') return allLogTypes;
  const type = logTypes.find((name) => name === word);
  if (type === undefined) return refuse(`Error: Invalid 'log_type' value (${word}).`);
  return before.includes(type) ? before : [...before, type];
}
