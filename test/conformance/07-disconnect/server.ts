import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.14.4-2] [MQTT-4.13.2-1] a broker that stops closes its connections, and tells 5.0 with 0x8B',
  { versions: [3, 4, 5], alone: true, differs: silent },
  async (c) => {
    const clients = [await c.connect(), await c.connect()];
    c.broker.signal('SIGTERM');
    for (const client of clients) await client.expectError(0x8b, { ping: false });
  },
);

conformance(
  'as Mosquitto: a broker that stops publishes no will to those who are closed with it, and ends',
  { versions: [4], alone: true },
  async (c) => {
    const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
    const other = await c.connect();
    c.broker.signal('SIGINT');
    await client.expectClosed({ ping: false });
    await other.expectClosed({ ping: false });
  },
);
