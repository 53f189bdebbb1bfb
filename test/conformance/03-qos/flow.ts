import { narrow, small, unusual } from '../harness/configs.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance } from '../harness/script.ts';

const miscounted = { mosquitto: '2.0.11 sends one too many after the first acknowledgement' };

for (const qos of [1, 2]) {
  conformance(
    `[MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] no more than Receive Maximum messages of QoS ${qos} are in flight`,
    { versions: [5], differs: miscounted },
    async (c) => {
      const subscriber = await c.connect({ properties: { receiveMaximum: 2 } });
      await subscriber.subscribe(c.topic, qos);
      const publisher = await c.connect();
      for (const payload of ['1', '2', '3', '4']) await publisher.publish(c.topic, payload, { qos });
      const first = await subscriber.expect({ type: 'publish', payload: '1' });
      await subscriber.expect({ type: 'publish', payload: '2' });
      await subscriber.expectNothing();
      if (qos === 1) subscriber.send(c.p.puback(first.packetId));
      else {
        subscriber.send(c.p.pubrec(first.packetId));
        await subscriber.expect(c.p.pubrel(first.packetId));
        await subscriber.expectNothing();
        subscriber.send(c.p.pubcomp(first.packetId));
      }
      await subscriber.expect({ type: 'publish', payload: '3' });
      await subscriber.expectNothing();
    },
  );
}

conformance('[MQTT-4.9.0-1] a PUBREC with an error gives the quota back', { versions: [5] }, async (c) => {
  const subscriber = await c.connect({ properties: { receiveMaximum: 1 } });
  await subscriber.subscribe(c.topic, 2);
  const publisher = await c.connect();
  for (const payload of ['1', '2']) await publisher.publish(c.topic, payload, { qos: 2 });
  const { packetId } = await subscriber.expect({ type: 'publish', payload: '1' });
  await subscriber.expectNothing();
  subscriber.send(c.p.pubrec(packetId, 0x80));
  await subscriber.receive(c.topic, '2');
});

conformance(
  '[MQTT-3.3.4-10] [MQTT-4.9.0-3] at a quota of 0 everything else goes on: QoS 0, PINGRESP, SUBACK, acknowledgements',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect({ properties: { receiveMaximum: 1 } });
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    for (const payload of ['1', '2']) await publisher.publish(c.topic, payload, { qos: 2 });
    const { packetId } = await subscriber.expect({ type: 'publish', payload: '1' });
    publisher.send(c.p.publish(c.topic, 'quick', { qos: 0 }));
    await subscriber.receive(c.topic, 'quick', { qos: 0 });
    await subscriber.subscribe(`${c.topic}/other`, 1);
    await subscriber.publish(`${c.topic}/nobody`, 'mine', { qos: 1 });
    subscriber.send(c.p.unsubscribe(99, [`${c.topic}/other`]));
    await subscriber.expect(c.p.unsuback(99, [0]));
    subscriber.send(c.p.pubrec(packetId));
    await subscriber.expect(c.p.pubrel(packetId));
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: before 5.0 max_inflight_messages, 20 by default, are in flight',
  { versions: [3, 4], differs: miscounted },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    for (let count = 1; count <= 22; count += 1) await publisher.publish(c.topic, `${count}`, { qos: 1 });
    const first = await subscriber.expect({ type: 'publish', payload: '1' });
    for (let count = 2; count <= 20; count += 1)
      await subscriber.expect({ type: 'publish', payload: `${count}` });
    await subscriber.expectNothing();
    subscriber.send(c.p.puback(first.packetId));
    await subscriber.expect({ type: 'publish', payload: '21' });
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: max_inflight_messages 1 keeps one message in flight, in order',
  { versions: [3, 4], config: narrow },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    for (const qos of [1, 2, 1]) await publisher.publish(c.topic, `qos ${qos}`, { qos });
    for (const qos of [1, 2, 1]) {
      const message = await subscriber.expect({ type: 'publish', payload: `qos ${qos}` });
      await subscriber.expectNothing();
      if (qos === 1) subscriber.send(c.p.puback(message.packetId));
      else {
        subscriber.send(c.p.pubrec(message.packetId));
        await subscriber.expect(c.p.pubrel(message.packetId));
        subscriber.send(c.p.pubcomp(message.packetId));
      }
    }
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: max_inflight_bytes lets no more go out once it is reached',
  { config: small, differs: { mosquitto: '2.0.11 lets one more go out' } },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    for (const payload of ['12345', '67890', 'x', 'y']) await publisher.publish(c.topic, payload, { qos: 1 });
    const first = await subscriber.expect({ type: 'publish', payload: '12345' });
    await subscriber.expect({ type: 'publish', payload: '67890' });
    await subscriber.expectNothing();
    subscriber.send(c.p.puback(first.packetId));
    await subscriber.receive(c.topic, 'x');
    await subscriber.receive(c.topic, 'y');
  },
);

conformance(
  'as Mosquitto: max_inflight_messages is announced to 5.0 as Receive Maximum',
  { versions: [5], config: narrow },
  async (c) => {
    const subscriber = await c.connect();
    if (subscriber.connack?.properties.receiveMaximum !== 1) throw new Mismatch('Receive Maximum is not 1');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.4-7] [MQTT-4.9.0-1] a client that exceeds the Receive Maximum of the server gets DISCONNECT 0x93',
  { versions: [5], differs: { mosquitto: 'answers PUBREC 0x97 and goes on' } },
  async (c) => {
    const publisher = await c.connect();
    const maximum = publisher.connack?.properties.receiveMaximum ?? 65_535;
    for (let packetId = 1; packetId <= maximum; packetId += 1) {
      publisher.send(c.p.publish(c.topic, 'x', { qos: 2, packetId }));
      await publisher.expect(c.p.pubrec(packetId));
    }
    publisher.send(c.p.publish(c.topic, 'one too many', { qos: 2, packetId: maximum + 1 }));
    await publisher.expectError(0x93);
  },
);

conformance(
  '[MQTT-3.3.4-7] [MQTT-4.3.3-10] within the Receive Maximum a PUBLISH again does not count twice',
  { versions: [5] },
  async (c) => {
    const publisher = await c.connect();
    const maximum = publisher.connack?.properties.receiveMaximum ?? 65_535;
    for (let packetId = 1; packetId <= maximum; packetId += 1) {
      publisher.send(c.p.publish(c.topic, 'x', { qos: 2, packetId }));
      await publisher.expect(c.p.pubrec(packetId));
    }
    publisher.send(c.p.publish(c.topic, 'x', { qos: 2, packetId: 1, dup: true }));
    await publisher.expect(c.p.pubrec(1));
    publisher.send(c.p.pubrel(1));
    await publisher.expect(c.p.pubcomp(1));
    await publisher.publish(c.topic, 'room again', { qos: 2, packetId: maximum + 1 });
  },
);

conformance(
  'as Mosquitto: max_inflight_messages 0 is no limit, in either direction',
  { config: unusual },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    if (publisher.connack?.properties.receiveMaximum) throw new Mismatch('the CONNACK has a Receive Maximum');
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    publisher.send(...ids.map((packetId) => c.p.publish(c.topic, `${packetId}`, { qos: 2, packetId })));
    for (const packetId of ids) await publisher.expect(c.p.pubrec(packetId));
    publisher.send(...ids.map((packetId) => c.p.pubrel(packetId)));
    for (const packetId of ids) await publisher.expect(c.p.pubcomp(packetId));
    for (const packetId of ids) await subscriber.expect({ type: 'publish', payload: `${packetId}`, qos: 2 });
  },
);
