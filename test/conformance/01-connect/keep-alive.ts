import { recent } from '../harness/configs.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

/** Longer than any keep alive here, with room for a broker that looks only now and then. */
const within = 20_000;

conformance(
  '[MQTT-3.1.2-22] [3.1.1:MQTT-3.1.2-24] silence for 1.5 times Keep Alive closes, not before, and 5.0 is told 0x8D',
  { slow: true, versions: [3, 4, 5], differs: silent },
  async (c) => {
    const client = await c.connect({ keepAlive: 2 });
    const since = performance.now();
    await client.expectError(0x8d, { within, ping: false });
    if (performance.now() - since < 2900) throw new Mismatch('it was closed before 1.5 times Keep Alive');
  },
);

conformance(
  '[MQTT-3.1.2-22] [3.1.1:MQTT-3.1.2-24] any packet keeps a client alive, and Keep Alive 0 needs none',
  { slow: true },
  async (c) => {
    const quiet = await c.connect({ keepAlive: 4 });
    const without = await c.connect({ keepAlive: 0 });
    const active = await c.connect({ keepAlive: 4 });
    const timer = setInterval(() => active.send(c.p.publish(c.topic, 'here')), 300);
    try {
      await quiet.expectGone({ within });
    } finally {
      clearInterval(timer);
    }
    await active.expectNothing();
    await without.expectNothing();
  },
);

conformance(
  '[MQTT-3.1.2-22] [MQTT-3.1.2-8] [3.1.1:MQTT-3.1.2-24] [3.1.1:MQTT-3.1.2-8] the will of a client that fell silent is published',
  { slow: true },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic);
    await c.connect({ keepAlive: 1, will: { topic: c.topic, payload: 'silent' } });
    const message = await witness.next(within);
    if (message.type !== 'publish' || message.payload !== 'silent') throw new Mismatch('it is not the will');
  },
);

conformance(
  '[MQTT-3.2.2-21] [MQTT-3.1.2-22] the Server Keep Alive counts, not the Keep Alive sent',
  {
    slow: true,
    versions: [5],
    config: recent,
    without: { mosquitto: '2.0.11 takes no max_keepalive below 10' },
  },
  async (c) => {
    const client = await c.connect({ keepAlive: 600 });
    await client.expectError(0x8d, { within, ping: false });
  },
);
