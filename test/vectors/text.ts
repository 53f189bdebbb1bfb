/** UTF-8 strings, §1.5.4: what they may hold, wherever they stand. */
import type { Packet } from '../../src/protocol/packet.ts';
import { bad, bytes, framed, good, int, sized } from './vector.ts';
import type { BadVector, GoodVector } from './vector.ts';

/** Bytes and the text they are. */
export const GOOD_TEXTS: readonly (readonly [name: string, hex: string, text: string])[] = [
  ['nothing', '', ''],
  ['U+0020, the first that is no control character', '20', ' '],
  ['U+007E, the last of ASCII that is none', '7e', '~'],
  ['U+00A0, the first after the C1 controls', 'c2a0', '\u{a0}'],
  ['U+07FF, the last of two bytes', 'dfbf', '\u{7ff}'],
  ['U+0800, the first of three bytes', 'e0a080', '\u{800}'],
  ['U+D7FF, the last before the surrogates', 'ed9fbf', '\u{d7ff}'],
  ['U+E000, the first after the surrogates', 'ee8080', '\u{e000}'],
  ['U+FDCF, the last before the noncharacters', 'efb78f', '\u{fdcf}'],
  ['U+FDF0, the first after the noncharacters', 'efb7b0', '\u{fdf0}'],
  ['U+FFFD, the replacement character itself', 'efbfbd', '\u{fffd}'],
  ['U+10000, the first of four bytes', 'f0908080', '\u{10000}'],
  ['U+1F600, a face', 'f09f9880', '😀'],
  ['U+1FFFD, the last before two noncharacters', 'f09fbfbd', '\u{1fffd}'],
  ['U+20000, the first after two noncharacters', 'f0a08080', '\u{20000}'],
  ['U+10FFFD, the last', 'f48fbfbd', '\u{10fffd}'],
  ['U+FEFF, a byte order mark, alone', 'efbbbf', '\u{feff}'],
  ['U+FEFF at the start', 'efbbbf61', '\u{feff}a'],
  ['U+FEFF in the middle', '61efbbbf62', 'a\u{feff}b'],
  ['a combining sequence, as it stands', '65cc81', 'e\u{301}'],
  ['its composed form', 'c3a9', 'é'],
  ['U+2028, a line separator', 'e280a8', '\u{2028}'],
  ['U+202E, right to left', 'e280ae', '\u{202e}'],
];

/** Bytes that are no text, between two letters. */
const BAD_TEXTS: readonly (readonly [name: string, hex: string, anchor?: string])[] = [
  ['U+0000', '00', 'MQTT-1.5.4-2'],
  ['U+0001', '01'],
  ['a tab', '09'],
  ['a line feed', '0a'],
  ['U+001F', '1f'],
  ['U+007F', '7f'],
  ['U+0080', 'c280'],
  ['U+009F', 'c29f'],
  ['U+FDD0, a noncharacter', 'efb790'],
  ['U+FDEF, a noncharacter', 'efb7af'],
  ['U+FFFE, a noncharacter', 'efbfbe'],
  ['U+FFFF, a noncharacter', 'efbfbf'],
  ['U+1FFFE, a noncharacter', 'f09fbfbe'],
  ['U+1FFFF, a noncharacter', 'f09fbfbf'],
  ['U+10FFFE, a noncharacter', 'f48fbfbe'],
  ['U+10FFFF, a noncharacter', 'f48fbfbf'],
  ['U+D800, a surrogate', 'eda080', 'MQTT-1.5.4-1'],
  ['U+DBFF, a surrogate', 'edafbf', 'MQTT-1.5.4-1'],
  ['U+DC00, a surrogate', 'edb080', 'MQTT-1.5.4-1'],
  ['U+DFFF, a surrogate', 'edbfbf', 'MQTT-1.5.4-1'],
  ['a pair of surrogates', 'eda0bdedb880', 'MQTT-1.5.4-1'],
  ['U+0000, overlong in two bytes', 'c080', 'MQTT-1.5.4-1'],
  ['U+007F, overlong in two bytes', 'c1bf', 'MQTT-1.5.4-1'],
  ['U+002F, overlong in three bytes', 'e080af', 'MQTT-1.5.4-1'],
  ['U+07FF, overlong in three bytes', 'e09fbf', 'MQTT-1.5.4-1'],
  ['U+FFFF, overlong in four bytes', 'f08fbfbf', 'MQTT-1.5.4-1'],
  ['U+0023, overlong in four bytes', 'f08080a3', 'MQTT-1.5.4-1'],
  ['U+110000, beyond the last', 'f4908080', 'MQTT-1.5.4-1'],
  ['a first byte beyond the last', 'f5808080', 'MQTT-1.5.4-1'],
  ['a form of five bytes', 'f888808080', 'MQTT-1.5.4-1'],
  ['a form of six bytes', 'fc8480808080', 'MQTT-1.5.4-1'],
  ['0xFE', 'fe', 'MQTT-1.5.4-1'],
  ['0xFF', 'ff', 'MQTT-1.5.4-1'],
  ['a continuation alone', '80', 'MQTT-1.5.4-1'],
  ['a continuation too many', 'c3a9a9', 'MQTT-1.5.4-1'],
  ['two bytes cut off', 'c3', 'MQTT-1.5.4-1'],
  ['three bytes cut off after two', 'e282', 'MQTT-1.5.4-1'],
  ['three bytes cut off after one', 'e2', 'MQTT-1.5.4-1'],
  ['four bytes cut off after three', 'f09f98', 'MQTT-1.5.4-1'],
  ['four bytes cut off after one', 'f0', 'MQTT-1.5.4-1'],
  ['é in Latin-1', 'e9', 'MQTT-1.5.4-1'],
  ['UTF-16', 'fffe6100', 'MQTT-1.5.4-1'],
];

