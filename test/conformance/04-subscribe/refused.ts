import { binary, frame, hex, join, u16, utf8 } from '../harness/bytes.ts';
import { conformance, type ScriptOptions } from '../harness/script.ts';
import type { Version } from '../harness/packets.ts';

/** A SUBSCRIBE with this payload. */
function subscribe(version: Version, ...payload: readonly (Uint8Array | number)[]): Uint8Array {
  return frame(0x82, u16(1), ...(version === 5 ? [hex('00')] : []), ...payload);
}

function filter(text: string): (version: Version) => Uint8Array {
  return (version) => subscribe(version, utf8(text), 0);
}

function options(byte: number): (version: Version) => Uint8Array {
  return (version) => subscribe(version, utf8('a'), byte);
}

type Row = readonly [
  title: string,
  code: number | readonly number[],
  packet: (version: Version) => Uint8Array,
  options?: ScriptOptions,
];

/** An invalid filter closes as Mosquitto; 5.0 also knows 0x8F for it. */
const invalid = [0x81, 0x82, 0x8f];

/** SUBSCRIBE packets that break the rules, and the code that 5.0 is told. */
const rows: readonly Row[] = [
  [
    '[MQTT-3.8.1-1] [MQTT-2.1.3-1] [3.1.1:MQTT-3.8.1-1] flags 0000',
    0x81,
    () => hex('80 06 00 01 00 01 61 00'),
  ],
  ['[MQTT-3.8.1-1] [3.1.1:MQTT-3.8.1-1] flags 0011', 0x81, () => hex('83 06 00 01 00 01 61 00')],
  ['[MQTT-3.8.1-1] [3.1.1:MQTT-3.8.1-1] flags 1010', 0x81, () => hex('8a 06 00 01 00 01 61 00')],
  [
    '[MQTT-2.2.1-3] [3.1.1:MQTT-2.3.1-1] a Packet Identifier of 0',
    [0x81, 0x82],
    (v) => frame(0x82, u16(0), ...(v === 5 ? [hex('00')] : []), utf8('a'), 0),
  ],
  ['[MQTT-3.8.3-2] [3.1.1:MQTT-3.8.3-3] no Topic Filter', [0x81, 0x82], (v) => subscribe(v)],
  [
    '[MQTT-3.8.3-2] [3.1.1:MQTT-3.8.3-3] a Topic Filter without options',
    0x81,
    (v) => subscribe(v, utf8('a')),
  ],
  [
    '[MQTT-3.8.3-1] [MQTT-1.5.4-1] [3.1.1:MQTT-3.8.3-1] [3.1.1:MQTT-1.5.3-1] a surrogate in a Topic Filter',
    0x81,
    (v) => subscribe(v, binary(hex('61 ed a0 80')), 0),
  ],
  [
    '[MQTT-4.7.3-2] [MQTT-1.5.4-2] [3.1.1:MQTT-4.7.3-2] [3.1.1:MQTT-1.5.3-2] U+0000 in a Topic Filter',
    0x81,
    (v) => subscribe(v, binary(hex('61 00 62')), 0),
  ],
  ['[3.1.1:MQTT-3.8.3-4] QoS 3', [0x81, 0x82], options(3)],
  [
    '[3.1.1:MQTT-3.8.3-4] a reserved bit of the options, 0x04 before 5.0',
    0x81,
    options(4),
    { versions: [4] },
  ],
  [
    '[3.1.1:MQTT-3.8.3-4] a reserved bit of the options, 0x10 before 5.0',
    0x81,
    options(0x10),
    { versions: [4] },
  ],
  ['[MQTT-3.8.3-5] [3.1.1:MQTT-3.8.3-4] a reserved bit of the options, 0x40', 0x81, options(0x40)],
  ['[MQTT-3.8.3-5] [3.1.1:MQTT-3.8.3-4] a reserved bit of the options, 0x80', 0x81, options(0x80)],
  ['[MQTT-4.13.1-1] Retain Handling 3', [0x81, 0x82], options(0x30), { versions: [5] }],
  ['[MQTT-4.7.3-1] [3.1.1:MQTT-4.7.3-1] an empty Topic Filter', invalid, filter('')],
  ['[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2] the filter a/b#', invalid, filter('a/b#')],
  ['[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2] the filter #/a', invalid, filter('#/a')],
  ['[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2] the filter a/#/b', invalid, filter('a/#/b')],
  ['[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2] the filter ##', invalid, filter('##')],
  ['[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3] the filter a+', invalid, filter('a+')],
  ['[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3] the filter +a/b', invalid, filter('+a/b')],
  ['[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3] the filter a/++', invalid, filter('a/++')],
  ['[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3] the filter +#', invalid, filter('+#')],
  [
    '[MQTT-4.7.1-1] an invalid filter after a valid one',
    invalid,
    (v) => subscribe(v, join(utf8('a'), 0), join(utf8('b/#/c'), 0)),
  ],
  ['[MQTT-3.8.3-1] a Topic Filter longer than the packet', 0x81, (v) => subscribe(v, hex('00 09 61'))],
  ['[MQTT-3.8.3-1] a SUBSCRIBE of nothing', 0x81, () => hex('82 00')],
];

for (const [title, code, packet, more] of rows) {
  conformance(`${title} in SUBSCRIBE closes`, { ...more }, async (c) => {
    const client = await c.connect();
    client.send(packet(c.version));
    await client.expectError(code);
  });
}

conformance('as Mosquitto: a topic filter of 201 separators closes', {}, async (c) => {
  const client = await c.connect();
  client.send(c.p.subscribe(1, [[`${c.topic}${'/'.repeat(201)}`, 0]]));
  await client.expectError(invalid);
});
