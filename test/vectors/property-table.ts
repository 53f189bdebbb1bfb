/** Table 2-4 of MQTT 5.0, written down from the specification: the properties, their values and places. */
import type { PropertyName, PropertyPlace } from '../../src/protocol/properties.ts';
import { bytes, sized, str } from './vector.ts';

/** The data types of §1.5, as Table 2-4 names them. */
export type DataType =
  | 'Byte'
  | 'Two Byte Integer'
  | 'Four Byte Integer'
  | 'Variable Byte Integer'
  | 'UTF-8 Encoded String'
  | 'Binary Data'
  | 'UTF-8 String Pair';

/** A row of Table 2-4. */
export interface SpecifiedProperty {
  readonly id: number;
  /** The specification's name. */
  readonly title: string;
  readonly name: PropertyName;
  readonly type: DataType;
  readonly places: readonly PropertyPlace[];
  readonly once: boolean;
  /** Values and their bytes: the smallest, the largest, some between. */
  readonly good: readonly (readonly [hex: string, value: unknown])[];
  /** Bytes of values that are a Protocol Error. */
  readonly outOfRange: readonly string[];
}

type Values = Pick<SpecifiedProperty, 'type' | 'good' | 'outOfRange'>;

const FLAG: Values = {
  type: 'Byte',
  good: [
    ['00', 0],
    ['01', 1],
  ],
  outOfRange: ['02', '80', 'ff'],
};

const U16: Values = {
  type: 'Two Byte Integer',
  good: [
    ['0000', 0],
    ['0001', 1],
    ['0100', 256],
    ['ffff', 65_535],
  ],
  outOfRange: [],
};

const U32: Values = {
  type: 'Four Byte Integer',
  good: [
    ['00000000', 0],
    ['00000001', 1],
    ['7fffffff', 2_147_483_647],
    ['80000000', 2_147_483_648],
    ['ffffffff', 4_294_967_295],
  ],
  outOfRange: [],
};

const TEXT: Values = {
  type: 'UTF-8 Encoded String',
  good: [
    [str(''), ''],
    [str('x'), 'x'],
    [str('\u{feff}é😀'), '\u{feff}é😀'],
    [str('x'.repeat(65_535)), 'x'.repeat(65_535)],
  ],
  outOfRange: [],
};

const BINARY: Values = {
  type: 'Binary Data',
  good: [
    [sized(''), bytes('')],
    [sized('00ffc080'), bytes('00ffc080')],
    [sized('fe'.repeat(65_535)), bytes('fe'.repeat(65_535))],
  ],
  outOfRange: [],
};

const PAIR: Values = {
  type: 'UTF-8 String Pair',
  good: [
    [str('') + str(''), ['', '']],
    [str('k') + str('v😀'), ['k', 'v😀']],
  ],
  outOfRange: [],
};

const IDENTIFIER: Values = {
  type: 'Variable Byte Integer',
  good: [
    ['01', 1],
    ['ffffff7f', 268_435_455],
  ],
  outOfRange: ['00'],
};

/** `values`, of which zero is forbidden. */
function notZero(values: Values): Values {
  const [[zero] = ['']] = values.good;
  return { ...values, good: values.good.slice(1), outOfRange: [zero] };
}

/** Where properties may stand. */
export const PLACES: readonly PropertyPlace[] = [
  'connect',
  'connack',
  'publish',
  'will',
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
];

function row(
  id: number,
  title: string,
  name: PropertyName,
  values: Values,
  places: string,
): SpecifiedProperty {
  const repeats = id === 0x26 || id === 0x0b;
  return {
    id,
    title,
    name,
    ...values,
    places: PLACES.filter((place) => places.split(' ').includes(place)),
    once: !repeats,
  };
}

/** Table 2-4. */
export const SPECIFIED_PROPERTIES: readonly SpecifiedProperty[] = [
  row(0x01, 'Payload Format Indicator', 'payloadFormatIndicator', FLAG, 'publish will'),
  row(0x02, 'Message Expiry Interval', 'messageExpiryInterval', U32, 'publish will'),
  row(0x03, 'Content Type', 'contentType', TEXT, 'publish will'),
  row(0x08, 'Response Topic', 'responseTopic', TEXT, 'publish will'),
  row(0x09, 'Correlation Data', 'correlationData', BINARY, 'publish will'),
  row(0x0b, 'Subscription Identifier', 'subscriptionIdentifiers', IDENTIFIER, 'publish subscribe'),
  row(0x11, 'Session Expiry Interval', 'sessionExpiryInterval', U32, 'connect connack disconnect'),
  row(0x12, 'Assigned Client Identifier', 'assignedClientIdentifier', TEXT, 'connack'),
  row(0x13, 'Server Keep Alive', 'serverKeepAlive', U16, 'connack'),
  row(0x15, 'Authentication Method', 'authenticationMethod', TEXT, 'connect connack auth'),
  row(0x16, 'Authentication Data', 'authenticationData', BINARY, 'connect connack auth'),
  row(0x17, 'Request Problem Information', 'requestProblemInformation', FLAG, 'connect'),
  row(0x18, 'Will Delay Interval', 'willDelayInterval', U32, 'will'),
  row(0x19, 'Request Response Information', 'requestResponseInformation', FLAG, 'connect'),
  row(0x1a, 'Response Information', 'responseInformation', TEXT, 'connack'),
  row(0x1c, 'Server Reference', 'serverReference', TEXT, 'connack disconnect'),
  row(
    0x1f,
    'Reason String',
    'reasonString',
    TEXT,
    'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth',
  ),
  row(0x21, 'Receive Maximum', 'receiveMaximum', notZero(U16), 'connect connack'),
  row(0x22, 'Topic Alias Maximum', 'topicAliasMaximum', U16, 'connect connack'),
  row(0x23, 'Topic Alias', 'topicAlias', U16, 'publish'),
  row(0x24, 'Maximum QoS', 'maximumQoS', FLAG, 'connack'),
  row(0x25, 'Retain Available', 'retainAvailable', FLAG, 'connack'),
  row(
    0x26,
    'User Property',
    'userProperties',
    PAIR,
    'connect connack publish will puback pubrec pubrel pubcomp subscribe suback unsubscribe unsuback disconnect auth',
  ),
  row(0x27, 'Maximum Packet Size', 'maximumPacketSize', notZero(U32), 'connect connack'),
  row(0x28, 'Wildcard Subscription Available', 'wildcardSubscriptionAvailable', FLAG, 'connack'),
  row(0x29, 'Subscription Identifier Available', 'subscriptionIdentifierAvailable', FLAG, 'connack'),
  row(0x2a, 'Shared Subscription Available', 'sharedSubscriptionAvailable', FLAG, 'connack'),
];
