/** The fixed header, §2.1: type, direction, flags, remaining length; and the limits on the size of a packet. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { ProtocolVersion, Publish } from '../../src/protocol/packet.ts';
import { bad, bytes, decodesOnly, good, int, varint, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

/** Who may send which packet type, Table 2-1; `version` is the first that allows it. */
const TYPES: readonly { type: number; name: string; flags: number; client?: 3 | 5; server?: 3 | 5 }[] = [
  { type: 0, name: 'the reserved type', flags: 0 },
  { type: 1, name: 'CONNECT', flags: 0, client: 3 },
  { type: 2, name: 'CONNACK', flags: 0, server: 3 },
  { type: 3, name: 'PUBLISH', flags: 0, client: 3, server: 3 },
  { type: 4, name: 'PUBACK', flags: 0, client: 3, server: 3 },
  { type: 5, name: 'PUBREC', flags: 0, client: 3, server: 3 },
  { type: 6, name: 'PUBREL', flags: 2, client: 3, server: 3 },
  { type: 7, name: 'PUBCOMP', flags: 0, client: 3, server: 3 },
  { type: 8, name: 'SUBSCRIBE', flags: 2, client: 3 },
  { type: 9, name: 'SUBACK', flags: 0, server: 3 },
  { type: 10, name: 'UNSUBSCRIBE', flags: 2, client: 3 },
  { type: 11, name: 'UNSUBACK', flags: 0, server: 3 },
  { type: 12, name: 'PINGREQ', flags: 0, client: 3 },
  { type: 13, name: 'PINGRESP', flags: 0, server: 3 },
  { type: 14, name: 'DISCONNECT', flags: 0, client: 3, server: 5 },
  { type: 15, name: 'AUTH', flags: 0, client: 5, server: 5 },
];

const SENDERS: readonly Sender[] = ['client', 'server'];

function maySend(row: (typeof TYPES)[number], sender: Sender, version: ProtocolVersion): boolean {
  const first = row[sender];
  return first !== undefined && version >= first;
}

function firstByte(type: number, flags: number): string {
  return int(type * 16 + flags, 1);
}

const DIRECTIONS: readonly BadVector[] = VERSIONS.flatMap((version) =>
  SENDERS.flatMap((sender) =>
    TYPES.filter((row) => !maySend(row, sender, version)).map(({ type, name, flags }) =>
      bad(version, sender, [
        `${name} from a ${sender}`,
        firstByte(type, flags),
        type === 0 ? 'malformedPacket' : 'protocolError',
        new RegExp(`of type ${type}$`),
      ]),
    ),
  ),
);

const FIRST: readonly BadVector[] = TYPES.filter(({ type }) => type !== 1).map(({ type, name, flags }) =>
  bad(0, 'client', [
    `${name} before CONNECT`,
    firstByte(type, flags),
    'protocolError',
    /not CONNECT/,
    'MQTT-3.1.0-1',
  ]),
);

/** MQTT 3.1 marks a PUBREL, SUBSCRIBE or UNSUBSCRIBE that is sent again. */
function isAgain(version: ProtocolVersion, type: number, flags: number): boolean {
  return version === 3 && [6, 8, 10].includes(type) && flags === 0x0a;
}

const FLAGS: readonly BadVector[] = VERSIONS.flatMap((version) =>
  SENDERS.flatMap((sender) =>
    TYPES.filter((row) => row.type !== 3 && maySend(row, sender, version)).flatMap(({ type, name, flags }) =>
      Array.from({ length: 16 }, (_, other) => other)
        .filter((other) => other !== flags && !isAgain(version, type, other))
        .map((other) =>
          bad(version, sender, [
            `${name} with flags ${other} from a ${sender}`,
            firstByte(type, other),
            'malformedPacket',
            new RegExp(`^flags ${other} in a packet of type ${type}$`),
            'MQTT-2.1.3-1',
          ]),
        ),
    ),
  ),
);

/** A TLS handshake on a port that speaks MQTT. */
const TLS: BadVector = bad(0, 'client', [
  'a TLS client hello',
  '16 03 01 00 c8',
  'malformedPacket',
  /^flags 6 in a packet of type 1$/,
]);

function publish(payload: string): Publish {
  return {
    type: 'publish',
    topic: 't',
    payload: bytes(payload),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties: {},
  };
}

/** PUBLISH of 3.1.1 by its remaining length, which is the payload and the three bytes of a topic name. */
const REMAINING_LENGTHS: readonly GoodVector[] = (
  [
    [3, '03'],
    [127, '7f'],
    [128, '8001'],
    [16_383, 'ff7f'],
    [16_384, '808001'],
    [2_097_151, 'ffff7f'],
    [2_097_152, '80808001'],
  ] as const
).map(([remaining, length]) => {
  const payload = 'a5'.repeat(remaining - 3);
  return good(
    4,
    'client',
    `Remaining length of ${remaining}`,
    `30 ${length} 0001 74 ${payload}`,
    publish(payload),
  );
});

