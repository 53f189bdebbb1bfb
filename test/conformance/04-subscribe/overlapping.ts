import { generous, unusual } from '../harness/configs.ts';
import { conformance } from '../harness/script.ts';

const once = { mosquitto: { 4: 'allow_duplicate_messages is false by default in 2.0.11, true in 2.1' } };

conformance(
  '[MQTT-3.3.4-2] [3.1.1:MQTT-3.3.5-1] overlapping subscriptions deliver with the highest QoS of them',
  { config: generous },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 1);
    await subscriber.subscribe(`${c.topic}/+`, 2);
    await subscriber.subscribe(`${c.topic}/a`, 0);
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'x', { qos: 2 });
    await subscriber.expectAll(
      { type: 'publish', payload: 'x', qos: 0 },
      { type: 'publish', payload: 'x', qos: 1 },
      { type: 'publish', payload: 'x', qos: 2 },
    );
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: overlapping subscriptions get each a copy by default, in the order literal, +, #',
  { differs: once },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 1);
    await subscriber.subscribe(`${c.topic}/+`, 2);
    await subscriber.subscribe(`${c.topic}/a`, 0);
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'x', { qos: 2 });
    for (const qos of [0, 2, 1]) await subscriber.expect({ type: 'publish', payload: 'x', qos });
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.4-3] [MQTT-3.3.4-5] each copy has the Subscription Identifier of its subscription',
  { versions: [5], config: generous },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0, { subscriptionIdentifier: [1] });
    await subscriber.subscribe(`${c.topic}/+`, 0, { subscriptionIdentifier: [268_435_455] });
    await subscriber.subscribe(`${c.topic}/a`, 0);
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'x');
    await subscriber.expectAll(
      { type: 'publish', payload: 'x', properties: {} },
      { type: 'publish', payload: 'x', properties: { subscriptionIdentifier: [1] } },
      { type: 'publish', payload: 'x', properties: { subscriptionIdentifier: [268_435_455] } },
    );
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.4-3] one subscription, one identifier, and none without',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/a`, 0, { subscriptionIdentifier: [127] });
    await subscriber.subscribe(`${c.topic}/b`, 0, { subscriptionIdentifier: [128] });
    await subscriber.subscribe(`${c.topic}/c`, 0);
    const publisher = await c.connect();
    for (const level of ['a', 'b', 'c']) await publisher.publish(`${c.topic}/${level}`, level);
    await subscriber.receive(`${c.topic}/a`, 'a', { properties: { subscriptionIdentifier: [127] } });
    await subscriber.receive(`${c.topic}/b`, 'b', { properties: { subscriptionIdentifier: [128] } });
    await subscriber.receive(`${c.topic}/c`, 'c', { properties: {} });
  },
);

conformance(
  '[MQTT-3.3.4-3] a Subscription Identifier stands for all filters of its SUBSCRIBE, and for retained messages',
  { versions: [5] },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'kept', { retain: true });
    const subscriber = await c.connect();
    const properties = { subscriptionIdentifier: [5] };
    subscriber.send(
      c.p.subscribe(
        1,
        [
          [`${c.topic}/a`, 0],
          [`${c.topic}/b`, 0],
        ],
        properties,
      ),
    );
    await subscriber.expect(c.p.suback(1, [0, 0]));
    await subscriber.receive(`${c.topic}/a`, 'kept', { retain: true, properties });
    await publisher.publish(`${c.topic}/b`, 'live');
    await subscriber.receive(`${c.topic}/b`, 'live', { properties });
  },
);

conformance(
  '[MQTT-3.3.4-3] [MQTT-3.1.2-5] Subscription Identifiers outlive the connection with the session',
  { versions: [5] },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1, { subscriptionIdentifier: [9] });
    before.drop();
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'queued', { qos: 1 });
    const after = await c.connect(session);
    await after.receive(c.topic, 'queued', { properties: { subscriptionIdentifier: [9] } });
    await publisher.publish(c.topic, 'live', { qos: 1 });
    await after.receive(c.topic, 'live', { properties: { subscriptionIdentifier: [9] } });
  },
);

conformance(
  'as Mosquitto: without allow_duplicate_messages a client before 5.0 gets one copy',
  { versions: [4], config: unusual },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0);
    await subscriber.subscribe(`${c.topic}/+`, 0);
    await subscriber.subscribe(`${c.topic}/a`, 0);
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'x');
    await subscriber.receive(`${c.topic}/a`, 'x');
    await subscriber.expectNothing();
    await publisher.publish(`${c.topic}/a`, 'y');
    await subscriber.receive(`${c.topic}/a`, 'y');
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: without allow_duplicate_messages a 5.0 client gets its copies all the same',
  {
    versions: [5],
    config: unusual,
  },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0, { subscriptionIdentifier: [1] });
    await subscriber.subscribe(`${c.topic}/a`, 0, { subscriptionIdentifier: [2] });
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'x');
    await subscriber.expect({ type: 'publish', properties: { subscriptionIdentifier: [2] } });
    await subscriber.expect({ type: 'publish', properties: { subscriptionIdentifier: [1] } });
  },
);

conformance(
  'as Mosquitto: upgrade_outgoing_qos delivers at the QoS granted',
  { versions: [3, 4, 5], config: generous },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, 'x', { qos: 0, retain: true }));
    await subscriber.receive(c.topic, 'x', { qos: 2 });
    const late = await c.connect();
    await late.subscribe(c.topic, 1);
    await late.receive(c.topic, 'x', { qos: 1, retain: true });
  },
);
