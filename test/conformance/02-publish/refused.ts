import { binary, frame, hex, u16, utf8 } from '../harness/bytes.ts';
import type { Packets, Version } from '../harness/packets.ts';
import { conformance, type ScriptOptions } from '../harness/script.ts';

/** A PUBLISH of QoS 0 with these bytes as Topic Name. */
function publish(version: Version, topic: Uint8Array): Uint8Array {
  return frame(0x30, topic, ...(version === 5 ? [hex('00')] : []), hex('78'));
}

type Row = readonly [
  title: string,
  code: number | readonly number[],
  packet: (version: Version, p: Packets) => Uint8Array,
  differs?: ScriptOptions['differs'],
];

/** PUBLISH packets that break the rules, and the code that 5.0 is told. */
const rows: readonly Row[] = [
  [
    '[MQTT-3.3.1-4] [3.1.1:MQTT-3.3.1-4] a PUBLISH of QoS 3',
    0x81,
    (v) => frame(0x36, utf8('a'), u16(1), ...(v === 5 ? [hex('00')] : [])),
  ],
  [
    '[MQTT-3.3.1-2] [3.1.1:MQTT-3.3.1-2] DUP on QoS 0',
    0x81,
    (_, p) => p.publish('a', 'x', { dup: true }),
    { mosquitto: '2.0.11 takes it' },
  ],
  [
    '[MQTT-2.2.1-3] [3.1.1:MQTT-2.3.1-1] a Packet Identifier of 0 on QoS 1',
    0x82,
    (_, p) => p.publish('a', 'x', { qos: 1, packetId: 0 }),
  ],
  [
    '[MQTT-2.2.1-3] [3.1.1:MQTT-2.3.1-1] a Packet Identifier of 0 on QoS 2',
    0x82,
    (_, p) => p.publish('a', 'x', { qos: 2, packetId: 0 }),
  ],
  [
    '[MQTT-3.3.2-2] [MQTT-4.7.0-1] [3.1.1:MQTT-3.3.2-2] + in a Topic Name',
    [0x81, 0x82, 0x90],
    (_, p) => p.publish('a/+'),
  ],
  [
    '[MQTT-3.3.2-2] [MQTT-4.7.0-1] [3.1.1:MQTT-4.7.1-1] # in a Topic Name',
    [0x81, 0x82, 0x90],
    (_, p) => p.publish('a/#'),
  ],
  ['[MQTT-3.3.2-2] + within a level of a Topic Name', [0x81, 0x82, 0x90], (_, p) => p.publish('a+b')],
  [
    '[MQTT-4.7.3-1] [3.1.1:MQTT-4.7.3-1] an empty Topic Name without a Topic Alias',
    [0x81, 0x82],
    (_, p) => p.publish(''),
  ],
  [
    '[MQTT-3.3.2-1] [MQTT-1.5.4-1] [3.1.1:MQTT-3.3.2-1] [3.1.1:MQTT-1.5.3-1] a surrogate in a Topic Name',
    0x81,
    (v) => publish(v, binary(hex('61 ed a0 80'))),
  ],
  [
    '[MQTT-4.7.3-2] [MQTT-1.5.4-2] [3.1.1:MQTT-4.7.3-2] [3.1.1:MQTT-1.5.3-2] U+0000 in a Topic Name',
    0x81,
    (v) => publish(v, binary(hex('61 00 62'))),
  ],
  ['[MQTT-3.3.2-1] a Topic Name longer than the packet', 0x81, () => hex('30 04 00 09 61 62')],
  ['[MQTT-3.3.2-1] a PUBLISH without a Topic Name', 0x81, () => hex('30 00')],
  ['[MQTT-3.3.2-1] a PUBLISH with half a length', 0x81, () => hex('30 01 00')],
  ['[MQTT-2.2.1-3] a PUBLISH of QoS 1 without a Packet Identifier', 0x81, () => hex('32 03 00 01 61')],
];

for (const [title, code, packet, differs = {}] of rows) {
  conformance(`${title} closes`, { differs }, async (c) => {
    const client = await c.connect();
    client.send(packet(c.version, c.p));
    await client.expectError(code);
  });
}

conformance('as Mosquitto: a Topic Name of 200 separators is fine, of 201 is refused', {}, async (c) => {
  const subscriber = await c.connect();
  await subscriber.subscribe(`${c.topic}/#`, 0);
  const publisher = await c.connect();
  const deep = `${c.topic}${'/'.repeat(200)}`;
  await publisher.publish(deep, 'deep', { qos: 1 });
  await subscriber.receive(deep, 'deep');
  publisher.send(c.p.publish(`${deep}/`, 'too deep'));
  await publisher.expectError([0x81, 0x82, 0x90]);
  await subscriber.expectNothing();
});

conformance(
  '[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] what follows a malformed packet in the same write is not processed',
  {},
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic);
    const publisher = await c.connect();
    publisher.send(c.p.publish('a/#'), c.p.publish(c.topic, 'must not arrive'));
    await publisher.expectError([0x81, 0x82, 0x90]);
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] what came before a malformed packet in the same write is processed',
  {},
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, 'must arrive'), c.p.publish('a/#'));
    await subscriber.receive(c.topic, 'must arrive');
    await publisher.expectError([0x81, 0x82, 0x90]);
  },
);
