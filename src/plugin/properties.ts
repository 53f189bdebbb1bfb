/** Properties of messages that plugins make: whoever they go to must be able to read them. */
import { NO_PROPERTIES, PROPERTY_BY_NAME } from '../protocol/properties.ts';
import type { Properties, Property, PropertyKind } from '../protocol/properties.ts';
import { isText } from '../protocol/text.ts';
import { isTopicName } from '../topic/topic.ts';
import { WrongAnswer } from './fence.ts';
import { isFields, shown } from './values.ts';

/** Longest binary data, bytes. */
const LONGEST = 65_535;

/** What is between one client and the broker, and belongs to no message. */
const NOT_OF_MESSAGES: ReadonlySet<string> = new Set(['subscriptionIdentifiers', 'topicAlias']);

type Check = (value: unknown, property: Property) => boolean;

const isNumber: Check = (value, { min, max }) =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

const CHECKS: Readonly<Record<PropertyKind, Check>> = {
  byte: isNumber,
  u16: isNumber,
  u32: isNumber,
  varint: isNumber,
  string: (value) => typeof value === 'string' && isText(value),
  binary: (value) => value instanceof Uint8Array && value.length <= LONGEST,
  pair: (value) =>
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((one) => typeof one === 'string' && isText(one)),
};

/** The properties of a message; throws `WrongAnswer` for one that no message can have. */
export function propertiesOf(value: unknown): Properties {
  if (!isFields(value)) throw new WrongAnswer(`properties ${shown(value)}`);
  const given = Object.entries(value).filter(([, one]) => one !== undefined);
  for (const [name, one] of given) {
    const property = PROPERTY_BY_NAME.get(name);
    if (property?.places.has('publish') !== true || NOT_OF_MESSAGES.has(name))
      throw new WrongAnswer(`property '${name}', which no message has`);
    if (!isValid(one, property)) throw new WrongAnswer(`property '${name}' ${shown(one)}`);
  }
  return given.length === 0
    ? NO_PROPERTIES
    : (Object.fromEntries(given.map(([name, one]) => [name, copied(one)])) as Properties);
}

/** The plugin may go on using its own. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  return value instanceof Uint8Array ? Uint8Array.from(value) : value;
}

function isValid(value: unknown, property: Property): boolean {
  const check = CHECKS[property.kind];
  if (property.repeats) return Array.isArray(value) && value.every((one) => check(one, property));
  if (property.name === 'responseTopic' && typeof value === 'string' && !isTopicName(value)) return false; // [MQTT-3.3.2-14]
  return check(value, property);
}
