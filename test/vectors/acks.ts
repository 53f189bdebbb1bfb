/** PUBACK, PUBREC, PUBREL and PUBCOMP, §3.4 to §3.7. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Ack } from '../../src/protocol/packet.ts';
import { forbiddenCodes, reasonCodes } from './reasons.ts';
import { bad, decodesOnly, good, int, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const ACKS: readonly [type: Ack['type'], first: string][] = [
  ['puback', '40'],
  ['pubrec', '50'],
  ['pubrel', '62'],
  ['pubcomp', '70'],
];

const SENDERS: readonly Sender[] = ['client', 'server'];
const SHORT = /shorter than its fields/;
const LONG = /longer than its fields/;

function ackOf(type: Ack['type'], reasonCode = 0, packetId = 1): Ack {
  return { type, packetId, reasonCode, properties: {} };
}

/** What an acknowledgement with a code of 5.0 may look like. */
function coded(type: Ack['type'], first: string, reasonCode: number): readonly GoodVector[] {
  const name = `${type.toUpperCase()} with reason code ${reasonCode}`;
  const code = int(reasonCode, 1);
  const packet = ackOf(type, reasonCode);
  return [
    good(5, 'client', name, `${first} 03 0001 ${code}`, packet),
    decodesOnly(5, 'client', `${name} and a length of 0`, `${first} 04 0001 ${code} 00`, packet),
    good(5, 'server', `${name} and a reason string`, `${first} 08 0001 ${code} 04 1f 0001 78`, {
      ...packet,
      properties: { reasonString: 'x' },
    }),
  ];
}

function goodAcks([type, first]: (typeof ACKS)[number]): readonly GoodVector[] {
  const name = type.toUpperCase();
  return [
    ...VERSIONS.flatMap((version) =>
      SENDERS.flatMap((sender) =>
        [1, 255, 256, 65_535].map((id) =>
          good(version, sender, `${name} of ${id}`, `${first} 02 ${int(id, 2)}`, ackOf(type, 0, id)),
        ),
      ),
    ),
    decodesOnly(5, 'client', `${name} with its code`, `${first} 03 0001 00`, ackOf(type)),
    decodesOnly(5, 'client', `${name} with its length`, `${first} 04 0001 00 00`, ackOf(type)),
    good(5, 'client', `${name} with properties`, `${first} 0e 0001 00 0a 1f 0002 6f6b 26 0000 0000`, {
      ...ackOf(type),
      properties: { reasonString: 'ok', userProperties: [['', '']] },
    }),
    ...reasonCodes(type)
      .filter((code) => code !== 0)
      .flatMap((code) => coded(type, first, code)),
  ];
}

export const GOOD_ACKS: readonly GoodVector[] = [
  ...ACKS.flatMap(goodAcks),
  ...SENDERS.map((sender) =>
    decodesOnly(3, sender, 'PUBREL again, which MQTT 3.1 marks', '6a 02 0001', ackOf('pubrel')),
  ),
];

function badAcks([type, first]: (typeof ACKS)[number]): readonly BadVector[] {
  const name = type.toUpperCase();
  return [
    ...VERSIONS.flatMap((version) => [
      bad(version, 'client', [`${name} of 0`, `${first} 02 0000`, 'protocolError', /packet identifier/]),
      bad(version, 'client', [`${name} of no byte`, `${first} 00`, 'malformedPacket', SHORT]),
      bad(version, 'client', [`${name} of one byte`, `${first} 01 00`, 'malformedPacket', SHORT]),
    ]),
    bad(3, 'client', [`${name} with a reason code`, `${first} 03 0001 00`, 'malformedPacket', LONG]),
    bad(4, 'client', [`${name} with a reason code`, `${first} 03 0001 00`, 'malformedPacket', LONG]),
    bad(5, 'client', [
      `${name} longer than its fields`,
      `${first} 05 0001 00 00 00`,
      'malformedPacket',
      LONG,
    ]),
    bad(5, 'client', [
      `${name} shorter than its properties`,
      `${first} 04 0001 00 01`,
      'malformedPacket',
      /properties longer/,
    ]),
    ...forbiddenCodes(type).map((code) =>
      bad(5, code % 2 === 0 ? 'client' : 'server', [
        `${name} with reason code ${code}`,
        `${first} 03 0001 ${int(code, 1)}`,
        'malformedPacket',
        new RegExp(`${name} with reason code ${code}$`),
      ]),
    ),
  ];
}

export const BAD_ACKS: readonly BadVector[] = ACKS.flatMap(badAcks);
