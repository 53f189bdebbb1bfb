import { recent } from '../harness/configs.ts';
import { silentRefusal } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

const unknown = { mosquitto: '2.0.11 does not know accept_protocol_versions' };

for (const name of ['MQTT5', 'mqtt', 'MQT', '', 'HTTP', 'MQTT\u{feff}']) {
  conformance(
    `[MQTT-3.1.2-1] [3.1.1:MQTT-3.1.2-1] the protocol name ${JSON.stringify(name)} closes, as Mosquitto without a CONNACK`,
    {},
    async (c) => {
      const client = await c.open();
      client.send(c.p.connect({ clientId: c.id('x'), name }));
      await client.expectRefusal(undefined);
    },
  );
}

for (const level of [0, 1, 2, 6, 7, 127]) {
  conformance(
    `[MQTT-3.1.2-2] [MQTT-3.2.2-7] level ${level} is answered by CONNACK 0x84 of 5.0, and closes`,
    { versions: [5], differs: { mosquitto: '2.0.11 sends the CONNACK of 3.x with code 1' } },
    async (c) => {
      const client = await c.open();
      client.send(c.p.connect({ clientId: c.id('x'), level }));
      await client.expectRefusal(0x84);
    },
  );
}

conformance(
  '[3.1.1:MQTT-3.1.2-2] [3.1.1:MQTT-3.2.2-4] [3.1.1:MQTT-3.2.2-5] a 3.x client where 3.x is off gets CONNACK 1, and the end',
  { versions: [3], config: recent, without: unknown },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x') }));
    await client.expectRefusal(undefined, 1);
  },
);

conformance(
  '[MQTT-3.1.2-2] a 5.0 client where 5.0 is off gets CONNACK 0x84, and the end',
  { versions: [5], config: 'accept_protocol_versions 3,4', without: unknown },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x') }));
    await client.expectRefusal(0x84);
  },
);

conformance('as Mosquitto: the bridge bit in the level is accepted', { versions: [3, 4] }, async (c) => {
  const client = await c.connect({ level: 0x80 + c.version });
  await client.expectNothing();
});

conformance(
  'as Mosquitto: the bridge bit does not exist in 5.0, which is refused',
  { versions: [5], differs: silentRefusal },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), level: 0x85 }));
    await client.expectRefusal(0x84);
  },
);

conformance(
  'as Mosquitto: the bridge bit gives no local and retain as published',
  { versions: [3, 4] },
  async (c) => {
    const bridge = await c.connect({ level: 0x80 + c.version });
    await bridge.subscribe(`${c.topic}/#`, 1);
    const other = await c.connect();
    await bridge.publish(`${c.topic}/own`, 'mine', { qos: 1 });
    await other.publish(`${c.topic}/a`, 'kept', { qos: 1, retain: true });
    await bridge.receive(`${c.topic}/a`, 'kept', { retain: true });
    await bridge.expectNothing();
  },
);

conformance(
  '[3.1.1:MQTT-7.0.0-2] clients of all versions are served by one listener',
  { versions: [4] },
  async (c) => {
    const clients = [];
    for (const version of [3, 4, 5] as const) clients.push(await c.connect({ version }));
    for (const client of clients) await client.subscribe(c.topic, 1);
    for (const publisher of clients) {
      publisher.send(publisher.p.publish(c.topic, `from ${publisher.version}`, { qos: 0 }));
      for (const client of clients) await client.receive(c.topic, `from ${publisher.version}`, { qos: 0 });
    }
  },
);
