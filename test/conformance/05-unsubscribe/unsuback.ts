import { binary, frame, hex, u16, utf8 } from '../harness/bytes.ts';
import type { Version } from '../harness/packets.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT-3.10.4-4] [MQTT-2.2.1-6] ' +
    '[3.1.1:MQTT-3.10.4-1] [3.1.1:MQTT-3.10.4-2] [3.1.1:MQTT-3.10.4-4] [3.1.1:MQTT-2.3.1-7] ' +
    'UNSUBSCRIBE is answered by UNSUBACK with its identifier, and ends the subscription',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'before', { qos: 1 });
    await subscriber.receive(c.topic, 'before');
    subscriber.send(c.p.unsubscribe(0xabcd, [c.topic]));
    await subscriber.expect(c.p.unsuback(0xabcd, [0]));
    await publisher.publish(c.topic, 'after', { qos: 1 });
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.10.4-5] [MQTT-3.11.3-2] [3.1.1:MQTT-3.10.4-5] UNSUBSCRIBE of what is not subscribed is answered all the same',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.unsubscribe(7, [`${c.topic}/never`]));
    await client.expect(c.p.unsuback(7, [0x11]));
  },
);

conformance(
  '[MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT-3.11.3-2] [3.1.1:MQTT-3.10.4-6] several filters get one UNSUBACK, codes in order',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    const t = c.topic;
    for (const filter of [`${t}/a`, `${t}/+/x`, `${t}/stays`]) await client.subscribe(filter, 0);
    client.send(c.p.unsubscribe(3, [`${t}/none`, `${t}/a`, `${t}/other`, `${t}/+/x`]));
    await client.expect(c.p.unsuback(3, [0x11, 0, 0x11, 0]));
    const publisher = await c.connect();
    for (const level of ['a', 'b/x', 'stays']) await publisher.publish(`${t}/${level}`, level);
    await client.receive(`${t}/stays`, 'stays');
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-3.10.4-1] [3.1.1:MQTT-3.10.4-1] filters are compared by character, not by what they match',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    await client.subscribe(`${c.topic}/a`, 0);
    await client.subscribe(`${c.topic}/b/+`, 0);
    const others = [`${c.topic}/#`, `${c.topic}/+`, `${c.topic}/A`, `${c.topic}/a/`, `${c.topic}/b/c`];
    client.send(c.p.unsubscribe(1, others));
    await client.expect(
      c.p.unsuback(
        1,
        others.map(() => 0x11),
      ),
    );
    const publisher = await c.connect();
    for (const level of ['a', 'b/c']) {
      await publisher.publish(`${c.topic}/${level}`, level);
      await client.receive(`${c.topic}/${level}`, level);
    }
  },
);

conformance(
  '[MQTT-3.10.4-3] [3.1.1:MQTT-3.10.4-3] deliveries of QoS 1 and 2 that have begun are completed',
  { versions: [3, 4, 5] },
  async (c) => {
    const session = {
      clientId: c.id('x'),
      clean: false,
      ...(c.version === 5 && { properties: { sessionExpiryInterval: 60 } }),
    };
    const subscriber = await c.connect(session);
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'one', { qos: 1 });
    await publisher.publish(c.topic, 'two', { qos: 2 });
    const one = await subscriber.expect({ type: 'publish', payload: 'one' });
    const two = await subscriber.expect({ type: 'publish', payload: 'two' });
    subscriber.send(c.p.unsubscribe(1, [c.topic]));
    await subscriber.expect(c.p.unsuback(1, [0]));
    subscriber.send(c.p.pubrec(two.packetId));
    await subscriber.expect(c.p.pubrel(two.packetId));
    subscriber.send(c.p.pubcomp(two.packetId));
    subscriber.drop();
    const after = await c.connect(session);
    await after.expect({ type: 'publish', payload: 'one', dup: true, packetId: one.packetId });
    after.send(c.p.puback(one.packetId));
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-3.10.4-2] a subscription can be made again after UNSUBSCRIBE',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    for (let round = 1; round <= 3; round += 1) {
      await client.subscribe(c.topic, 0);
      const publisher = await c.connect();
      await publisher.publish(c.topic, `${round}`);
      await client.receive(c.topic, `${round}`);
      client.send(c.p.unsubscribe(50 + round, [c.topic]));
      await client.expect(c.p.unsuback(50 + round, [0]));
    }
  },
);

/** An UNSUBSCRIBE with this payload. */
function unsubscribe(version: Version, ...payload: readonly Uint8Array[]): Uint8Array {
  return frame(0xa2, u16(1), ...(version === 5 ? [hex('00')] : []), ...payload);
}

/** UNSUBSCRIBE packets that break the rules, and the code that 5.0 is told. */
const rows: readonly (readonly [
  title: string,
  code: number | readonly number[],
  packet: (version: Version) => Uint8Array,
])[] = [
  [
    '[MQTT-3.10.1-1] [MQTT-2.1.3-1] [3.1.1:MQTT-3.10.1-1] flags 0000',
    0x81,
    () => hex('a0 05 00 01 00 01 61'),
  ],
  ['[MQTT-3.10.1-1] [3.1.1:MQTT-3.10.1-1] flags 0011', 0x81, () => hex('a3 05 00 01 00 01 61')],
  [
    '[MQTT-2.2.1-3] [3.1.1:MQTT-2.3.1-1] a Packet Identifier of 0',
    [0x81, 0x82],
    (v) => frame(0xa2, u16(0), ...(v === 5 ? [hex('00')] : []), utf8('a')),
  ],
  ['[MQTT-3.10.3-2] [3.1.1:MQTT-3.10.3-2] no Topic Filter', [0x81, 0x82], (v) => unsubscribe(v)],
  [
    '[MQTT-3.10.3-1] [MQTT-1.5.4-1] [3.1.1:MQTT-3.10.3-1] a surrogate in a Topic Filter',
    0x81,
    (v) => unsubscribe(v, binary(hex('61 ed a0 80'))),
  ],
  [
    '[MQTT-4.7.3-2] [MQTT-1.5.4-2] U+0000 in a Topic Filter',
    0x81,
    (v) => unsubscribe(v, binary(hex('61 00'))),
  ],
  [
    '[MQTT-4.7.3-1] [3.1.1:MQTT-4.7.3-1] an empty Topic Filter',
    [0x81, 0x82, 0x8f],
    (v) => unsubscribe(v, utf8('')),
  ],
  ['[MQTT-4.7.1-1] the filter a/#/b', [0x81, 0x82, 0x8f], (v) => unsubscribe(v, utf8('a/#/b'))],
  ['[MQTT-4.7.1-2] the filter a+', [0x81, 0x82, 0x8f], (v) => unsubscribe(v, utf8('a+'))],
  ['[MQTT-3.10.3-1] a Topic Filter longer than the packet', 0x81, (v) => unsubscribe(v, hex('00 09 61'))],
];

for (const [title, code, packet] of rows) {
  conformance(`${title} in UNSUBSCRIBE closes`, {}, async (c) => {
    const client = await c.connect();
    client.send(packet(c.version));
    await client.expectError(code);
  });
}
