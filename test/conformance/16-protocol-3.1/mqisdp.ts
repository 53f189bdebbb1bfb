import { conformance } from '../harness/script.ts';

const versions = [3] as const;

conformance('as MQTT 3.1: a client of MQIsdp is accepted by 20 02 00 00', { versions }, async (c) => {
  const client = await c.open();
  client.send('10 12 00 06 4d 51 49 73 64 70 03 02 00 3c 00 04', Buffer.from('m31a'));
  await client.expect('20 02 00 00');
});

for (const level of [4, 5, 2]) {
  conformance(`as MQTT 3.1: the name MQIsdp with level ${level} is refused`, { versions }, async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), level }));
    await client.expectUnsupported();
  });
}

conformance('as MQTT 3.1: the name MQTT with level 3 is refused', { versions }, async (c) => {
  const client = await c.open();
  client.send(c.p.connect({ clientId: c.id('x'), name: 'MQTT' }));
  await client.expectUnsupported();
});

for (const clean of [true, false]) {
  conformance(
    `as MQTT 3.1: an empty client identifier is rejected with 2, clean session ${clean}`,
    { versions },
    async (c) => {
      const client = await c.open();
      client.send(c.p.connect({ clientId: '', clean }));
      await client.expectRefusal(undefined, 2);
    },
  );
}

conformance(
  'as Mosquitto: client identifiers of 3.1 may be longer than 23 characters',
  { versions },
  async (c) => {
    const client = await c.connect({ clientId: c.id('x'.repeat(40)) });
    await client.expectNothing();
  },
);

conformance(
  'as MQTT 3.1: the acknowledge flags of CONNACK stay 0 when a session is there',
  { versions },
  async (c) => {
    const before = await c.connect({ clientId: c.id('x'), clean: false });
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { qos: 1 });
    const after = await c.open();
    after.send(c.p.connect({ clientId: c.id('x'), clean: false }));
    await after.expect('20 02 00 00');
    await after.receive(c.topic, 'kept');
  },
);

conformance(
  'as Mosquitto: a SUBSCRIBE of 3.1 without filters is answered by an empty SUBACK',
  { versions },
  async (c) => {
    const client = await c.connect();
    client.send('82 02 00 07');
    await client.expect('90 02 00 07');
    client.send('a2 02 00 08');
    await client.expect('b0 02 00 08');
  },
);

conformance(
  'as Mosquitto: bits of a will that is not there do not matter in 3.1',
  { versions },
  async (c) => {
    const client = await c.connect({ flags: 0x02 | 0x28 });
    await client.expectNothing();
  },
);

conformance(
  'as Mosquitto: flags may promise a user name and a password that 3.1 leaves out',
  { versions },
  async (c) => {
    for (const flags of [0x82, 0xc2]) {
      const client = await c.connect({ flags });
      await client.disconnect();
    }
  },
);

conformance('as MQTT 3.1: a password without a user name closes', { versions }, async (c) => {
  const client = await c.open();
  client.send(c.p.connect({ clientId: c.id('x'), password: 'secret' }));
  await client.expectRefusal(undefined);
});

conformance('as MQTT 3.1: the will is published with its QoS and retained', { versions }, async (c) => {
  const heir = await c.connect();
  await heir.subscribe(c.topic, 2);
  const client = await c.open();
  const will = { topic: c.topic, payload: 'will', qos: 2, retain: true };
  client.send(c.p.connect({ clientId: c.id('x'), will }));
  await client.accepted();
  client.drop();
  await heir.receive(c.topic, 'will', { qos: 2 });
  const late = await c.connect();
  await late.subscribe(c.topic, 0);
  await late.receive(c.topic, 'will', { retain: true });
});

conformance('as MQTT 3.1: SUBSCRIBE, UNSUBSCRIBE and PUBREL may have DUP', { versions }, async (c) => {
  const client = await c.connect();
  for (const [packet, answer] of [
    [c.p.subscribe(1, [[c.topic, 0]]), c.p.suback(1, [0])],
    [c.p.unsubscribe(2, [c.topic]), c.p.unsuback(2, [])],
    [c.p.pubrel(3), c.p.pubcomp(3)],
  ] as const) {
    packet[0] = (packet[0] ?? 0) | 8;
    client.send(packet);
    await client.expect(answer);
  }
});

conformance('as Mosquitto: shared subscriptions are there in 3.1 too', { versions }, async (c) => {
  const client = await c.connect();
  await client.subscribe(`$share/g/${c.topic}`, 0);
  const publisher = await c.connect();
  await publisher.publish(c.topic, 'x');
  await client.receive(c.topic, 'x');
});
