/** The packets of few bytes: PINGREQ, PINGRESP, DISCONNECT and AUTH, §3.12 to §3.15. */
import type { Sender } from '../../src/protocol/decoder.ts';
import type { Auth, Disconnect } from '../../src/protocol/packet.ts';
import { forbiddenCodes, reasonCodes } from './reasons.ts';
import { int, VERSIONS } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

const SENDERS: readonly Sender[] = ['client', 'server'];

export const GOOD_PINGS: readonly GoodVector[] = VERSIONS.flatMap((version): GoodVector[] => [
  { name: 'PINGREQ', version, sender: 'client', hex: 'c0 00', packet: { type: 'pingreq' } },
  { name: 'PINGRESP', version, sender: 'server', hex: 'd0 00', packet: { type: 'pingresp' } },
]);

export const BAD_PINGS: readonly BadVector[] = VERSIONS.flatMap((version): BadVector[] => [
  {
    name: 'PINGREQ longer than its fields',
    version,
    sender: 'client',
    hex: 'c0 01 00',
    error: 'malformedPacket',
    problem: /longer than its fields/,
  },
  {
    name: 'PINGRESP longer than its fields',
    version,
    sender: 'server',
    hex: 'd0 01 00',
    error: 'malformedPacket',
    problem: /longer than its fields/,
  },
]);

/** Table 3-13: the codes of which only one side may be the sender; 0x8c is in Table 2-6 alone. */
const DISCONNECT_SENDER: ReadonlyMap<number, Sender> = new Map([
  [0x04, 'client'],
  ...[0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2].map(
    (code): [number, Sender] => [code, 'server'],
  ),
]);

const DISCONNECT: Disconnect = { type: 'disconnect', reasonCode: 0, properties: {} };

export const GOOD_DISCONNECTS: readonly GoodVector[] = [
  ...VERSIONS.map((version): GoodVector => ({
    name: 'DISCONNECT',
    version,
    sender: 'client',
    hex: 'e0 00',
    packet: DISCONNECT,
  })),
  ...SENDERS.flatMap((sender): GoodVector[] => [
    {
      name: 'DISCONNECT with its code',
      version: 5,
      sender,
      hex: 'e0 01 00',
      packet: DISCONNECT,
      decodesOnly: true,
    },
    {
      name: 'DISCONNECT with its length',
      version: 5,
      sender,
      hex: 'e0 02 00 00',
      packet: DISCONNECT,
      decodesOnly: true,
    },
    ...reasonCodes('disconnect')
      .filter((code) => code !== 0 && (DISCONNECT_SENDER.get(code) ?? sender) === sender)
      .flatMap((reasonCode): GoodVector[] => [
        {
          name: `DISCONNECT with reason code 0x${int(reasonCode, 1)}`,
          version: 5,
          sender,
          hex: `e0 01 ${int(reasonCode, 1)}`,
          packet: { ...DISCONNECT, reasonCode },
        },
        {
          name: `DISCONNECT with reason code 0x${int(reasonCode, 1)} and a length of 0`,
          version: 5,
          sender,
          hex: `e0 02 ${int(reasonCode, 1)} 00`,
          packet: { ...DISCONNECT, reasonCode },
          decodesOnly: true,
        },
      ]),
  ]),
  {
    name: 'DISCONNECT with a session expiry interval',
    version: 5,
    sender: 'client',
    hex: 'e0 07 00 05 11 ffffffff',
    packet: { ...DISCONNECT, properties: { sessionExpiryInterval: 0xffff_ffff } },
  },
  {
    name: 'DISCONNECT with a server reference',
    version: 5,
    sender: 'server',
    hex: 'e0 0a 9d 08 1c 0001 78 1f 0001 79',
    packet: { type: 'disconnect', reasonCode: 0x9d, properties: { serverReference: 'x', reasonString: 'y' } },
  },
];

export const BAD_DISCONNECTS: readonly BadVector[] = [
  ...([3, 4] as const).map((version): BadVector => ({
    name: 'DISCONNECT with a reason code',
    version,
    sender: 'client',
    hex: 'e0 01 00',
    error: 'malformedPacket',
    problem: /longer than its fields/,
  })),
  {
    name: 'DISCONNECT longer than its fields',
    version: 5,
    sender: 'client',
    hex: 'e0 03 00 00 00',
    error: 'malformedPacket',
    problem: /longer than its fields/,
  },
  {
    name: 'DISCONNECT shorter than its properties',
    version: 5,
    sender: 'client',
    hex: 'e0 02 00 05',
    error: 'malformedPacket',
    problem: /properties longer/,
  },
  ...forbiddenCodes('disconnect').map((code): BadVector => ({
    name: `DISCONNECT with reason code 0x${int(code, 1)}`,
    version: 5,
    sender: code % 2 === 0 ? 'client' : 'server',
    hex: `e0 01 ${int(code, 1)}`,
    error: 'malformedPacket',
    problem: /DISCONNECT with reason code/,
  })),
];

const AUTH: Auth = { type: 'auth', reasonCode: 0, properties: {} };

export const GOOD_AUTHS: readonly GoodVector[] = SENDERS.flatMap((sender): GoodVector[] => [
  { name: 'AUTH', version: 5, sender, hex: 'f0 00', packet: AUTH },
  { name: 'AUTH with its code', version: 5, sender, hex: 'f0 01 00', packet: AUTH, decodesOnly: true },
  { name: 'AUTH with its length', version: 5, sender, hex: 'f0 02 00 00', packet: AUTH, decodesOnly: true },
  ...reasonCodes('auth').map((reasonCode): GoodVector => ({
    name: `AUTH with reason code 0x${int(reasonCode, 1)}`,
    version: 5,
    sender,
    hex: `f0 0b ${int(reasonCode, 1)} 09 15 0001 6d 16 0002 00ff`,
    packet: {
      type: 'auth',
      reasonCode,
      properties: { authenticationMethod: 'm', authenticationData: Uint8Array.of(0, 255) },
    },
  })),
]);

export const BAD_AUTHS: readonly BadVector[] = [
  ...([3, 4] as const).flatMap((version) =>
    SENDERS.map((sender): BadVector => ({
      name: 'AUTH',
      version,
      sender,
      hex: 'f0 00',
      error: 'protocolError',
      problem: /type 15/,
    })),
  ),
  {
    name: 'AUTH longer than its fields',
    version: 5,
    sender: 'client',
    hex: 'f0 03 18 00 00',
    error: 'malformedPacket',
    problem: /longer than its fields/,
  },
  ...forbiddenCodes('auth').map((code): BadVector => ({
    name: `AUTH with reason code 0x${int(code, 1)}`,
    version: 5,
    sender: code % 2 === 0 ? 'client' : 'server',
    hex: `f0 02 ${int(code, 1)} 00`,
    error: 'malformedPacket',
    problem: /AUTH with reason code/,
  })),
];
