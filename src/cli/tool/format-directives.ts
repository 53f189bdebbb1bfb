/** The directives of `-F`, and how each prints. */
import { strftime } from '../../base/strftime.ts';
import type { Message } from '../../client/message.ts';
import { writeJson } from './json.ts';
import { messageJson } from './message-json.ts';
import type { Sink } from './printer.ts';
import { microseconds } from './time.ts';

/** What stands between the percent sign and the letter. */
export interface Field {
  readonly isLeft: boolean;
  readonly isZero: boolean;
  /** 0 is as wide as it is. */
  readonly width: number;
  readonly precision: number | undefined;
  readonly separator: string;
  /** `--pretty`. */
  readonly isPretty: boolean;
}

/** Prints its part of a message. `now` is as `timeNow` gives it. What it gives is what is wrong. */
export type Piece = (sink: Sink, message: Message, now: number) => string | void;

export type Directive = (field: Field) => Piece;

/** Text: cut to the precision, padded to the width, in bytes as C does it. */
function text(value: (message: Message, now: number) => string | undefined): Directive {
  return (field) => (sink, message, now) => {
    const written = value(message, now);
    if (written !== undefined) addPadded(sink, Buffer.from(written), field);
  };
}

function addPadded(sink: Sink, bytes: Uint8Array, { isLeft, width, precision }: Field): void {
  const cut = precision === undefined ? bytes : bytes.subarray(0, precision);
  const padding = ' '.repeat(Math.max(0, width - cut.length));
  if (!isLeft) sink.text(padding);
  sink.bytes(cut);
  if (isLeft) sink.text(padding);
}

/** A number that the message may lack: then it is as many blanks, or zeros. */
function number(value: (message: Message) => number | undefined): Directive {
  return ({ isLeft, isZero, width }) =>
    (sink, message) => {
      const found = value(message);
      const written = found === undefined ? '' : String(found);
      if (isLeft && found !== undefined) sink.text(written.padEnd(width));
      else sink.text(written.padStart(width, isZero ? '0' : ' '));
    };
}

/** No width, no precision. */
function plain(print: Piece): Directive {
  return () => print;
}

function json(isPayloadRead: boolean): Directive {
  return ({ isPretty }) =>
    (sink, message, now) => {
      const value = messageJson(message, now, isPayloadRead);
      if (value === undefined) return notJson(message);
      sink.bytes(Buffer.from(writeJson(value, isPretty), 'latin1'));
      return undefined;
    };
}

function notJson({ topic }: Message): string {
  return `Error: Message payload is not valid JSON on topic ${topic}.`;
}

/** The payload as it is: cut to the width as well as padded. */
const payload: Directive =
  ({ isLeft, isZero, width }) =>
  (sink, message) => {
    const bytes = width > 0 ? message.payload.subarray(0, width) : message.payload;
    const padding = Math.max(0, width - bytes.length);
    if (!isLeft) sink.text((isZero ? '0' : ' ').repeat(padding));
    sink.bytes(bytes);
    if (isLeft) sink.text(' '.repeat(padding));
  };

/** Two digits a byte; with a precision a separator after every so many digits. */
function hexadecimal(isUpper: boolean): Directive {
  return (field) => {
    const { isLeft, isZero, width, precision = 0, separator } = field;
    return (sink, { payload: bytes }) => {
      const most = width > 0 && precision === 0 ? Math.floor(width / 2) : bytes.length;
      const { buffer, byteOffset } = bytes;
      const digits = Buffer.from(buffer, byteOffset, Math.min(bytes.length, most)).toString('hex');
      const cased = isUpper ? digits.toUpperCase() : digits;
      const grouped = precision === 0 ? cased : inGroups(cased, precision).join(separator || ' ');
      sink.text(isLeft ? grouped.padEnd(width) : grouped.padStart(width, isZero ? '0' : ' '));
    };
  };
}

function inGroups(digits: string, size: number): string[] {
  const count = Math.ceil(digits.length / size);
  return Array.from({ length: count }, (_, at) => digits.slice(at * size, (at + 1) * size));
}

/** The payload as a number of the host's byte order, which is little-endian on everything Node runs on. */
function float(name: string, bytes: number, read: (view: DataView) => number): Directive {
  return ({ isLeft, isZero, width, precision = 6 }) =>
    (sink, message) => {
      const { buffer, byteOffset, length } = message.payload;
      if (length !== bytes) return `requested ${name} printing, but non-${name} data received`;
      const written = decimals(read(new DataView(buffer, byteOffset, length)), precision);
      const isNumber = /\d/.test(written);
      const sign = isZero && isNumber && !isLeft && written.startsWith('-') ? '-' : '';
      const digits = written.slice(sign.length);
      if (isLeft) sink.text(written.padEnd(width));
      else sink.text(sign + digits.padStart(width - sign.length, isZero && isNumber ? '0' : ' '));
      return undefined;
    };
}

