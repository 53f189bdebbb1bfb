import { narrow, unusual } from '../harness/configs.ts';
import { hex } from '../harness/bytes.ts';
import { Mismatch } from '../harness/mismatch.ts';
import type { Version } from '../harness/packets.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-4.3.1-1] [MQTT-2.2.1-2] [MQTT-4.5.0-1] [3.1.1:MQTT-4.3.1-1] [3.1.1:MQTT-2.3.1-5] [3.1.1:MQTT-4.5.0-1] ' +
    'QoS 0 goes out with QoS 0, DUP 0 and no Packet Identifier',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, 'hello'));
    await subscriber.expect(c.p.publish(c.topic, 'hello'));
    await publisher.expectNothing();
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-2.2.2-1] a PUBLISH without properties has a Property Length of 0',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic);
    const publisher = await c.connect({ version: 4 });
    await publisher.publish(c.topic, 'hello');
    await subscriber.expect(c.p.publish(c.topic, 'hello'));
  },
);

/** QoS published, QoS granted, and the lower of the two. */
const grades = [0, 1, 2].flatMap((published) =>
  [0, 1, 2].map((granted) => [published, granted, Math.min(published, granted)] as const),
);

for (const [published, granted, qos] of grades) {
  conformance(
    `[MQTT-3.8.4-8] [MQTT-3.3.4-1] [MQTT-2.2.1-5] [3.1.1:MQTT-3.8.4-6] [3.1.1:MQTT-3.3.4-1] [3.1.1:MQTT-2.3.1-6] ` +
      `published at QoS ${published}, granted ${granted}, delivered at ${qos}`,
    { versions: [3, 4, 5] },
    async (c) => {
      const subscriber = await c.connect();
      await subscriber.subscribe(c.topic, granted);
      const publisher = await c.connect();
      await publisher.publish(c.topic, 'graded', { qos: published, packetId: 77 });
      await subscriber.receive(c.topic, 'graded', { qos, dup: false, retain: false });
      await subscriber.expectNothing();
    },
  );
}

const pairs: readonly (readonly [Version, Version])[] = [
  [3, 4],
  [3, 5],
  [4, 5],
  [5, 3],
  [5, 4],
  [4, 3],
];
for (const [from, to] of pairs) {
  conformance(
    `[MQTT-4.5.0-1] [3.1.1:MQTT-4.5.0-1] a message of version ${from} reaches a subscriber of version ${to}`,
    { versions: [to] },
    async (c) => {
      const subscriber = await c.connect();
      await subscriber.subscribe(`${c.topic}/#`, 2);
      const publisher = await c.connect({ version: from });
      for (const qos of [0, 1, 2]) {
        await publisher.publish(`${c.topic}/${qos}`, `qos ${qos}`, { qos });
        await subscriber.receive(`${c.topic}/${qos}`, `qos ${qos}`, { qos, properties: {} });
      }
    },
  );
}

conformance(
  '[MQTT-4.5.0-1] properties of a 5.0 message are left out for older subscribers',
  { versions: [3, 4] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic);
    const publisher = await c.connect({ version: 5 });
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text',
      userProperty: [['a', 'b']],
    } as const;
    await publisher.publish(c.topic, 'plain', { properties });
    await subscriber.expect(c.p.publish(c.topic, 'plain'));
  },
);

conformance(
  '[MQTT-3.3.1-3] [MQTT-4.3.2-2] [MQTT-4.3.3-2] [3.1.1:MQTT-3.3.1-3] DUP of the incoming PUBLISH is not passed on',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    for (const qos of [1, 2]) {
      await publisher.publish(c.topic, `dup ${qos}`, { qos, packetId: 5, dup: true });
      await subscriber.receive(c.topic, `dup ${qos}`, { qos, dup: false });
    }
  },
);

conformance(
  '[MQTT-4.5.0-1] [3.1.1:MQTT-4.5.0-1] every subscriber gets its copy, the publisher too',
  { versions: [3, 4, 5] },
  async (c) => {
    const clients = [];
    for (let count = 0; count < 5; count += 1) clients.push(await c.connect());
    for (const client of clients) await client.subscribe(c.topic, 0);
    clients[0]?.send(c.p.publish(c.topic, 'for all'));
    for (const client of clients) {
      await client.receive(c.topic, 'for all', { qos: 0 });
      await client.expectNothing();
    }
  },
);

/** Payload sizes around those where the Remaining Length gets another byte. */
for (const size of [0, 1, 110, 127, 128, 129, 16_370, 16_383, 16_384, 100_000, 1_000_000]) {
  conformance(
    `[MQTT-1.5.5-1] [MQTT-4.2.0-1] a payload of ${size} bytes arrives as it was sent`,
    {},
    async (c) => {
      const payload = Buffer.alloc(size, 'zanzara');
      const subscriber = await c.connect();
      await subscriber.subscribe(c.topic, 1);
      const publisher = await c.connect();
      await publisher.publish(c.topic, payload, { qos: 1 });
      await subscriber.receive(c.topic, payload.toString());
    },
  );
}

