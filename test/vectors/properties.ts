/** Properties, §2.2.2: Table 2-4 written down from the specification, and a vector for every cell of it. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Packet } from '../../src/protocol/packet.ts';
import type { Properties, PropertyName, PropertyPlace } from '../../src/protocol/properties.ts';
import { bytes, framed, int, sized, str, varint } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

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
    ['0100', 256],
    ['ffff', 65_535],
  ],
  outOfRange: [],
};

const U32: Values = {
  type: 'Four Byte Integer',
  good: [
    ['00000000', 0],
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

const PLACES: readonly PropertyPlace[] = [
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

/** A packet of version 5 around properties. */
interface Around {
  readonly sender: Sender;
  /** `block` is the properties with their length in front. */
  readonly hex: (block: string) => string;
  readonly packet: (properties: Properties) => Packet;
}

const NONE: Uint8Array = bytes('');

function ackAround(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', first: string): Around {
  return {
    sender: 'server',
    hex: (block) => framed(first, `0001 00 ${block}`),
    packet: (properties) => ({ type, packetId: 1, reasonCode: 0, properties }),
  };
}

const CONNECT = {
  type: 'connect',
  version: 5,
  bridge: false,
  clientId: 'a',
  cleanStart: true,
  keepAliveSeconds: 60,
} as const;

