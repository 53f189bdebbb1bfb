import { setTimeout as sleep } from 'node:timers/promises';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance, type Context } from '../harness/script.ts';

const versions = [5] as const;
/** Longer than a second, with room for a broker whose clock has whole seconds. */
const over = 2600;

/** The same for what must not be over too soon on a slow machine: longer than four seconds. */
const overFour = 6500;

/** A client that keeps its session, with a subscription. */
async function away(c: Context): Promise<() => ReturnType<Context['connect']>> {
  const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
  const client = await c.connect(session);
  await client.subscribe(c.topic, 2);
  await client.disconnect();
  return () => c.connect(session);
}

conformance(
  '[MQTT-3.3.2-6] a message that did not wait has the Message Expiry Interval it came with',
  { slow: true, versions },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    for (const messageExpiryInterval of [600, 0xffff_ffff]) {
      await publisher.publish(c.topic, 'x', { qos: 1, properties: { messageExpiryInterval } });
      const { properties } = await subscriber.receive(c.topic, 'x');
      const left = properties.messageExpiryInterval ?? 0;
      if (left > messageExpiryInterval || left < messageExpiryInterval - 2)
        throw new Mismatch(`${left} s are left`);
    }
  },
);

for (const qos of [1, 2]) {
  conformance(
    `[MQTT-3.3.2-5] [MQTT-3.3.2-6] messages of QoS ${qos} that wait expire, and the others say what is left`,
    { slow: true, versions },
    async (c) => {
      const back = await away(c);
      const publisher = await c.connect();
      await publisher.publish(c.topic, 'short', { qos, properties: { messageExpiryInterval: 1 } });
      await publisher.publish(c.topic, 'long', { qos, properties: { messageExpiryInterval: 600 } });
      await publisher.publish(c.topic, 'for ever', { qos });
      await sleep(over);
      const after = await back();
      const { properties } = await after.receive(c.topic, 'long', { qos });
      const left = properties.messageExpiryInterval ?? 0;
      if (left > 598 || left < 540) throw new Mismatch(`${left} s are left`);
      await after.receive(c.topic, 'for ever', { qos, properties: {} });
      await after.expectNothing();
    },
  );
}

conformance(
  '[MQTT-3.3.2-5] [MQTT-3.3.2-6] retained messages expire, and the others say what is left',
  { slow: true, versions },
  async (c) => {
    const publisher = await c.connect();
    const retain = true;
    await publisher.publish(`${c.topic}/a`, 'short', { retain, properties: { messageExpiryInterval: 1 } });
    await publisher.publish(`${c.topic}/b`, 'long', { retain, properties: { messageExpiryInterval: 600 } });
    await sleep(over);
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0);
    const { properties } = await subscriber.receive(`${c.topic}/b`, 'long', { retain: true });
    const left = properties.messageExpiryInterval ?? 0;
    if (left > 598 || left < 540) throw new Mismatch(`${left} s are left`);
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.2-5] messages expire for subscribers before 5.0 too',
  { slow: true, versions: [4] },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1);
    await before.disconnect();
    const publisher = await c.connect({ version: 5 });
    await publisher.publish(c.topic, 'short', { qos: 1, properties: { messageExpiryInterval: 1 } });
    await publisher.publish(c.topic, 'long', { qos: 1, properties: { messageExpiryInterval: 600 } });
    await sleep(over);
    const after = await c.connect(session);
    await after.receive(c.topic, 'long');
    await after.expectNothing();
  },
);

conformance(
  '[MQTT-3.3.2-5] messages that wait behind the Receive Maximum of a connected client expire',
  { slow: true, versions, differs: { mosquitto: '2.0.11 sends nothing more behind a message that expired' } },
  async (c) => {
    const subscriber = await c.connect({ properties: { receiveMaximum: 1 } });
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'first', { qos: 1 });
    await publisher.publish(c.topic, 'short', { qos: 1, properties: { messageExpiryInterval: 1 } });
    await publisher.publish(c.topic, 'last', { qos: 1 });
    const { packetId } = await subscriber.expect({ type: 'publish', payload: 'first' });
    await sleep(over);
    subscriber.send(c.p.puback(packetId));
    await subscriber.receive(c.topic, 'last');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.3.3-7] a message of QoS 2 that was sent does not expire, and is sent again on resume',
  { slow: true, versions, differs: { mosquitto: '2.0.11 lets it expire' } },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 2);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'sent', { qos: 2, properties: { messageExpiryInterval: 4 } });
    const { packetId } = await before.expect({ type: 'publish', payload: 'sent' });
    before.drop();
    await sleep(overFour);
    const after = await c.connect(session);
    await after.receive(c.topic, 'sent', { qos: 2, dup: true, packetId });
  },
);

conformance(
  '[MQTT-4.3.3-13] an exchange of QoS 2 goes on to its end when the message has expired',
  { slow: true, versions },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 2);
    const publisher = await c.connect();
    publisher.send(
      c.p.publish(c.topic, 'x', { qos: 2, packetId: 9, properties: { messageExpiryInterval: 1 } }),
    );
    await publisher.expect(c.p.pubrec(9));
    await sleep(over);
    publisher.send(c.p.pubrel(9));
    await publisher.expect({ type: 'pubcomp', packetId: 9 });
  },
);
