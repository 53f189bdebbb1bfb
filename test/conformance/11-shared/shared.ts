import { Mismatch } from '../harness/mismatch.ts';
import type { Client } from '../harness/client.ts';
import { conformance } from '../harness/script.ts';

const lax = { mosquitto: '2.0.11 takes it' };
const retained = { mosquitto: '2.0.11 sends them, 2.1 does not' };

/** The payloads of what has arrived, acknowledged, up to the answer of a PINGREQ. */
async function drain(client: Client): Promise<readonly string[]> {
  const payloads: string[] = [];
  client.send(client.p.pingreq());
  for (;;) {
    const packet = await client.next();
    if (packet.type === 'pingresp') return payloads;
    if (packet.type !== 'publish') throw new Mismatch(`got ${packet.type}`);
    payloads.push(packet.payload);
    if (packet.qos === 1) client.send(client.p.puback(packet.packetId));
  }
}

const numbers = Array.from({ length: 12 }, (_, index) => `${index}`);

for (const qos of [0, 1]) {
  conformance(
    `[MQTT-4.8.2-1] [MQTT-4.5.0-1] each message of QoS ${qos} goes to one member of the group, in turn`,
    {},
    async (c) => {
      const members = [await c.connect(), await c.connect(), await c.connect()];
      for (const member of members) await member.subscribe(`$share/group/${c.topic}`, 1);
      const publisher = await c.connect();
      for (const payload of numbers) await publisher.publish(c.topic, payload, { qos });
      const got = [];
      for (const member of members) got.push(await drain(member));
      const together = got.flat().toSorted((a, b) => Number(a) - Number(b));
      if (together.join() !== numbers.join()) throw new Mismatch(`delivered: ${together.join()}`);
      for (const one of got) {
        if (one.length !== 4) throw new Mismatch(`not in turn: ${got.map((list) => list.length).join()}`);
        if (one.toSorted((a, b) => Number(a) - Number(b)).join() !== one.join())
          throw new Mismatch('not in order');
      }
    },
  );
}

conformance('[MQTT-4.5.0-1] groups and subscriptions that are not shared get each a copy', {}, async (c) => {
  const one = await c.connect();
  await one.subscribe(`$share/one/${c.topic}`, 0);
  const other = await c.connect();
  await other.subscribe(`$share/other/${c.topic}`, 0);
  const alone = await c.connect();
  await alone.subscribe(c.topic, 0);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'x');
  for (const client of [one, other, alone]) {
    await client.receive(c.topic, 'x');
    await client.expectNothing();
  }
});

conformance(
  '[MQTT-4.7.1-1] [MQTT-4.7.1-2] wildcards work in shared subscriptions, and the topic sent is the topic published',
  {},
  async (c) => {
    const client = await c.connect();
    await client.subscribe(`$share/g/${c.topic}/+/x/#`, 0);
    const publisher = await c.connect();
    for (const level of ['a/x', 'a/x/y/z', 'a/y', 'a/b/x'])
      await publisher.publish(`${c.topic}/${level}`, level);
    await client.receive(`${c.topic}/a/x`, 'a/x');
    await client.receive(`${c.topic}/a/x/y/z`, 'a/x/y/z');
    await client.expectNothing();
  },
);

conformance('[MQTT-4.8.2-3] each member gets messages at its own granted QoS', {}, async (c) => {
  const members = [await c.connect(), await c.connect()] as const;
  await members[0].subscribe(`$share/g/${c.topic}`, 0);
  await members[1].subscribe(`$share/g/${c.topic}`, 1);
  const publisher = await c.connect();
  for (const payload of ['1', '2', '3', '4']) await publisher.publish(c.topic, payload, { qos: 2 });
  for (const [qos, member] of members.entries()) {
    for (let count = 0; count < 2; count += 1) {
      const message = await member.expect({ type: 'publish', qos });
      if (qos === 1) member.send(c.p.puback(message.packetId));
    }
    await member.expectNothing();
  }
});

conformance(
  '[MQTT-3.8.3-4] No Local on a shared subscription is a Protocol Error',
  { versions: [5], differs: lax },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.subscribe(1, [[`$share/g/${c.topic}`, { noLocal: true }]]));
    await client.expectError(0x82);
  },
);

