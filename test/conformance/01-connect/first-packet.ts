import { silent, silentRefusal } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

/** Packets that are well-formed, but must not come first. */
const early: readonly (readonly [name: string, bytes: string])[] = [
  ['a CONNACK', '20 02 00 00'],
  ['a PUBLISH', '30 04 00 01 61 62'],
  ['a PUBACK', '40 02 00 01'],
  ['a PUBREC', '50 02 00 01'],
  ['a PUBREL', '62 02 00 01'],
  ['a PUBCOMP', '70 02 00 01'],
  ['a SUBSCRIBE', '82 06 00 01 00 01 61 00'],
  ['a SUBACK', '90 03 00 01 00'],
  ['an UNSUBSCRIBE', 'a2 05 00 01 00 01 61'],
  ['an UNSUBACK', 'b0 02 00 01'],
  ['a PINGREQ', 'c0 00'],
  ['a PINGRESP', 'd0 00'],
  ['a DISCONNECT', 'e0 00'],
  ['an AUTH', 'f0 00'],
  ['a packet of type 0', '00 00'],
];

for (const [name, bytes] of early) {
  const anchors = '[MQTT-3.1.0-1] [MQTT-3.14.0-1] [3.1.1:MQTT-3.1.0-1]';
  conformance(`${anchors} ${name} before CONNECT closes, without an answer`, { versions: [4] }, async (c) => {
    const client = await c.open();
    client.send(bytes);
    await client.expectClosed();
  });
}

conformance(
  'as Mosquitto: the ClientHello of TLS on a plain listener closes',
  { versions: [4] },
  async (c) => {
    const client = await c.open();
    client.send('16 03 01 00 05 01 00 00 01 00');
    await client.expectClosed();
  },
);

conformance(
  '[MQTT-3.1.0-2] [MQTT-3.2.0-2] [3.1.1:MQTT-3.1.0-2] [3.1.1:MQTT-4.8.0-1] a second CONNECT ends the connection',
  { differs: silent },
  async (c) => {
    const client = await c.connect();
    client.send(c.p.connect({ clientId: c.id('again') }));
    await client.expectError(0x82);
  },
);

conformance('[MQTT-3.1.0-2] the same CONNECT again ends the connection', { differs: silent }, async (c) => {
  const client = await c.connect({ clientId: c.id('same') });
  client.send(c.p.connect({ clientId: c.id('same') }));
  await client.expectError(0x82);
});

conformance(
  '[MQTT-3.2.0-1] [MQTT-4.2.0-1] [3.1.1:MQTT-3.2.0-1] [3.1.1:MQTT-7.1.1-1] a CONNECT in single bytes is accepted',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.open();
    for (const byte of c.p.connect({ clientId: c.id('slow') })) client.send(Uint8Array.of(byte));
    await client.accepted();
    await client.expectNothing();
  },
);

conformance(
  '[MQTT-3.2.0-1] [MQTT-4.2.0-1] packets may follow CONNECT without waiting for CONNACK',
  { versions: [3, 4, 5] },
  async (c) => {
    const client = await c.open();
    client.send(
      c.p.connect({ clientId: c.id('eager') }),
      c.p.subscribe(1, [[c.topic, 1]]),
      c.p.publish(c.topic, 'early', { qos: 0 }),
      c.p.pingreq(),
    );
    await client.accepted();
    await client.expect(c.p.suback(1, [1]));
    await client.expect(c.p.publish(c.topic, 'early'));
    await client.expect(c.p.pingresp());
  },
);

conformance(
  '[MQTT-3.1.4-6] [3.1.1:MQTT-3.1.4-5] what follows a refused CONNECT is not processed',
  { differs: silentRefusal },
  async (c) => {
    const witness = await c.connect();
    await witness.subscribe(c.topic);
    const client = await c.open();
    client.send(
      c.version === 5
        ? c.p.connect({ clientId: c.id('refused'), properties: { receiveMaximum: 0 } })
        : c.p.connect({ clientId: '', clean: false }),
      c.p.publish(c.topic, 'must not arrive'),
    );
    await client.expectRefusal(0x82, 2);
    await witness.expectNothing();
  },
);
