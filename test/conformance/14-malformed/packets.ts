import { hex } from '../harness/bytes.ts';
import type { Version } from '../harness/packets.ts';
import { silent } from '../harness/reasons.ts';
import { conformance, type ScriptOptions } from '../harness/script.ts';

type Differs = NonNullable<ScriptOptions['differs']>;
type Row = readonly [
  title: string,
  code: number | readonly number[],
  bytes: string,
  versions?: readonly Version[],
  differs?: Differs,
];

const wrong = [0x81, 0x82];
const five: readonly Version[] = [5];
const four: readonly Version[] = [4];
const all: readonly Version[] = [3, 4, 5];
const both: readonly Version[] = [4, 5];

/** What mosquitto 2.0.11 does instead. */
const takesIt: Differs = { mosquitto: 'takes it' };
const takesItBefore5: Differs = { mosquitto: { 3: 'takes it', 4: 'takes it', ...silent.mosquitto } };

/** Packets that no client may send once it is connected, and the code that 5.0 is told. */
const rows: readonly Row[] = [
  ['[MQTT-2.1.3-1] a packet of type 0', wrong, '00 00', all],
  ['[MQTT-2.1.3-1] a packet of type 0 with flags', wrong, '0f 00'],
  ['[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] a CONNACK', wrong, '20 02 00 00', all, silent],
  ['[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] a SUBACK', wrong, '90 03 00 01 00', all, takesItBefore5],
  ['[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] an UNSUBACK', wrong, 'b0 02 00 01', all, takesItBefore5],
  ['[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] a PINGRESP', wrong, 'd0 00', all, takesIt],
  ['[3.1.1:MQTT-4.8.0-1] an AUTH before 5.0', wrong, 'f0 00', [3, 4]],
  ['[3.1.1:MQTT-2.2.2-2] a packet of type 15 with flags', wrong, 'ff 00', four],
  ['[MQTT-2.1.3-1] [3.1.1:MQTT-2.2.2-2] flags in PUBACK', 0x81, '41 02 00 01', both, takesIt],
  ['[MQTT-2.1.3-1] [3.1.1:MQTT-2.2.2-2] flags in PUBREC', 0x81, '52 02 00 01', both, takesIt],
  ['[MQTT-3.6.1-1] [3.1.1:MQTT-3.6.1-1] no flags in PUBREL', 0x81, '60 02 00 01', both, silent],
  ['[MQTT-3.6.1-1] [3.1.1:MQTT-3.6.1-1] flags 0011 in PUBREL', 0x81, '63 02 00 01', both, silent],
  ['[MQTT-3.6.1-1] [3.1.1:MQTT-3.6.1-1] flags 1010 in PUBREL', 0x81, '6a 02 00 01', both, silent],
  ['[MQTT-2.1.3-1] [3.1.1:MQTT-2.2.2-2] flags in PUBCOMP', 0x81, '71 02 00 01', both, takesIt],
  ['[MQTT-2.1.3-1] [3.1.1:MQTT-2.2.2-2] flags in PINGREQ', 0x81, 'c1 00', both, takesIt],
  ['[MQTT-3.15.1-1] [MQTT-2.1.3-1] flags in AUTH', 0x81, 'f1 00', five, silent],
  ['[MQTT-1.5.5-1] a Remaining Length of five bytes', 0x81, '30 80 80 80 80 01', both, silent],
  [
    '[MQTT-1.5.5-1] a Remaining Length of five bytes that never ends',
    0x81,
    '30 ff ff ff ff ff',
    both,
    silent,
  ],
  ['[MQTT-2.2.1-5] a PUBACK with the identifier 0', wrong, '40 02 00 00', both, silent],
  ['[MQTT-2.2.1-5] a PUBREC with the identifier 0', wrong, '50 02 00 00', both, silent],
  ['[MQTT-2.2.1-5] a PUBREL with the identifier 0', wrong, '62 02 00 00', both, silent],
  ['[MQTT-2.2.1-5] a PUBCOMP with the identifier 0', wrong, '70 02 00 00', both, silent],
  ['[MQTT-4.13.1-1] a PUBACK without an identifier', 0x81, '40 00', both, silent],
  ['[MQTT-4.13.1-1] a PUBACK with half an identifier', 0x81, '40 01 00', both, silent],
  ['[MQTT-4.13.1-1] a PUBREL without an identifier', 0x81, '62 00', both, silent],
  ['[3.1.1:MQTT-4.8.0-1] a PUBACK with a third byte', 0x81, '40 03 00 01 00', four, takesIt],
  ['[3.1.1:MQTT-4.8.0-1] a PUBREL with a third byte', 0x81, '62 03 00 01 00', four, takesIt],
  ['[3.1.1:MQTT-4.8.0-1] a DISCONNECT with a body', 0x81, 'e0 01 00', four],
  ['[MQTT-4.13.1-1] a SUBSCRIBE of one byte', 0x81, '82 01 00'],
  ['[MQTT-4.13.1-1] an UNSUBSCRIBE of one byte', 0x81, 'a2 01 00'],
  ['[MQTT-3.4.2-1] a PUBACK with a Reason Code that does not exist', wrong, '40 03 00 01 05', five, takesIt],
  ['[MQTT-3.5.2-1] a PUBREC with a Reason Code that does not exist', wrong, '50 03 00 01 05', five, takesIt],
  ['[MQTT-3.6.2-1] a PUBREL with a Reason Code that does not exist', wrong, '62 03 00 01 10', five, takesIt],
  ['[MQTT-3.7.2-1] a PUBCOMP with a Reason Code that does not exist', wrong, '70 03 00 01 80', five, takesIt],
  [
    '[MQTT-4.13.1-1] a PUBACK with a Property Length that is too long',
    0x81,
    '40 04 00 01 00 01',
    five,
    silent,
  ],
  [
    '[MQTT-4.13.1-1] a PUBACK with a Property Length that is too short',
    0x81,
    '40 05 00 01 00 00 00',
    five,
    takesIt,
  ],
  [
    '[MQTT-4.13.1-1] a PUBACK with a Session Expiry Interval',
    0x81,
    '40 09 00 01 00 05 11 00 00 00 01',
    five,
    silent,
  ],
  ['[MQTT-4.13.1-1] a PUBREL with a Topic Alias', 0x81, '62 07 00 01 00 03 23 00 01', five, silent],
  [
    '[MQTT-4.13.1-1] a PUBACK with two Reason Strings',
    0x82,
    '40 0c 00 01 00 08 1f 00 01 61 1f 00 01 62',
    five,
    silent,
  ],
  [
    '[MQTT-1.5.4-1] a PUBACK with an ill-formed Reason String',
    0x81,
    '40 09 00 01 00 05 1f 00 02 c3 28',
    five,
    silent,
  ],
];