for (const filter of [
  '$share/',
  '$share/g',
  '$share/g/',
  '$share//t',
  '$share/a+/t',
  '$share/#/t',
  '$share/+/t',
]) {
  const anchor = /[+#]|\/$/.test(filter) ? '[MQTT-4.8.2-2]' : '[MQTT-4.8.2-1]';
  const differs = ['$share/a+/t', '$share/#/t'].includes(filter) ? {} : lax;
  conformance(`${anchor} the shared filter ${filter} closes`, { differs }, async (c) => {
    const client = await c.connect();
    client.send(c.p.subscribe(1, [[filter, 0]]));
    await client.expectError([0x81, 0x82, 0x8f]);
  });
}

conformance('[MQTT-4.8.2-1] a filter that only looks like a shared one is an ordinary one', {}, async (c) => {
  const client = await c.connect();
  await client.subscribe(`$shared/g/${c.topic}`, 0);
  await client.subscribe(`$SHARE/g/${c.topic}`, 0);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'x');
  await client.expectNothing();
});

conformance('[MQTT-4.8.2-2] a ShareName may have any other characters', {}, async (c) => {
  const client = await c.connect();
  await client.subscribe(`$share/a b$é\u{1f980}/${c.topic}`, 0);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'x');
  await client.receive(c.topic, 'x');
});

conformance(
  'as Mosquitto: retained messages are not sent to a shared subscription',
  { differs: retained },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { retain: true });
    const client = await c.connect();
    await client.subscribe(`$share/g/${c.topic}`, 0);
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT-3.11.3-2] UNSUBSCRIBE leaves the group, and only that',
  {},
  async (c) => {
    const one = await c.connect();
    const other = await c.connect();
    for (const client of [one, other]) await client.subscribe(`$share/g/${c.topic}`, 0);
    await one.subscribe(`$share/h/${c.topic}/sub`, 0);
    one.send(c.p.unsubscribe(9, [`$share/g/${c.topic}`, c.topic, `$share/none/${c.topic}`]));
    await one.expect(c.p.unsuback(9, [0, 0x11, 0x11]));
    const publisher = await c.connect();
    for (const payload of ['1', '2']) await publisher.publish(c.topic, payload);
    await publisher.publish(`${c.topic}/sub`, '3');
    for (const payload of ['1', '2']) await other.receive(c.topic, payload);
    await one.receive(`${c.topic}/sub`, '3');
    await one.expectNothing();
  },
);

conformance('[MQTT-3.8.4-3] subscribing to a group again is no second membership', {}, async (c) => {
  const one = await c.connect();
  const other = await c.connect();
  for (let round = 0; round < 3; round += 1) await one.subscribe(`$share/g/${c.topic}`, 0);
  await other.subscribe(`$share/g/${c.topic}`, 0);
  const publisher = await c.connect();
  for (const payload of ['1', '2', '3', '4']) await publisher.publish(c.topic, payload);
  const counts = [(await drain(one)).length, (await drain(other)).length];
  if (counts.join() !== '2,2') throw new Mismatch(`delivered: ${counts.join()}`);
});

conformance(
  '[MQTT-3.3.4-3] a shared subscription has its own Subscription Identifier',
  { versions: [5] },
  async (c) => {
    const client = await c.connect();
    await client.subscribe(`$share/g/${c.topic}`, 0, { subscriptionIdentifier: [7] });
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x');
    await client.receive(c.topic, 'x', { properties: { subscriptionIdentifier: [7] } });
  },
);

conformance('as Mosquitto: members may be of different versions', { versions: [5] }, async (c) => {
  const members = [await c.connect({ version: 4 }), await c.connect()];
  for (const member of members) await member.subscribe(`$share/g/${c.topic}`, 0);
  const publisher = await c.connect();
  for (const payload of ['1', '2', '3', '4']) await publisher.publish(c.topic, payload);
  for (const member of members) {
    const count = (await drain(member)).length;
    if (count !== 2) throw new Mismatch(`${count} of 4 for version ${member.version}`);
  }
});

conformance('as Mosquitto: nobody can publish to $share', {}, async (c) => {
  const client = await c.connect();
  await client.subscribe(`$share/g/${c.topic}`, 0);
  const publisher = await c.connect();
  publisher.send(c.p.publish(`$share/g/${c.topic}`, 'x', { qos: 1, packetId: 1 }));
  await publisher.expect(c.p.puback(1, c.version === 5 ? 0x87 : 0));
  await client.expectNothing();
});

conformance(
  'as Mosquitto: the copy of a subscription that is not shared comes before the shared one',
  { versions: [5] },
  async (c) => {
    const client = await c.connect();
    await client.subscribe(`$share/g/${c.topic}`, 0, { subscriptionIdentifier: [1] });
    await client.subscribe(c.topic, 0, { subscriptionIdentifier: [2] });
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x');
    for (const one of [2, 1])
      await client.receive(c.topic, 'x', { properties: { subscriptionIdentifier: [one] } });
    await client.expectNothing();
  },
);
