/** From the words after an option's name to its value. One small function per type of the table. */

import { addTopic, parseAddresses, parseRestartTimeout, parseTcpKeepalive } from './bridge-values.ts';
import type { Location } from './diagnostic.ts';
import type { Input } from './input.ts';
import { addLogDestination, addLogType } from './log-values.ts';
import { leadingInteger, parseInt32 } from './numbers.ts';
import type { Bound, IntegerOption, KeywordOption, StringOption, Value, ValueOption } from './option.ts';
import { empty, isRefusal, refuse, type Refusal } from './refusal.ts';
import { parseText } from './text-value.ts';
import { isTopicPrefix, utf8Bytes } from './text.ts';
import { addHeader, parseAlgorithms, parseUrl } from './web-values.ts';

const INT_MAX = 2_147_483_647;
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  m: 30 * 86_400,
  y: 365 * 86_400,
};

/** Reads the value of one option; repeatable options return the values so far and the new one. */
export function parseValue(option: ValueOption, input: Input): Value | Refusal {
  switch (option.type) {
    case 'boolean':
      return parseBoolean(input);
    case 'integer':
      return parseBoundedInteger(option, input);
    case 'string':
    case 'path':
      return parseString(option, input);
    case 'keyword':
      return parseKeyword(option, input);
    case 'strings':
      return addString(input);
    case 'topic prefix':
      return parseTopicPrefix(input);
    case 'sha1':
      return parseSha1(input);
    case 'bytes':
      return parseBytes(input);
    case 'duration':
      return parseDuration(input);
    case 'protocol versions':
      return parseProtocolVersions(input);
    case 'log destinations':
      return addLogDestination(input);
    case 'log types':
      return addLogType(input);
    case 'addresses':
      return parseAddresses(input);
    case 'topics':
      return addTopic(input);
    case 'restart timeout':
      return parseRestartTimeout(input);
    case 'tcp keepalive':
      return parseTcpKeepalive(input);
    case 'url':
      return parseUrl(input);
    case 'headers':
      return addHeader(input);
    case 'token algorithms':
      return parseAlgorithms(input);
  }
}

function parseBoolean(input: Input): boolean | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  return refuse(`Error: Invalid '${input.name}' value (${word}).`);
}

function parseBoundedInteger(option: IntegerOption, input: Input): number | Refusal {
  const value = parseInt32(input);
  if (isRefusal(value)) return value;
  if (value === option.unlimited) return 0;
  if (option.low !== undefined && value < option.low.limit) return atBound(option.low, value, input);
  if (option.high !== undefined && value > option.high.limit) return atBound(option.high, value, input);
  return value;
}

function atBound(bound: Bound, value: number, input: Input): number | Refusal {
  if ('refuse' in bound) return refuse(printNumber(bound.refuse, value));
  if (bound.notice !== undefined) input.note('notice', bound.notice);
  if (bound.warning !== undefined) input.note('warning', bound.warning);
  return bound.becomes;
}

/** C's `%d` and `%u`, which prints a negative number as one over 2 147 483 647. */
function printNumber(format: string, value: number): string {
  return format.replace('%d', `${value}`).replace('%u', `${value >>> 0}`);
}

function parseString(option: StringOption, input: Input): string | Refusal {
  if (input.previous !== undefined && option.lastWins !== true && input.tokens.peek() !== '') {
    return refuse(
      `Error: Duplicate '${input.name}' value in configuration.`,
      `It is given already${where(input.previousAt)}: remove one of the two lines.`,
    );
  }
  const text = parseText(input);
  if (isRefusal(text) || option.bytesMax === undefined) return text;
  return utf8Bytes(text) > option.bytesMax.limit ? refuse(option.bytesMax.refuse) : text;
}

function where(at: Location | undefined): string {
  return at === undefined ? '' : ` at ${at.file}:${at.line}`;
}

function parseKeyword(option: KeywordOption, input: Input): string | Refusal {
  const word = option.restOfLine ? input.tokens.rest() : input.tokens.next();
  if (word === undefined) return empty(input);
  if (option.values.includes(word)) return word;
  if (option.refused !== undefined && Object.hasOwn(option.refused, word)) {
    return refuse(option.refused[word] ?? '');
  }
  if (option.otherwise !== undefined) {
    input.note('warning', `Warning: Unknown '${input.name}' value (${word}), using ${option.otherwise}.`);
    return option.otherwise;
  }
  const line = option.refuse ?? `Error: Invalid '${input.name}' value (%s).`;
  return refuse(line.replace('%s', () => word));
}

function addString(input: Input): readonly string[] | Refusal {
  const text = parseText(input);
  if (isRefusal(text)) return text;
  return [...((input.previous ?? []) as readonly string[]), text];
}

function parseTopicPrefix(input: Input): string | Refusal {
  const prefix = parseText(input);
  if (isRefusal(prefix) || isTopicPrefix(prefix)) return prefix;
  return refuse(`Error: Invalid 'mount_point' value (${prefix}). Does it contain a wildcard character?`);
}

/** The value is a secret, and so is not printed. */
function parseSha1(input: Input): string | Refusal {
  const text = parseText(input);
  if (isRefusal(text) || /^[0-9a-fA-F]{40}$/.test(text)) return text;
  return refuse(`Error: Invalid '${input.name}' value.`);
}

/** `atol`: what does not start with digits is 0, no limit. Mosquitto takes that silently, we warn. */
function parseBytes(input: Input): number | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  const bytes = leadingInteger(word);
  if (bytes < 0) return refuse(`Error: Invalid '${input.name}' value (${bytes}).`);
  if (!/^\+?[0-9]+$/.test(word)) {
    input.note('warning', `Warning: '${input.name}' value not a number (${word}), using ${bytes}.`);
  }
  return bytes;
}

/** A whole number and one letter for the unit, in seconds. */
function parseDuration(input: Input): number | Refusal {
  const word = input.tokens.next();
  if (word === undefined) return empty(input);
  const unit = SECONDS[word.slice(-1)];
  const count = leadingInteger(word.slice(0, -1));
  if (unit === undefined || count <= 0 || count > INT_MAX) {
    return refuse(`Error: Invalid '${input.name}' duration in configuration.`);
  }
  return count * unit;
}

/** Unknown versions are left out, as in Mosquitto, but not silently: `mqttv5` would shut everybody out. */
function parseProtocolVersions(input: Input): readonly number[] | Refusal {
  const words = (input.tokens.rest() ?? '').split(/[, \t]+/).filter((word) => word !== '');
  if (words.length === 0) return empty(input);
  for (const word of words) {
    if (!/^[345]$/.test(word)) {
      input.note('warning', `Warning: '${input.name}' value (${word}) is not 3, 4 or 5 and is ignored.`);
    }
  }
  return [3, 4, 5].filter((version) => words.includes(`${version}`));
}
