/** The packets of few bytes: PINGREQ, PINGRESP, DISCONNECT and AUTH, §3.12 to §3.15. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Auth, Disconnect } from '../../src/protocol/packet.ts';
import { forbiddenCodes, reasonCodes } from './reasons.ts';
import { bad, bytes, decodesOnly, good, int, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const SENDERS: readonly Sender[] = ['client', 'server'];
const LONG = /longer than its fields/;

export const GOOD_PINGS: readonly GoodVector[] = VERSIONS.flatMap((version) => [
  good(version, 'client', 'PINGREQ', 'c0 00', { type: 'pingreq' }),
  good(version, 'server', 'PINGRESP', 'd0 00', { type: 'pingresp' }),
]);

export const BAD_PINGS: readonly BadVector[] = VERSIONS.flatMap((version) => [
  bad(version, 'client', ['PINGREQ longer than its fields', 'c0 01 00', 'malformedPacket', LONG]),
  bad(version, 'server', ['PINGRESP longer than its fields', 'd0 01 00', 'malformedPacket', LONG]),
]);

/** Table 3-13: the codes of which only one side may be the sender. 0x8c is in Table 2-6 alone. */
const DISCONNECT_SENDER: ReadonlyMap<number, Sender> = new Map([
  [0x04, 'client'],
  ...[0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2].map(
    (code): [number, Sender] => [code, 'server'],
  ),
]);

function disconnect(reasonCode: number): Disconnect {
  return { type: 'disconnect', reasonCode, properties: {} };
}

function goodDisconnects(sender: Sender): readonly GoodVector[] {
  return [
    decodesOnly(5, sender, 'DISCONNECT with its code', 'e0 01 00', disconnect(0)),
    decodesOnly(5, sender, 'DISCONNECT with its length', 'e0 02 00 00', disconnect(0)),
    ...reasonCodes('disconnect')
      .filter((code) => code !== 0 && (DISCONNECT_SENDER.get(code) ?? sender) === sender)
      .flatMap((code) => {
        const name = `DISCONNECT with reason code ${code}`;
        return [
          good(5, sender, name, `e0 01 ${int(code, 1)}`, disconnect(code)),
          decodesOnly(5, sender, `${name} and a length of 0`, `e0 02 ${int(code, 1)} 00`, disconnect(code)),
        ];
      }),
  ];
}

export const GOOD_DISCONNECTS: readonly GoodVector[] = [
  ...VERSIONS.map((version) => good(version, 'client', 'DISCONNECT', 'e0 00', disconnect(0))),
  good(5, 'server', 'DISCONNECT', 'e0 00', disconnect(0)),
  ...SENDERS.flatMap(goodDisconnects),
  good(5, 'client', 'DISCONNECT with a session expiry interval', 'e0 07 00 05 11 ffffffff', {
    ...disconnect(0),
    properties: { sessionExpiryInterval: 0xffff_ffff },
  }),
  good(5, 'server', 'DISCONNECT with a server reference', 'e0 0a 9d 08 1c 0001 78 1f 0001 79', {
    ...disconnect(0x9d),
    properties: { serverReference: 'x', reasonString: 'y' },
  }),
];

export const BAD_DISCONNECTS: readonly BadVector[] = [
  bad(3, 'client', ['DISCONNECT with a reason code', 'e0 01 00', 'malformedPacket', LONG]),
  bad(4, 'client', ['DISCONNECT with a reason code', 'e0 01 00', 'malformedPacket', LONG]),
  bad(5, 'client', ['DISCONNECT longer than its fields', 'e0 03 00 00 00', 'malformedPacket', LONG]),
  bad(5, 'client', [
    'DISCONNECT without its properties',
    'e0 02 00 05',
    'malformedPacket',
    /properties longer/,
  ]),
  ...forbiddenCodes('disconnect').map((code) =>
    bad(5, code % 2 === 0 ? 'client' : 'server', [
      `DISCONNECT with reason code ${code}`,
      `e0 01 ${int(code, 1)}`,
      'malformedPacket',
      new RegExp(`DISCONNECT with reason code ${code}$`),
    ]),
  ),
];

function auth(reasonCode: number): Auth {
  return { type: 'auth', reasonCode, properties: {} };
}

function goodAuths(sender: Sender): readonly GoodVector[] {
  return [
    good(5, sender, 'AUTH', 'f0 00', auth(0)),
    decodesOnly(5, sender, 'AUTH with its code', 'f0 01 00', auth(0)),
    decodesOnly(5, sender, 'AUTH with its length', 'f0 02 00 00', auth(0)),
    ...reasonCodes('auth').map((code) =>
      good(5, sender, `AUTH with reason code ${code}`, `f0 0b ${int(code, 1)} 09 15 0001 6d 16 0002 00ff`, {
        ...auth(code),
        properties: { authenticationMethod: 'm', authenticationData: bytes('00ff') },
      }),
    ),
  ];
}

export const GOOD_AUTHS: readonly GoodVector[] = SENDERS.flatMap(goodAuths);

export const BAD_AUTHS: readonly BadVector[] = [
  bad(5, 'client', ['AUTH longer than its fields', 'f0 03 18 00 00', 'malformedPacket', LONG]),
  ...forbiddenCodes('auth').map((code) =>
    bad(5, code % 2 === 0 ? 'client' : 'server', [
      `AUTH with reason code ${code}`,
      `f0 02 ${int(code, 1)} 00`,
      'malformedPacket',
      new RegExp(`AUTH with reason code ${code}$`),
    ]),
  ),
];
