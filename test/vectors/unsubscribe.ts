/** UNSUBSCRIBE and UNSUBACK, §3.10 and §3.11. */
import type { Unsuback, Unsubscribe } from '../../src/protocol/packet.ts';
import { reasonCodes } from './reasons.ts';
import { bad, framed, good, inVersion, VERSIONS } from './vector.ts';
import type { BadRow, BadVector, GoodVector } from './vector.ts';

const UNSUBSCRIBE: Unsubscribe = { type: 'unsubscribe', packetId: 1, filters: ['a'], properties: {} };
const UNSUBACK: Unsuback = { type: 'unsuback', packetId: 1, reasonCodes: [], properties: {} };

const SHORT = /shorter than its fields/;

export const GOOD_UNSUBSCRIBES: readonly GoodVector[] = [
  ...VERSIONS.flatMap((version) => [
    good(version, 'client', 'UNSUBSCRIBE', framed('a2', inVersion(version, '0001 ? 0001 61')), UNSUBSCRIBE),
    good(
      version,
      'client',
      'UNSUBSCRIBE from three filters',
      framed('a2', inVersion(version, 'ffff ? 0001 23 0003 612f2b 0001 2f')),
      { ...UNSUBSCRIBE, packetId: 65_535, filters: ['#', 'a/+', '/'] },
    ),
  ]),
  good(3, 'client', 'UNSUBSCRIBE from nothing', 'a2 02 0001', { ...UNSUBSCRIBE, filters: [] }),
  good(5, 'client', 'UNSUBSCRIBE with a user property', 'a2 0d 0001 07 26 0001 6b 0001 76 0001 61', {
    ...UNSUBSCRIBE,
    properties: { userProperties: [['k', 'v']] },
  }),
];

/** Their bodies; see `inVersion`. */
const BAD: readonly BadRow[] = [
  ['UNSUBSCRIBE of 0', '0000 ? 0001 61', 'protocolError', /packet identifier/, 'MQTT-2.2.1-3'],
  ['empty UNSUBSCRIBE', '', 'malformedPacket', SHORT],
  ['UNSUBSCRIBE that ends in the packet identifier', '00', 'malformedPacket', SHORT],
  ['UNSUBSCRIBE that ends in a filter', '0001 ? 0002 61', 'malformedPacket', SHORT],
  ['UNSUBSCRIBE that ends in a length', '0001 ? 0001 61 00', 'malformedPacket', SHORT],
  ['UNSUBSCRIBE with U+0000', '0001 ? 0001 00', 'malformedPacket', /control character/, 'MQTT-1.5.4-2'],
  ['UNSUBSCRIBE, ill-formed', '0001 ? 0001 ff', 'malformedPacket', /not UTF-8/, 'MQTT-3.10.3-1'],
];

const NOTHING: BadRow = [
  'UNSUBSCRIBE from nothing',
  '0001 ?',
  'protocolError',
  /without a topic filter/,
  'MQTT-3.10.3-2',
];

export const BAD_UNSUBSCRIBES: readonly BadVector[] = VERSIONS.flatMap((version) =>
  (version === 3 ? BAD : [...BAD, NOTHING]).map(([name, body, ...rest]) =>
    bad(version, 'client', [name, framed('a2', inVersion(version, body)), ...rest]),
  ),
);

export const GOOD_UNSUBACKS: readonly GoodVector[] = [
  good(3, 'server', 'UNSUBACK', 'b0 02 00ff', { ...UNSUBACK, packetId: 255 }),
  good(4, 'server', 'UNSUBACK', 'b0 02 00ff', { ...UNSUBACK, packetId: 255 }),
  good(5, 'server', 'UNSUBACK with every reason code', 'b0 0a 0001 00 00 11 80 83 87 8f 91', {
    ...UNSUBACK,
    reasonCodes: reasonCodes('unsuback'),
  }),
  good(5, 'server', 'UNSUBACK with a reason string', 'b0 08 0001 04 1f 0001 78 11', {
    ...UNSUBACK,
    reasonCodes: [0x11],
    properties: { reasonString: 'x' },
  }),
];

export const BAD_UNSUBACKS: readonly BadVector[] = [
  ...VERSIONS.flatMap((version) => [
    bad(version, 'server', [
      'UNSUBACK of 0',
      framed('b0', inVersion(version, '0000 ?')),
      'protocolError',
      /packet identifier/,
    ]),
    bad(version, 'server', ['UNSUBACK of one byte', 'b0 01 00', 'malformedPacket', SHORT]),
  ]),
  bad(3, 'server', ['UNSUBACK with a reason code', 'b0 03 0001 00', 'malformedPacket', /longer than its/]),
  bad(4, 'server', ['UNSUBACK with a reason code', 'b0 03 0001 00', 'malformedPacket', /longer than its/]),
  bad(5, 'server', ['UNSUBACK without properties', 'b0 02 0001', 'malformedPacket', SHORT]),
];