const AROUND: Readonly<Partial<Record<PropertyPlace, Around>>> = {
  connect: {
    sender: 'client',
    hex: (block) => framed('10', `0004 4d515454 05 02 003c ${block} 0001 61`),
    packet: (properties) => ({ ...CONNECT, properties }),
  },
  will: {
    sender: 'client',
    hex: (block) => framed('10', `0004 4d515454 05 06 003c 00 0001 61 ${block} 0001 77 0000`),
    packet: (properties) => ({
      ...CONNECT,
      will: { topic: 'w', payload: NONE, qos: 0, retain: false, properties },
      properties: {},
    }),
  },
  connack: {
    sender: 'server',
    hex: (block) => framed('20', `00 00 ${block}`),
    packet: (properties) => ({ type: 'connack', sessionPresent: false, reasonCode: 0, properties }),
  },
  publish: {
    sender: 'server',
    hex: (block) => framed('30', `0001 61 ${block} 7061796c6f6164`),
    packet: (properties) => ({
      type: 'publish',
      topic: 'a',
      payload: bytes('7061796c6f6164'),
      qos: 0,
      retain: false,
      dup: false,
      packetId: 0,
      properties,
    }),
  },
  puback: ackAround('puback', '40'),
  pubrec: ackAround('pubrec', '50'),
  pubrel: ackAround('pubrel', '62'),
  pubcomp: ackAround('pubcomp', '70'),
  subscribe: {
    sender: 'client',
    hex: (block) => framed('82', `0001 ${block} 0001 61 00`),
    packet: (properties) => ({
      type: 'subscribe',
      packetId: 1,
      subscriptions: [{ filter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      properties,
    }),
  },
  suback: {
    sender: 'server',
    hex: (block) => framed('90', `0001 ${block} 00`),
    packet: (properties) => ({ type: 'suback', packetId: 1, reasonCodes: [0], properties }),
  },
  unsubscribe: {
    sender: 'client',
    hex: (block) => framed('a2', `0001 ${block} 0001 61`),
    packet: (properties) => ({ type: 'unsubscribe', packetId: 1, filters: ['a'], properties }),
  },
  unsuback: {
    sender: 'server',
    hex: (block) => framed('b0', `0001 ${block} 00`),
    packet: (properties) => ({ type: 'unsuback', packetId: 1, reasonCodes: [0], properties }),
  },
  disconnect: {
    sender: 'server',
    hex: (block) => framed('e0', `00 ${block}`),
    packet: (properties) => ({ type: 'disconnect', reasonCode: 0, properties }),
  },
  auth: {
    sender: 'client',
    hex: (block) => framed('f0', `18 ${block}`),
    packet: (properties) => ({ type: 'auth', reasonCode: 0x18, properties }),
  },
};

function around(place: PropertyPlace): Around {
  const found = AROUND[place];
  if (found === undefined) throw new Error(`no packet around ${place}`);
  return found;
}

/** Properties with their length in front. */
function block(properties: string): string {
  return `${varint(properties.replaceAll(' ', '').length / 2)} ${properties}`;
}

function value(property: SpecifiedProperty, one: unknown): Properties {
  return { [property.name]: property.once ? one : [one] };
}

function where(place: PropertyPlace): string {
  return place === 'will' ? 'a will' : place.toUpperCase();
}

function ellipsis(hex: string): string {
  return hex.length > 20 ? `${hex.slice(0, 16)}… (${hex.length / 2} bytes)` : hex;
}

const GOOD: readonly GoodVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  property.places.flatMap((place) =>
    property.good.map(([hex, one]): GoodVector => {
      const { sender, hex: wrap, packet } = around(place);
      return {
        name: `${property.title} of ${ellipsis(hex)} in ${where(place)}`,
        version: 5,
        sender,
        hex: wrap(block(int(property.id, 1) + hex)),
        packet: packet(value(property, one)),
      };
    }),
  ),
);

/** All the properties a place may hold, in the order of the table and in the opposite one. */
const ALL: readonly GoodVector[] = PLACES.flatMap((place) =>
  [SPECIFIED_PROPERTIES, SPECIFIED_PROPERTIES.toReversed()].map((table, index): GoodVector => {
    const chosen = table
      .filter(({ places }) => places.includes(place))
      .map((property) => ({ property, ...at(property.good, 1) }));
    const { sender, hex, packet } = around(place);
    return {
      name: `${where(place)} with all its properties${index === 0 ? '' : ', backwards'}`,
      version: 5,
      sender,
      hex: hex(block(chosen.map(({ property, bits }) => int(property.id, 1) + bits).join(''))),
      packet: packet(Object.assign({}, ...chosen.map(({ property, one }) => value(property, one)))),
    };
  }),
);

function at(good: SpecifiedProperty['good'], index: number): { bits: string; one: unknown } {
  const [bits = '', one] = good[index] ?? [];
  return { bits, one };
}

/** User properties keep their order and their repetitions. */
const ORDERED: readonly GoodVector[] = PLACES.map((place): GoodVector => {
  const pairs: [string, string][] = [
    ['b', '1'],
    ['a', '2'],
    ['b', '1'],
  ];
  const { sender, hex, packet } = around(place);
  return {
    name: `${where(place)} with three user properties`,
    version: 5,
    sender,
    hex: hex(block(pairs.map(([name, text]) => `26${str(name)}${str(text)}`).join(''))),
    packet: packet({ userProperties: pairs }),
  };
});

const SCATTERED: GoodVector = {
  name: 'User properties and subscription identifiers, scattered',
  version: 5,
  sender: 'server',
  hex: around('publish').hex(block('0b02 26 0001 61 0000 0101 0b01 26 0001 62 0000')),
  packet: around('publish').packet({
    subscriptionIdentifiers: [2, 1],
    userProperties: [
      ['a', ''],
      ['b', ''],
    ],
    payloadFormatIndicator: 1,
  }),
  decodesOnly: true,
};

export const GOOD_PROPERTIES: readonly GoodVector[] = [...GOOD, ...ALL, ...ORDERED, SCATTERED];

function bad(
  name: string,
  place: PropertyPlace,
  properties: string,
  error: BadVector['error'],
  problem: RegExp,
): BadVector {
  const { sender, hex } = around(place);
  return { name, version: 5, sender, hex: hex(properties), error, problem };
}

const ELSEWHERE: readonly BadVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  PLACES.filter((place) => !property.places.includes(place)).map((place) =>
    bad(
      `${property.title} in ${where(place)}`,
      place,
      block(int(property.id, 1) + at(property.good, 0).bits),
      'malformedPacket',
      new RegExp(`property ${property.id} in ${where(place)}`),
    ),
  ),
);

