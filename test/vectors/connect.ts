/** CONNECT, §3.1. */
import type { Connect, ProtocolVersion } from '../../src/protocol/packet.ts';
import { bad, bytes, decodesOnly, framed, good, inVersion, str } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const CONNECT: Connect = {
  type: 'connect',
  version: 4,
  bridge: false,
  clientId: 'a',
  cleanStart: true,
  keepAliveSeconds: 60,
  properties: {},
};
const CONNECT_3: Connect = { ...CONNECT, version: 3 };
const CONNECT_5: Connect = { ...CONNECT, version: 5 };

const WILL = { topic: 'w/t', payload: bytes('6279'), qos: 0, retain: false, properties: {} } as const;

/** `isOneOfSeveral` byte forms: the encoder writes another. */
type Row = readonly [name: string, hex: string, packet: Connect, isOneOfSeveral?: true];

const ROWS: readonly Row[] = [
  // 3.1
  ['CONNECT', '10 0f 0006 4d5149736470 03 02 003c 0001 61', CONNECT_3],
  ['CONNECT of a bridge', '10 0f 0006 4d5149736470 83 02 003c 0001 61', { ...CONNECT_3, bridge: true }],
  [
    'CONNECT with everything',
    '10 21 0006 4d5149736470 03 ee 003c 0001 61 0003 772f74 0002 6279 0001 75 0004 00ff70c3',
    {
      ...CONNECT_3,
      username: 'u',
      password: bytes('00ff70c3'),
      will: { ...WILL, qos: 1, retain: true },
    },
  ],
  [
    'CONNECT with a user name flag but no user name',
    '10 0f 0006 4d5149736470 03 82 003c 0001 61',
    CONNECT_3,
    true,
  ],
  [
    'CONNECT with user name and password flags but neither',
    '10 0f 0006 4d5149736470 03 c2 003c 0001 61',
    CONNECT_3,
    true,
  ],
  [
    'CONNECT with a user name and a password flag but no password',
    '10 12 0006 4d5149736470 03 c2 003c 0001 61 0001 75',
    { ...CONNECT_3, username: 'u' },
    true,
  ],
  ['CONNECT with a will QoS but no will', '10 0f 0006 4d5149736470 03 0a 003c 0001 61', CONNECT_3, true],
  ['CONNECT with will retain but no will', '10 0f 0006 4d5149736470 03 22 003c 0001 61', CONNECT_3, true],
  ['CONNECT with the reserved flag', '10 0f 0006 4d5149736470 03 03 003c 0001 61', CONNECT_3, true],
  // 3.1.1
  ['CONNECT', '10 0d 0004 4d515454 04 02 003c 0001 61', CONNECT],
  ['CONNECT of a kept session', '10 0d 0004 4d515454 04 00 003c 0001 61', { ...CONNECT, cleanStart: false }],
  ['CONNECT of a bridge', '10 0d 0004 4d515454 84 02 003c 0001 61', { ...CONNECT, bridge: true }],
  [
    'CONNECT without keep alive',
    '10 0d 0004 4d515454 04 02 0000 0001 61',
    { ...CONNECT, keepAliveSeconds: 0 },
  ],
  [
    'CONNECT with the longest keep alive',
    '10 0d 0004 4d515454 04 02 ffff 0001 61',
    { ...CONNECT, keepAliveSeconds: 65_535 },
  ],
  [
    'CONNECT with an empty client identifier',
    '10 0c 0004 4d515454 04 02 003c 0000',
    { ...CONNECT, clientId: '' },
  ],
  [
    'CONNECT with a will',
    '10 16 0004 4d515454 04 06 003c 0001 61 0003 772f74 0002 6279',
    { ...CONNECT, will: WILL },
  ],
  [
    'CONNECT with a will of QoS 1',
    '10 16 0004 4d515454 04 0e 003c 0001 61 0003 772f74 0002 6279',
    { ...CONNECT, will: { ...WILL, qos: 1 } },
  ],
  [
    'CONNECT with a will of QoS 2',
    '10 16 0004 4d515454 04 16 003c 0001 61 0003 772f74 0002 6279',
    { ...CONNECT, will: { ...WILL, qos: 2 } },
  ],
  [
    'CONNECT with a retained will without payload',
    '10 14 0004 4d515454 04 26 003c 0001 61 0003 772f74 0000',
    { ...CONNECT, will: { ...WILL, retain: true, payload: bytes('') } },
  ],
  [
    'CONNECT with a user name',
    '10 10 0004 4d515454 04 82 003c 0001 61 0001 75',
    { ...CONNECT, username: 'u' },
  ],
  [
    'CONNECT with user name and password, both empty',
    '10 11 0004 4d515454 04 c2 003c 0001 61 0000 0000',
    { ...CONNECT, username: '', password: bytes('') },
  ],
  [
    'CONNECT with everything',
    '10 1f 0004 4d515454 04 f6 003c 0001 61 0003 772f74 0002 6279 0001 75 0004 00ff70c3',
    {
      ...CONNECT,
      username: 'u',
      password: bytes('00ff70c3'),
      will: { ...WILL, qos: 2, retain: true },
    },
  ],
  [
    'CONNECT with a remaining length of four bytes',
    '10 8d808000 0004 4d515454 04 02 003c 0001 61',
    CONNECT,
    true,
  ],
  // 5.0
  ['CONNECT', '10 0e 0004 4d515454 05 02 003c 00 0001 61', CONNECT_5],
  [
    'CONNECT with a password but no user name',
    '10 11 0004 4d515454 05 42 003c 00 0001 61 0001 70',
    { ...CONNECT_5, password: bytes('70') },
  ],
  [
    'CONNECT with everything',
    '10 35 0004 4d515454 05 f6 0001 0c 11 0000000a 26 0001 6b 0001 76' +
      '0001 61 0b 18 00000005 26 0001 6b 0000 0003 772f74 0002 6279 0001 75 0001 70',
    {
      ...CONNECT_5,
      keepAliveSeconds: 1,
      username: 'u',
      password: bytes('70'),
      will: {
        ...WILL,
        qos: 2,
        retain: true,
        properties: { willDelayInterval: 5, userProperties: [['k', '']] },
      },
      properties: { sessionExpiryInterval: 10, userProperties: [['k', 'v']] },
    },
  ],
];

