import { unusual } from '../harness/configs.ts';
import { Mismatch } from '../harness/mismatch.ts';
import type { Client } from '../harness/client.ts';
import type { ConnectOptions, Version } from '../harness/packets.ts';
import { conformance, type Context } from '../harness/script.ts';

/** A client that keeps its session, in the words of its version. */
function durable(
  c: Context,
  name = 'durable',
  version: Version = c.version,
): ConnectOptions & { version: Version } {
  const properties = version === 5 ? { sessionExpiryInterval: 60 } : {};
  return { clientId: c.id(name), clean: false, properties, version };
}

function expectPresent(client: Client, present: boolean): void {
  if (client.connack?.sessionPresent !== present) throw new Mismatch(`Session Present is not ${present}`);
}

conformance(
  '[MQTT-3.1.2-6] [MQTT-3.2.2-3] [MQTT-3.1.4-4] [3.1.1:MQTT-3.1.2-4] [3.1.1:MQTT-3.2.2-3] [3.1.1:MQTT-3.1.4-3] ' +
    'without a session one is created, with Session Present 0',
  {},
  async (c) => expectPresent(await c.connect(durable(c)), false),
);

conformance(
  '[MQTT-3.1.2-5] [MQTT-3.1.2-23] [MQTT-3.2.2-3] [MQTT-3.1.3-2] ' +
    '[3.1.1:MQTT-3.1.2-4] [3.1.1:MQTT-3.2.2-2] [3.1.1:MQTT-3.1.3-2] [3.1.1:MQTT-4.1.0-1] ' +
    'a session is resumed with its subscriptions, with Session Present 1',
  {},
  async (c) => {
    const before = await c.connect(durable(c));
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const after = await c.connect(durable(c));
    expectPresent(after, true);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'still subscribed', { qos: 1 });
    await after.receive(c.topic, 'still subscribed', { qos: 1 });
  },
);

conformance(
  '[MQTT-3.1.2-5] [MQTT-4.5.0-1] [3.1.1:MQTT-3.1.2-5] [3.1.1:MQTT-4.5.0-1] ' +
    'messages of QoS 1 and 2 are kept while the client is away, in order',
  { versions: [3, 4, 5] },
  async (c) => {
    const before = await c.connect(durable(c));
    await before.subscribe(c.topic, 2);
    await before.disconnect();
    const publisher = await c.connect();
    for (const qos of [1, 2, 1]) await publisher.publish(c.topic, `qos ${qos}`, { qos });
    await publisher.publish(c.topic, 'qos 0');
    const after = await c.connect(durable(c));
    for (const qos of [1, 2, 1]) await after.receive(c.topic, `qos ${qos}`, { qos, dup: false });
    await after.expectNothing();
  },
);

conformance(
  'as Mosquitto: QoS 0 is kept too with queue_qos0_messages',
  { versions: [3, 4, 5], config: unusual },
  async (c) => {
    const before = await c.connect(durable(c));
    await before.subscribe(c.topic, 2);
    await before.disconnect();
    const publisher = await c.connect();
    for (const qos of [0, 1, 0]) await publisher.publish(c.topic, `qos ${qos}`, { qos });
    const after = await c.connect(durable(c));
    for (const qos of [0, 1, 0]) await after.receive(c.topic, `qos ${qos}`, { qos });
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-4] [MQTT-3.2.2-2] [MQTT-3.1.4-4] [3.1.1:MQTT-3.1.2-6] [3.1.1:MQTT-3.2.2-1] [3.1.1:MQTT-3.1.4-3] ' +
    'Clean Start 1 discards the session: no subscription, no message, Session Present 0',
  {},
  async (c) => {
    const before = await c.connect(durable(c));
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'lost', { qos: 1 });
    const clean = await c.connect({ ...durable(c), clean: true });
    expectPresent(clean, false);
    await publisher.publish(c.topic, 'not subscribed', { qos: 1 });
    await clean.expectNothing();
  },
);

