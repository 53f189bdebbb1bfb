import { frame, hex, join, u16, utf8, varint } from '../harness/bytes.ts';
import { silent, silentRefusal } from '../harness/reasons.ts';
import { conformance, type ScriptOptions } from '../harness/script.ts';

const versions = [5] as const;
const takesIt = { mosquitto: 'takes it' };

/** One property of each kind, well-formed, by the packets that a client may put it in. */
const every: readonly (readonly [name: string, bytes: string, where: string])[] = [
  ['Payload Format Indicator', '01 00', 'publish will'],
  ['Message Expiry Interval', '02 00 00 00 09', 'publish will'],
  ['Content Type', '03 00 01 61', 'publish will'],
  ['Response Topic', '08 00 01 61', 'publish will'],
  ['Correlation Data', '09 00 01 61', 'publish will'],
  ['Subscription Identifier', '0b 01', 'subscribe'],
  ['Session Expiry Interval', '11 00 00 00 00', 'connect disconnect'],
  ['Assigned Client Identifier', '12 00 01 61', ''],
  ['Server Keep Alive', '13 00 09', ''],
  ['Authentication Method', '15 00 01 61', 'connect auth'],
  ['Authentication Data', '16 00 01 61', 'connect auth'],
  ['Request Problem Information', '17 01', 'connect'],
  ['Will Delay Interval', '18 00 00 00 00', 'will'],
  ['Request Response Information', '19 01', 'connect'],
  ['Response Information', '1a 00 01 61', ''],
  ['Server Reference', '1c 00 01 61', 'disconnect'],
  ['Reason String', '1f 00 01 61', 'disconnect auth'],
  ['Receive Maximum', '21 00 09', 'connect'],
  ['Topic Alias Maximum', '22 00 09', 'connect'],
  ['Topic Alias', '23 00 01', 'publish'],
  ['Maximum QoS', '24 01', ''],
  ['Retain Available', '25 01', ''],
  ['Maximum Packet Size', '27 00 00 ff ff', 'connect'],
  ['Wildcard Subscription Available', '28 01', ''],
  ['Subscription Identifier Available', '29 01', ''],
  ['Shared Subscription Available', '2a 01', ''],
  ['an unknown property', '04 01', ''],
  ['an unknown property', '7f 01', ''],
];

/** How a packet with these properties looks, for a client that is connected. */
const packets: Readonly<Record<string, (topic: string, properties: Uint8Array) => Uint8Array>> = {
  publish: (topic, properties) => frame(0x30, utf8(topic), varint(properties.length), properties),
  subscribe: (topic, properties) =>
    frame(0x82, u16(1), varint(properties.length), properties, utf8(topic), 0),
  unsubscribe: (topic, properties) => frame(0xa2, u16(1), varint(properties.length), properties, utf8(topic)),
  disconnect: (_, properties) => frame(0xe0, 0, varint(properties.length), properties),
};

for (const [packet, build] of Object.entries(packets)) {
  const differs = packet === 'disconnect' ? silent : {};
  const forbidden = every.filter(([, , where]) => !where.split(' ').includes(packet));
  for (const [name, bytes] of forbidden) {
    const title = `[MQTT-4.13.1-1] ${name} (${bytes.slice(0, 2)}) in ${packet.toUpperCase()} closes`;
    const own = packet === 'publish' && name === 'Subscription Identifier' ? '[MQTT-3.3.4-6] ' : '';
    conformance(own + title, { versions, differs: own ? takesIt : differs }, async (c) => {
      const client = await c.connect();
      client.send(build(c.topic, hex(bytes)));
      await client.expectError(own ? [0x81, 0x82] : 0x81);
    });
  }
  for (const [name, bytes] of every.filter(([, , where]) => where.split(' ').includes(packet))) {
    conformance(
      `[MQTT-4.13.1-1] ${name} (${bytes.slice(0, 2)}) twice in ${packet.toUpperCase()} closes`,
      { versions, differs: silent },
      async (c) => {
        const client = await c.connect();
        client.send(build(c.topic, hex(bytes + bytes)));
        await client.expectError(0x82);
      },
    );
  }
}

/** A CONNECT with these properties, and with a will of these properties. */
function connect(clientId: string, properties: Uint8Array, will?: Uint8Array): Uint8Array {
  const head = join(
    utf8('MQTT'),
    5,
    will ? 0x06 : 0x02,
    u16(60),
    varint(properties.length),
    properties,
    utf8(clientId),
  );
  return will ? frame(0x10, head, varint(will.length), will, utf8('will'), u16(0)) : frame(0x10, head);
}

