import { Mismatch } from '../harness/mismatch.ts';
import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.14.4-2] [MQTT-4.13.2-1] a broker that stops closes its connections, and tells 5.0 with 0x8B',
  { alone: true, differs: silent },
  async (c) => {
    const clients = [await c.connect(), await c.connect()];
    c.broker.signal('SIGTERM');
    for (const client of clients) await client.expectError(0x8b, { ping: false });
    const code = await c.broker.exited;
    if (code !== 0) throw new Mismatch(`the exit code is ${code}`);
  },
);

conformance(
  'as Mosquitto: SIGINT ends the broker with exit code 0',
  { versions: [4], alone: true },
  async (c) => {
    const client = await c.connect();
    await client.subscribe(c.topic, 1);
    c.broker.signal('SIGINT');
    await client.expectClosed({ ping: false });
    const code = await c.broker.exited;
    if (code !== 0) throw new Mismatch(`the exit code is ${code}`);
  },
);