const TWICE: readonly BadVector[] = SPECIFIED_PROPERTIES.filter(({ once }) => once).flatMap((property) =>
  property.places.map((place) =>
    bad(
      `${property.title} twice in ${where(place)}`,
      place,
      block(
        property.good
          .slice(0, 2)
          .map(([hex]) => int(property.id, 1) + hex)
          .join('26 0000 0000'),
      ),
      'protocolError',
      new RegExp(`${property.name} twice`),
    ),
  ),
);

const OUT_OF_RANGE: readonly BadVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  property.places.flatMap((place) =>
    property.outOfRange.map((hex) =>
      bad(
        `${property.title} of ${hex} in ${where(place)}`,
        place,
        block(int(property.id, 1) + hex),
        'protocolError',
        new RegExp(`${property.name} of ${Number.parseInt(hex, 16)}`),
      ),
    ),
  ),
);

/** The properties end inside a value; the bytes go on. */
const CUT_OFF: readonly BadVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  property.places.map((place) => {
    const properties = int(property.id, 1) + at(property.good, 1).bits;
    return bad(
      `${property.title} longer than the properties of ${where(place)}`,
      place,
      `${varint(properties.length / 2 - 1)} ${properties}`,
      'malformedPacket',
      /longer than the properties/,
    );
  }),
);

/** The packet ends inside a value. */
const MISSING: readonly BadVector[] = SPECIFIED_PROPERTIES.filter(({ places }) =>
  places.includes('connack'),
).flatMap((property) => {
  const properties = int(property.id, 1) + at(property.good, 1).bits;
  return [...new Set([2, properties.length - 2])].map((digits) =>
    bad(
      `${property.title} of ${digits / 2 - 1} bytes at the end of a packet`,
      'connack',
      block(properties.slice(0, digits)),
      'malformedPacket',
      /shorter than its fields/,
    ),
  );
});

const KNOWN: ReadonlySet<number> = new Set(SPECIFIED_PROPERTIES.map(({ id }) => id));

const UNKNOWN: readonly BadVector[] = Array.from({ length: 128 }, (_, id) => id)
  .filter((id) => !KNOWN.has(id))
  .flatMap((id) =>
    (['publish', 'will'] as const).map((place) =>
      bad(
        `Property 0x${int(id, 1)} in ${where(place)}`,
        place,
        block(`${int(id, 1)} 00`),
        'malformedPacket',
        new RegExp(`property ${id} in`),
      ),
    ),
  );

const LENGTHS: readonly BadVector[] = PLACES.flatMap((place): BadVector[] => [
  bad(
    `${where(place)} with a property length of five bytes`,
    place,
    '8080808001',
    'malformedPacket',
    /more than four bytes/,
  ),
  {
    ...bad(
      `${where(place)} with a property length longer than need be`,
      place,
      '8000',
      'malformedPacket',
      /longer than it need be/,
    ),
    anchor: 'MQTT-1.5.5-1',
  },
  bad(
    `${where(place)} with properties longer than the packet`,
    place,
    'ff7f 26 0000 0000',
    'malformedPacket',
    /longer than their packet/,
  ),
  {
    ...bad(
      `${where(place)} with a property identifier longer than need be`,
      place,
      block('a600 0000 0000'),
      'malformedPacket',
      /longer than it need be/,
    ),
    anchor: 'MQTT-1.5.5-1',
  },
  bad(`${where(place)} with property 128`, place, block('8001 00'), 'malformedPacket', /property 128 in/),
  bad(
    `${where(place)} with a property identifier of five bytes`,
    place,
    block('a680808001 00'),
    'malformedPacket',
    /more than four bytes/,
  ),
]);

export const BAD_PROPERTIES: readonly BadVector[] = [
  ...ELSEWHERE,
  ...TWICE,
  ...OUT_OF_RANGE,
  ...CUT_OFF,
  ...MISSING,
  ...UNKNOWN,
  ...LENGTHS,
];