for (const [name, bytes, where] of every) {
  const id = bytes.slice(0, 2);
  const there = where.split(' ');
  conformance(
    `[MQTT-3.1.4-1] ${name} (${id}) ${there.includes('connect') ? 'twice ' : ''}in CONNECT is refused`,
    { versions, differs: silentRefusal },
    async (c) => {
      const client = await c.open();
      client.send(connect(c.id('x'), hex(there.includes('connect') ? bytes + bytes : bytes)));
      await client.expectRefusal(there.includes('connect') ? 0x82 : 0x81);
    },
  );
  conformance(
    `[MQTT-3.1.4-1] ${name} (${id}) ${there.includes('will') ? 'twice ' : ''}in Will Properties is refused`,
    { versions, differs: silentRefusal },
    async (c) => {
      const client = await c.open();
      client.send(connect(c.id('x'), hex(''), hex(there.includes('will') ? bytes + bytes : bytes)));
      await client.expectRefusal(there.includes('will') ? 0x82 : 0x81);
    },
  );
}

type Row = readonly [
  title: string,
  code: number | readonly number[],
  bytes: string,
  differs?: ScriptOptions['differs'],
];

/** Property values out of range in CONNECT. */
const refused: readonly Row[] = [
  ['Receive Maximum 0', 0x82, '21 00 00', silentRefusal],
  ['Maximum Packet Size 0', 0x82, '27 00 00 00 00', silentRefusal],
  ['Request Problem Information 2', 0x82, '17 02', silentRefusal],
  ['Request Response Information 2', 0x82, '19 02', silentRefusal],
  ['Session Expiry Interval of three bytes', 0x81, '11 00 00 00', silentRefusal],
  ['Authentication Data without a method', 0x82, '16 00 01 61', takesIt],
];

for (const [title, code, bytes, differs = {}] of refused) {
  conformance(`[MQTT-3.1.4-1] ${title} in CONNECT is refused`, { versions, differs }, async (c) => {
    const client = await c.open();
    client.send(connect(c.id('x'), hex(bytes)));
    await client.expectRefusal(code);
  });
}

conformance(
  '[MQTT-3.1.4-1] Payload Format Indicator 2 in a will is refused',
  { versions, differs: takesIt },
  async (c) => {
    const client = await c.open();
    client.send(connect(c.id('x'), hex(''), hex('01 02')));
    await client.expectRefusal([0x81, 0x82]);
  },
);

/** Packets whose properties are out of range or out of bounds. */
const broken: readonly Row[] = [
  ['a PUBLISH with Payload Format Indicator 2', [0x81, 0x82], '30 06 00 01 61 02 01 02', takesIt],
  ['a PUBLISH with properties longer than the packet', 0x81, '30 04 00 01 61 05'],
  ['a PUBLISH with a property longer than the properties', 0x81, '30 07 00 01 61 03 02 00 00'],
  ['a PUBLISH without Property Length', 0x81, '30 03 00 01 61'],
  [
    'a SUBSCRIBE with Subscription Identifier 0',
    0x82,
    '82 09 00 01 02 0b 00 00 01 61 00',
    { mosquitto: '2.0.11 says 0x81' },
  ],
  [
    'a SUBSCRIBE with a Subscription Identifier of five bytes',
    0x81,
    '82 0d 00 01 06 0b 80 80 80 80 01 00 01 61 00',
  ],
  ['a SUBSCRIBE with properties longer than the packet', 0x81, '82 03 00 01 7f'],
  ['a SUBSCRIBE with a User Property without a value', 0x81, '82 0b 00 01 04 26 00 01 61 00 01 61 00'],
];

for (const [title, code, bytes, differs = {}] of broken) {
  conformance(`[MQTT-4.13.1-1] ${title} closes`, { versions, differs }, async (c) => {
    const client = await c.connect();
    client.send(hex(bytes));
    await client.expectError(code);
  });
}

/** Integers in more bytes than they need. */
const padded: readonly Row[] = [
  ['a Property Length of 80 00', 0x81, '30 06 00 01 61 80 00 78'],
  ['a Subscription Identifier of 81 00', 0x81, '82 0a 00 01 03 0b 81 00 00 01 61 00'],
  ['a Remaining Length of 80 00', 0x81, 'c0 80 00', takesIt],
  ['a Remaining Length of 84 80 00', 0x81, '30 84 80 00 00 01 61 00', takesIt],
];

for (const [title, code, bytes, differs = {}] of padded) {
  conformance(`[MQTT-1.5.5-1] ${title} closes`, { versions, differs }, async (c) => {
    const client = await c.connect();
    client.send(hex(bytes));
    await client.expectError(code);
  });
}
