import { recent } from '../harness/configs.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance, type Context } from '../harness/script.ts';

/** Longer than a second, with room for a broker that looks once a second. */
const over = 3500;

async function presentAfter(c: Context, milliseconds: number): Promise<boolean | undefined> {
  await sleep(milliseconds);
  const client = await c.connect({ clientId: c.id('x'), clean: false, keepAlive: 1 });
  return client.connack?.sessionPresent;
}

conformance(
  '[MQTT-4.1.0-2] a session is discarded when its Session Expiry Interval is over',
  { slow: true, versions: [5] },
  async (c) => {
    const client = await c.connect({ clientId: c.id('x'), properties: { sessionExpiryInterval: 1 } });
    await client.subscribe(c.topic, 1);
    await client.disconnect();
    if (await presentAfter(c, over)) throw new Mismatch('the session is still there');
  },
);

conformance('[MQTT-3.1.2-23] a session is not discarded before', { slow: true, versions: [5] }, async (c) => {
  const client = await c.connect({ clientId: c.id('x'), properties: { sessionExpiryInterval: 60 } });
  await client.disconnect();
  if (!(await presentAfter(c, over))) throw new Mismatch('the session is gone');
});

conformance(
  '[MQTT-4.1.0-2] a Session Expiry Interval in DISCONNECT replaces the one of CONNECT: shorter',
  { slow: true, versions: [5] },
  async (c) => {
    const client = await c.connect({ clientId: c.id('x'), properties: { sessionExpiryInterval: 600 } });
    await client.disconnect(0, { sessionExpiryInterval: 1 });
    if (await presentAfter(c, over)) throw new Mismatch('the session is still there');
  },
);

conformance(
  '[MQTT-3.1.2-23] a Session Expiry Interval in DISCONNECT replaces the one of CONNECT: longer',
  { slow: true, versions: [5] },
  async (c) => {
    const client = await c.connect({ clientId: c.id('x'), properties: { sessionExpiryInterval: 1 } });
    await client.disconnect(0, { sessionExpiryInterval: 600 });
    if (!(await presentAfter(c, over))) throw new Mismatch('the session is gone');
  },
);

conformance(
  '[MQTT-4.1.0-1] a session does not expire while its connection is open',
  { slow: true, versions: [5] },
  async (c) => {
    const client = await c.connect({ clientId: c.id('x'), properties: { sessionExpiryInterval: 10 } });
    await client.subscribe(c.topic, 1);
    await sleep(12_500); // the time to be back in is long enough for a slow machine
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'x', { qos: 1 });
    await client.receive(c.topic, 'x');
    await client.disconnect();
    const back = await c.connect({ clientId: c.id('x'), clean: false });
    if (!back.connack?.sessionPresent) throw new Mismatch('the session is gone');
  },
);

conformance(
  'as Mosquitto: persistent_client_expiration ends the sessions of clients that stay away',
  { slow: true, config: recent, without: { mosquitto: '2.0.11 takes no seconds' } },
  async (c) => {
    const properties = { sessionExpiryInterval: 600 };
    const client = await c.connect({ clientId: c.id('x'), clean: false, properties, keepAlive: 1 });
    await client.disconnect();
    if (await presentAfter(c, over)) throw new Mismatch('the session is still there');
  },
);
