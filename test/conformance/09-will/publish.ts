import type { Client } from '../harness/client.ts';
import { conformance, type Context } from '../harness/script.ts';

const all = [3, 4, 5] as const;

/** Somebody who hears of the will. */
async function witness(c: Context): Promise<Client> {
  const client = await c.connect();
  await client.subscribe(c.topic, 2);
  return client;
}

conformance(
  '[MQTT-3.1.2-7] [MQTT-3.1.2-8] [3.1.1:MQTT-3.1.2-8] the will is published when the connection breaks',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    const client = await c.connect({ will: { topic: c.topic, payload: 'last words' } });
    await heir.expectNothing();
    client.drop();
    await heir.receive(c.topic, 'last words', { qos: 0, retain: false, dup: false });
    await heir.expectNothing();
  },
);

for (const qos of [0, 1, 2]) {
  conformance(
    `[MQTT-3.1.2-12] [3.1.1:MQTT-3.1.2-9] [3.1.1:MQTT-3.1.2-14] a will of QoS ${qos} is published at QoS ${qos}`,
    { versions: all },
    async (c) => {
      const heir = await witness(c);
      (await c.connect({ will: { topic: c.topic, payload: 'will', qos } })).drop();
      await heir.receive(c.topic, 'will', { qos });
    },
  );
}

conformance('[3.1.1:MQTT-3.1.2-9] a will may be empty, or of any bytes', { versions: all }, async (c) => {
  const heir = await witness(c);
  (await c.connect({ will: { topic: c.topic } })).drop();
  await heir.receive(c.topic, '');
  (await c.connect({ will: { topic: c.topic, payload: Uint8Array.of(0, 255, 128) } })).drop();
  await heir.receive(c.topic, '\u0000\u00ff\u0080');
});

conformance(
  '[MQTT-3.14.4-3] [MQTT-3.1.2-10] [3.1.1:MQTT-3.14.4-3] [3.1.1:MQTT-3.1.2-10] DISCONNECT discards the will',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
    await client.disconnect();
    await heir.expectNothing();
  },
);

conformance(
  '[MQTT-3.14.4-3] DISCONNECT 0x00 with a Reason Code and properties discards the will',
  { versions: [5] },
  async (c) => {
    const heir = await witness(c);
    const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
    client.send('e0 02 00 00');
    await client.expectClosed({ ping: false });
    await heir.expectNothing();
  },
);

for (const code of [0x04, 0x80, 0x81, 0x8d, 0x93]) {
  conformance(
    `[MQTT-3.1.2-8] DISCONNECT 0x${code.toString(16)} publishes the will`,
    {
      versions: [5],
      ...(code !== 4 && {
        differs: { mosquitto: 'publishes it for 0x04 only, where the statement says: unless 0x00' },
      }),
    },
    async (c) => {
      const heir = await witness(c);
      const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
      await client.disconnect(code);
      await heir.receive(c.topic, 'will');
    },
  );
}

conformance(
  '[MQTT-3.1.2-8] [3.1.1:MQTT-3.1.2-8] a protocol error publishes the will',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
    client.send('00 00');
    await heir.receive(c.topic, 'will');
  },
);

conformance(
  '[MQTT-3.1.2-8] [3.1.1:MQTT-3.1.2-8] a client that is taken over leaves its will, when its session ends with it',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    await c.connect({ clientId: c.id('x'), will: { topic: c.topic, payload: 'will' } });
    await c.connect({ clientId: c.id('x') });
    await heir.receive(c.topic, 'will');
    await heir.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-8] [3.1.1:MQTT-3.1.2-8] a client that is taken over by one that resumes its session leaves its will too',
  { versions: all, differs: { mosquitto: 'forgets it' } },
  async (c) => {
    const heir = await witness(c);
    const session = { clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } };
    await c.connect({ ...session, will: { topic: c.topic, payload: 'will' } });
    const young = await c.connect(session);
    await heir.receive(c.topic, 'will');
    await young.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-10] [3.1.1:MQTT-3.1.2-10] a will is published once, and not again for the next connection',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    const clientId = c.id('x');
    (await c.connect({ clientId, will: { topic: c.topic, payload: 'will' } })).drop();
    await heir.receive(c.topic, 'will');
    (await c.connect({ clientId })).drop();
    await c.connect({ clientId });
    await heir.expectNothing();
  },
);

conformance('[3.1.1:MQTT-3.1.2-12] without Will Flag no will is published', { versions: all }, async (c) => {
  const heir = await witness(c);
  const clientId = c.id('x');
  (await c.connect({ clientId })).drop();
  await c.connect({ clientId });
  await heir.expectNothing();
});

conformance(
  '[MQTT-3.1.2-14] [3.1.1:MQTT-3.1.2-16] Will Retain 0 publishes a message that is not retained',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    (await c.connect({ will: { topic: c.topic, payload: 'will', qos: 1, retain: false } })).drop();
    await heir.receive(c.topic, 'will', { retain: false });
    const late = await witness(c);
    await late.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-15] [3.1.1:MQTT-3.1.2-17] Will Retain 1 publishes a retained message',
  { versions: all },
  async (c) => {
    const heir = await witness(c);
    (await c.connect({ will: { topic: c.topic, payload: 'will', qos: 1, retain: true } })).drop();
    await heir.receive(c.topic, 'will', { retain: false });
    const late = await witness(c);
    await late.receive(c.topic, 'will', { retain: true, qos: 1 });
  },
);

conformance(
  '[MQTT-3.3.1-6] [3.1.1:MQTT-3.3.1-10] an empty will with Will Retain removes the retained message',
  { versions: all },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'kept', { qos: 1, retain: true });
    const heir = await witness(c);
    await heir.receive(c.topic, 'kept');
    (await c.connect({ will: { topic: c.topic, retain: true } })).drop();
    await heir.receive(c.topic, '');
    const late = await witness(c);
    await late.expectNothing();
  },
);

conformance(
  '[MQTT-3.8.3-3] a will reaches its own session, when that is still subscribed',
  { versions: [4] },
  async (c) => {
    const session = { clientId: c.id('x'), clean: false, will: { topic: c.topic, payload: 'will', qos: 1 } };
    const before = await c.connect(session);
    await before.subscribe(c.topic, 1);
    const heir = await witness(c);
    before.drop();
    await heir.receive(c.topic, 'will');
    const after = await c.connect(session);
    await after.receive(c.topic, 'will');
  },
);

conformance(
  '[MQTT-3.1.3-10] [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-20] ' +
    'the will is published with its properties, User Properties in order',
  { versions: [5] },
  async (c) => {
    const heir = await witness(c);
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'answer/here',
      correlationData: '\u0000\u00ff',
      userProperty: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
        ['', ''],
      ],
    } as const;
    const will = { topic: c.topic, payload: 'will', properties: { ...properties, willDelayInterval: 0 } };
    (await c.connect({ will })).drop();
    await heir.receive(c.topic, 'will', { properties });
  },
);

conformance(
  '[MQTT-3.3.2-6] the Message Expiry Interval of a will counts from its publication',
  { versions: [5] },
  async (c) => {
    const heir = await witness(c);
    const will = { topic: c.topic, payload: 'will', properties: { messageExpiryInterval: 100 } };
    (await c.connect({ will })).drop();
    await heir.receive(c.topic, 'will', { properties: { messageExpiryInterval: 100 } });
  },
);
