/** `-D COMMAND PROPERTY VALUE [VALUE]`: a property of MQTT 5.0. */
import { PROPERTY_BY_NAME } from '../../protocol/properties.ts';
import type { Properties, PropertyName } from '../../protocol/properties.ts';
import { argumentBytes, isMalformed } from './raw-argument.ts';
import type { Words } from './tool-option.ts';

/** The packets whose properties can be set here. */
export const COMMANDS = ['connect', 'publish', 'subscribe', 'unsubscribe', 'disconnect', 'will'] as const;
export type PropertyCommand = (typeof COMMANDS)[number];

/** Packets that have properties too, but not from a command line. */
const OTHER_COMMANDS: ReadonlySet<string> = new Set([
  'auth',
  'connack',
  'puback',
  'pubcomp',
  'pubrec',
  'pubrel',
  'suback',
  'unsuback',
]);

/** Properties by command, in the order in which they were given. */
export type PropertyDraft = Partial<Record<PropertyCommand, Record<string, unknown>>>;

/** A property, and the packets for which it can be given. */
export interface Row {
  readonly name: PropertyName;
  readonly commands: readonly PropertyCommand[];
}

const MESSAGE = ['publish', 'will'] as const;

/** By the names of Mosquitto's tools. */
export const PROPERTIES: Readonly<Record<string, Row>> = {
  'payload-format-indicator': { name: 'payloadFormatIndicator', commands: MESSAGE },
  'message-expiry-interval': { name: 'messageExpiryInterval', commands: MESSAGE },
  'content-type': { name: 'contentType', commands: MESSAGE },
  'response-topic': { name: 'responseTopic', commands: MESSAGE },
  'correlation-data': { name: 'correlationData', commands: MESSAGE },
  'will-delay-interval': { name: 'willDelayInterval', commands: ['will'] },
  'topic-alias': { name: 'topicAlias', commands: ['publish'] },
  'subscription-identifier': { name: 'subscriptionIdentifiers', commands: ['subscribe'] },
  'session-expiry-interval': { name: 'sessionExpiryInterval', commands: ['connect', 'disconnect'] },
  'receive-maximum': { name: 'receiveMaximum', commands: ['connect'] },
  'topic-alias-maximum': { name: 'topicAliasMaximum', commands: ['connect'] },
  'maximum-packet-size': { name: 'maximumPacketSize', commands: ['connect'] },
  'request-problem-information': { name: 'requestProblemInformation', commands: ['connect'] },
  'request-response-information': { name: 'requestResponseInformation', commands: ['connect'] },
  'authentication-method': { name: 'authenticationMethod', commands: ['connect'] },
  'authentication-data': { name: 'authenticationData', commands: ['connect'] },
  'reason-string': { name: 'reasonString', commands: ['disconnect'] },
  'server-reference': { name: 'serverReference', commands: ['disconnect'] },
  'user-property': { name: 'userProperties', commands: COMMANDS },
  'assigned-client-identifier': { name: 'assignedClientIdentifier', commands: [] },
  'server-keep-alive': { name: 'serverKeepAlive', commands: [] },
  'response-information': { name: 'responseInformation', commands: [] },
  'maximum-qos': { name: 'maximumQoS', commands: [] },
  'retain-available': { name: 'retainAvailable', commands: [] },
  'wildcard-subscription-available': { name: 'wildcardSubscriptionAvailable', commands: [] },
  'subscription-identifier-available': { name: 'subscriptionIdentifierAvailable', commands: [] },
  'shared-subscription-available': { name: 'sharedSubscriptionAvailable', commands: [] },
};

const LARGEST: Readonly<Record<string, number>> = {
  byte: 255,
  u16: 65_535,
  u32: 4_294_967_295,
  varint: 268_435_455,
};
const LONGEST_VALUE = 65_535;
/** What libmosquitto does not send although a number can be it: all but these, from the first to the second. */
const BOUNDS: Readonly<Record<string, readonly [low: number, high: number]>> = {
  requestProblemInformation: [0, 1],
  requestResponseInformation: [0, 1],
  receiveMaximum: [1, 65_535],
  maximumPacketSize: [1, 4_294_967_295],
  subscriptionIdentifiers: [1, 268_435_455],
  topicAlias: [1, 65_535],
};
/** libmosquitto's number for text that is not UTF-8. */
const MALFORMED = 18;
const NOT_ENOUGH = 'Error: --property argument given but not enough arguments specified.\n';

/** Reads a property; a text is what is wrong with it, in the words of Mosquitto. */
export function takeProperty(draft: PropertyDraft, words: Words): string | undefined {
  const [command, property, value] = [words.next(), words.next(), words.next()];
  if (command === undefined || property === undefined || value === undefined) return NOT_ENOUGH;
  const wanted = command.toLowerCase();
  const known = COMMANDS.find((name) => name === wanted);
  const row = Object.hasOwn(PROPERTIES, property.toLowerCase())
    ? PROPERTIES[property.toLowerCase()]
    : undefined;
  if (known === undefined && !OTHER_COMMANDS.has(wanted))
    return `Error: Invalid command ${command} given in --property argument.\n`;
  if (row === undefined) return `Error: Invalid property name ${property} given in --property argument.\n`;
  if (known === undefined)
    return `Error: ${property} property not supported for ${command} in --property argument.\n`;
  if (!row.commands.includes(known)) {
    // libmosquitto lets servers send it in PUBLISH, its tools send it to none
    const what = known === 'publish' && row.name === 'subscriptionIdentifiers' ? 'supported' : 'allowed';
    return `Error: ${property} property not ${what} for ${command} in --property argument.\n`;
  }
  const properties = (draft[known] ??= {});
  if (row.name in properties && row.name !== 'userProperties')
    return `Error in ${known.toUpperCase()} properties: Duplicate property in property list`;
  if (row.name !== 'userProperties') return setValue(properties, row.name, property, value);
  const text = words.next();
  if (text === undefined) return NOT_ENOUGH;
  const pairs = (properties['userProperties'] ??= []) as (readonly [string, string])[];
  pairs.push([value, text]);
  return undefined;
}

function setValue(
  properties: Record<string, unknown>,
  name: PropertyName,
  property: string,
  value: string,
): string | undefined {
  const { kind } = PROPERTY_BY_NAME.get(name)!;
  if (kind === 'string' || kind === 'binary') {
    const bytes = argumentBytes(value);
    if (kind === 'string' && isMalformed(value)) return `Error adding property ${property} ${MALFORMED}`;
    if (bytes.length > LONGEST_VALUE) return `Error: Property value too long for property ${property}.\n`;
    properties[name] = kind === 'string' ? value : bytes;
    return undefined;
  }
  const number = Number.parseInt(value, 10) || 0;
  if (number < 0 || number > LARGEST[kind]!)
    return `Error: Property value (${number}) out of range for property ${property}.\n`;
  properties[name] = name === 'subscriptionIdentifiers' ? [number] : number;
  return undefined;
}

/** The first packet that is given a property with a value that MQTT forbids. */
export function forbiddenValueIn(draft: PropertyDraft): PropertyCommand | undefined {
  return COMMANDS.find((command) => Object.entries(draft[command] ?? {}).some(isForbidden));
}

function isForbidden([name, value]: readonly [name: string, value: unknown]): boolean {
  const [low, high] = BOUNDS[name] ?? [-Infinity, Infinity];
  const number = Array.isArray(value) ? value[0] : value;
  return typeof number === 'number' && (number < low || number > high);
}

/** What was given for a packet. */
export function propertiesFor(draft: PropertyDraft, command: PropertyCommand): Properties {
  return { ...draft[command] };
}
