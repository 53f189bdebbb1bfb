/** The properties of MQTT 5.0 §2.2.2.2: one table, read by the decoder and the encoder. */
import type { PacketType } from './packet.ts';

/** Where a property may stand: in a packet, or among the will's properties in CONNECT. */
export type PropertyPlace = PacketType | 'will';

/** How a value is written: integers of 1, 2 and 4 bytes, variable byte integer, string, bytes, string pair. */
export type PropertyKind = 'byte' | 'u16' | 'u32' | 'varint' | 'string' | 'binary' | 'pair';

/** The properties of one packet, by name. Absent means the specification's default. Order is kept. */
export interface Properties {
  /** 0 is bytes, 1 is UTF-8 text. */
  readonly payloadFormatIndicator?: number;
  /** Seconds. */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** One in SUBSCRIBE; in PUBLISH one for each subscription that matched. */
  readonly subscriptionIdentifiers?: readonly number[];
  /** Seconds; 0xFFFFFFFF is for ever. */
  readonly sessionExpiryInterval?: number;
  readonly assignedClientIdentifier?: string;
  /** Seconds. */
  readonly serverKeepAlive?: number;
  readonly authenticationMethod?: string;
  readonly authenticationData?: Uint8Array;
  readonly requestProblemInformation?: number;
  /** Seconds. */
  readonly willDelayInterval?: number;
  readonly requestResponseInformation?: number;
  readonly responseInformation?: string;
  readonly serverReference?: string;
  readonly reasonString?: string;
  readonly receiveMaximum?: number;
  readonly topicAliasMaximum?: number;
  readonly topicAlias?: number;
  readonly maximumQoS?: number;
  readonly retainAvailable?: number;
  /** Pairs in the order in which they were sent. */
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
  /** Bytes. */
  readonly maximumPacketSize?: number;
  readonly wildcardSubscriptionAvailable?: number;
  readonly subscriptionIdentifierAvailable?: number;
  readonly sharedSubscriptionAvailable?: number;
}

export type PropertyName = keyof Properties;

/** No properties. One value for all packets that have none. */
export const NO_PROPERTIES: Properties = Object.freeze({});

export interface Property {
  readonly id: number;
  readonly name: PropertyName;
  readonly kind: PropertyKind;
  readonly places: ReadonlySet<PropertyPlace>;
  /** The smallest and largest value of a number. */
  readonly min: number;
  readonly max: number;
  /** May stand more than once; its values are then gathered in a list. */
  readonly repeats: boolean;
}

const ALL: readonly PropertyPlace[] = [
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'disconnect',
  'auth',
  'will',
];

const REASON: readonly PropertyPlace[] = [
  'connack',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'suback',
  'unsuback',
  'disconnect',
  'auth',
];

const WIDEST: Readonly<Record<PropertyKind, number>> = {
  byte: 0xff,
  u16: 0xffff,
  u32: 0xffff_ffff,
  varint: 268_435_455,
  string: 0,
  binary: 0,
  pair: 0,
};

function row(
  id: number,
  name: PropertyName,
  kind: PropertyKind,
  places: readonly PropertyPlace[],
  limits: { min?: number; max?: number; repeats?: boolean } = {},
): Property {
  const { min = 0, max = WIDEST[kind], repeats = false } = limits;
  return { id, name, kind, places: new Set(places), min, max, repeats };
}

const FLAG = { max: 1 };
const NOT_ZERO = { min: 1 };

/** Table 2-4 of the specification. */
export const PROPERTIES: readonly Property[] = [
  row(0x01, 'payloadFormatIndicator', 'byte', ['publish', 'will'], FLAG),
  row(0x02, 'messageExpiryInterval', 'u32', ['publish', 'will']),
  row(0x03, 'contentType', 'string', ['publish', 'will']),
  row(0x08, 'responseTopic', 'string', ['publish', 'will']),
  row(0x09, 'correlationData', 'binary', ['publish', 'will']),
  row(0x0b, 'subscriptionIdentifiers', 'varint', ['publish', 'subscribe'], { min: 1, repeats: true }),
  row(0x11, 'sessionExpiryInterval', 'u32', ['connect', 'connack', 'disconnect']),
  row(0x12, 'assignedClientIdentifier', 'string', ['connack']),
  row(0x13, 'serverKeepAlive', 'u16', ['connack']),
  row(0x15, 'authenticationMethod', 'string', ['connect', 'connack', 'auth']),
  row(0x16, 'authenticationData', 'binary', ['connect', 'connack', 'auth']),
  row(0x17, 'requestProblemInformation', 'byte', ['connect'], FLAG),
  row(0x18, 'willDelayInterval', 'u32', ['will']),
  row(0x19, 'requestResponseInformation', 'byte', ['connect'], FLAG),
  row(0x1a, 'responseInformation', 'string', ['connack']),
  row(0x1c, 'serverReference', 'string', ['connack', 'disconnect']),
  row(0x1f, 'reasonString', 'string', REASON),
  row(0x21, 'receiveMaximum', 'u16', ['connect', 'connack'], NOT_ZERO),
  row(0x22, 'topicAliasMaximum', 'u16', ['connect', 'connack']),
  row(0x23, 'topicAlias', 'u16', ['publish']), // 0 has a reason code of its own: checked where aliases are resolved
  row(0x24, 'maximumQoS', 'byte', ['connack'], FLAG),
  row(0x25, 'retainAvailable', 'byte', ['connack'], FLAG),
  row(0x26, 'userProperties', 'pair', ALL, { repeats: true }),
  row(0x27, 'maximumPacketSize', 'u32', ['connect', 'connack'], NOT_ZERO),
  row(0x28, 'wildcardSubscriptionAvailable', 'byte', ['connack'], FLAG),
  row(0x29, 'subscriptionIdentifierAvailable', 'byte', ['connack'], FLAG),
  row(0x2a, 'sharedSubscriptionAvailable', 'byte', ['connack'], FLAG),
];

/** The table by identifier: sparse, indexed by the byte on the wire. */
export const PROPERTY_BY_ID: readonly (Property | undefined)[] = PROPERTIES.reduce<(Property | undefined)[]>(
  (byId, property) => {
    byId[property.id] = property;
    return byId;
  },
  Array.from({ length: 0x80 }),
);

/** The table by name. */
export const PROPERTY_BY_NAME: ReadonlyMap<string, Property> = new Map(
  PROPERTIES.map((property) => [property.name, property]),
);
