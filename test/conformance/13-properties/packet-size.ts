import { small } from '../harness/configs.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance } from '../harness/script.ts';

const versions = [5] as const;

/** A message whose PUBLISH of QoS 0 to a subscriber without identifiers has so many bytes, up to 127. */
function payloadFor(topic: string, size: number): string {
  return 'x'.repeat(size - 2 - 2 - topic.length - 1);
}

for (const qos of [0, 1, 2]) {
  conformance(
    `[MQTT-3.1.2-24] [MQTT-3.1.2-25] a PUBLISH of QoS ${qos} above Maximum Packet Size is dropped as if it had been sent`,
    { versions, ...(qos > 0 && { differs: { mosquitto: '2.0.11 keeps its place in the window' } }) },
    async (c) => {
      const subscriber = await c.connect({ properties: { maximumPacketSize: 60, receiveMaximum: 1 } });
      await subscriber.subscribe(c.topic, 2);
      const witness = await c.connect();
      await witness.subscribe(c.topic, 0);
      const publisher = await c.connect();
      const fits = payloadFor(c.topic, qos === 0 ? 60 : 58);
      const tooLong = `${fits}xxx`;
      for (const payload of [tooLong, fits, tooLong, 'short'])
        await publisher.publish(c.topic, payload, { qos });
      for (const payload of [fits, 'short']) {
        const message = await subscriber.receive(c.topic, payload, { qos });
        if (message.properties.topicAlias) throw new Mismatch('it has a Topic Alias');
      }
      await subscriber.expectNothing();
      for (const payload of [tooLong, fits, tooLong, 'short']) await witness.receive(c.topic, payload);
    },
  );
}

const measures = { mosquitto: '2.0.11 measures without the fixed header' };

conformance(
  '[MQTT-3.1.2-24] Maximum Packet Size is measured to the byte',
  { versions, differs: measures },
  async (c) => {
    const subscriber = await c.connect({ properties: { maximumPacketSize: 60 } });
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    for (const size of [61, 60, 59]) await publisher.publish(c.topic, payloadFor(c.topic, size));
    for (const size of [60, 59]) await subscriber.receive(c.topic, payloadFor(c.topic, size));
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-25] a message too large for a client is not sent when it comes back either',
  { versions },
  async (c) => {
    const session = {
      clientId: c.id('x'),
      clean: false,
      properties: { sessionExpiryInterval: 60, maximumPacketSize: 60 },
    };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const publisher = await c.connect();
    for (const payload of ['y'.repeat(100), 'short']) await publisher.publish(c.topic, payload, { qos: 1 });
    const after = await c.connect(session);
    await after.receive(c.topic, 'short');
    await after.expectNothing();
    after.drop();
    await (await c.connect(session)).expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-24] a retained message too large for a client is not sent',
  { versions },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'y'.repeat(100), { retain: true });
    await publisher.publish(`${c.topic}/b`, 'short', { retain: true });
    const subscriber = await c.connect({ properties: { maximumPacketSize: 60 } });
    await subscriber.subscribe(`${c.topic}/#`, 0);
    await subscriber.receive(`${c.topic}/b`, 'short');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] ' +
    '[MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2] ' +
    'no answer is larger than Maximum Packet Size because of its properties',
  { versions },
  async (c) => {
    const client = await c.connect({ properties: { maximumPacketSize: 20 } });
    client.send(c.p.subscribe(1, [[`${c.topic}/a`, 1]]));
    await client.expect({ type: 'suback', packetId: 1, codes: [1] });
    client.send(c.p.publish(`${c.topic}/b`, '', { qos: 1, packetId: 2 }));
    await client.expect({ type: 'puback', packetId: 2 });
    client.send(c.p.publish(`${c.topic}/b`, '', { qos: 2, packetId: 3 }));
    await client.expect({ type: 'pubrec', packetId: 3 });
    client.send(c.p.pubrel(3));
    await client.expect({ type: 'pubcomp', packetId: 3 });
    client.send(c.p.unsubscribe(4, [`${c.topic}/a`]));
    await client.expect({ type: 'unsuback', packetId: 4, codes: [0] });
    if (client.largest > 20) throw new Mismatch(`a packet of ${client.largest} bytes came`);
  },
);

conformance('[MQTT-3.6.2-2] [MQTT-3.6.2-3] nor is a PUBREL', { versions }, async (c) => {
  const subscriber = await c.connect({ properties: { maximumPacketSize: 20 } });
  await subscriber.subscribe(c.topic, 2);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'x', { qos: 2 });
  await subscriber.receive(c.topic, 'x', { qos: 2 });
  await subscriber.expectNothing();
  if (subscriber.largest > 20) throw new Mismatch(`a packet of ${subscriber.largest} bytes came`);
});

conformance(
  '[MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.14.2-2] nor is a DISCONNECT, which has no Session Expiry Interval',
  { versions },
  async (c) => {
    const client = await c.connect({ properties: { maximumPacketSize: 20, sessionExpiryInterval: 60 } });
    client.send('00 00');
    await client.expectError([0x81, 0x82]);
    if (client.largest > 20) throw new Mismatch(`a packet of ${client.largest} bytes came`);
  },
);

conformance(
  '[MQTT-3.2.2-15] a packet above the Maximum Packet Size of the server gets DISCONNECT 0x95 in 5.0, and closes',
  { config: small },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    const room = 1000 - c.p.publish(c.topic, '1'.repeat(500)).length + 500;
    await publisher.publish(c.topic, 'y'.repeat(room));
    await subscriber.receive(c.topic, 'y'.repeat(room));
    publisher.send(c.p.publish(c.topic, 'z'.repeat(room + 4)));
    await publisher.expectError(0x95);
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.2.2-15] the Maximum Packet Size of the server is measured to the byte',
  { config: small, differs: measures },
  async (c) => {
    const publisher = await c.connect();
    const room = 1000 - c.p.publish(c.topic, '1'.repeat(500)).length + 500;
    publisher.send(c.p.publish(c.topic, 'z'.repeat(room + 1)));
    await publisher.expectError(0x95);
  },
);

conformance(
  'as Mosquitto: a packet that only announces too many bytes is refused before they come',
  { config: small },
  async (c) => {
    const client = await c.connect();
    client.send('30 ff ff ff 7f');
    await client.expectError(0x95);
  },
);
