/** Arguments as PHP takes them: weakly typed, and with its complaints. */
import { allocateKept, utf8Bytes } from '../protocol/bytes.ts';
import { isText } from '../protocol/text.ts';
import { isTopicFilter, isTopicName } from '../topic/topic.ts';
import { Errno, Exception, exceptionOf } from './mosquitto-errors.ts';

/** How long `loop` waits where nobody says, milliseconds. */
export const LOOP_MS = 1000;

/** What PHP calls the types of JavaScript. */
const TYPES: Readonly<Record<string, string>> = {
  undefined: 'null',
  number: 'float',
  bigint: 'int',
  symbol: 'object',
  function: 'object',
};

/** The arguments of one call of a method. */
export class Arguments {
  readonly #method: string;
  readonly #values: readonly unknown[];

  /** The first `required` must be there; throws an `Exception` if they are not. */
  constructor(method: string, required: number, most: number, values: readonly unknown[]) {
    this.#method = method;
    this.#values = values;
    const given = values.indexOf(undefined); // defaults stand behind it
    if (given < 0 || given >= required) return;
    const bound = required === most ? 'exactly' : 'at least';
    const plural = required === 1 ? '' : 's';
    throw new Exception(
      `Mosquitto\\${method}() expects ${bound} ${required} parameter${plural}, ${given} given`,
    );
  }

  /** A string of C: to its first NUL. */
  text(at: number): string {
    const value = this.#values[at];
    if (value instanceof Uint8Array) return untilNul(new TextDecoder().decode(value));
    return untilNul(this.#string(at));
  }

  /** null stays null. */
  optionalText(at: number): string | null {
    return this.#values[at] === undefined || this.#values[at] === null ? null : this.text(at);
  }

  /** A string with its length: NUL is a byte like others. The bytes are a copy. */
  bytes(at: number): Uint8Array {
    const value = this.#values[at];
    if (!(value instanceof Uint8Array)) return utf8Bytes(this.#string(at));
    const bytes = allocateKept(value.length);
    bytes.set(value);
    return bytes;
  }

  whole(at: number): number {
    const value = this.#values[at];
    const isNumeric = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
    if (typeof value === 'boolean' || value === null || isNumeric) return Math.trunc(Number(value));
    if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value);
    throw this.#wrong(at, 'int');
  }

  flag(at: number): boolean {
    const value = this.#values[at];
    if (typeof value === 'object' && value !== null) throw this.#wrong(at, 'bool');
    return value !== '0' && Boolean(value);
  }

  #string(at: number): string {
    const value = this.#values[at];
    if (value === null || value === undefined || value === false) return '';
    if (value === true) return '1';
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
    throw this.#wrong(at, 'string');
  }

  #wrong(at: number, wanted: string): Exception {
    const value = this.#values[at];
    const given = Array.isArray(value) ? 'array' : (TYPES[typeof value] ?? typeof value);
    return new Exception(
      `Mosquitto\\${this.#method}() expects parameter ${at + 1} to be ${wanted}, ${given} given`,
    );
  }
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Throws if a string is longer than MQTT has them, or not one that may be sent. */
export function checkText(text: string): void {
  if (utf8Bytes(text).length > 65_535) throw exceptionOf(Errno.invalid);
  if (!isText(text)) throw exceptionOf(Errno.malformed);
}

/** Throws unless it is 0, 1 or 2. */
export function checkedQoS(qos: number): 0 | 1 | 2 {
  if (qos === 0 || qos === 1 || qos === 2) return qos;
  throw exceptionOf(Errno.invalid);
}

/** Throws if nothing can be published to a topic. */
export function checkTopic(topic: string): void {
  if (!isTopicName(topic)) throw exceptionOf(Errno.invalid);
  checkText(topic);
}

/** Throws if a filter is none. */
export function checkFilter(filter: string): void {
  if (!isTopicFilter(filter)) throw exceptionOf(Errno.invalid);
  checkText(filter);
}

/** Of a turn, milliseconds; a negative one is the usual. */
export function checkedTimeout(method: string, timeout: number, maxPackets: number): number {
  const given = new Arguments(method, 0, 2, [timeout, maxPackets]);
  const milliseconds = given.whole(0);
  if (given.whole(1) < 1) throw exceptionOf(Errno.invalid);
  return milliseconds < 0 ? LOOP_MS : milliseconds;
}
