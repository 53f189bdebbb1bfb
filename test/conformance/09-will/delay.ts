import { setTimeout as sleep } from 'node:timers/promises';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance, type Context } from '../harness/script.ts';
import type { Client } from '../harness/client.ts';

/** Longer than the longest delay here, with room for a broker that looks once a second. */
const within = 12_000;

async function witness(c: Context): Promise<Client> {
  const client = await c.connect();
  await client.subscribe(c.topic, 1);
  return client;
}

/** A client whose will waits so long. */
function connect(c: Context, willDelayInterval: number, sessionExpiryInterval: number): Promise<Client> {
  return c.connect({
    clientId: c.id('x'),
    clean: false,
    properties: { sessionExpiryInterval },
    will: { topic: c.topic, payload: 'will', qos: 1, properties: { willDelayInterval } },
  });
}

async function expectWill(heir: Client): Promise<void> {
  const message = await heir.next(within, 'expected the will');
  if (message.type !== 'publish' || message.payload !== 'will') throw new Mismatch('it is not the will');
  if ('willDelayInterval' in message.properties) throw new Mismatch('it tells of its delay');
}

conformance(
  '[MQTT-3.1.2-8] the will is published when Will Delay Interval is over, not before',
  { slow: true, versions: [5] },
  async (c) => {
    const heir = await witness(c);
    (await connect(c, 2, 60)).drop();
    const since = performance.now();
    await expectWill(heir);
    if (performance.now() - since < 950) throw new Mismatch('it did not wait'); // clocks of whole seconds may take one off
  },
);

conformance(
  '[MQTT-3.1.2-8] the will is published when the session ends, though its delay is longer',
  { slow: true, versions: [5] },
  async (c) => {
    const heir = await witness(c);
    (await connect(c, 600, 1)).drop();
    await expectWill(heir);
  },
);

conformance(
  '[MQTT-3.1.2-8] without a session that is kept there is no delay',
  { slow: true, versions: [5], differs: { mosquitto: '2.0.11 waits all the same' } },
  async (c) => {
    const heir = await witness(c);
    (await connect(c, 600, 0)).drop();
    await heir.receive(c.topic, 'will');
  },
);

conformance(
  '[MQTT-3.1.3-9] a client that is back before Will Delay Interval is over leaves no will',
  { slow: true, versions: [5] },
  async (c) => {
    const heir = await witness(c);
    (await connect(c, 10, 60)).drop(); // time enough to be back on a slow machine
    await c.connect({ clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } });
    await sleep(12_500);
    await heir.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.3-9] [MQTT-3.1.2-8] a take-over with Clean Start 0 cancels a will with a delay',
  { slow: true, versions: [5] },
  async (c) => {
    const heir = await witness(c);
    await connect(c, 1, 60);
    await c.connect({ clientId: c.id('x'), clean: false, properties: { sessionExpiryInterval: 60 } });
    await sleep(3500);
    await heir.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-8] Clean Start 1 ends the session, and so publishes the will that was waiting',
  { slow: true, versions: [5], differs: { mosquitto: '2.0.11 forgets it' } },
  async (c) => {
    const heir = await witness(c);
    (await connect(c, 600, 600)).drop();
    await c.connect({ clientId: c.id('x'), clean: true });
    await heir.receive(c.topic, 'will');
  },
);

conformance(
  '[MQTT-3.1.2-8] DISCONNECT 0x04 publishes a will with a delay when that is over',
  { slow: true, versions: [5] },
  async (c) => {
    const heir = await witness(c);
    await (await connect(c, 1, 60)).disconnect(4);
    await expectWill(heir);
  },
);