for (const [title, code, bytes, versions = both, differs = {}] of rows) {
  conformance(`${title} closes`, { versions, differs }, async (c) => {
    const client = await c.connect();
    client.send(hex(bytes));
    await client.expectError(code);
  });
}

/** Acknowledgements in every shape that 5.0 allows. */
const fine: readonly (readonly [name: string, bytes: string])[] = [
  ['PUBACK with a Reason Code', '40 03 00 09 00'],
  ['PUBACK with a Property Length of 0', '40 04 00 09 10 00'],
  ['PUBACK with a Reason String and User Properties', '40 0f 00 09 00 0b 1f 00 01 61 26 00 01 61 00 01 62'],
  ['PUBCOMP with 0x92', '70 03 00 09 92'],
  ['PUBCOMP with a Property Length of 0', '70 04 00 09 00 00'],
];

for (const [name, bytes] of fine) {
  conformance(`[MQTT-3.4.2-1] [MQTT-3.7.2-1] a ${name} is taken`, { versions: [5] }, async (c) => {
    const client = await c.connect();
    client.send(hex(bytes));
    await client.expectNothing();
  });
}

conformance(
  '[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] a malformed packet disturbs no other connection',
  { versions: all },
  async (c) => {
    const others = [await c.connect({ version: 4 }), await c.connect({ version: 5 })];
    for (const bytes of ['00 00', '20 02 00 00', '82 00', '30 ff ff ff ff ff']) {
      const client = await c.connect();
      client.send(bytes);
      await client.expectGone();
    }
    for (const other of others) await other.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.0-2] [MQTT-3.14.4-1] after the DISCONNECT of the broker nothing more is processed',
  { versions: [5] },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic);
    const client = await c.connect();
    client.send('83 00', c.p.publish(c.topic, 'late'), c.p.pingreq());
    await client.expectError(0x81, { ping: false });
    await witness.expectNothing();
  },
);