export const GOOD_CONNECTS: readonly GoodVector[] = ROWS.map(([name, hex, packet, isOneOfSeveral]) =>
  (isOneOfSeveral ? decodesOnly : good)(packet.version, 'client', name, hex, packet),
);

/** The body of a CONNECT, malformed: see `inVersion`. */
type BodyRow = readonly [name: string, body: string, problem?: RegExp, anchor?: string];

function connect(version: ProtocolVersion, row: BodyRow): BadVector {
  const [name, body, problem = /shorter than its fields/, anchor] = row;
  return bad(version, 'client', [
    name,
    framed('10', inVersion(version, body)),
    'malformedPacket',
    problem,
    anchor,
  ]);
}

const MQTT = '0004 4d515454';

const BAD_SINCE_311: readonly BodyRow[] = [
  ['CONNECT with the reserved flag', `${MQTT} * 03 003c ? 0001 61`, /reserved flag/, 'MQTT-3.1.2-3'],
  ['CONNECT with a will QoS but no will', `${MQTT} * 0a 003c ? 0001 61`, /but no will/, 'MQTT-3.1.2-11'],
  ['CONNECT with will retain but no will', `${MQTT} * 22 003c ? 0001 61`, /but no will/, 'MQTT-3.1.2-13'],
  [
    'CONNECT with a will of QoS 3',
    `${MQTT} * 1e 003c ? 0001 61 ? 0003 772f74 0002 6279`,
    /Will QoS \(3\)/,
    'MQTT-3.1.2-12',
  ],
  ['CONNECT that ends in the level', MQTT],
  ['CONNECT that ends in the flags', `${MQTT} *`],
  ['CONNECT that ends in the keep alive', `${MQTT} * 02 00`],
  ['CONNECT that ends before the client identifier', `${MQTT} * 02 003c ?`],
  ['CONNECT that ends in the client identifier', `${MQTT} * 02 003c ? 0002 61`],
  ['CONNECT without the promised will', `${MQTT} * 06 003c ? 0001 61`],
  ['CONNECT without the promised will payload', `${MQTT} * 06 003c ? 0001 61 ? 0003 772f74`],
  ['CONNECT that ends in the will payload', `${MQTT} * 06 003c ? 0001 61 ? 0003 772f74 0003 6279`],
  ['CONNECT without the promised user name', `${MQTT} * 82 003c ? 0001 61`],
  ['CONNECT without the promised password', `${MQTT} * c2 003c ? 0001 61 0001 75`],
  ['CONNECT that ends in the password', `${MQTT} * c2 003c ? 0001 61 0001 75 0002 70`],
  ['CONNECT longer than its fields', `${MQTT} * 02 003c ? 0001 61 00`, /longer than its fields/],
  ['CONNECT with an unpromised user name', `${MQTT} * 02 003c ? 0001 61 0001 75`, /longer than its fields/],
  ['CONNECT with U+0000', `${MQTT} * 02 003c ? 0001 00`, /control character/, 'MQTT-1.5.4-2'],
  [
    'CONNECT with an ill-formed client identifier',
    `${MQTT} * 02 003c ? 0001 ff`,
    /not UTF-8/,
    'MQTT-1.5.4-1',
  ],
  [
    'CONNECT with an ill-formed user name',
    `${MQTT} * 82 003c ? 0001 61 0001 c3`,
    /not UTF-8/,
    'MQTT-1.5.4-1',
  ],
  [
    'CONNECT with an ill-formed will topic',
    `${MQTT} * 06 003c ? 0001 61 ? 0001 80 0000`,
    /not UTF-8/,
    'MQTT-1.5.4-1',
  ],
];

