/** SUBSCRIBE and SUBACK, §3.8 and §3.9. */
import type { ProtocolVersion, Suback, Subscribe } from '../../src/protocol/packet.ts';
import { reasonCodes } from './reasons.ts';
import { bad, framed, good, int, inVersion, str, varint, VERSIONS } from './vector.ts';
import type { BadRow, BadVector, GoodVector } from './vector.ts';

const A = { filter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const SUBSCRIBE: Subscribe = { type: 'subscribe', packetId: 1, subscriptions: [A], properties: {} };

/** `?` stands for the properties of 5.0, empty. */
const ROWS: readonly [name: string, body: string, packet: Subscribe][] = [
  ['SUBSCRIBE', '0001 ? 0001 61 00', SUBSCRIBE],
  [
    'SUBSCRIBE at QoS 1',
    '00ff ? 0001 61 01',
    { ...SUBSCRIBE, packetId: 255, subscriptions: [{ ...A, qos: 1 }] },
  ],
  [
    'SUBSCRIBE at QoS 2',
    'ffff ? 0001 61 02',
    { ...SUBSCRIBE, packetId: 65_535, subscriptions: [{ ...A, qos: 2 }] },
  ],
  [
    'SUBSCRIBE to three filters',
    '0001 ? 0001 23 00 0005 2b2f612f23 01 0001 2f 02',
    {
      ...SUBSCRIBE,
      subscriptions: [
        { ...A, filter: '#' },
        { ...A, filter: '+/a/#', qos: 1 },
        { ...A, filter: '/', qos: 2 },
      ],
    },
  ],
  [
    'SUBSCRIBE twice to one filter',
    '0001 ? 0001 61 00 0001 61 01',
    { ...SUBSCRIBE, subscriptions: [A, { ...A, qos: 1 }] },
  ],
  [
    'SUBSCRIBE to a filter of 65535 bytes',
    `0001 ? ${str('f'.repeat(65_535))} 00`,
    { ...SUBSCRIBE, subscriptions: [{ ...A, filter: 'f'.repeat(65_535) }] },
  ],
];

/** All subscription options of 5.0, §3.8.3.1. */
const OPTIONS: readonly GoodVector[] = ([0, 1, 2] as const).flatMap((qos) =>
  ([0, 1, 2] as const).flatMap((retainHandling) =>
    [false, true].flatMap((noLocal) =>
      [false, true].map((retainAsPublished) => {
        const options = int(qos + (noLocal ? 4 : 0) + (retainAsPublished ? 8 : 0) + 16 * retainHandling, 1);
        return good(5, 'client', `SUBSCRIBE with options 0x${options}`, `82 07 0001 00 0001 61 ${options}`, {
          ...SUBSCRIBE,
          subscriptions: [{ filter: 'a', qos, noLocal, retainAsPublished, retainHandling }],
        });
      }),
    ),
  ),
);

const IDENTIFIERS: readonly (readonly [identifier: number, hex: string])[] = [
  [1, '01'],
  [127, '7f'],
  [128, '8001'],
  [16_383, 'ff7f'],
  [16_384, '808001'],
  [2_097_151, 'ffff7f'],
  [2_097_152, '80808001'],
  [268_435_455, 'ffffff7f'],
];

export const GOOD_SUBSCRIBES: readonly GoodVector[] = [
  ...VERSIONS.flatMap((version) =>
    ROWS.map(([name, body, packet]) =>
      good(version, 'client', name, framed('82', inVersion(version, body)), packet),
    ),
  ),
  good(3, 'client', 'SUBSCRIBE to nothing', '82 02 0001', { ...SUBSCRIBE, subscriptions: [] }),
  ...OPTIONS,
  ...IDENTIFIERS.map(([identifier, hex]) =>
    good(
      5,
      'client',
      `SUBSCRIBE with subscription identifier ${identifier}`,
      framed('82', `0001 ${varint(1 + hex.length / 2)} 0b ${hex} 0001 61 00`),
      { ...SUBSCRIBE, properties: { subscriptionIdentifiers: [identifier] } },
    ),
  ),
];

/** Their bodies; see `inVersion`. */
const BAD: readonly BadRow[] = [
  [
    'SUBSCRIBE with packet identifier 0',
    '0000 ? 0001 61 00',
    'protocolError',
    /packet identifier/,
    'MQTT-2.2.1-3',
  ],
  ['empty SUBSCRIBE', '', 'malformedPacket', /shorter than its fields/],
  ['SUBSCRIBE that ends in the packet identifier', '00', 'malformedPacket', /shorter than its fields/],
  ['SUBSCRIBE without options', '0001 ? 0001 61', 'malformedPacket', /shorter than its fields/],
  ['SUBSCRIBE that ends in a filter', '0001 ? 0002 61', 'malformedPacket', /shorter than its fields/],
  ['SUBSCRIBE that ends in a length', '0001 ? 0001 61 00 00', 'malformedPacket', /shorter than its fields/],
  ['SUBSCRIBE at QoS 3', '0001 ? 0001 61 03', 'malformedPacket', /QoS 3/, 'MQTT-3.8.3-4'],
  [
    'SUBSCRIBE at QoS 0 and QoS 3',
    '0001 ? 0001 61 00 0001 61 03',
    'malformedPacket',
    /QoS 3/,
    'MQTT-3.8.3-4',
  ],
  ['SUBSCRIBE with option 0x40', '0001 ? 0001 61 40', 'malformedPacket', /reserved option/, 'MQTT-3.8.3-5'],
  ['SUBSCRIBE with option 0x80', '0001 ? 0001 61 80', 'malformedPacket', /reserved option/, 'MQTT-3.8.3-5'],
  ['SUBSCRIBE with U+0000', '0001 ? 0001 00 00', 'malformedPacket', /control character/, 'MQTT-1.5.4-2'],
  [
    'SUBSCRIBE with an ill-formed filter',
    '0001 ? 0001 ff 00',
    'malformedPacket',
    /not UTF-8/,
    'MQTT-3.8.3-1',
  ],
];

/** The options that 5.0 gave a meaning are reserved before it. */
const BAD_BEFORE_5: readonly BadRow[] = [0x04, 0x08, 0x10, 0x20, 0x06].map((options) => [
  `SUBSCRIBE with option 0x${int(options, 1)}`,
  `0001 0001 61 ${int(options, 1)}`,
  'malformedPacket',
  /reserved option/,
]);

const BAD_IN_5: readonly BadRow[] = [
  ['SUBSCRIBE without properties', '0001', 'malformedPacket', /shorter than its fields/],
  ['SUBSCRIBE with retain handling 3', '0001 00 0001 61 30', 'protocolError', /retain handling 3/],
  ['SUBSCRIBE with retain handling 3 and more', '0001 00 0001 61 3e', 'protocolError', /retain handling 3/],
  ['SUBSCRIBE with subscription identifier 0', '0001 02 0b 00 0001 61 00', 'protocolError', /of 0/],
  [
    'SUBSCRIBE with two subscription identifiers',
    '0001 04 0b 01 0b 02 0001 61 00',
    'protocolError',
    /subscriptionIdentifiers twice/,
  ],
  [
    'SUBSCRIBE with a subscription identifier of five bytes',
    '0001 06 0b 8080808001 0001 61 00',
    'malformedPacket',
    /more than four bytes/,
  ],
  [
    'SUBSCRIBE with a subscription identifier longer than need be',
    '0001 03 0b 8100 0001 61 00',
    'malformedPacket',
    /longer than it need be/,
    'MQTT-1.5.5-1',
  ],
];

const NOTHING: BadRow = [
  'SUBSCRIBE to nothing',
  '0001 ?',
  'protocolError',
  /without a topic filter/,
  'MQTT-3.8.3-2',
];

function subscribe(version: ProtocolVersion, [name, body, ...rest]: BadRow): BadVector {
  return bad(version, 'client', [name, framed('82', inVersion(version, body)), ...rest]);
}

export const BAD_SUBSCRIBES: readonly BadVector[] = [
  ...[...BAD, ...BAD_BEFORE_5].map((row) => subscribe(3, row)),
  ...[...BAD, ...BAD_BEFORE_5, NOTHING].map((row) => subscribe(4, row)),
  ...[...BAD, ...BAD_IN_5, NOTHING].map((row) => subscribe(5, row)),
];

const SUBACK: Suback = { type: 'suback', packetId: 1, reasonCodes: [0], properties: {} };

export const GOOD_SUBACKS: readonly GoodVector[] = [
  ...([3, 4] as const).map((version) =>
    good(version, 'server', 'SUBACK of four', '90 06 ffff 00 01 02 80', {
      ...SUBACK,
      packetId: 65_535,
      reasonCodes: [0, 1, 2, 128],
    }),
  ),
  good(5, 'server', 'SUBACK with every reason code', '90 0f 0001 00 00 01 02 80 83 87 8f 91 97 9e a1 a2', {
    ...SUBACK,
    reasonCodes: reasonCodes('suback'),
  }),
  good(5, 'server', 'SUBACK with a reason string', '90 08 0100 04 1f 0001 78 00', {
    ...SUBACK,
    packetId: 256,
    properties: { reasonString: 'x' },
  }),
];

export const BAD_SUBACKS: readonly BadVector[] = VERSIONS.flatMap((version) => [
  bad(version, 'server', [
    'SUBACK of 0',
    framed('90', inVersion(version, '0000 ? 00')),
    'protocolError',
    /packet identifier/,
  ]),
  bad(version, 'server', ['empty SUBACK', '90 00', 'malformedPacket', /shorter than its fields/]),
]);
