import { generous } from '../harness/configs.ts';
import type { Client } from '../harness/client.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { conformance, type Context } from '../harness/script.ts';

/** Messages in one go: as many as the broker may have in flight. */
const batch = 1000;

/** Lets a batch of messages of QoS 1 pass, and returns the Packet Identifiers it had on its way out. */
async function pass(c: Context, publisher: Client, subscriber: Client): Promise<readonly number[]> {
  const numbers = Array.from({ length: batch }, (_, index) => index + 1);
  publisher.send(...numbers.map((packetId) => c.p.publish(c.topic, '', { qos: 1, packetId })));
  for (const packetId of numbers) await publisher.expect(c.p.puback(packetId));
  const seen: number[] = [];
  for (let count = 0; count < batch; count += 1) {
    seen.push((await subscriber.expect({ type: 'publish', qos: 1, dup: false })).packetId);
  }
  subscriber.send(...seen.map((packetId) => c.p.puback(packetId)));
  return seen;
}

conformance(
  '[MQTT-2.2.1-4] [MQTT-4.3.2-1] [3.1.1:MQTT-2.3.1-4] [3.1.1:MQTT-4.3.2-1] ' +
    'when all identifiers were used they come again, but not one that is still in use',
  {
    slow: true,
    versions: [4],
    config: generous,
    differs: { mosquitto: 'it counts on, and does not look whether an identifier is in use' },
  },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 1);
    const publisher = await c.connect();
    await publisher.publish(c.topic, 'never acknowledged', { qos: 1 });
    const held = await subscriber.expect({ type: 'publish', payload: 'never acknowledged' });
    for (let passed = 0; passed < 66_000; passed += batch) {
      const seen = await pass(c, publisher, subscriber);
      if (seen.includes(held.packetId)) throw new Mismatch(`the identifier ${held.packetId} is still in use`);
      if (new Set(seen).size < batch) throw new Mismatch('an identifier stands for two messages');
    }
  },
);
