import { conformance } from '../harness/script.ts';

const all = [3, 4, 5] as const;

for (const qos of [0, 1, 2]) {
  conformance(
    `[MQTT-3.3.1-5] [MQTT-3.3.1-9] [3.1.1:MQTT-3.3.1-5] [3.1.1:MQTT-3.3.1-6] [3.1.1:MQTT-3.3.1-8] ` +
      `a retained message of QoS ${qos} is sent to a new subscription, with RETAIN`,
    { versions: all },
    async (c) => {
      const publisher = await c.connect();
      await publisher.publish(c.topic, 'kept', { qos, retain: true });
      for (const granted of [2, 1, 0]) {
        const subscriber = await c.connect();
        await subscriber.subscribe(c.topic, granted);
        await subscriber.receive(c.topic, 'kept', { qos: Math.min(qos, granted), retain: true, dup: false });
        await subscriber.expectNothing();
      }
    },
  );
}

conformance(
  '[MQTT-3.3.1-12] [3.1.1:MQTT-3.3.1-9] to an established subscription it goes without RETAIN',
  { versions: all },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'live', { qos: 1, retain: true });
    await subscriber.receive(c.topic, 'live', { retain: false });
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.1-13] with Retain As Published it goes with RETAIN as it came',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, { qos: 1, retainAsPublished: true });
    const publisher = await c.connect();
    for (const retain of [true, false, true]) {
      await publisher.publish(c.topic, `${retain}`, { retain });
      await subscriber.receive(c.topic, `${retain}`, { retain });
    }
  },
);

conformance(
  '[MQTT-3.3.1-5] [3.1.1:MQTT-3.3.1-5] [3.1.1:MQTT-3.3.1-7] the last retained message of a topic replaces the one before',
  { versions: all },
  async (c) => {
    const publisher = await c.connect();
    for (const qos of [1, 2, 0]) {
      await publisher.publish(c.topic, `qos ${qos}`, { qos, retain: true });
      const subscriber = await c.connect();
      await subscriber.subscribe(c.topic, 2);
      await subscriber.receive(c.topic, `qos ${qos}`, { qos, retain: true });
      await subscriber.expectNothing();
    }
  },
);

conformance(
  '[MQTT-3.3.1-8] [3.1.1:MQTT-3.3.1-12] a message without RETAIN neither stores nor removes, empty or not',
  { versions: all },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'not kept', { qos: 1 });
    await publisher.publish(`${c.topic}/b`, 'kept', { retain: true });
    await publisher.publish(`${c.topic}/b`, 'not kept', { qos: 1 });
    await publisher.publish(`${c.topic}/b`, '', { qos: 1 });
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 1);
    await subscriber.receive(`${c.topic}/b`, 'kept', { retain: true });
    await subscriber.expectNothing();
  },
);

for (const qos of [0, 1, 2]) {
  conformance(
    `[MQTT-3.3.1-6] [MQTT-3.3.1-7] [3.1.1:MQTT-3.3.1-10] [3.1.1:MQTT-3.3.1-11] ` +
      `an empty retained message of QoS ${qos} is delivered and removes the retained one`,
    { versions: all },
    async (c) => {
      const publisher = await c.connect();
      await publisher.publish(c.topic, 'kept', { retain: true });
      const established = await c.connect();
      await established.subscribe(c.topic, 2);
      await established.receive(c.topic, 'kept');
      await publisher.publish(c.topic, '', { qos, retain: true });
      await established.receive(c.topic, '', { qos, retain: false });
      const late = await c.connect();
      await late.subscribe(c.topic, 2);
      await late.expectNothing();
    },
  );
}

conformance(
  '[MQTT-3.3.1-6] with Retain As Published the empty message has RETAIN',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, { retainAsPublished: true });
    const publisher = await c.connect();
    await publisher.publish(c.topic, '', { retain: true });
    await subscriber.receive(c.topic, '', { retain: true });
  },
);

conformance(
  '[MQTT-3.3.1-9] [MQTT-3.3.2-3] [3.1.1:MQTT-3.3.1-6] [3.1.1:MQTT-3.3.2-3] a wildcard gets every retained message that matches',
  { versions: all },
  async (c) => {
    const publisher = await c.connect();
    const levels = ['a', 'a/b', 'a/b/c', 'x/b', 'x', '', '/'];
    const topics = levels.map((level) => (level === '' ? c.topic : `${c.topic}/${level}`));
    for (const topic of topics) await publisher.publish(topic, topic, { retain: true });
    const expected: readonly (readonly [filter: string, matching: readonly string[]])[] = [
      [`${c.topic}/#`, topics],
      [`${c.topic}/+/b`, [`${c.topic}/a/b`, `${c.topic}/x/b`]],
      [`${c.topic}/+`, [`${c.topic}/a`, `${c.topic}/x`]],
      [`${c.topic}/+/+`, [`${c.topic}/a/b`, `${c.topic}/x/b`, `${c.topic}//`]],
      [`${c.topic}/a/#`, [`${c.topic}/a`, `${c.topic}/a/b`, `${c.topic}/a/b/c`]],
      [`${c.topic}/none/#`, []],
    ];
    for (const [filter, matching] of expected) {
      const subscriber = await c.connect();
      await subscriber.subscribe(filter, 0);
      await subscriber.expectAll(
        ...matching.map((topic) => ({ type: 'publish', topic, payload: topic, retain: true }) as const),
      );
      await subscriber.expectNothing();
    }
  },
);

