import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.12.4-1] [3.1.1:MQTT-3.12.4-1] PINGREQ is answered by PINGRESP, each',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    client.send('c0 00 c0 00 c0 00');
    for (let count = 0; count < 3; count += 1) await client.expect('d0 00');
    client.send(c.p.publish(c.topic, 'x', { qos: 1, packetId: 1 }));
    await client.expect({ type: 'puback', packetId: 1 });
  },
);

conformance(
  '[MQTT-3.12.4-1] [3.1.1:MQTT-3.12.4-1] a PINGREQ in two pieces is answered once',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    client.send('c0');
    await new Promise((resolve) => setImmediate(resolve));
    client.send('00');
    await client.expect('d0 00');
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-4.13.1-1] [3.1.1:MQTT-4.8.0-1] a PINGREQ with a body closes',
  { differs: { mosquitto: '2.0.11 takes it' } },
  async (c) => {
    const client = await c.connect();
    client.send('c0 01 00');
    await client.expectError(0x81);
  },
);
