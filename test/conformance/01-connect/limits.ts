import { limited, narrow } from '../harness/configs.ts';
import { Mismatch } from '../harness/mismatch.ts';
import type { Packets } from '../harness/packets.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.2.2-10] [MQTT-3.9.3-2] [3.1.1:MQTT-3.8.4-5] with max_qos 1 a SUBSCRIBE of QoS 2 is granted QoS 1',
  { config: limited },
  async (c) => {
    const client = await c.connect();
    client.send(
      c.p.subscribe(1, [
        [c.topic, 2],
        [`${c.topic}/0`, 0],
      ]),
    );
    await client.expect(c.p.suback(1, [1, 0]));
    await client.publish(`${c.topic}/other`, 'x', { qos: 1 });
  },
);

conformance(
  '[MQTT-3.2.2-11] with max_qos 1 a PUBLISH of QoS 2 is not supported',
  { config: limited },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic, 1);
    const client = await c.connect();
    client.send(c.p.publish(c.topic, 'x', { qos: 2, packetId: 1 }));
    await client.expectError(0x9b);
    await witness.expectNothing();
  },
);

conformance(
  '[MQTT-3.2.2-12] with max_qos 1 a will of QoS 2 is refused, with 0x9B in 5.0',
  { config: limited },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic: c.topic, qos: 2 } }));
    await client.expectRefusal(0x9b);
  },
);

conformance(
  '[MQTT-3.2.2-14] without retain a retained PUBLISH is not supported',
  { config: limited },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic, 1);
    const client = await c.connect();
    client.send(c.p.publish(c.topic, 'x', { retain: true }));
    await client.expectError(0x9a);
    await witness.expectNothing();
  },
);

conformance(
  '[MQTT-3.2.2-13] without retain a retained will is refused with 0x9A',
  { versions: [5], config: limited },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic: c.topic, retain: true } }));
    await client.expectRefusal(0x9a);
  },
);

conformance(
  '[MQTT-3.1.2-21] [MQTT-3.2.2-21] max_keepalive answers a longer Keep Alive by Server Keep Alive',
  { versions: [5], config: limited },
  async (c) => {
    for (const [keepAlive, answer] of [
      [61, 60],
      [0, 60],
      [60, undefined],
      [10, undefined],
    ] as const) {
      const client = await c.connect({ keepAlive });
      const server = client.connack?.properties.serverKeepAlive;
      if (server !== answer) throw new Mismatch(`Keep Alive ${keepAlive} is answered by ${server}`);
    }
  },
);

conformance(
  'as Mosquitto: max_keepalive refuses a longer Keep Alive before 5.0 with CONNACK 2',
  {
    versions: [3, 4],
    config: limited,
    differs: { mosquitto: '2.0.11 asks it of 5.0 clients only' },
  },
  async (c) => {
    await c.connect({ keepAlive: 60 });
    for (const keepAlive of [61, 0]) {
      const client = await c.open();
      client.send(c.p.connect({ clientId: c.id(`x${keepAlive}`), keepAlive }));
      await client.expectRefusal(undefined, 2);
    }
  },
);

conformance(
  'as Mosquitto: max_connections closes further connections at once',
  {
    versions: [4],
    config: 'max_connections 2',
    alone: true,
    differs: { mosquitto: '2.0.11 lets one more in' },
  },
  async (c) => {
    const one = await c.connect();
    const other = await c.connect();
    const third = await c.open();
    third.send(c.p.connect({ clientId: c.id('third') }));
    await third.expectClosed();
    await one.disconnect();
    await other.expectNothing();
    await c.connect();
  },
);

conformance(
  'as Mosquitto: a CONNECT of more than 100000 bytes is refused',
  { versions: [4], without: { mosquitto: '2.0.11 has no limits by type' } },
  async (c) => {
    const fits = await c.connect({ username: 'u', password: 'x'.repeat(65_535) });
    await fits.expectNothing();
    const client = await c.open();
    const long = 'x'.repeat(65_535);
    client.send(c.p.connect({ clientId: c.id('x'), username: long, password: long }));
    await client.expectClosed();
  },
);

conformance(
  'as Mosquitto: a will above message_size_limit is refused: 0x95, or 5 before 5.0',
  { config: narrow },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic: c.topic, payload: '12345678901' } }));
    await client.expectRefusal(0x95, 5);
    await c.connect({ will: { topic: c.topic, payload: '1234567890' } });
  },
);

conformance(
  'as Mosquitto: a will for $CONTROL closes',
  { differs: { mosquitto: '2.0.11 takes it' } },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic: '$CONTROL/x/v1', payload: 'x' } }));
    await client.expectGone();
  },
);

/** Packets above the limits that mosquitto 2.1 has for their types, whatever max_packet_size says. */
const oversize: readonly (readonly [name: string, packet: (p: Packets) => Uint8Array])[] = [
  ['a PUBACK of more than 10000 bytes', (p) => p.puback(1, 0, { userProperty: [['a', 'x'.repeat(10_000)]] })],
  [
    'a SUBSCRIBE of more than 100000 bytes',
    (p) =>
      p.subscribe(1, [
        ['x'.repeat(60_000), 0],
        ['y'.repeat(60_000), 0],
      ]),
  ],
  [
    'an UNSUBSCRIBE of more than 100000 bytes',
    (p) => p.unsubscribe(1, ['x'.repeat(60_000), 'y'.repeat(60_000)]),
  ],
];

for (const [name, packet] of oversize) {
  conformance(
    `as Mosquitto: ${name} closes`,
    { versions: [5], without: { mosquitto: '2.0.11 has no limits by type' } },
    async (c) => {
      const client = await c.connect();
      client.send(packet(c.p));
      await client.expectGone();
    },
  );
}

conformance(
  'as Mosquitto: global_max_connections closes further connections at once',
  {
    versions: [4],
    config: 'global_max_connections 2',
    alone: true,
    without: { mosquitto: '2.0.11 does not know global_max_connections' },
  },
  async (c) => {
    const one = await c.connect();
    const other = await c.connect();
    const third = await c.open();
    third.send(c.p.connect({ clientId: c.id('third') }));
    await third.expectClosed();
    await one.disconnect();
    await other.expectNothing();
    await c.connect();
  },
);

conformance(
  'as Mosquitto: global_max_clients counts sessions, also of those who are away, and refuses with 0x89',
  {
    versions: [5],
    config: 'global_max_clients 2',
    alone: true,
    without: { mosquitto: '2.0.11 does not know global_max_clients' },
  },
  async (c) => {
    const away = { clientId: c.id('away'), clean: false, properties: { sessionExpiryInterval: 60 } };
    await (await c.connect(away)).disconnect();
    const one = await c.connect();
    const third = await c.open();
    third.send(c.p.connect({ clientId: c.id('third') }));
    await third.expectRefusal(0x89);
    await (await c.connect(away)).expectNothing();
    await one.disconnect();
    await c.connect({ clientId: c.id('third') });
  },
);
