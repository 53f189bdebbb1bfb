import { Mismatch } from '../harness/mismatch.ts';
import { conformance } from '../harness/script.ts';

const maxQos1 = 'max_qos 1';
const noRetain = 'retain_available false';

conformance(
  '[MQTT-3.2.2-10] [MQTT-3.9.3-2] [3.1.1:MQTT-3.8.4-5] with max_qos 1 a SUBSCRIBE of QoS 2 is granted QoS 1',
  { config: maxQos1 },
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
  { config: maxQos1 },
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
  { config: maxQos1 },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic: c.topic, qos: 2 } }));
    await client.expectRefusal(0x9b);
  },
);

conformance(
  '[MQTT-3.2.2-14] without retain a retained PUBLISH is not supported',
  { config: noRetain },
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
  { versions: [5], config: noRetain },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic: c.topic, retain: true } }));
    await client.expectRefusal(0x9a);
  },
);

conformance(
  '[MQTT-3.1.2-21] [MQTT-3.2.2-21] max_keepalive answers a longer Keep Alive by Server Keep Alive',
  { versions: [5], config: 'max_keepalive 60' },
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
    config: 'max_keepalive 60',
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
