/** Properties, §2.2.2: a vector for every cell of Table 2-4. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Packet } from '../../src/protocol/packet.ts';
import type { Properties, PropertyPlace } from '../../src/protocol/properties.ts';
import { PLACES, SPECIFIED_PROPERTIES } from './property-table.ts';
import type { SpecifiedProperty } from './property-table.ts';
import { bad, bytes, decodesOnly, framed, good, int, varint } from './vector.ts';
import type { BadRow, BadVector, GoodVector } from './vector.ts';

/** A packet of version 5 around properties. */
interface Around {
  readonly sender: Sender;
  /** Takes the properties with their length in front. */
  readonly hex: (properties: string) => string;
  readonly packet: (properties: Properties) => Packet;
}

const NONE: Uint8Array = bytes('');

function ackAround(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', first: string): Around {
  return {
    sender: 'server',
    hex: (properties) => framed(first, `0001 00 ${properties}`),
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
    hex: (properties) => framed('10', `0004 4d515454 05 02 003c ${properties} 0001 61`),
    packet: (properties) => ({ ...CONNECT, properties }),
  },
  will: {
    sender: 'client',
    hex: (properties) => framed('10', `0004 4d515454 05 06 003c 00 0001 61 ${properties} 0001 77 0000`),
    packet: (properties) => ({
      ...CONNECT,
      will: { topic: 'w', payload: NONE, qos: 0, retain: false, properties },
      properties: {},
    }),
  },
  connack: {
    sender: 'server',
    hex: (properties) => framed('20', `00 00 ${properties}`),
    packet: (properties) => ({ type: 'connack', sessionPresent: false, reasonCode: 0, properties }),
  },
  publish: {
    sender: 'server',
    hex: (properties) => framed('30', `0001 61 ${properties} 7061796c6f6164`),
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
    hex: (properties) => framed('82', `0001 ${properties} 0001 61 00`),
    packet: (properties) => ({
      type: 'subscribe',
      packetId: 1,
      subscriptions: [{ filter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      properties,
    }),
  },
  suback: {
    sender: 'server',
    hex: (properties) => framed('90', `0001 ${properties} 00`),
    packet: (properties) => ({ type: 'suback', packetId: 1, reasonCodes: [0], properties }),
  },
  unsubscribe: {
    sender: 'client',
    hex: (properties) => framed('a2', `0001 ${properties} 0001 61`),
    packet: (properties) => ({ type: 'unsubscribe', packetId: 1, filters: ['a'], properties }),
  },
  unsuback: {
    sender: 'server',
    hex: (properties) => framed('b0', `0001 ${properties} 00`),
    packet: (properties) => ({ type: 'unsuback', packetId: 1, reasonCodes: [0], properties }),
  },
  disconnect: {
    sender: 'server',
    hex: (properties) => framed('e0', `00 ${properties}`),
    packet: (properties) => ({ type: 'disconnect', reasonCode: 0, properties }),
  },
  auth: {
    sender: 'client',
    hex: (properties) => framed('f0', `18 ${properties}`),
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

/** The bytes of one of a property's values. */
function hexAt({ good: values }: SpecifiedProperty, index: number): string {
  return values[index]?.[0] ?? '';
}

function where(place: PropertyPlace): string {
  return place === 'will' ? 'a will' : place.toUpperCase();
}

function ellipsis(hex: string): string {
  return hex.length > 20 ? `${hex.slice(0, 16)}… (${hex.length / 2} bytes)` : hex;
}

function goodIn(place: PropertyPlace, name: string, hex: string, properties: Properties): GoodVector {
  const { sender, hex: wrap, packet } = around(place);
  return good(5, sender, name, wrap(block(hex)), packet(properties));
}

const SINGLE: readonly GoodVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  property.places.flatMap((place) =>
    property.good.map(([hex, one]) =>
      goodIn(
        place,
        `${property.title} of ${ellipsis(hex)} in ${where(place)}`,
        int(property.id, 1) + hex,
        value(property, one),
      ),
    ),
  ),
);

/** All that a place may hold, each with the second of its values. */
function everything(place: PropertyPlace, name: string, table: readonly SpecifiedProperty[]): GoodVector {
  const chosen = table.filter(({ places }) => places.includes(place));
  const hex = chosen.map((property) => int(property.id, 1) + hexAt(property, 1)).join('');
  const properties: Properties = Object.assign(
    {},
    ...chosen.map((property) => value(property, property.good[1]?.[1])),
  );
  return goodIn(place, name, hex, properties);
}

const ALL: readonly GoodVector[] = PLACES.flatMap((place) => [
  everything(place, `${where(place)} with all its properties`, SPECIFIED_PROPERTIES),
  everything(place, `${where(place)} with all its properties, backwards`, SPECIFIED_PROPERTIES.toReversed()),
]);

/** User properties keep their order and their repetitions. */
const ORDERED: readonly GoodVector[] = PLACES.map((place) =>
  goodIn(
    place,
    `${where(place)} with three user properties`,
    '26 0001 62 0001 31 26 0001 61 0001 32 26 0001 62 0001 31',
    {
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '1'],
      ],
    },
  ),
);

const SCATTERED: GoodVector = decodesOnly(
  5,
  'server',
  'User properties and subscription identifiers, scattered',
  around('publish').hex(block('0b02 26 0001 61 0000 0101 0b01 26 0001 62 0000')),
  around('publish').packet({
    subscriptionIdentifiers: [2, 1],
    userProperties: [
      ['a', ''],
      ['b', ''],
    ],
    payloadFormatIndicator: 1,
  }),
);

export const GOOD_PROPERTIES: readonly GoodVector[] = [...SINGLE, ...ALL, ...ORDERED, SCATTERED];

/** `properties` is with their length in front. */
function badIn(place: PropertyPlace, [name, properties, ...rest]: BadRow): BadVector {
  const { sender, hex } = around(place);
  return bad(5, sender, [name, hex(properties), ...rest]);
}

const ELSEWHERE: readonly BadVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  PLACES.filter((place) => !property.places.includes(place)).map((place) =>
    badIn(place, [
      `${property.title} in ${where(place)}`,
      block(int(property.id, 1) + hexAt(property, 0)),
      'malformedPacket',
      new RegExp(`property ${property.id} in ${where(place)}`),
    ]),
  ),
);

