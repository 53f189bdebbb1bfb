import { frame, hex } from '../harness/bytes.ts';
import { silent } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

conformance(
  '[MQTT-3.14.4-2] [3.1.1:MQTT-3.14.4-1] after DISCONNECT the connection closes, without an answer',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.connect();
    client.send('e0 00');
    await client.expectClosed({ ping: false });
  },
);

conformance(
  '[MQTT-3.14.4-1] [3.1.1:MQTT-3.14.4-2] what follows DISCONNECT is not processed',
  { versions: [3, 4, 5] },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic);
    const client = await c.connect();
    client.send(c.p.publish(c.topic, 'before'), c.p.disconnect(), c.p.publish(c.topic, 'after'));
    await client.expectClosed({ ping: false });
    await witness.receive(c.topic, 'before');
    await witness.expectNothing();
  },
);

/** DISCONNECTs in every shape a 5.0 client may give them. */
const fine: readonly (readonly [name: string, bytes: string])[] = [
  ['a Reason Code and no properties', 'e0 01 00'],
  ['a Reason Code and a Property Length of 0', 'e0 02 00 00'],
  ['0x04', 'e0 01 04'],
  ['0x80', 'e0 01 80'],
  ['0x93', 'e0 01 93'],
  ['a Reason String', 'e0 07 00 05 1f 00 02 6f 6b'],
  ['User Properties', 'e0 10 00 0e 26 00 01 61 00 01 62 26 00 01 61 00 01 62'],
  ['a Session Expiry Interval of 0', 'e0 07 00 05 11 00 00 00 00'],
];

for (const [name, bytes] of fine) {
  conformance(`[MQTT-3.14.2-1] a DISCONNECT with ${name} is taken`, { versions: [5] }, async (c) => {
    const client = await c.connect();
    client.send(bytes);
    await client.expectClosed({ ping: false });
  });
}

type Row = readonly [title: string, code: number | readonly number[], bytes: Uint8Array, lax?: boolean];

/** DISCONNECTs that break the rules. The broker tells 5.0, and takes it for an end that was not orderly. */
const broken: readonly Row[] = [
  ['[MQTT-3.14.1-1] flags 0001', 0x81, hex('e1 00')],
  ['[MQTT-3.14.1-1] flags 0010', 0x81, hex('e2 00')],
  ['[MQTT-3.14.1-1] flags 1000', 0x81, hex('e8 00')],
  ['[MQTT-3.14.2-1] a Reason Code that does not exist', [0x81, 0x82], hex('e0 01 03'), true],
  ['[MQTT-3.14.2-1] a Reason Code of CONNACK', [0x81, 0x82], hex('e0 01 86'), true],
  ['[MQTT-4.13.1-1] a Property Length that is too long', 0x81, hex('e0 02 00 05')],
  ['[MQTT-4.13.1-1] a byte after the properties', 0x81, hex('e0 03 00 00 00')],
  ['[MQTT-4.13.1-1] Session Expiry Interval twice', 0x82, hex('e0 0c 00 0a 11 00 00 00 00 11 00 00 00 00')],
  ['[MQTT-4.13.1-1] a property of PUBLISH', 0x81, frame(0xe0, 0, 3, hex('23 00 01'))],
  ['[MQTT-1.5.4-1] an ill-formed Reason String', 0x81, frame(0xe0, 0, 6, hex('1f 00 03 ed a0 80'))],
];

for (const [title, code, bytes, lax] of broken) {
  const differs = lax ? { mosquitto: '2.0.11 does not look at it' } : silent;
  conformance(`${title} in DISCONNECT is answered by DISCONNECT`, { versions: [5], differs }, async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic);
    const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
    client.send(bytes);
    await client.expectError(code);
    await witness.receive(c.topic, 'will');
  });
}

for (const flags of [1, 2, 8]) {
  conformance(
    `[3.1.1:MQTT-3.14.1-1] [3.1.1:MQTT-2.2.2-1] flags ${flags} of DISCONNECT close, and the will is published`,
    { versions: [4] },
    async (c) => {
      const witness = await c.connect();
      await witness.subscribe(c.topic);
      const client = await c.connect({ will: { topic: c.topic, payload: 'will' } });
      client.send(Uint8Array.of(0xe0 | flags, 0));
      await client.expectClosed({ ping: false });
      await witness.receive(c.topic, 'will');
    },
  );
}

conformance(
  '[MQTT-4.13.1-1] a Session Expiry Interval in DISCONNECT where CONNECT had none is a Protocol Error',
  { versions: [5] },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.disconnect(0, { sessionExpiryInterval: 10 }));
    await client.expectError(0x82);
  },
);
