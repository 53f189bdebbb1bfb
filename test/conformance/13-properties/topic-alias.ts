import { unusual } from '../harness/configs.ts';
import type { Client } from '../harness/client.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance } from '../harness/script.ts';

const versions = [5] as const;

conformance(
  '[MQTT-3.3.2-12] the broker takes every Topic Alias up to the maximum it announced',
  { versions },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0);
    const publisher = await c.connect();
    const maximum = publisher.connack?.properties.topicAliasMaximum ?? 0;
    if (maximum < 1) throw new Mismatch('no Topic Alias Maximum');
    for (let topicAlias = 1; topicAlias <= maximum; topicAlias += 1) {
      publisher.send(c.p.publish(`${c.topic}/${topicAlias}`, 'set', { properties: { topicAlias } }));
      await subscriber.receive(`${c.topic}/${topicAlias}`, 'set', { properties: {} });
    }
    for (let topicAlias = maximum; topicAlias >= 1; topicAlias -= 1) {
      publisher.send(c.p.publish('', 'used', { properties: { topicAlias } }));
      await subscriber.receive(`${c.topic}/${topicAlias}`, 'used', { properties: {} });
    }
  },
);

for (const qos of [1, 2]) {
  conformance(`[MQTT-3.3.2-12] a Topic Alias works at QoS ${qos}`, { versions }, async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'set', { qos, properties: { topicAlias: 3 } });
    await publisher.publish('', 'used', { qos, properties: { topicAlias: 3 } });
    await subscriber.receive(c.topic, 'set', { qos });
    await subscriber.receive(c.topic, 'used', { qos });
  });
}

conformance('[MQTT-3.3.2-12] a Topic Alias may be given another topic', { versions }, async (c) => {
  const subscriber = await c.connect();
  await subscriber.subscribe(`${c.topic}/#`, 0);
  const publisher = await c.connect();
  for (const level of ['a', 'b', 'a']) {
    publisher.send(c.p.publish(`${c.topic}/${level}`, 'set', { properties: { topicAlias: 1 } }));
    publisher.send(c.p.publish('', 'used', { properties: { topicAlias: 1 } }));
    await subscriber.receive(`${c.topic}/${level}`, 'set');
    await subscriber.receive(`${c.topic}/${level}`, 'used');
  }
});

conformance(
  '[MQTT-3.3.2-7] Topic Aliases end with the connection, though the session goes on',
  { versions },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.publish(c.topic, 'set', { qos: 1, properties: { topicAlias: 1 } });
    await before.disconnect();
    const after = await c.connect(session);
    after.send(c.p.publish('', 'used', { properties: { topicAlias: 1 } }));
    await after.expectError([0x82, 0x94]);
  },
);

conformance('[MQTT-3.3.2-7] Topic Aliases of clients do not mix', { versions }, async (c) => {
  const subscriber = await c.connect();
  await subscriber.subscribe(`${c.topic}/#`, 0);
  const publishers = [await c.connect(), await c.connect()];
  for (const [index, publisher] of publishers.entries()) {
    await publisher.publish(`${c.topic}/${index}`, 'set', { properties: { topicAlias: 1 } });
  }
  for (const publisher of publishers) await publisher.publish('', 'used', { properties: { topicAlias: 1 } });
  for (const index of [0, 1]) await subscriber.receive(`${c.topic}/${index}`, 'set');
  for (const index of [0, 1]) await subscriber.receive(`${c.topic}/${index}`, 'used');
});

conformance(
  '[MQTT-3.3.2-8] a Topic Alias of 0 is invalid',
  { versions, differs: { mosquitto: '2.0.11 says 0x81' } },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.publish(c.topic, 'x', { properties: { topicAlias: 0 } }));
    await client.expectError(0x94);
  },
);

conformance(
  '[MQTT-3.3.2-9] [MQTT-3.2.2-17] a Topic Alias above the maximum of the server is invalid',
  { versions },
  async (c) => {
    for (const beyond of [1, 1000]) {
      const client = await c.connect();
      const topicAlias = (client.connack?.properties.topicAliasMaximum ?? 0) + beyond;
      client.send(c.p.publish(c.topic, 'x', { properties: { topicAlias } }));
      await client.expectError(0x94);
    }
  },
);

conformance(
  '[MQTT-3.2.2-18] a Topic Alias where the server announced none is invalid',
  { versions, config: unusual },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.publish(c.topic, 'x', { properties: { topicAlias: 1 } }));
    await client.expectError(0x94);
  },
);

