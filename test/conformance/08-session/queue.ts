import { narrow, small } from '../harness/configs.ts';
import type { ConnectOptions } from '../harness/packets.ts';
import { conformance, type Context } from '../harness/script.ts';

/** A client that keeps its session, in the words of its version. */
function durable(c: Context): ConnectOptions {
  return { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
}

/** Brings a subscriber away, publishes so many messages of QoS 1, and brings it back. */
async function afterAbsence(
  c: Context,
  payloads: readonly string[],
): Promise<Awaited<ReturnType<Context['connect']>>> {
  const before = await c.connect(durable(c));
  await before.subscribe(c.topic, 1);
  await before.disconnect();
  const publisher = await c.connect();
  for (const payload of payloads) await publisher.publish(c.topic, payload, { qos: 1 });
  return c.connect(durable(c));
}

conformance(
  'as Mosquitto: max_queued_messages keeps the first messages for a client that is away, and drops the rest',
  { versions: [3, 4, 5], config: narrow },
  async (c) => {
    const after = await afterAbsence(c, ['1', '2', '3', '4', '5']);
    for (const payload of ['1', '2', '3']) await after.receive(c.topic, payload);
    await after.expectNothing();
  },
);

conformance(
  'as Mosquitto: max_queued_bytes takes messages for a client that is away until it is reached, and drops the rest',
  { versions: [3, 4, 5], config: small },
  async (c) => {
    const after = await afterAbsence(c, ['1234', '5678', '9abc', 'x']);
    for (const payload of ['1234', '5678', '9abc']) await after.receive(c.topic, payload);
    await after.expectNothing();
  },
);

conformance(
  'as Mosquitto: max_queued_messages counts what waits behind the window of a connected client',
  { versions: [3, 4], config: narrow },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    for (const payload of ['1', '2', '3', '4', '5', '6'])
      await publisher.publish(c.topic, payload, { qos: 1 });
    for (const payload of ['1', '2', '3', '4']) await subscriber.receive(c.topic, payload);
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: a dropped message does not stop those after it',
  { versions: [3, 4, 5], config: narrow },
  async (c) => {
    const after = await afterAbsence(c, ['1', '2', '3', 'dropped']);
    for (const payload of ['1', '2', '3']) await after.receive(c.topic, payload);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'live', { qos: 1 });
    await after.receive(c.topic, 'live');
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-4.5.0-1] [3.1.1:MQTT-3.1.2-5] a hundred messages wait for a client that is away, by default',
  {},
  async (c) => {
    const payloads = Array.from({ length: 100 }, (_, index) => `${index}`);
    const after = await afterAbsence(c, payloads);
    for (const payload of payloads) await after.receive(c.topic, payload);
    await after.expectNothing();
  },
);
