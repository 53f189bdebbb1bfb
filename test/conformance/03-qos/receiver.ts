import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-4.3.2-4] [MQTT-3.4.2-1] [MQTT-2.2.1-5] [3.1.1:MQTT-4.3.2-2] QoS 1 is answered by PUBACK with its identifier',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    for (const packetId of [1, 2, 0x100, 0xffff, 7]) {
      publisher.send(c.p.publish(c.topic, 'x', { qos: 1, packetId }));
      await publisher.expect(c.p.puback(packetId));
    }
  },
);

conformance(
  '[MQTT-4.3.2-5] [3.1.1:MQTT-4.3.2-2] after PUBACK the same identifier is a new message, with DUP or without',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    for (const dup of [false, true, false]) {
      await publisher.publish(c.topic, `dup ${dup}`, { qos: 1, packetId: 4, dup });
      await subscriber.receive(c.topic, `dup ${dup}`);
    }
  },
);

conformance(
  '[MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-3.5.2-1] [MQTT-3.7.2-1] [3.1.1:MQTT-4.3.3-2] ' +
    'QoS 2 is answered by PUBREC, PUBREL by PUBCOMP, with the identifier',
  { versions: [3, 4, 5] },
  async (c) => {
    const publisher = await c.connect();
    for (const packetId of [1, 0x100, 0xffff]) {
      publisher.send(c.p.publish(c.topic, 'x', { qos: 2, packetId }));
      await publisher.expect(c.p.pubrec(packetId));
      publisher.send(c.p.pubrel(packetId));
      await publisher.expect(c.p.pubcomp(packetId));
    }
  },
);

conformance(
  'as Mosquitto: a message of QoS 2 is distributed when its PUBREL comes',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, 'late', { qos: 2, packetId: 1 }));
    await publisher.expect(c.p.pubrec(1));
    await subscriber.expectNothing();
    publisher.send(c.p.pubrel(1));
    await publisher.expect(c.p.pubcomp(1));
    await subscriber.receive(c.topic, 'late');
  },
);

conformance(
  '[MQTT-4.3.3-10] [3.1.1:MQTT-4.3.3-2] until PUBREL the same identifier is answered by PUBREC, and delivered once',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, 'once', { qos: 2, packetId: 8 }));
    await publisher.expect(c.p.pubrec(8));
    publisher.send(c.p.publish(c.topic, 'once', { qos: 2, packetId: 8, dup: true }));
    await publisher.expect(c.p.pubrec(8));
    publisher.send(c.p.pubrel(8));
    await publisher.expect(c.p.pubcomp(8));
    await subscriber.receive(c.topic, 'once');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-12] [3.1.1:MQTT-4.3.3-2] after PUBCOMP the same identifier is a new message, with DUP or without',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    for (const dup of [false, true, false]) {
      await publisher.publish(c.topic, `dup ${dup}`, { qos: 2, packetId: 4, dup });
      await subscriber.receive(c.topic, `dup ${dup}`);
    }
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-11] a PUBREL again is answered by PUBCOMP again, and delivers nothing',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'once', { qos: 2, packetId: 3 });
    await subscriber.receive(c.topic, 'once');
    publisher.send(c.p.pubrel(3));
    await publisher.expect({ type: 'pubcomp', packetId: 3 });
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-11] a PUBREL of an unknown identifier is answered by PUBCOMP, so that the sender can go on',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.pubrel(4711));
    await client.expect({ type: 'pubcomp', packetId: 4711 });
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-10] [MQTT-3.1.2-5] [MQTT-4.1.0-1] [3.1.1:MQTT-4.3.3-2] [3.1.1:MQTT-4.4.0-1] ' +
    'QoS 2 stays exactly once when the publisher comes back between PUBREC and PUBREL',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const session = {
      clientId: c.id('publisher'),
      clean: false,
      ...(c.version === 5 && { properties: { sessionExpiryInterval: 60 } }),
    };
    const before = await c.connect(session);
    before.send(c.p.publish(c.topic, 'once', { qos: 2, packetId: 6 }));
    await before.expect(c.p.pubrec(6));
    before.drop();
    const after = await c.connect(session);
    after.send(c.p.publish(c.topic, 'once', { qos: 2, packetId: 6, dup: true }));
    await after.expect(c.p.pubrec(6));
    after.send(c.p.pubrel(6));
    await after.expect(c.p.pubcomp(6));
    await subscriber.receive(c.topic, 'once');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-4] [3.1.1:MQTT-3.1.2-6] a clean session forgets the QoS 2 messages that were on their way',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const clientId = c.id('publisher');
    const properties = { sessionExpiryInterval: 60 };
    const before = await c.connect({ clientId, clean: false, properties });
    before.send(c.p.publish(c.topic, 'forgotten', { qos: 2, packetId: 6 }));
    await before.expect(c.p.pubrec(6));
    before.drop();
    const after = await c.connect({ clientId, clean: true });
    await after.publish(c.topic, 'new', { qos: 2, packetId: 6 });
    await subscriber.receive(c.topic, 'new');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-8] identifiers of QoS 1 and QoS 2 and of both directions do not disturb each other',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    await client.subscribe(c.topic, 2);
    client.send(c.p.publish(c.topic, 'mine', { qos: 2, packetId: 1 }));
    await client.expect(c.p.pubrec(1));
    const other = await c.connect();
    await other.publish(c.topic, 'theirs', { qos: 2 });
    const theirs = await client.expect({ type: 'publish', payload: 'theirs', qos: 2 });
    client.send(c.p.pubrec(theirs.packetId));
    await client.expect(c.p.pubrel(theirs.packetId));
    client.send(c.p.pubrel(1));
    await client.expectAll({ type: 'pubcomp', packetId: 1 }, { type: 'publish', payload: 'mine', qos: 2 });
  },
);

conformance(
  '[MQTT-4.3.3-9] after a PUBREC with an error the same identifier is a new message',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    publisher.send(c.p.publish(`$SYS/${c.topic}`, 'refused', { qos: 2, packetId: 5 }));
    await publisher.expect(c.p.pubrec(5, 0x87));
    await publisher.publish(c.topic, 'new', { qos: 2, packetId: 5 });
    await subscriber.receive(c.topic, 'new');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-10] [3.1.1:MQTT-4.3.3-2] however often it comes, it is answered by PUBREC and delivered once',
  { differs: { mosquitto: 'takes the second repetition for an error' } },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    for (const dup of [false, true, true, true]) {
      publisher.send(c.p.publish(c.topic, 'once', { qos: 2, packetId: 8, dup }));
      await publisher.expect(c.p.pubrec(8));
    }
    publisher.send(c.p.pubrel(8));
    await publisher.expect(c.p.pubcomp(8));
    await subscriber.receive(c.topic, 'once');
    await subscriber.expectNothing();
  },
);