conformance('[MQTT-4.13.1-1] a Topic Alias that nobody set is a Protocol Error', { versions }, async (c) => {
  const client = await c.connect();
  client.send(c.p.publish('', 'x', { properties: { topicAlias: 1 } }));
  await client.expectError([0x82, 0x94]);
});

/** Receives so many messages, and resolves their Topic Aliases as a client must. */
async function resolve(client: Client, count: number, maximum: number): Promise<readonly string[]> {
  const known = new Map<number, string>();
  const topics: string[] = [];
  for (let received = 0; received < count; received += 1) {
    const { topic, properties } = await client.expect({ type: 'publish' });
    const alias = properties.topicAlias;
    if (alias !== undefined && (alias < 1 || alias > maximum)) throw new Mismatch(`Topic Alias ${alias}`);
    if (alias !== undefined && topic !== '') known.set(alias, topic);
    topics.push(topic === '' ? (known.get(alias ?? 0) ?? 'unknown') : topic);
  }
  return topics;
}

const levels = ['a', 'b', 'c', 'a', 'b', 'c', 'd', 'a'];

for (const maximum of [0, 1, 2, 65_535]) {
  conformance(
    `[MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11] [MQTT-3.3.2-8] a client with Topic Alias Maximum ${maximum} can resolve what it gets`,
    { versions },
    async (c) => {
      const subscriber = await c.connect({ properties: { topicAliasMaximum: maximum } });
      await subscriber.subscribe(`${c.topic}/#`, 0);
      const publisher = await c.connect();
      for (const level of levels) await publisher.publish(`${c.topic}/${level}`, 'x');
      const topics = await resolve(subscriber, levels.length, maximum);
      if (topics.join() !== levels.map((level) => `${c.topic}/${level}`).join())
        throw new Mismatch(topics.join());
    },
  );
}

conformance(
  '[MQTT-3.1.2-27] a client without Topic Alias Maximum gets no Topic Alias',
  { versions },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0);
    const publisher = await c.connect();
    for (const level of levels) {
      await publisher.publish(`${c.topic}/${level}`, 'x');
      await subscriber.receive(`${c.topic}/${level}`, 'x', { properties: {} });
    }
  },
);

conformance(
  'as Mosquitto: the first topics get the Topic Aliases, and keep them',
  { versions, differs: { mosquitto: '2.0.11 sends no Topic Aliases' } },
  async (c) => {
    const subscriber = await c.connect({ properties: { topicAliasMaximum: 2 } });
    await subscriber.subscribe(`${c.topic}/#`, 0);
    const publisher = await c.connect();
    for (const level of ['a', 'b', 'c', 'a', 'b', 'c']) await publisher.publish(`${c.topic}/${level}`, level);
    await subscriber.receive(`${c.topic}/a`, 'a', { properties: { topicAlias: 1 } });
    await subscriber.receive(`${c.topic}/b`, 'b', { properties: { topicAlias: 2 } });
    await subscriber.receive(`${c.topic}/c`, 'c', { properties: {} });
    await subscriber.receive('', 'a', { properties: { topicAlias: 1 } });
    await subscriber.receive('', 'b', { properties: { topicAlias: 2 } });
    await subscriber.receive(`${c.topic}/c`, 'c', { properties: {} });
  },
);

conformance(
  '[MQTT-3.3.2-7] a client that comes back gets whole topics first, also for what is sent again',
  { versions },
  async (c) => {
    const session = {
      clientId: c.id('x'),
      clean: false,
      properties: { sessionExpiryInterval: 60, topicAliasMaximum: 5 },
    };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1);
    const publisher = await c.connect();
    for (const payload of ['1', '2']) await publisher.publish(c.topic, payload, { qos: 1 });
    for (const payload of ['1', '2']) await before.expect({ type: 'publish', payload });
    before.drop();
    const after = await c.connect(session);
    const topics = await resolve(after, 2, 5);
    if (topics.join() !== `${c.topic},${c.topic}`) throw new Mismatch(topics.join());
  },
);

conformance(
  '[MQTT-3.3.2-9] a message with an invalid Topic Alias is not delivered',
  { versions },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, 'x', { properties: { topicAlias: 1000 } }));
    await publisher.expectError(0x94);
    await subscriber.expectNothing();
  },
);