conformance(
  '[MQTT-1.5.5-1] a packet whose Remaining Length has four bytes arrives',
  { config: unusual },
  async (c) => {
    const payload = Buffer.alloc(2_500_000, 'long');
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic);
    const publisher = await c.connect();
    publisher.send(c.p.publish(c.topic, payload));
    await subscriber.receive(c.topic, payload.toString());
  },
);

conformance('[MQTT-4.2.0-1] a payload of all bytes arrives as it was sent', {}, async (c) => {
  const payload = Uint8Array.from({ length: 256 }, (_, index) => index);
  const subscriber = await c.connect();
  await subscriber.subscribe(c.topic);
  const publisher = await c.connect();
  publisher.send(c.p.publish(c.topic, payload));
  await subscriber.receive(c.topic, Buffer.from(payload).toString('latin1'));
});

conformance(
  '[MQTT-4.2.0-1] packets may be cut anywhere and glued together',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic);
    const publisher = await c.connect();
    const two = Buffer.concat([c.p.publish(c.topic, 'one'), c.p.publish(c.topic, 'two'), c.p.pingreq()]);
    for (let cut = 1; cut < two.length; cut += 3) {
      publisher.send(two.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      publisher.send(two.subarray(cut));
      await publisher.expect(c.p.pingresp());
      await subscriber.receive(c.topic, 'one');
      await subscriber.receive(c.topic, 'two');
    }
  },
);

conformance(
  '[MQTT-3.3.4-1] [3.1.1:MQTT-3.3.4-1] QoS 0 gets no answer, QoS 1 a PUBACK, QoS 2 a PUBREC',
  { versions: [3, 4, 5] },
  async (c) => {
    const publisher = await c.connect();
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    publisher.send(c.p.publish(c.topic, '0'));
    await publisher.expectNothing();
    publisher.send(c.p.publish(c.topic, '1', { qos: 1, packetId: 0x1234 }));
    await publisher.expect('40 02 12 34');
    publisher.send(c.p.publish(c.topic, '2', { qos: 2, packetId: 0xffff }));
    await publisher.expect('50 02 ff ff');
    publisher.send(hex('62 02 ff ff'));
    await publisher.expect('70 02 ff ff');
  },
);

conformance(
  'as Mosquitto: QoS 1 that nobody subscribes to is answered with 0x10 in 5.0, QoS 2 never',
  { versions: [5] },
  async (c) => {
    const publisher = await c.connect();
    publisher.send(c.p.publish(`${c.topic}/nobody`, '1', { qos: 1, packetId: 1 }));
    await publisher.expect(c.p.puback(1, 0x10));
    publisher.send(c.p.publish(`${c.topic}/nobody`, '2', { qos: 2, packetId: 2 }));
    await publisher.expect(c.p.pubrec(2));
    publisher.send(c.p.pubrel(2));
    await publisher.expect(c.p.pubcomp(2));
  },
);

conformance(
  'as Mosquitto: a payload above message_size_limit is acknowledged and dropped before 5.0',
  { versions: [3, 4], config: narrow },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, '12345678901', { qos: 1 });
    await publisher.publish(c.topic, '1234567890', { qos: 1 });
    await subscriber.receive(c.topic, '1234567890');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.6.0-5] [MQTT-4.6.0-6] [3.1.1:MQTT-4.6.0-5] [3.1.1:MQTT-4.6.0-6] messages go out in the order received',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    for (const qos of [0, 1]) {
      const burst = Array.from({ length: 15 }, (_, index) =>
        c.p.publish(c.topic, `${index}`, { qos, packetId: index + 1 }),
      );
      publisher.send(...burst);
      for (let index = 0; index < burst.length; index += 1)
        await subscriber.receive(c.topic, `${index}`, { qos });
    }
  },
);

conformance(
  '[MQTT-4.6.0-5] [3.1.1:MQTT-4.6.0-6] QoS 2 goes out in the order received',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    const ids = [9, 3, 7, 1, 5];
    publisher.send(...ids.map((packetId) => c.p.publish(c.topic, `${packetId}`, { qos: 2, packetId })));
    for (const packetId of ids) await publisher.expect(c.p.pubrec(packetId));
    publisher.send(...ids.map((packetId) => c.p.pubrel(packetId)));
    for (const packetId of ids) await publisher.expect(c.p.pubcomp(packetId));
    for (const packetId of ids) {
      const message = await subscriber.next();
      if (message.type !== 'publish' || message.payload !== `${packetId}`)
        throw new Mismatch(`not ${packetId}`);
    }
  },
);