const EMPTY: Uint8Array = bytes('');

/** Where a string may stand: a topic name, and a string as any other. */
const PLACES: readonly {
  readonly name: string;
  readonly version: 4 | 5;
  readonly hex: (text: string) => string;
  readonly packet: (text: string) => Packet;
}[] = [
  {
    name: 'a topic name',
    version: 4,
    hex: (text) => framed('30', text),
    packet: (topic) => ({
      type: 'publish',
      topic,
      payload: EMPTY,
      qos: 0,
      retain: false,
      dup: false,
      packetId: 0,
      properties: {},
    }),
  },
  {
    name: 'a topic filter',
    version: 4,
    hex: (text) => framed('a2', `0001 ${text}`),
    packet: (filter) => ({ type: 'unsubscribe', packetId: 1, filters: [filter], properties: {} }),
  },
  {
    name: 'a client identifier',
    version: 5,
    hex: (text) => framed('10', `0004 4d515454 05 02 003c 00 ${text}`),
    packet: (clientId) => ({
      type: 'connect',
      version: 5,
      bridge: false,
      clientId,
      cleanStart: true,
      keepAliveSeconds: 60,
      properties: {},
    }),
  },
  {
    name: 'the value of a user property',
    version: 5,
    hex: (text) => {
      const pair = `26 0000 ${text}`;
      const size = pair.replaceAll(' ', '').length / 2;
      return framed('e0', `00 ${int(size, 1)} ${pair}`);
    },
    packet: (text) => ({ type: 'disconnect', reasonCode: 0, properties: { userProperties: [['', text]] } }),
  },
];

/** A topic name and a topic filter of nothing are for the layers above to refuse. [MQTT-4.7.3-1] */
export const GOOD_TEXT_VECTORS: readonly GoodVector[] = PLACES.flatMap(
  ({ name: place, version, hex, packet }) =>
    GOOD_TEXTS.filter(([, text]) => text !== '' || !place.includes('topic')).map(([name, text, decoded]) =>
      good(version, 'client', `${name} in ${place}`, hex(sized(text)), packet(decoded)),
    ),
);

const AMONG: readonly [where: string, around: (text: string) => string][] = [
  ['in', (text) => `61${text}62`],
  ['at the start of', (text) => `${text}62`],
  ['at the end of', (text) => `61${text}`],
  ['alone in', (text) => text],
];

export const BAD_TEXT_VECTORS: readonly BadVector[] = PLACES.flatMap(({ name: place, version, hex }) =>
  BAD_TEXTS.flatMap(([name, text, anchor]) =>
    AMONG.map(([where, around]) =>
      bad(version, 'client', [
        `${name} ${where} ${place}`,
        hex(sized(around(text))),
        'malformedPacket',
        anchor === 'MQTT-1.5.4-1' ? /not UTF-8/ : /control character/,
        anchor,
      ]),
    ),
  ),
);