conformance(
  '[MQTT-3.8.4-4] [MQTT-3.3.1-9] [3.1.1:MQTT-3.8.4-3] the same SUBSCRIBE again gets the retained messages again',
  { versions: all },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { retain: true });
    const subscriber = await c.connect();
    for (let round = 0; round < 3; round += 1) {
      await subscriber.subscribe(c.topic, 0);
      await subscriber.receive(c.topic, 'kept', { retain: true });
      await subscriber.expectNothing();
    }
  },
);

conformance(
  '[MQTT-3.8.4-5] [3.1.1:MQTT-3.8.4-4] several filters of one SUBSCRIBE get each its retained messages',
  { versions: all },
  async (c) => {
    const publisher = await c.connect();
    for (const level of ['a', 'b', 'c'])
      await publisher.publish(`${c.topic}/${level}`, level, { retain: true });
    const subscriber = await c.connect();
    subscriber.send(
      c.p.subscribe(1, [
        [`${c.topic}/c`, 0],
        [`${c.topic}/a`, 0],
      ]),
    );
    await subscriber.expectAll(
      c.p.suback(1, [0, 0]),
      c.p.publish(`${c.topic}/c`, 'c', { retain: true }),
      c.p.publish(`${c.topic}/a`, 'a', { retain: true }),
    );
    await subscriber.expectNothing();
  },
);

conformance('as Mosquitto: SUBACK comes before the retained messages', { versions: all }, async (c) => {
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'kept', { retain: true, qos: 1 });
  const subscriber = await c.connect();
  subscriber.send(c.p.subscribe(1, [[c.topic, 1]]));
  await subscriber.expect(c.p.suback(1, [1]));
  await subscriber.receive(c.topic, 'kept', { retain: true });
});

conformance(
  '[MQTT-3.3.1-9] Retain Handling 0 sends retained messages each time',
  { versions: [5] },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { retain: true });
    const subscriber = await c.connect();
    for (let round = 0; round < 2; round += 1) {
      await subscriber.subscribe(c.topic, { retainHandling: 0 });
      await subscriber.receive(c.topic, 'kept', { retain: true });
    }
  },
);

conformance(
  '[MQTT-3.3.1-10] Retain Handling 1 sends them to a new subscription only',
  { versions: [5] },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { retain: true });
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, { retainHandling: 1 });
    await subscriber.receive(c.topic, 'kept', { retain: true });
    await subscriber.subscribe(c.topic, { retainHandling: 1, qos: 1 });
    await subscriber.expectNothing();
    subscriber.send(c.p.unsubscribe(50, [c.topic]));
    await subscriber.expect(c.p.unsuback(50, [0]));
    await subscriber.subscribe(c.topic, { retainHandling: 1 });
    await subscriber.receive(c.topic, 'kept', { retain: true });
  },
);

conformance('[MQTT-3.3.1-11] Retain Handling 2 sends none', { versions: [5] }, async (c) => {
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'kept', { retain: true });
  const subscriber = await c.connect();
  await subscriber.subscribe(c.topic, { retainHandling: 2 });
  await subscriber.expectNothing();
  await publisher.publish(c.topic, 'live', { retain: true });
  await subscriber.receive(c.topic, 'live', { retain: false });
});

conformance(
  '[MQTT-3.3.1-10] Retain Handling 1 knows the subscriptions of a session that was resumed',
  { versions: [5] },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 0);
    await before.disconnect();
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { retain: true });
    const after = await c.connect(session);
    await after.subscribe(c.topic, { retainHandling: 1 });
    await after.expectNothing();
  },
);

conformance(
  '[3.1.1:MQTT-3.3.1-9] a message queued for a client that was away goes without RETAIN',
  { versions: all },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'queued', { qos: 1, retain: true });
    const after = await c.connect(session);
    await after.receive(c.topic, 'queued', { retain: false });
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.1-5] [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-18] [MQTT-3.3.2-20] ' +
    'a retained message keeps its properties',
  { versions: [5] },
  async (c) => {
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text',
      responseTopic: 'answer',
      correlationData: '\u0001\u0002',
      userProperty: [
        ['b', '1'],
        ['a', '2'],
        ['b', '1'],
      ],
    } as const;
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { retain: true, properties });
    await publisher.disconnect();
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    await subscriber.receive(c.topic, 'kept', { properties });
  },
);

conformance(
  '[MQTT-3.3.1-5] retained messages go to subscribers of every version',
  { versions: [4] },
  async (c) => {
    for (const from of all) {
      const publisher = await c.connect({ version: from });
      await publisher.publish(c.topic, `from ${from}`, { qos: 1, retain: true });
      for (const to of all) {
        const subscriber = await c.connect({ version: to });
        await subscriber.subscribe(c.topic, 1);
        await subscriber.receive(c.topic, `from ${from}`, { retain: true, properties: {}, qos: 1 });
      }
    }
  },
);
