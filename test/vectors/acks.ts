/** PUBACK, PUBREC, PUBREL and PUBCOMP, §3.4 to §3.7. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Ack } from '../../src/protocol/packet.ts';
import { forbiddenCodes, reasonCodes } from './reasons.ts';
import { int, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const ACKS: readonly [type: Ack['type'], first: string][] = [
  ['puback', '40'],
  ['pubrec', '50'],
  ['pubrel', '62'],
  ['pubcomp', '70'],
];

const SENDERS: readonly Sender[] = ['client', 'server'];

function goodAcks(type: Ack['type'], first: string): readonly GoodVector[] {
  const name = type.toUpperCase();
  const packet: Ack = { type, packetId: 1, reasonCode: 0, properties: {} };
  const common = { version: 5, sender: 'client' } as const;
  return [
    ...VERSIONS.flatMap((version) =>
      SENDERS.flatMap((sender) =>
        [1, 255, 256, 65_535].map((packetId) => ({
          name: `${name} of ${packetId}`,
          version,
          sender,
          hex: `${first} 02 ${int(packetId, 2)}`,
          packet: { ...packet, packetId },
        })),
      ),
    ),
    { ...common, name: `${name} with its code`, hex: `${first} 03 0001 00`, packet, decodesOnly: true },
    { ...common, name: `${name} with its length`, hex: `${first} 04 0001 00 00`, packet, decodesOnly: true },
    {
      ...common,
      name: `${name} with a reason string`,
      hex: `${first} 0e 0001 00 0a 1f 0002 6f6b 26 0000 0000`,
      packet: { ...packet, properties: { reasonString: 'ok', userProperties: [['', '']] } },
    },
    ...reasonCodes(type)
      .filter((code) => code !== 0)
      .flatMap((reasonCode): GoodVector[] => [
        {
          ...common,
          name: `${name} with reason code 0x${int(reasonCode, 1)}`,
          hex: `${first} 03 0001 ${int(reasonCode, 1)}`,
          packet: { ...packet, reasonCode },
        },
        {
          ...common,
          name: `${name} with reason code 0x${int(reasonCode, 1)} and a length of 0`,
          hex: `${first} 04 0001 ${int(reasonCode, 1)} 00`,
          packet: { ...packet, reasonCode },
          decodesOnly: true,
        },
        {
          ...common,
          sender: 'server',
          name: `${name} with reason code 0x${int(reasonCode, 1)} and a reason string`,
          hex: `${first} 08 0001 ${int(reasonCode, 1)} 04 1f 0001 78`,
          packet: { ...packet, reasonCode, properties: { reasonString: 'x' } },
        },
      ]),
  ];
}

function badAcks(type: Ack['type'], first: string): readonly BadVector[] {
  const name = type.toUpperCase();
  return [
    ...VERSIONS.flatMap((version): BadVector[] => [
      {
        name: `${name} of 0`,
        ...(type === 'pubrel' && { anchor: 'MQTT-2.2.1-3' }),
        version,
        sender: 'client',
        hex: `${first} 02 0000`,
        error: 'protocolError',
        problem: /packet identifier/,
      },
      ...[`${first} 00`, `${first} 01 00`].map((hex): BadVector => ({
        name: `${name} of ${hex.length === 5 ? 'no' : 'one'} byte`,
        version,
        sender: 'client',
        hex,
        error: 'malformedPacket',
        problem: /shorter than its fields/,
      })),
    ]),
    ...([3, 4] as const).map((version): BadVector => ({
      name: `${name} with a reason code`,
      version,
      sender: 'client',
      hex: `${first} 03 0001 00`,
      error: 'malformedPacket',
      problem: /longer than its fields/,
    })),
    {
      name: `${name} longer than its fields`,
      version: 5,
      sender: 'client',
      hex: `${first} 05 0001 00 00 00`,
      error: 'malformedPacket',
      problem: /longer than its fields/,
    },
    {
      name: `${name} shorter than its properties`,
      version: 5,
      sender: 'client',
      hex: `${first} 04 0001 00 01`,
      error: 'malformedPacket',
      problem: /properties longer/,
    },
    ...forbiddenCodes(type).map((code): BadVector => ({
      name: `${name} with reason code 0x${int(code, 1)}`,
      version: 5,
      sender: code % 2 === 0 ? 'client' : 'server',
      hex: `${first} 03 0001 ${int(code, 1)}`,
      error: 'malformedPacket',
      problem: /reason code/,
    })),
  ];
}

export const GOOD_ACKS: readonly GoodVector[] = [
  ...ACKS.flatMap(([type, first]) => goodAcks(type, first)),
  {
    name: 'PUBREL again: MQTT 3.1 marks what is sent again',
    version: 3,
    sender: 'client',
    hex: '6a 02 0001',
    packet: { type: 'pubrel', packetId: 1, reasonCode: 0, properties: {} },
    decodesOnly: true,
  },
];

export const BAD_ACKS: readonly BadVector[] = ACKS.flatMap(([type, first]) => badAcks(type, first));
