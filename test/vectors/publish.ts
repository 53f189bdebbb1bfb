/** PUBLISH, §3.3. What its topic name may hold is in `text.ts`, its properties in `properties.ts`. */
import type { Publish } from '../../src/protocol/packet.ts';
import type { Sender } from '../../src/protocol/decoder.ts';
import { bad, bytes, framed, good, inVersion, str, varint, VERSIONS } from './vector.ts';
import type { BadRow, BadVector, GoodVector } from './vector.ts';

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

const EMPTY: Publish = { ...PUBLISH, payload: bytes('') };

const SENDERS: readonly Sender[] = ['client', 'server'];
const TOPIC = '0003 612f62';
const SHORT = /shorter than its fields/;

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

const USER_PROPERTY = '26 0000 0000';

export const GOOD_PUBLISHES: readonly GoodVector[] = [
  ...VERSIONS.flatMap((version) =>
    SENDERS.flatMap((sender) =>
      ROWS.map(([name, first, body, packet]) =>
        good(version, sender, name, framed(first, inVersion(version, body)), packet),
      ),
    ),
  ),
  good(5, 'client', 'PUBLISH by topic alias alone', '30 08 0000 03 23 0001 00ff', {
    ...PUBLISH,
    topic: '',
    properties: { topicAlias: 1 },
  }),
  good(
    5,
    'client',
    'PUBLISH with topic alias 0, for the connection to refuse',
    '30 0b 0003 612f62 03 23 0000 00ff',
    {
      ...PUBLISH,
      properties: { topicAlias: 0 },
    },
  ),
  good(
    5,
    'server',
    'PUBLISH for four subscriptions',
    '30 14 0003 612f62 0e 0b 01 0b 8001 0b 808001 0b 80808001',
    { ...EMPTY, properties: { subscriptionIdentifiers: [1, 128, 16_384, 2_097_152] } },
  ),
  good(
    5,
    'client',
    'PUBLISH with as many user properties as may be',
    framed('30', `${TOPIC} ${varint(5 * 1024)} ${USER_PROPERTY.repeat(1024)}`),
    { ...EMPTY, properties: { userProperties: Array.from({ length: 1024 }, () => ['', '']) } },
  ),
];

/** The whole packet but for its remaining length: the first byte, then the body. */
const BAD: readonly BadRow[] = [
  ['PUBLISH of QoS 3', `36 ${TOPIC} 0001 ? 00ff`, 'malformedPacket', /QoS 3/, 'MQTT-3.3.1-4'],
  ['PUBLISH of QoS 3 with all flags', `3f ${TOPIC} 0001 ? 00ff`, 'malformedPacket', /QoS 3/, 'MQTT-3.3.1-4'],
  ['PUBLISH of QoS 0 again', `38 ${TOPIC} ? 00ff`, 'malformedPacket', /DUP/, 'MQTT-3.3.1-2'],
  ['PUBLISH of QoS 0 again, retained', `39 ${TOPIC} ? 00ff`, 'malformedPacket', /DUP/, 'MQTT-3.3.1-2'],
  ...['32', '33', '34', '3d'].map((first): BadRow => [
    `PUBLISH ${first} with packet identifier 0`,
    `${first} ${TOPIC} 0000 ? 00ff`,
    'protocolError',
    /packet identifier/,
    'MQTT-2.2.1-3',
  ]),
  ...['+', '#', 'a/+', 'a/#', 'a+b', '+/a', 'a#', `${'t'.repeat(300)}/+`].map((topic): BadRow => [
    `PUBLISH to ${topic.slice(-5)}`,
    `30 ${str(topic)} ? 00ff`,
    'malformedPacket',
    /wildcard/,
    'MQTT-3.3.2-2',
  ]),
  ['empty PUBLISH', '30', 'malformedPacket', SHORT, 'MQTT-3.3.2-1'],
  ['PUBLISH of one byte', '30 00', 'malformedPacket', SHORT],
  ['PUBLISH that ends in the topic name', '30 0004 612f62', 'malformedPacket', SHORT, 'MQTT-3.3.2-1'],
  ['PUBLISH with a topic name longer than a packet', '30 ffff 612f62', 'malformedPacket', SHORT],
  ['PUBLISH of QoS 1 without a packet identifier', `32 ${TOPIC}`, 'malformedPacket', SHORT],
  ['PUBLISH of QoS 2 that ends in the packet identifier', `34 ${TOPIC} 00`, 'malformedPacket', SHORT],
];

export const BAD_PUBLISHES: readonly BadVector[] = [
  ...VERSIONS.flatMap((version) =>
    SENDERS.flatMap((sender) =>
      BAD.map(([name, pattern, ...rest]) =>
        bad(version, sender, [
          name,
          framed(pattern.slice(0, 2), inVersion(version, pattern.slice(2))),
          ...rest,
        ]),
      ),
    ),
  ),
  bad(5, 'client', ['PUBLISH without properties', framed('30', TOPIC), 'malformedPacket', SHORT]),
  bad(5, 'client', [
    'PUBLISH of QoS 1 without properties',
    framed('32', `${TOPIC} 0001`),
    'malformedPacket',
    SHORT,
  ]),
  bad(5, 'client', [
    'PUBLISH with too many user properties',
    framed('30', `${TOPIC} ${varint(5 * 1025)} ${USER_PROPERTY.repeat(1025)}`),
    'quotaExceeded',
    /more than 1024/,
  ]),
  bad(5, 'server', [
    'PUBLISH with too many subscription identifiers',
    framed('30', `${TOPIC} ${varint(2 * 1025)} ${'0b 01'.repeat(1025)}`),
    'quotaExceeded',
    /more than 1024/,
  ]),
];
