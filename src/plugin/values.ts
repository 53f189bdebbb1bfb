/** Values from plugins: TypeScript has checked them, or nobody has. */
import { utf8Bytes } from '../protocol/bytes.ts';
import type { QoS } from '../protocol/packet.ts';
import { isText } from '../protocol/text.ts';
import { LIMITS } from '../broker/limits.ts';
import { isTopicName } from '../topic/topic.ts';
import { WrongAnswer } from './fence.ts';

/** An object of whatever fields. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** A value for people, short. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (isFields(value)) return `an object of ${Object.keys(value).slice(0, 8).join(', ') || 'no fields'}`;
  return String(value);
}

/** A string that MQTT can carry. */
export function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' && isText(value)) return value;
  throw new WrongAnswer(`${name} ${shown(value)}`);
}

/** Bytes; a string stands for its UTF-8. */
export function bytesOf(name: string, value: unknown, most: number = LIMITS.packetBytes): Uint8Array {
  const bytes = typeof value === 'string' ? utf8Bytes(value) : value;
  if (!(bytes instanceof Uint8Array)) throw new WrongAnswer(`${name} ${shown(value)}`);
  if (bytes.length > most) throw new WrongAnswer(`${name} of ${bytes.length} bytes`);
  return bytes;
}

export function qosOf(value: unknown): QoS {
  if (value === 0 || value === 1 || value === 2) return value;
  throw new WrongAnswer(`qos ${shown(value)}`);
}

export function flagOf(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new WrongAnswer(`${name} ${shown(value)}`);
}

/** A topic that a message can be published to. */
export function topicOf(value: unknown): string {
  const topic = textOf('topic', value);
  if (isTopicName(topic)) return topic;
  throw new WrongAnswer(`topic ${shown(topic)}`);
}

/** Nothing but these fields: a mistyped one must not be overlooked. */
export function onlyFields(value: Fields, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new WrongAnswer(`an object with '${unknown}', but there is only ${known.join(', ')}`);
}
