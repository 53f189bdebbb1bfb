/** PUBLISH, §3.3. What its topic name may hold is in `text.ts`, its properties in `properties.ts`. */
import type { Publish } from '../../src/protocol/packet.ts';
import type { Sender } from '../../src/protocol/decoder.ts';
import { bytes, framed, int, str, varint, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const PUBLISH: Publish = {
  type: 'publish',
  topic: 'a/b',
  payload: bytes('00ff'),
  qos: 0,
  retain: false,
  dup: false,
  packetId: 0,
  properties: {},
};

const TOPIC = '0003 612f62';

/** `?` stands for the properties of 5.0, empty. */
const ROWS: readonly [name: string, first: string, body: string, packet: Publish][] = [
  ['PUBLISH', '30', `${TOPIC} ? 00ff`, PUBLISH],
  ['PUBLISH, retained', '31', `${TOPIC} ? 00ff`, { ...PUBLISH, retain: true }],
  ['PUBLISH without payload', '30', `${TOPIC} ?`, { ...PUBLISH, payload: bytes('') }],
  ['PUBLISH of QoS 1', '32', `${TOPIC} 0001 ? 00ff`, { ...PUBLISH, qos: 1, packetId: 1 }],
  [
    'PUBLISH of QoS 1, retained',
    '33',
    `${TOPIC} 0001 ? 00ff`,
    { ...PUBLISH, qos: 1, packetId: 1, retain: true },
  ],
  ['PUBLISH of QoS 1 again', '3a', `${TOPIC} 0100 ? 00ff`, { ...PUBLISH, qos: 1, packetId: 256, dup: true }],
  [
    'PUBLISH of QoS 1 again, retained',
    '3b',
    `${TOPIC} ffff ? 00ff`,
    { ...PUBLISH, qos: 1, packetId: 65_535, dup: true, retain: true },
  ],
  ['PUBLISH of QoS 2', '34', `${TOPIC} ffff ? 00ff`, { ...PUBLISH, qos: 2, packetId: 65_535 }],
  [
    'PUBLISH of QoS 2, retained',
    '35',
    `${TOPIC} 00ff ? 00ff`,
    { ...PUBLISH, qos: 2, packetId: 255, retain: true },
  ],
  [
    'PUBLISH of QoS 2 again',
    '3c',
    `${TOPIC} 8000 ? 00ff`,
    { ...PUBLISH, qos: 2, packetId: 32_768, dup: true },
  ],
  [
    'PUBLISH of QoS 2 again, retained',
    '3d',
    `${TOPIC} 0001 ?`,
    { ...PUBLISH, qos: 2, packetId: 1, dup: true, retain: true, payload: bytes('') },
  ],
  ['PUBLISH to $SYS', '30', '0005 2453595321 ?', { ...PUBLISH, topic: '$SYS!', payload: bytes('') }],
  ['PUBLISH to a slash', '30', '0001 2f ?', { ...PUBLISH, topic: '/', payload: bytes('') }],
  ['PUBLISH to a space', '30', '0001 20 ?', { ...PUBLISH, topic: ' ', payload: bytes('') }],
  [
    'PUBLISH with a payload that looks like a packet',
    '30',
    `${TOPIC} ? c000 10 0d 0004`,
    { ...PUBLISH, payload: bytes('c000100d0004') },
  ],
  ...[255, 256, 257, 65_535].map((length): [string, string, string, Publish] => [
    `PUBLISH to a topic of ${length} bytes`,
    '30',
    `${str('t'.repeat(length))} ? 00ff`,
    { ...PUBLISH, topic: 't'.repeat(length) },
  ]),
];

export const GOOD_PUBLISHES: readonly GoodVector[] = [
  ...VERSIONS.flatMap((version) =>
    (['client', 'server'] satisfies Sender[]).flatMap((sender) =>
      ROWS.map(([name, first, body, packet]) => ({
        name,
        version,
        sender,
        hex: framed(first, body.replace('?', version === 5 ? '00' : '')),
        packet,
      })),
    ),
  ),
  {
    name: 'PUBLISH by topic alias alone',
    version: 5,
    sender: 'client',
    hex: '30 08 0000 03 23 0001 00ff',
    packet: { ...PUBLISH, topic: '', properties: { topicAlias: 1 } },
  },
  {
    name: 'PUBLISH with topic alias 0, for the connection to refuse with its own code',
    version: 5,
    sender: 'client',
    hex: '30 0b 0003 612f62 03 23 0000 00ff',
    packet: { ...PUBLISH, properties: { topicAlias: 0 } },
  },
  {
    name: 'PUBLISH for four subscriptions',
    version: 5,
    sender: 'server',
    hex: '30 14 0003 612f62 0e 0b 01 0b 8001 0b 808001 0b 80808001',
    packet: {
      ...PUBLISH,
      payload: bytes(''),
      properties: { subscriptionIdentifiers: [1, 128, 16_384, 2_097_152] },
    },
  },
  {
    name: 'PUBLISH with the largest number of user properties',
    version: 5,
    sender: 'client',
    hex: framed('30', `${TOPIC} ${varint(5 * 1024)} ${'26 0000 0000'.repeat(1024)}`),
    packet: {
      ...PUBLISH,
      payload: bytes(''),
      properties: { userProperties: Array.from({ length: 1024 }, () => ['', '']) },
    },
  },
];

type BadRow = Pick<BadVector, 'name' | 'anchor' | 'error' | 'problem'> & {
  readonly first: string;
  readonly body: string;
};

function malformed(name: string, anchor: string, first: string, body: string, problem: RegExp): BadRow {
  return { name, anchor, first, body, error: 'malformedPacket', problem };
}

const BAD: readonly BadRow[] = [
  malformed('PUBLISH of QoS 3', 'MQTT-3.3.1-4', '36', `${TOPIC} 0001 ? 00ff`, /QoS 3/),
  malformed('PUBLISH of QoS 3 with all flags', 'MQTT-3.3.1-4', '3f', `${TOPIC} 0001 ? 00ff`, /QoS 3/),
  malformed('PUBLISH of QoS 0 again', 'MQTT-3.3.1-2', '38', `${TOPIC} ? 00ff`, /DUP/),
  malformed('PUBLISH of QoS 0 again, retained', 'MQTT-3.3.1-2', '39', `${TOPIC} ? 00ff`, /DUP/),
  ...['32', '33', '34', '3d'].map((first): BadRow => ({
    name: `PUBLISH ${first} with packet identifier 0`,
    anchor: 'MQTT-2.2.1-3',
    first,
    body: `${TOPIC} 0000 ? 00ff`,
    error: 'protocolError',
    problem: /packet identifier/,
  })),
  ...['+', '#', 'a/+', 'a/#', 'a+b', '+/a', 'a#', `${'t'.repeat(300)}/+`].map((topic) =>
    malformed(`PUBLISH to ${topic.slice(-5)}`, 'MQTT-3.3.2-2', '30', `${str(topic)} ? 00ff`, /wildcard/),
  ),
  ...(
    [
      ['empty PUBLISH', '30', ''],
      ['PUBLISH of one byte', '30', '00'],
      ['PUBLISH that ends in the topic name', '30', '0004 612f62'],
      ['PUBLISH with a topic name longer than a packet', '30', 'ffff 612f62'],
      ['PUBLISH of QoS 1 without a packet identifier', '32', TOPIC],
      ['PUBLISH of QoS 2 that ends in the packet identifier', '34', `${TOPIC} 00`],
    ] as const
  ).map(([name, first, body]): BadRow => ({
    name,
    first,
    body,
    error: 'malformedPacket',
    problem: /shorter than its fields/,
  })),
];

export const BAD_PUBLISHES: readonly BadVector[] = [
  ...VERSIONS.flatMap((version) =>
    (['client', 'server'] satisfies Sender[]).flatMap((sender) =>
      BAD.map(({ first, body, ...row }): BadVector => ({
        ...row,
        version,
        sender,
        hex: framed(first, body.replace('?', version === 5 ? '00' : '')),
      })),
    ),
  ),
  {
    name: 'PUBLISH without properties',
    version: 5,
    sender: 'client',
    hex: framed('30', TOPIC),
    error: 'malformedPacket',
    problem: /shorter than its fields/,
  },
  {
    name: 'PUBLISH of QoS 1 without properties',
    version: 5,
    sender: 'client',
    hex: framed('32', `${TOPIC} ${int(1, 2)}`),
    error: 'malformedPacket',
    problem: /shorter than its fields/,
  },
  {
    name: 'PUBLISH with too many user properties',
    version: 5,
    sender: 'client',
    hex: framed('30', `${TOPIC} ${varint(5 * 1025)} ${'26 0000 0000'.repeat(1025)}`),
    error: 'quotaExceeded',
    problem: /more than 1024/,
  },
  {
    name: 'PUBLISH with too many subscription identifiers',
    version: 5,
    sender: 'server',
    hex: framed('30', `${TOPIC} ${varint(2 * 1025)} ${'0b 01'.repeat(1025)}`),
    error: 'quotaExceeded',
    problem: /more than 1024/,
  },
];
