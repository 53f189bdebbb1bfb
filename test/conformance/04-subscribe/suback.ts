import { Mismatch } from '../harness/mismatch.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-2.2.1-6] [3.1.1:MQTT-3.8.4-1] [3.1.1:MQTT-3.8.4-2] [3.1.1:MQTT-2.3.1-7] ' +
    'SUBSCRIBE is answered by SUBACK with its identifier',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    for (const packetId of [1, 0x100, 0xffff]) {
      client.send(c.p.subscribe(packetId, [[`${c.topic}/${packetId}`, 1]]));
      await client.expect(c.p.suback(packetId, [1]));
    }
  },
);

conformance(
  '[MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.9.3-2] ' +
    '[3.1.1:MQTT-3.8.4-4] [3.1.1:MQTT-3.8.4-5] [3.1.1:MQTT-3.9.3-1] [3.1.1:MQTT-3.9.3-2] ' +
    'several filters get one SUBACK, with the QoS granted to each in their order',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    const t = c.topic;
    client.send(
      c.p.subscribe(9, [
        [`${t}/2`, 2],
        [`${t}/0`, 0],
        [`${t}/1`, 1],
        [`${t}/+/x`, 2],
        [`${t}/y/#`, 0],
      ]),
    );
    await client.expect(c.p.suback(9, [2, 0, 1, 2, 0]));
    for (const [level, qos] of [
      ['2', 2],
      ['0', 0],
      ['1', 1],
    ] as const) {
      client.send(c.p.publish(`${t}/${level}`, level));
      await client.expect({ type: 'publish', topic: `${t}/${level}`, qos: 0 });
      const other = await c.connect();
      await other.publish(`${t}/${level}`, level, { qos: 2 });
      await client.receive(`${t}/${level}`, level, { qos });
    }
  },
);

conformance(
  '[MQTT-3.8.4-3] [3.1.1:MQTT-3.8.4-3] the same filter again replaces the subscription: one copy, at the new QoS',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    const publisher = await c.connect();
    for (const qos of [0, 2, 1, 0]) {
      await subscriber.subscribe(c.topic, qos);
      await publisher.publish(c.topic, 'x', { qos: 2 });
      await subscriber.receive(c.topic, 'x', { qos });
      await subscriber.expectNothing();
    }
  },
);

conformance(
  '[MQTT-3.8.4-3] [MQTT-3.8.4-5] the same filter twice in one SUBSCRIBE is one subscription, the last',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    subscriber.send(
      c.p.subscribe(1, [
        [c.topic, 2],
        [c.topic, 1],
      ]),
    );
    await subscriber.expect(c.p.suback(1, [2, 1]));
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x', { qos: 2 });
    await subscriber.receive(c.topic, 'x', { qos: 1 });
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.8.4-3] the same filter again replaces the Subscription Identifier',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    const publisher = await c.connect();
    for (const properties of [{ subscriptionIdentifier: [1] }, { subscriptionIdentifier: [2] }, {}]) {
      await subscriber.subscribe(c.topic, 1, properties);
      await publisher.publish(c.topic, 'x');
      await subscriber.receive(c.topic, 'x', { properties });
    }
  },
);

conformance(
  '[MQTT-3.8.4-3] the same filter again replaces Retain As Published',
  { versions: [5], differs: { mosquitto: '2.0.11 keeps Retain As Published' } },
  async (c) => {
    const subscriber = await c.connect();
    const publisher = await c.connect();
    for (const retainAsPublished of [true, false]) {
      await subscriber.subscribe(c.topic, { retainAsPublished, retainHandling: 2 });
      await publisher.publish(c.topic, 'x', { retain: true });
      await subscriber.receive(c.topic, 'x', { retain: retainAsPublished });
    }
  },
);

conformance(
  '[MQTT-3.8.4-3] the same filter again replaces No Local',
  { versions: [5], differs: { mosquitto: '2.0.11 keeps No Local' } },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, { noLocal: true });
    await subscriber.publish(c.topic, 'not to me');
    await subscriber.subscribe(c.topic, { noLocal: false });
    subscriber.send(c.p.publish(c.topic, 'to me'), c.p.pingreq());
    await subscriber.expect(c.p.publish(c.topic, 'to me'));
  },
);

conformance(
  '[MQTT-3.8.3-3] No Local keeps a message from its own client, and from nobody else',
  { versions: [5] },
  async (c) => {
    const client = await c.connect();
    await client.subscribe(c.topic, { qos: 1, noLocal: true });
    const other = await c.connect();
    await other.subscribe(c.topic, { qos: 1, noLocal: true });
    await client.publish(c.topic, 'x', { qos: 1 });
    await other.receive(c.topic, 'x');
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-3.8.3-3] No Local goes by Client Identifier: it holds for what was published on an earlier connection',
  { versions: [5] },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, { qos: 1, noLocal: true });
    await before.publish(c.topic, 'x', { qos: 1 });
    before.drop();
    await (await c.connect(session)).expectNothing();
  },
);

conformance(
  '[MQTT-3.8.4-4] [3.1.1:MQTT-3.8.4-3] messages flow on while a subscription is replaced',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    const count = 10;
    for (let index = 0; index < count; index += 1) {
      publisher.send(c.p.publish(c.topic, `${index}`, { qos: 1, packetId: index + 1 }));
      subscriber.send(c.p.subscribe(index + 100, [[c.topic, 1]]));
    }
    let expected = 0;
    for (let packets = 0; packets < 2 * count; packets += 1) {
      const packet = await subscriber.next();
      if (packet.type !== 'publish') continue;
      if (packet.payload !== `${expected}`) throw new Mismatch(`${packet.payload} instead of ${expected}`);
      expected += 1;
      subscriber.send(c.p.puback(packet.packetId));
    }
  },
);

conformance('as Mosquitto: a topic filter of 200 separators is fine', { versions: [3, 4, 5] }, async (c) => {
  const client = await c.connect();
  await client.subscribe(`${c.topic}${'/'.repeat(200)}`, 1);
});