const TWICE: readonly BadVector[] = SPECIFIED_PROPERTIES.filter(({ once }) => once).flatMap((property) =>
  property.places.map((place) =>
    badIn(place, [
      `${property.title} twice in ${where(place)}`,
      block([0, 1].map((index) => int(property.id, 1) + hexAt(property, index)).join('26 0000 0000')),
      'protocolError',
      new RegExp(`${property.name} twice`),
    ]),
  ),
);

const OUT_OF_RANGE: readonly BadVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  property.places.flatMap((place) =>
    property.outOfRange.map((hex) =>
      badIn(place, [
        `${property.title} of ${hex} in ${where(place)}`,
        block(int(property.id, 1) + hex),
        'protocolError',
        new RegExp(`${property.name} of ${Number.parseInt(hex, 16)}`),
      ]),
    ),
  ),
);

/** The properties end inside a value; the bytes go on. */
const CUT_OFF: readonly BadVector[] = SPECIFIED_PROPERTIES.flatMap((property) =>
  property.places.map((place) => {
    const properties = int(property.id, 1) + hexAt(property, 1);
    return badIn(place, [
      `${property.title} longer than the properties of ${where(place)}`,
      `${varint(properties.length / 2 - 1)} ${properties}`,
      'malformedPacket',
      /longer than the properties/,
    ]);
  }),
);

/** The packet ends inside a value. */
const MISSING: readonly BadVector[] = SPECIFIED_PROPERTIES.filter(({ places }) =>
  places.includes('connack'),
).flatMap((property) => {
  const properties = int(property.id, 1) + hexAt(property, 1);
  return [...new Set([2, properties.length - 2])].map((digits) =>
    badIn('connack', [
      `${property.title} of ${digits / 2 - 1} bytes at the end of a packet`,
      block(properties.slice(0, digits)),
      'malformedPacket',
      /shorter than its fields/,
    ]),
  );
});

const KNOWN: ReadonlySet<number> = new Set(SPECIFIED_PROPERTIES.map(({ id }) => id));

const UNKNOWN: readonly BadVector[] = Array.from({ length: 128 }, (_, id) => id)
  .filter((id) => !KNOWN.has(id))
  .flatMap((id) =>
    (['publish', 'will'] as const).map((place) =>
      badIn(place, [
        `Property ${id} in ${where(place)}`,
        block(`${int(id, 1)} 00`),
        'malformedPacket',
        new RegExp(`property ${id} in`),
      ]),
    ),
  );

/** Variable byte integers of properties, which every place reads. */
const LENGTHS: readonly BadRow[] = [
  ['property length of five bytes', '8080808001', 'malformedPacket', /more than four bytes/],
  [
    'property length longer than need be',
    '8000',
    'malformedPacket',
    /longer than it need be/,
    'MQTT-1.5.5-1',
  ],
  ['properties longer than the packet', 'ff7f 26 0000 0000', 'malformedPacket', /longer than their packet/],
  [
    'property identifier longer than need be',
    block('a600 0000 0000'),
    'malformedPacket',
    /longer than it need be/,
    'MQTT-1.5.5-1',
  ],
  ['property 128', block('8001 00'), 'malformedPacket', /property 128 in/],
  ['property 16422', block('a68001 0000 0000'), 'malformedPacket', /property 16422 in/],
  ['property identifier of five bytes', block('a680808001 00'), 'malformedPacket', /more than four bytes/],
];

export const BAD_PROPERTIES: readonly BadVector[] = [
  ...ELSEWHERE,
  ...TWICE,
  ...OUT_OF_RANGE,
  ...CUT_OFF,
  ...MISSING,
  ...UNKNOWN,
  ...PLACES.flatMap((place) =>
    LENGTHS.map(([name, ...rest]) => badIn(place, [`${where(place)} with ${name}`, ...rest])),
  ),
];
