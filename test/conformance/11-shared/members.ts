import type { Client } from '../harness/client.ts';
import { conformance, type Context } from '../harness/script.ts';

/** A member of the group whose session outlives its connection. */
async function durable(
  c: Context,
  name: string,
  qos: number,
): Promise<{ client: Client; back: () => Promise<Client> }> {
  const session = { clientId: c.id(name), clean: false, properties: { sessionExpiryInterval: 60 } };
  const client = await c.connect(session);
  await client.subscribe(`$share/g/${c.topic}`, qos);
  return { client, back: () => c.connect(session) };
}

conformance(
  '[MQTT-4.8.2-4] a QoS 2 delivery that was cut is completed when that member is back, and nobody else gets it',
  {},
  async (c) => {
    const { client, back } = await durable(c, 'first', 2);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'mine', { qos: 2 });
    const { packetId } = await client.expect({ type: 'publish', payload: 'mine', qos: 2 });
    const other = await c.connect();
    await other.subscribe(`$share/g/${c.topic}`, 2);
    client.drop();
    await other.expectNothing();
    const after = await back();
    await after.receive(c.topic, 'mine', { qos: 2, dup: true, packetId });
    await other.expectNothing();
  },
);

conformance('[MQTT-4.8.2-4] after PUBREC it is PUBREL that comes when that member is back', {}, async (c) => {
  const { client, back } = await durable(c, 'first', 2);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'mine', { qos: 2 });
  const { packetId } = await client.expect({ type: 'publish', payload: 'mine' });
  client.send(c.p.pubrec(packetId));
  await client.expect(c.p.pubrel(packetId));
  client.drop();
  const after = await back();
  await after.expect(c.p.pubrel(packetId));
});

conformance(
  '[MQTT-4.8.2-5] a QoS 2 delivery goes to no other member when that session ends',
  {},
  async (c) => {
    const first = await c.connect({ clientId: c.id('first') });
    await first.subscribe(`$share/g/${c.topic}`, 2);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'gone', { qos: 2 });
    await first.expect({ type: 'publish', payload: 'gone', qos: 2 });
    const other = await c.connect();
    await other.subscribe(`$share/g/${c.topic}`, 2);
    first.drop();
    await c.connect({ clientId: c.id('first') });
    await other.expectNothing();
  },
);

for (const [answer, qos] of [
  ['puback', 1],
  ['pubrec', 2],
] as const) {
  conformance(
    `[MQTT-4.8.2-6] a ${answer.toUpperCase()} with an error discards the message for the whole group`,
    { versions: [5] },
    async (c) => {
      const first = await c.connect();
      await first.subscribe(`$share/g/${c.topic}`, 2);
      const publisher = await c.connect();
      await publisher.publish(c.topic, 'refused', { qos });
      const { packetId } = await first.expect({ type: 'publish', payload: 'refused', qos });
      const other = await c.connect();
      await other.subscribe(`$share/g/${c.topic}`, 2);
      first.send(c.p[answer](packetId, 0x80));
      await first.expectNothing();
      await other.expectNothing();
    },
  );
}

conformance(
  'beyond Mosquitto: members that are away take no turn while another is online',
  { differs: { mosquitto: 'a member that is away takes its turn, and QoS 0 is lost' } },
  async (c) => {
    const { client } = await durable(c, 'away', 1);
    await client.disconnect();
    const online = await c.connect();
    await online.subscribe(`$share/g/${c.topic}`, 1);
    const publisher = await c.connect();
    for (const qos of [0, 1, 0, 1]) await publisher.publish(c.topic, `qos ${qos}`, { qos });
    for (const qos of [0, 1, 0, 1]) await online.receive(c.topic, `qos ${qos}`, { qos });
  },
);

conformance('as Mosquitto: a group whose members are all away keeps QoS 1 for them', {}, async (c) => {
  const { client, back } = await durable(c, 'away', 1);
  await client.disconnect();
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'kept', { qos: 1 });
  await (await back()).receive(c.topic, 'kept', { qos: 1 });
});

conformance(
  'beyond Mosquitto: QoS 1 that a member did not acknowledge goes to another when that session ends',
  { differs: { mosquitto: 'it is lost' } },
  async (c) => {
    const first = await c.connect();
    await first.subscribe(`$share/g/${c.topic}`, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'passed on', { qos: 1 });
    await first.expect({ type: 'publish', payload: 'passed on' });
    const other = await c.connect();
    await other.subscribe(`$share/g/${c.topic}`, 1);
    first.drop();
    await other.receive(c.topic, 'passed on', { qos: 1 });
  },
);