const LONGER: readonly (readonly [length: string, body: string])[] = [
  ['8300', '0001 74'],
  ['838000', '0001 74'],
  ['83808000', '0001 74'],
  ['848000', '0001 74 00'],
];

/** 3.1 and 3.1.1 do not say that the shortest form is the only one. */
const LONGER_BEFORE_5: readonly GoodVector[] = ([3, 4] as const).flatMap((version) =>
  LONGER.map(([length, body]) =>
    decodesOnly(
      version,
      'client',
      `Remaining length written as ${length}`,
      `30 ${length} ${body}`,
      publish(body.slice(8)),
    ),
  ).concat(
    decodesOnly(version, 'client', 'Remaining length of zero in four bytes', 'c0 80808000', {
      type: 'pingreq',
    }),
  ),
);

const MORE = /remaining length of more than four bytes/;
const NOT_SHORTEST = /remaining length longer than it need be/;

const LENGTHS: readonly BadVector[] = [
  ...VERSIONS.flatMap((version) =>
    ['8080808001', '8080808000', 'ffffffff7f', 'ffffffff'].map((length) =>
      bad(version, 'client', [`Remaining length of ${length}`, `30 ${length}`, 'malformedPacket', MORE]),
    ),
  ),
  bad(0, 'client', [
    'Remaining length of five bytes before CONNECT',
    '10 8080808001',
    'malformedPacket',
    MORE,
  ]),
  ...[...LONGER.map(([length, body]) => `30 ${length} ${body}`), 'c0 8000', 'c0 80808000'].map((hex) =>
    bad(5, 'client', [`Remaining length as in ${hex}`, hex, 'malformedPacket', NOT_SHORTEST, 'MQTT-1.5.5-1']),
  ),
];

/** The limit on each type's whole packet besides the decoder's own, as Mosquitto. Bytes. */
export const SIZE_LIMITS: readonly {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly first: string;
  readonly bytes: number;
}[] = [
  ...VERSIONS.flatMap((version) => [
    { name: 'CONNECT', version, first: '10', bytes: 100_000 },
    { name: 'PUBACK', version, first: '40', bytes: 10_000 },
    { name: 'PUBREC', version, first: '50', bytes: 10_000 },
    { name: 'PUBREL', version, first: '62', bytes: 10_000 },
    { name: 'PUBCOMP', version, first: '70', bytes: 10_000 },
    { name: 'PINGREQ', version, first: 'c0', bytes: 10_000 },
    { name: 'DISCONNECT', version, first: 'e0', bytes: 10_000 },
  ]),
  { name: 'SUBSCRIBE', version: 5, first: '82', bytes: 100_000 },
  { name: 'UNSUBSCRIBE', version: 5, first: 'a2', bytes: 100_000 },
  { name: 'AUTH', version: 5, first: 'f0', bytes: 100_000 },
];

/** The fixed header of a packet of `size` bytes in all. */
export function headerOf(first: string, size: number): string {
  for (let digits = 1; digits <= 4; digits++) {
    const length = varint(size - 1 - digits);
    if (length.length === digits * 2) return `${first} ${length}`;
  }
  throw new Error(`no packet has ${size} bytes`);
}

/** Packets of which 100 bytes are allowed, by type. */
const CAPPED: readonly [name: string, sender: Sender, first: string][] = [
  ['CONNECT', 'client', '10'],
  ['PUBLISH', 'client', '30'],
  ['PUBLISH of QoS 1', 'server', '32'],
  ['PUBACK', 'client', '40'],
  ['SUBSCRIBE', 'client', '82'],
  ['CONNACK', 'server', '20'],
  ['SUBACK', 'server', '90'],
];

const TOO_LARGE: readonly BadVector[] = [
  ...SIZE_LIMITS.map(({ name, version, first, bytes: limit }) =>
    bad(version, 'client', [
      `${name} of ${limit + 1} bytes`,
      headerOf(first, limit + 1),
      'packetTooLarge',
      new RegExp(`^a packet of ${limit + 1} bytes`),
    ]),
  ),
  ...VERSIONS.flatMap((version) =>
    CAPPED.map(([name, sender, first]): BadVector => ({
      name: `${name} of 101 bytes where 100 are allowed`,
      version,
      sender,
      hex: headerOf(first, 101),
      maxPacketSize: 100,
      error: 'packetTooLarge',
      problem: /^a packet of 101 bytes/,
    })),
  ),
  {
    name: 'PUBLISH of the largest size MQTT knows',
    version: 5,
    sender: 'client',
    hex: '30 ffffff7f',
    maxPacketSize: 2_000_000,
    error: 'packetTooLarge',
    problem: /^a packet of 268435460 bytes/,
  },
];

export const GOOD_FRAMINGS: readonly GoodVector[] = [...REMAINING_LENGTHS, ...LONGER_BEFORE_5];

export const BAD_FRAMINGS: readonly BadVector[] = [
  ...DIRECTIONS,
  ...FIRST,
  ...FLAGS,
  TLS,
  ...LENGTHS,
  ...TOO_LARGE,
];
