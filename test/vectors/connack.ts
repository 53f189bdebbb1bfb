/** CONNACK, §3.2. */
import type { Connack } from '../../src/protocol/packet.ts';
import { reasonCodes } from './reasons.ts';
import { bad, framed, good, int, inVersion, str, VERSIONS } from './vector.ts';
import type { BadRow, BadVector, GoodVector } from './vector.ts';

function connack(reasonCode: number): Connack {
  return { type: 'connack', sessionPresent: false, reasonCode, properties: {} };
}

const PRESENT: Connack = { ...connack(0), sessionPresent: true };

const ASSIGNED = 'auto-00FF00FF-00FF-00FF-00FF-00FF00FF00FF';
const MOSQUITTO = framed('20', `00 00 35 13 003c 22 000a 12 ${str(ASSIGNED)} 21 0014`);

export const GOOD_CONNACKS: readonly GoodVector[] = [
  ...([3, 4] as const).flatMap((version) =>
    [0, 1, 2, 3, 4, 5].map((code) =>
      good(version, 'server', `CONNACK with return code ${code}`, `20 02 00 0${code}`, connack(code)),
    ),
  ),
  ...reasonCodes('connack').map((code) =>
    good(5, 'server', `CONNACK with reason code ${code}`, `20 03 00 ${int(code, 1)} 00`, connack(code)),
  ),
  ...VERSIONS.map((version) =>
    good(version, 'server', 'CONNACK with a session', framed('20', inVersion(version, '01 00 ?')), PRESENT),
  ),
  good(5, 'server', 'CONNACK as Mosquitto orders its properties', MOSQUITTO, {
    ...connack(0),
    properties: {
      serverKeepAlive: 60,
      topicAliasMaximum: 10,
      assignedClientIdentifier: ASSIGNED,
      receiveMaximum: 20,
    },
  }),
];

const BAD: readonly BadRow[] = [
  ['CONNACK with reserved flag 1', '02 00 ?', 'malformedPacket', /reserved flags/, 'MQTT-3.2.2-1'],
  ['CONNACK with reserved flag 7', '81 00 ?', 'malformedPacket', /reserved flags/, 'MQTT-3.2.2-1'],
  ['empty CONNACK', '', 'malformedPacket', /shorter than its fields/],
  ['CONNACK without a code', '00', 'malformedPacket', /shorter than its fields/],
  ['CONNACK longer than its fields', '00 00 ? 00', 'malformedPacket', /longer than its fields/],
];

export const BAD_CONNACKS: readonly BadVector[] = [
  ...VERSIONS.flatMap((version) =>
    BAD.map(([name, body, ...rest]) =>
      bad(version, 'server', [name, framed('20', inVersion(version, body)), ...rest]),
    ),
  ),
  bad(5, 'server', [
    'CONNACK without properties',
    '20 02 00 00',
    'malformedPacket',
    /shorter than its fields/,
  ]),
];
