import type { Version } from '../harness/packets.ts';
import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.1.4-3] [MQTT-4.13.2-1] [3.1.1:MQTT-3.1.4-2] the Client Identifier of a connected client: that one is closed',
  { versions: [3, 4, 5], differs: silent },
  async (c) => {
    const old = await c.connect({ clientId: c.id('x') });
    const young = await c.connect({ clientId: c.id('x') });
    await old.expectError(0x8e);
    await young.expectNothing();
  },
);

const pairs: readonly (readonly [Version, Version])[] = [
  [3, 5],
  [5, 3],
  [4, 5],
  [5, 4],
  [3, 4],
];
for (const [before, after] of pairs) {
  conformance(
    `[MQTT-3.1.4-3] [3.1.1:MQTT-3.1.4-2] a client of version ${after} takes over from one of version ${before}`,
    { versions: [after], ...(before === 5 && { differs: { mosquitto: silent.mosquitto[5] } }) },
    async (c) => {
      const old = await c.connect({ clientId: c.id('x'), version: before });
      const young = await c.connect({ clientId: c.id('x') });
      await old.expectError(0x8e);
      await young.expectNothing();
    },
  );
}

conformance('[MQTT-3.1.4-3] a refused CONNECT takes nothing over', {}, async (c) => {
  const old = await c.connect({ clientId: c.id('x') });
  const bad = await c.open();
  bad.send(c.p.connect({ clientId: c.id('x'), flags: 0x03 }));
  await bad.expectGone();
  await old.expectNothing();
});

conformance(
  '[MQTT-3.1.4-3] [3.1.1:MQTT-3.1.4-2] the last of many takes over, and a clean session leaves its subscriptions behind',
  {},
  async (c) => {
    const first = await c.connect({ clientId: c.id('x') });
    await first.subscribe(c.topic, 0);
    for (let round = 0; round < 5; round += 1) await c.connect({ clientId: c.id('x') });
    const last = await c.connect({ clientId: c.id('x') });
    const other = await c.connect();
    await other.publish(c.topic, 'to nobody');
    await last.expectNothing();
  },
);
