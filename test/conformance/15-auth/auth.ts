import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

const versions = [5] as const;
const takesIt = { mosquitto: 'takes it' };

conformance(
  '[MQTT-4.12.0-1] [MQTT-3.1.4-2] [MQTT-4.12.0-4] a CONNECT with an Authentication Method nobody knows gets CONNACK 0x8C',
  { versions },
  async (c) => {
    for (const properties of [
      { authenticationMethod: 'SCRAM-SHA-1' },
      { authenticationMethod: 'SCRAM-SHA-1', authenticationData: 'client-first' },
      { authenticationMethod: '' },
    ]) {
      const client = await c.open();
      client.send(c.p.connect({ clientId: c.id('x'), properties }));
      await client.expectRefusal(0x8c);
    }
  },
);

conformance('[MQTT-4.12.0-1] a refused method takes no session over', { versions }, async (c) => {
  const before = await c.connect({ clientId: c.id('x') });
  const client = await c.open();
  client.send(c.p.connect({ clientId: c.id('x'), properties: { authenticationMethod: 'unknown' } }));
  await client.expectRefusal(0x8c);
  await before.expectNothing();
});

conformance(
  '[MQTT-4.12.0-1] Authentication Data without a method is a Protocol Error',
  { versions, differs: takesIt },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), properties: { authenticationData: 'data' } }));
    await client.expectRefusal(0x82);
  },
);

conformance(
  '[MQTT-4.12.0-7] [MQTT-4.12.0-6] AUTH from a client that connected without a method is a Protocol Error',
  { versions, differs: silent },
  async (c) => {
    for (const bytes of [
      'f0 00',
      'f0 02 19 00',
      'f0 08 19 06 15 00 03 61 62 63',
      'f0 08 18 06 15 00 03 61 62 63',
    ]) {
      const client = await c.connect();
      client.send(bytes);
      await client.expectError(0x82);
    }
  },
);

conformance(
  '[MQTT-3.15.2-1] AUTH with a Reason Code that does not exist closes',
  { versions, differs: silent },
  async (c) => {
    const client = await c.connect();
    client.send('f0 02 01 00');
    await client.expectError([0x81, 0x82]);
  },
);

conformance(
  '[MQTT-3.1.2-30] nothing is processed between a CONNECT with a method and its refusal',
  { versions },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic, 0);
    const client = await c.open();
    client.send(
      c.p.connect({ clientId: c.id('x'), properties: { authenticationMethod: 'unknown' } }),
      c.p.publish(c.topic, 'must not arrive'),
    );
    await client.expectRefusal(0x8c);
    await witness.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.4-2] a User Name and a Password nobody asked for are taken, as Mosquitto',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect({ username: 'somebody', password: 'secret' });
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.4-2] without allow_anonymous a client is not authorised: 0x87, or 5 before 5.0',
  { versions: [3, 4, 5], config: 'allow_anonymous false' },
  async (c) => {
    for (const credentials of [{}, { username: 'somebody', password: 'secret' }]) {
      const client = await c.open();
      client.send(c.p.connect({ clientId: c.id('x'), ...credentials }));
      await client.expectRefusal(0x87, 5);
    }
  },
);