conformance(
  '[3.1.1:MQTT-3.1.2-6] a session of Clean Session 1 ends with its connection',
  { versions: [3, 4] },
  async (c) => {
    const clientId = c.id('x');
    const before = await c.connect({ clientId, clean: true });
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const after = await c.connect({ clientId, clean: false });
    expectPresent(after, false);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x', { qos: 1 });
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-4.1.0-2] without a Session Expiry Interval a session ends with its connection, whatever Clean Start says',
  { versions: [5] },
  async (c) => {
    const clientId = c.id('x');
    const before = await c.connect({ clientId, clean: false });
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const after = await c.connect({ clientId, clean: false });
    expectPresent(after, false);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x', { qos: 1 });
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-23] Clean Start 1 with a Session Expiry Interval begins a session that is kept',
  { versions: [5] },
  async (c) => {
    const before = await c.connect({ ...durable(c), clean: true });
    await before.subscribe(c.topic, 1);
    before.drop();
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { qos: 1 });
    const after = await c.connect(durable(c));
    expectPresent(after, true);
    await after.receive(c.topic, 'kept');
  },
);

conformance(
  '[MQTT-3.1.2-23] a Session Expiry Interval of 0xFFFFFFFF is for ever, and may be set to 0 on DISCONNECT',
  { versions: [5] },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 0xffff_ffff } };
    await (await c.connect(session)).disconnect();
    const again = await c.connect(session);
    expectPresent(again, true);
    await again.disconnect(0, { sessionExpiryInterval: 0 });
    expectPresent(await c.connect(session), false);
  },
);

conformance(
  '[MQTT-3.1.2-5] the session of a client that is still connected is resumed by the one that takes over',
  {},
  async (c) => {
    const before = await c.connect(durable(c));
    await before.subscribe(c.topic, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'in flight', { qos: 1 });
    const first = await before.expect({ type: 'publish', payload: 'in flight' });
    const after = await c.connect(durable(c));
    expectPresent(after, true);
    await after.receive(c.topic, 'in flight', { dup: true, packetId: first.packetId });
    await publisher.publish(c.topic, 'live', { qos: 1 });
    await after.receive(c.topic, 'live', { dup: false });
  },
);

const pairs: readonly (readonly [Version, Version])[] = [
  [4, 5],
  [5, 4],
  [3, 5],
  [5, 3],
  [3, 4],
  [4, 3],
];
for (const [from, to] of pairs) {
  conformance(
    `as Mosquitto: a session of version ${from} is resumed by a client of version ${to}`,
    { versions: [to] },
    async (c) => {
      const before = await c.connect(durable(c, 'x', from));
      await before.subscribe(c.topic, 1);
      await before.disconnect();
      const publisher = await c.connect();
      await publisher.publish(c.topic, 'kept', { qos: 1 });
      const after = await c.connect(durable(c, 'x'));
      await after.receive(c.topic, 'kept', { qos: 1 });
    },
  );
}

conformance('as Mosquitto: Session Present is never 1 in 3.1', { versions: [3] }, async (c) => {
  await (await c.connect(durable(c))).disconnect();
  expectPresent(await c.connect(durable(c)), false);
});

conformance(
  '[MQTT-4.1.0-1] [3.1.1:MQTT-4.1.0-2] a session lasts as long as its connection, whatever other clients do',
  {},
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    for (let count = 0; count < 5; count += 1) {
      const other = await c.connect();
      await other.subscribe(c.topic, 1);
      await other.disconnect();
    }
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x', { qos: 1 });
    await subscriber.receive(c.topic, 'x');
  },
);

conformance(
  '[3.1.1:MQTT-3.1.2-7] retained messages outlive the session that sent them',
  { versions: [3, 4, 5] },
  async (c) => {
    const publisher = await c.connect({ clean: true });
    await publisher.publish(c.topic, 'kept', { retain: true, qos: 1 });
    await publisher.disconnect();
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    await subscriber.receive(c.topic, 'kept', { retain: true });
  },
);
