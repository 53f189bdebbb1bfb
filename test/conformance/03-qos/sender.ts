import { Mismatch } from '../harness/mismatch.ts';
import type { Client } from '../harness/client.ts';
import { conformance, type Context } from '../harness/script.ts';

/** A subscriber whose session outlives its connection, at QoS 2, and a way to bring it back. */
async function durable(c: Context): Promise<{ client: Client; back: () => Promise<Client> }> {
  const session = {
    clientId: c.id('durable'),
    clean: false,
    ...(c.version === 5 && { properties: { sessionExpiryInterval: 60 } }),
  };
  const client = await c.connect(session);
  await client.subscribe(c.topic, 2);
  return { client, back: () => c.connect(session) };
}

conformance(
  '[MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [3.1.1:MQTT-2.3.1-4] [3.1.1:MQTT-4.3.2-1] ' +
    'messages in flight have Packet Identifiers that are not 0 and not in use',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    const seen = new Set<number>();
    for (let count = 0; count < 10; count += 1) {
      await publisher.publish(c.topic, `${count}`, { qos: 1 + (count % 2) });
      const message = await subscriber.expect({ type: 'publish', payload: `${count}`, dup: false });
      if (seen.has(message.packetId)) throw new Mismatch(`the identifier ${message.packetId} is in use`);
      seen.add(message.packetId);
    }
  },
);

conformance(
  '[MQTT-4.3.2-3] [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.1.0-1] [3.1.1:MQTT-4.3.2-1] [3.1.1:MQTT-4.4.0-1] [3.1.1:MQTT-3.3.1-1] ' +
    'QoS 1 without PUBACK comes again on resume, with DUP and the same identifier',
  { versions: [3, 4, 5] },
  async (c) => {
    const { client, back } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'again', { qos: 1 });
    const first = await client.expect({ type: 'publish', payload: 'again', qos: 1, dup: false });
    client.drop();
    const after = await back();
    await after.expect({ type: 'publish', payload: 'again', qos: 1, dup: true, packetId: first.packetId });
    after.send(c.p.puback(first.packetId));
    await after.expectNothing();
    after.drop();
    await (await back()).expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-3] [MQTT-4.4.0-1] [3.1.1:MQTT-4.3.3-1] QoS 2 without PUBREC comes again on resume',
  { versions: [3, 4, 5] },
  async (c) => {
    const { client, back } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'again', { qos: 2 });
    const { packetId } = await client.expect({ type: 'publish', payload: 'again', qos: 2, dup: false });
    client.drop();
    const after = await back();
    await after.receive(c.topic, 'again', { qos: 2, dup: true, packetId });
    await after.expectNothing();
    after.drop();
    await (await back()).expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.4.0-1] [MQTT-3.6.2-1] [3.1.1:MQTT-4.3.3-1] ' +
    'after PUBREC it is PUBREL that comes again, not the PUBLISH',
  { versions: [3, 4, 5] },
  async (c) => {
    const { client, back } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'released', { qos: 2 });
    const { packetId } = await client.expect({ type: 'publish', payload: 'released', qos: 2 });
    client.send(c.p.pubrec(packetId));
    await client.expect(c.p.pubrel(packetId));
    client.drop();
    const after = await back();
    await after.expect(c.p.pubrel(packetId));
    after.send(c.p.pubcomp(packetId));
    await after.expectNothing();
    after.drop();
    await (await back()).expectNothing();
  },
);

conformance(
  '[MQTT-4.6.0-1] [MQTT-4.6.0-5] [3.1.1:MQTT-4.6.0-1] what was in flight comes again in its order, before what was queued',
  { versions: [3, 4, 5] },
  async (c) => {
    const { client, back } = await durable(c);
    const publisher = await c.connect();
    for (const payload of ['1', '2', '3']) await publisher.publish(c.topic, payload, { qos: 1 });
    for (const payload of ['1', '2', '3']) await client.expect({ type: 'publish', payload });
    client.drop();
    for (const payload of ['4', '5']) await publisher.publish(c.topic, payload, { qos: 1 });
    const after = await back();
    for (const payload of ['1', '2', '3']) await after.receive(c.topic, payload, { dup: true });
    for (const payload of ['4', '5']) await after.receive(c.topic, payload, { dup: false });
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-4.4.0-1] nothing comes again within a connection, whatever else is acknowledged',
  { versions: [3, 4, 5] },
  async (c) => {
    const { client } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept waiting', { qos: 1 });
    await client.expect({ type: 'publish', payload: 'kept waiting' });
    for (let round = 0; round < 3; round += 1) {
      await publisher.publish(c.topic, `other ${round}`, { qos: 1 });
      await client.receive(c.topic, `other ${round}`);
      await client.expectNothing();
    }
  },
);

conformance(
  '[MQTT-4.4.0-2] PUBACK with an error acknowledges: the message does not come again',
  { versions: [5] },
  async (c) => {
    const { client, back } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'refused', { qos: 1 });
    const { packetId } = await client.expect({ type: 'publish', payload: 'refused' });
    client.send(c.p.puback(packetId, 0x97));
    await client.expectNothing();
    client.drop();
    await (await back()).expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-4] [MQTT-4.4.0-2] PUBREC with an error ends it: no PUBREL, and it does not come again',
  { versions: [5] },
  async (c) => {
    const { client, back } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'refused', { qos: 2 });
    const { packetId } = await client.expect({ type: 'publish', payload: 'refused' });
    client.send(c.p.pubrec(packetId, 0x97));
    await client.expectNothing();
    client.drop();
    await (await back()).expectNothing();
  },
);

conformance('[MQTT-4.3.3-4] PUBREC 0x10 is no error: PUBREL follows', { versions: [5] }, async (c) => {
  const { client } = await durable(c);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'taken', { qos: 2 });
  const { packetId } = await client.expect({ type: 'publish', payload: 'taken' });
  client.send(c.p.pubrec(packetId, 0x10));
  await client.expect(c.p.pubrel(packetId));
});

conformance(
  '[MQTT-4.3.3-4] a PUBREC again is answered by PUBREL again',
  { versions: [3, 4, 5] },
  async (c) => {
    const { client } = await durable(c);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x', { qos: 2 });
    const { packetId } = await client.expect({ type: 'publish', payload: 'x' });
    for (let count = 0; count < 2; count += 1) {
      client.send(c.p.pubrec(packetId));
      await client.expect(c.p.pubrel(packetId));
    }
    client.send(c.p.pubcomp(packetId));
    await client.expectNothing();
  },
);

for (const acknowledgement of ['puback', 'pubcomp'] as const) {
  conformance(
    `[MQTT-4.13.1-1] a ${acknowledgement.toUpperCase()} that nothing waits for does no harm`,
    { versions: [3, 4, 5] },
    async (c) => {
      const client = await c.connect();
      client.send(c.p[acknowledgement](4711));
      await client.expectNothing();
    },
  );
}

conformance(
  '[MQTT-3.6.2-1] [MQTT-4.13.1-1] a PUBREC that nothing waits for does no harm',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.pubrec(4711), c.p.pingreq());
    const answer = await client.next();
    if (answer.type === 'pubrel') await client.expect({ type: 'pingresp' });
    else if (answer.type !== 'pingresp') throw new Mismatch(`answered by ${answer.type}`);
  },
);
