/** UNSUBSCRIBE and UNSUBACK, §3.10 and §3.11. */
import type { Unsuback, Unsubscribe } from '../../src/protocol/packet.ts';
import { reasonCodes } from './reasons.ts';
import { framed, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const UNSUBSCRIBE: Unsubscribe = { type: 'unsubscribe', packetId: 1, filters: ['a'], properties: {} };
const UNSUBACK: Unsuback = { type: 'unsuback', packetId: 1, reasonCodes: [], properties: {} };

export const GOOD_UNSUBSCRIBES: readonly GoodVector[] = [
  ...VERSIONS.flatMap((version): GoodVector[] => [
    {
      name: 'UNSUBSCRIBE',
      version,
      sender: 'client',
      hex: version === 5 ? 'a2 06 0001 00 0001 61' : 'a2 05 0001 0001 61',
      packet: UNSUBSCRIBE,
    },
    {
      name: 'UNSUBSCRIBE from three filters',
      version,
      sender: 'client',
      hex: framed('a2', `ffff ${version === 5 ? '00' : ''} 0001 23 0003 612f2b 0001 2f`),
      packet: { ...UNSUBSCRIBE, packetId: 65_535, filters: ['#', 'a/+', '/'] },
    },
  ]),
  {
    name: 'UNSUBSCRIBE from nothing',
    version: 3,
    sender: 'client',
    hex: 'a2 02 0001',
    packet: { ...UNSUBSCRIBE, filters: [] },
  },
  {
    name: 'UNSUBSCRIBE with a user property',
    version: 5,
    sender: 'client',
    hex: 'a2 0d 0001 07 26 0001 6b 0001 76 0001 61',
    packet: { ...UNSUBSCRIBE, properties: { userProperties: [['k', 'v']] } },
  },
];

type BadRow = readonly [
  name: string,
  body: string,
  error: BadVector['error'],
  problem: RegExp,
  anchor?: string,
];

/** `?` stands for the properties of 5.0, empty. */
const BAD: readonly BadRow[] = [
  [
    'UNSUBSCRIBE with packet identifier 0',
    '0000 ? 0001 61',
    'protocolError',
    /packet identifier/,
    'MQTT-2.2.1-3',
  ],
  ['empty UNSUBSCRIBE', '', 'malformedPacket', /shorter than its fields/],
  ['UNSUBSCRIBE that ends in the packet identifier', '00', 'malformedPacket', /shorter than its fields/],
  ['UNSUBSCRIBE that ends in a filter', '0001 ? 0002 61', 'malformedPacket', /shorter than its fields/],
  ['UNSUBSCRIBE that ends in a length', '0001 ? 0001 61 00', 'malformedPacket', /shorter than its fields/],
  ['UNSUBSCRIBE with U+0000', '0001 ? 0001 00', 'malformedPacket', /control character/, 'MQTT-1.5.4-2'],
  [
    'UNSUBSCRIBE with an ill-formed filter',
    '0001 ? 0001 ff',
    'malformedPacket',
    /not UTF-8/,
    'MQTT-3.10.3-1',
  ],
];

const NOTHING: BadRow = [
  'UNSUBSCRIBE from nothing',
  '0001 ?',
  'protocolError',
  /without a topic filter/,
  'MQTT-3.10.3-2',
];

export const BAD_UNSUBSCRIBES: readonly BadVector[] = VERSIONS.flatMap((version) =>
  (version === 3 ? BAD : [...BAD, NOTHING]).map(([name, body, error, problem, anchor]): BadVector => ({
    name,
    ...(anchor !== undefined && { anchor }),
    version,
    sender: 'client',
    hex: framed('a2', body.replace('?', version === 5 ? '00' : '')),
    error,
    problem,
  })),
);

export const GOOD_UNSUBACKS: readonly GoodVector[] = [
  ...([3, 4] as const).map((version): GoodVector => ({
    name: 'UNSUBACK',
    version,
    sender: 'server',
    hex: 'b0 02 00ff',
    packet: { ...UNSUBACK, packetId: 255 },
  })),
  {
    name: 'UNSUBACK with every reason code',
    version: 5,
    sender: 'server',
    hex: 'b0 0a 0001 00 00 11 80 83 87 8f 91',
    packet: { ...UNSUBACK, reasonCodes: reasonCodes('unsuback') },
  },
  {
    name: 'UNSUBACK with a reason string',
    version: 5,
    sender: 'server',
    hex: 'b0 08 0001 04 1f 0001 78 11',
    packet: { ...UNSUBACK, reasonCodes: [0x11], properties: { reasonString: 'x' } },
  },
];

export const BAD_UNSUBACKS: readonly BadVector[] = VERSIONS.flatMap((version): BadVector[] => [
  {
    name: 'UNSUBACK of 0',
    version,
    sender: 'server',
    hex: version === 5 ? 'b0 04 0000 00 00' : 'b0 02 0000',
    error: 'protocolError',
    problem: /packet identifier/,
  },
  {
    name: 'UNSUBACK of one byte',
    version,
    sender: 'server',
    hex: 'b0 01 00',
    error: 'malformedPacket',
    problem: /shorter than its fields/,
  },
  version === 5
    ? {
        name: 'UNSUBACK without properties',
        version,
        sender: 'server',
        hex: 'b0 02 0001',
        error: 'malformedPacket',
        problem: /shorter than its fields/,
      }
    : {
        name: 'UNSUBACK with a reason code',
        version,
        sender: 'server',
        hex: 'b0 03 0001 00',
        error: 'malformedPacket',
        problem: /longer than its fields/,
      },
]);