const PASSWORD_ALONE: BodyRow = [
  'CONNECT with a password but no user name',
  `${MQTT} * 42 003c 0001 61 0001 70`,
  /password but no user name/,
  'MQTT-3.1.2-22',
];

const MQISDP = '0006 4d5149736470';

const BAD_31: readonly BodyRow[] = [
  ['CONNECT with a password but no user name', `${MQISDP} 03 42 003c 0001 61 0001 70`, /but no user name/],
  ['CONNECT with a will of QoS 3', `${MQISDP} 03 1e 003c 0001 61 0003 772f74 0002 6279`, /Will QoS \(3\)/],
  ['CONNECT that ends in the user name', `${MQISDP} 03 82 003c 0001 61 0002 75`],
  ['CONNECT longer than its fields', `${MQISDP} 03 02 003c 0001 61 00`, /longer than its fields/],
  ['CONNECT without the promised will', `${MQISDP} 03 06 003c 0001 61`],
  ['CONNECT without a client identifier', `${MQISDP} 03 02 003c`],
];

/** Protocol levels that are not MQTT's. */
const LEVELS: readonly [name: string, protocol: string, level: number][] = [
  ['MQTT 0', `${MQTT} 00`, 0],
  ['MQTT 3', `${MQTT} 03`, 3],
  ['MQTT 6', `${MQTT} 06`, 6],
  ['MQTT 127', `${MQTT} 7f`, 127],
  ['a bridge of MQTT 0', `${MQTT} 80`, 128],
  ['a bridge of MQTT 5', `${MQTT} 85`, 133],
  ['a bridge of MQTT 127', `${MQTT} ff`, 255],
  ['MQIsdp 2', `${MQISDP} 02`, 2],
  ['MQIsdp 4', `${MQISDP} 04`, 4],
  ['MQIsdp 5', `${MQISDP} 05`, 5],
  ['a bridge of MQIsdp 4', `${MQISDP} 84`, 132],
];

/** Protocol names that are not MQTT's. */
const NAMES: readonly [name: string, told: string][] = [
  ['', ''],
  ['mqtt', 'mqtt'],
  ['MQTTX', 'MQTTX'],
  ['MQT', 'MQT'],
  ['MQISDP', 'MQISDP'],
  ['A'.repeat(80), 'A'.repeat(16)],
];

/** A protocol name cut off or ill-formed. */
const BROKEN: readonly string[] = ['', '00', '0004', '0004 4d5154', '0004 4d515400 04 02 003c 0001 61'];

function unsupported(name: string, protocol: string, problem: string, anchor: string): BadVector {
  const hex = framed('10', `${protocol} 02 003c 0001 61`);
  return bad(0, 'client', [name, hex, 'unsupportedProtocolVersion', new RegExp(problem), anchor]);
}

export const BAD_CONNECTS: readonly BadVector[] = [
  ...BAD_31.map((row) => connect(3, row)),
  ...[...BAD_SINCE_311, PASSWORD_ALONE].map((row) => connect(4, row)),
  ...BAD_SINCE_311.map((row) => connect(5, row)),
  ...LEVELS.map(([name, protocol, level]) =>
    unsupported(`CONNECT of ${name}`, protocol, `protocol version \\(${level}\\)`, 'MQTT-3.1.2-2'),
  ),
  ...NAMES.map(([name, told]) =>
    unsupported(`CONNECT of "${told}"`, `${str(name)} 04`, `invalid protocol "${told}"`, 'MQTT-3.1.2-1'),
  ),
  ...BROKEN.map((body, index) =>
    bad(0, 'client', [
      `CONNECT with a broken protocol name, ${index + 1}`,
      framed('10', body),
      'malformedPacket',
    ]),
  ),
];