/** JavaScript writes at most so many decimals, and no number beyond this one without an exponent. */
const MOST_DECIMALS = 100;
const LARGEST_FIXED = 1e21;

/** `%.{precision}f` */
function decimals(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const kept = Math.min(precision, MOST_DECIMALS);
  const zeros = '0'.repeat(precision - kept);
  if (Math.abs(value) < LARGEST_FIXED)
    return `${Object.is(value, -0) ? '-' : ''}${value.toFixed(kept)}${zeros}`;
  return precision === 0 ? String(BigInt(value)) : `${BigInt(value)}.${'0'.repeat(precision)}`;
}

/** What a letter prints, for the manual, and how. */
export interface DirectiveRow {
  readonly text: string;
  readonly make: Directive;
}

function row(letter: string, words: string, make: Directive): readonly [string, DirectiveRow] {
  return [letter, { text: words, make }];
}

/** By letter. */
export const DIRECTIVES: ReadonlyMap<string, DirectiveRow> = new Map([
  row(
    '%',
    'a percent sign',
    plain((sink) => sink.text('%')),
  ),
  row(
    'A',
    'the topic alias',
    number(({ topicAlias }) => topicAlias),
  ),
  row(
    'C',
    'the content type',
    text(({ properties }) => properties.contentType ?? ''),
  ),
  row(
    'D',
    'the correlation data, as it is',
    plain((sink, { properties }) => sink.bytes(properties.correlationData ?? new Uint8Array(0))),
  ),
  row(
    'E',
    'the message expiry interval, seconds',
    number(({ properties }) => properties.messageExpiryInterval),
  ),
  row(
    'F',
    'the payload format indicator',
    number(({ properties }) => properties.payloadFormatIndicator),
  ),
  row(
    'I',
    'the local time, as 2026-11-22T17:48:31+0000',
    text((_message, now) => strftime('%Y-%m-%dT%H:%M:%S%z', now)),
  ),
  row('J', 'the message as JSON, its payload too', json(true)),
  row(
    'P',
    'the user properties, as name:value, with spaces between',
    plain((sink, { properties }) => sink.text(userProperties(properties.userProperties ?? []))),
  ),
  row(
    'R',
    'the response topic',
    text(({ properties }) => properties.responseTopic),
  ),
  row(
    'S',
    'the subscription identifier',
    number(({ properties }) => properties.subscriptionIdentifiers?.[0]),
  ),
  row(
    'U',
    'the time since 1970, as seconds.nanoseconds',
    plain((sink, _message, now) => sink.text(unixTime(now))),
  ),
  row('X', 'the payload in upper-case hexadecimal', hexadecimal(true)),
  row(
    'd',
    'the payload as a double: eight bytes, in the order of this machine',
    float('double', 8, (view) => view.getFloat64(0, true)),
  ),
  row(
    'f',
    'the payload as a float: four bytes, in the order of this machine',
    float('float', 4, (view) => view.getFloat32(0, true)),
  ),
  row('j', 'the message as JSON, its payload as a string', json(false)),
  row(
    'l',
    'the length of the payload, bytes',
    number((message) => message.payload.length),
  ),
  row(
    'm',
    'the packet identifier; 0 at QoS 0',
    number(({ packetId }) => packetId),
  ),
  row('p', 'the payload, as it is', payload),
  row(
    'q',
    'the QoS',
    plain((sink, { qos }) => sink.text(String(qos))),
  ),
  row(
    'r',
    '1 if the message is a retained one, else 0',
    plain((sink, { retain }) => sink.text(retain ? '1' : '0')),
  ),
  row(
    't',
    'the topic',
    text(({ topic }) => topic),
  ),
  row('x', 'the payload in lower-case hexadecimal', hexadecimal(false)),
]);

function userProperties(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}:${value}`).join(' ');
}

function unixTime(now: number): string {
  return `${Math.floor(now / 1000)}.${microseconds(now)}000`;
}

/**
 * A part of a payload that is JSON: `.temperature`, `.list[0]`. A string is printed as it is, anything else as JSON;
 * what is not there is nothing. The path has been checked.
 */
export function jsonPath(path: string, field: Field): Piece {
  const steps = [...path.matchAll(/\.?(?:(\w+)|\["([^"]*)"\]|\[(\d+)\])/g)].map(
    ([, word, quoted, index]) => word ?? quoted ?? Number(index),
  );
  return (sink, message) => {
    let value: unknown;
    try {
      value = JSON.parse(message.text());
    } catch {
      return notJson(message);
    }
    for (const step of steps) value = memberOf(value, step);
    const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    addPadded(sink, Buffer.from(written), field);
    return undefined;
  };
}

function memberOf(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}
