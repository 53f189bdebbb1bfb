/** Properties as a program gives them: whether they may be sent, and a copy of them. */
import { copyOf } from '../protocol/bytes.ts';
import { MAX_USER_PROPERTIES } from '../protocol/decode.ts';
import { NO_PROPERTIES, PROPERTY_BY_NAME } from '../protocol/properties.ts';
import type { Properties, Property, PropertyKind, PropertyPlace } from '../protocol/properties.ts';
import { isText } from '../protocol/text.ts';
import { MqttError } from './error.ts';

/** Bytes: the length is written in two. */
const LONGEST_BINARY = 65_535;

/** Properties that the table has at a place because servers send them there. [MQTT-3.3.4-6] */
const OF_SERVERS: Partial<Record<PropertyPlace, keyof Properties>> = { publish: 'subscriptionIdentifiers' };

/**
 * A copy of what a program gave, which it may change afterwards; names whose value is `undefined` are left out. Throws
 * an `MqttError` for what may not stand in such a packet.
 */
export function propertiesFor(place: PropertyPlace, given: Properties | undefined): Properties {
  if (given === undefined || given === NO_PROPERTIES) return NO_PROPERTIES;
  const kept: Record<string, unknown> = {};
  let empty = true;
  for (const [name, value] of Object.entries(given) as [keyof Properties, unknown][]) {
    if (value === undefined) continue;
    const property = PROPERTY_BY_NAME.get(name);
    if (property === undefined || !property.places.has(place) || OF_SERVERS[place] === name)
      throw new MqttError('INVALID', `${name} is no property of ${place.toUpperCase()}`);
    kept[name] = property.repeats ? valuesOf(property, value) : valueOf(property, value);
    empty = false;
  }
  return empty ? NO_PROPERTIES : kept;
}

function valuesOf(property: Property, values: unknown): readonly unknown[] {
  if (!Array.isArray(values) || values.length > MAX_USER_PROPERTIES)
    throw wrong(property, `a list of at most ${MAX_USER_PROPERTIES}`);
  return values.map((value: unknown) => valueOf(property, value));
}

function valueOf(property: Property, value: unknown): unknown {
  return KEEP[property.kind](property, value);
}

type Keep = (property: Property, value: unknown) => unknown;

const KEEP: Readonly<Record<PropertyKind, Keep>> = {
  byte: keepNumber,
  u16: keepNumber,
  u32: keepNumber,
  varint: keepNumber,
  string: keepText,
  binary: (property, value) => {
    if (!(value instanceof Uint8Array) || value.length > LONGEST_BINARY)
      throw wrong(property, `a Uint8Array of at most ${LONGEST_BINARY} bytes`);
    return copyOf(value);
  },
  pair: (property, value) => {
    if (!Array.isArray(value) || value.length !== 2) throw wrong(property, 'a list of pairs');
    return [keepText(property, value[0]), keepText(property, value[1])];
  },
};

function keepNumber(property: Property, value: unknown): number {
  const { min, max } = property;
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw wrong(property, `a whole number from ${min} to ${max}`);
  return value as number;
}

function keepText(property: Property, value: unknown): string {
  if (typeof value !== 'string' || !isText(value))
    throw wrong(property, 'text without control characters, of at most 65,535 bytes');
  return value;
}

function wrong({ name }: Property, what: string): MqttError {
  return new MqttError('INVALID', `The property ${name} must be ${what}`);
}
