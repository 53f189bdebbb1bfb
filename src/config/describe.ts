/** Options and values in words, for the manual and for hints. */

import type { LogDestination } from './log-values.ts';
import type { IntegerOption, KeywordOption, Option, SpecialValues, Value } from './option.ts';

const INT_MAX = 2_147_483_647;

const specials: Readonly<Record<keyof SpecialValues, string>> = {
  strings: 'a text; repeat the line for more',
  'topic prefix': 'a topic without + and #',
  sha1: '40 hexadecimal digits',
  bytes: 'a number of bytes',
  duration: 'a number and one of s, h, d, w, m (30 days), y (365 days), such as 14d',
  'protocol versions': '3, 4 or 5, or several of them separated by commas or spaces',
  'log destinations': 'none, syslog, stdout, stderr, topic, dlt or file PATH; repeat the line for more',
  'log types':
    'none, error, warning, notice, information, debug, subscribe, unsubscribe, internal, websockets or all; repeat the line for more',
  addresses: 'HOST[:PORT], or several separated by spaces; a port is 1 to 65535',
  topics: 'PATTERN [out|in|both [0|1|2 [LOCALPREFIX REMOTEPREFIX]]]; repeat the line for more',
  'restart timeout': 'a number of seconds, or BASE CAP [STABLE] in seconds',
  'tcp keepalive': 'IDLE INTERVAL COUNTER, three whole numbers over 0',
  url: 'a URL that starts with https:// or http://',
  headers: 'NAME VALUE; repeat the line for more',
  'token algorithms':
    'one or several of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, separated by commas or spaces',
};

/** In plain words, what may stand after the option. */
export function describeValues(option: Option): string {
  switch (option.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return describeInteger(option);
    case 'string':
      return option.bytesMax === undefined ? 'a text' : `a text of at most ${option.bytesMax.limit} bytes`;
    case 'path':
      return 'a path';
    case 'keyword':
      return describeKeywords(option);
    case 'action':
      return option.values;
    case 'gone':
      return 'anything';
    case 'strings':
    case 'topic prefix':
    case 'sha1':
    case 'bytes':
    case 'duration':
    case 'protocol versions':
    case 'log destinations':
    case 'log types':
    case 'addresses':
    case 'topics':
    case 'restart timeout':
    case 'tcp keepalive':
    case 'url':
    case 'headers':
    case 'token algorithms':
      return specials[option.type];
  }
}

function describeInteger({ low, high, unit }: IntegerOption): string {
  const what = unit === undefined ? 'a whole number' : `a whole number of ${unit}`;
  const lowest = low !== undefined && 'refuse' in low ? low.limit : undefined;
  const highest = high !== undefined && 'refuse' in high ? high.limit : undefined;
  if (lowest === undefined && highest === undefined) return what;
  if (lowest === undefined) return `${what} up to ${highest}`;
  return `${what} from ${lowest} to ${highest ?? INT_MAX}`;
}

function describeKeywords({ values }: KeywordOption): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}

/** A value as a file would have it. */
export function writeValue(value: Value): string {
  if (typeof value !== 'object') return `${value}`;
  if ('kind' in value) {
    return value.kind === 'constant' ? `${value.seconds}` : `${value.baseSeconds} ${value.capSeconds}`;
  }
  if ('counter' in value) return `${value.idleSeconds} ${value.intervalSeconds} ${value.counter}`;
  return value.map(writeItem).join(' ');
}

type Item = Extract<Value, readonly unknown[]>[number];

function writeItem(item: Item): string {
  if (typeof item !== 'object') return `${item}`;
  if ('to' in item) return writeDestination(item);
  if ('name' in item) return `${item.name} ${item.value}`;
  return 'host' in item ? `${item.host}:${item.port}` : (item.pattern ?? '""');
}

function writeDestination(destination: LogDestination): string {
  return destination.to === 'file' ? `file ${destination.path}` : destination.to;
}
