import { binary, frame, hex, join, u16, utf8 } from '../harness/bytes.ts';
import type { ConnectOptions, Version } from '../harness/packets.ts';
import type { Properties } from '../harness/properties.ts';
import { silentRefusal } from '../harness/reasons.ts';
import { conformance } from '../harness/script.ts';

/** A CONNECT of clean session, with these Connect Flags and this payload after the Client Identifier. */
function connect(version: Version, flags: number, ...payload: readonly Uint8Array[]): Uint8Array {
  return raw(version, flags, utf8(`malformed${version}`), ...payload);
}

function raw(version: Version, flags: number, ...payload: readonly Uint8Array[]): Uint8Array {
  const properties = version === 5 ? hex('00') : hex('');
  return frame(0x10, utf8('MQTT'), version, flags, u16(60), properties, ...payload);
}

/** Will Properties, Will Topic and Will Payload. */
function will(version: Version, topic: Uint8Array = utf8('will')): Uint8Array {
  return join(version === 5 ? hex('00') : hex(''), topic, binary(hex('01')));
}

const surrogate = binary(hex('61 ed a0 80'));

/** CONNECTs that break the rules: what is wrong with them, and the packet. */
const malformed: readonly (readonly [title: string, packet: (version: Version) => Uint8Array])[] = [
  ['[MQTT-3.1.2-3] [3.1.1:MQTT-3.1.2-3] the reserved Connect Flag', (v) => connect(v, 0x03)],
  [
    '[MQTT-3.1.2-9] [3.1.1:MQTT-3.1.2-9] Will Flag 1 without Will Topic and Payload',
    (v) => connect(v, 0x06, v === 5 ? hex('00') : hex('')),
  ],
  [
    '[MQTT-3.1.2-9] [3.1.1:MQTT-3.1.2-9] Will Flag 1 without Will Payload',
    (v) => connect(v, 0x06, v === 5 ? hex('00') : hex(''), utf8('will')),
  ],
  [
    '[MQTT-3.1.2-11] [3.1.1:MQTT-3.1.2-11] [3.1.1:MQTT-3.1.2-13] Will QoS 1 without Will Flag',
    (v) => connect(v, 0x0a),
  ],
  ['[MQTT-3.1.2-11] [3.1.1:MQTT-3.1.2-13] Will QoS 2 without Will Flag', (v) => connect(v, 0x12)],
  ['[MQTT-3.1.2-12] [3.1.1:MQTT-3.1.2-14] Will QoS 3', (v) => connect(v, 0x1e, will(v))],
  ['[MQTT-3.1.2-13] [3.1.1:MQTT-3.1.2-15] Will Retain without Will Flag', (v) => connect(v, 0x22)],
  ['[3.1.1:MQTT-3.1.2-11] Will Flag 0 with a will', (v) => connect(v, 0x02, will(v))],
  [
    '[MQTT-3.1.2-16] [3.1.1:MQTT-3.1.2-18] User Name Flag 0 with a User Name',
    (v) => connect(v, 0x02, utf8('me')),
  ],
  ['[MQTT-3.1.2-17] [3.1.1:MQTT-3.1.2-19] User Name Flag 1 without a User Name', (v) => connect(v, 0x82)],
  [
    '[MQTT-3.1.2-18] [3.1.1:MQTT-3.1.2-20] Password Flag 0 with a Password',
    (v) => connect(v, 0x82, utf8('me'), utf8('secret')),
  ],
  [
    '[MQTT-3.1.2-19] [3.1.1:MQTT-3.1.2-21] Password Flag 1 without a Password',
    (v) => connect(v, 0xc2, utf8('me')),
  ],
  ['[MQTT-3.1.3-3] [3.1.1:MQTT-3.1.3-3] no Client Identifier', (v) => raw(v, 0x02)],
  [
    '[MQTT-3.1.3-4] [MQTT-1.5.4-1] [3.1.1:MQTT-3.1.3-4] [3.1.1:MQTT-1.5.3-1] a surrogate in the Client Identifier',
    (v) => raw(v, 0x02, surrogate),
  ],
  [
    '[MQTT-1.5.4-2] [3.1.1:MQTT-1.5.3-2] U+0000 in the Client Identifier',
    (v) => raw(v, 0x02, binary(hex('61 00 62'))),
  ],
  [
    '[MQTT-3.1.3-11] [3.1.1:MQTT-3.1.3-10] a surrogate in the Will Topic',
    (v) => connect(v, 0x06, will(v, surrogate)),
  ],
  ['[MQTT-1.5.4-2] U+0000 in the Will Topic', (v) => connect(v, 0x06, will(v, binary(hex('61 00 62'))))],
  ['[MQTT-3.1.3-12] [3.1.1:MQTT-3.1.3-11] a surrogate in the User Name', (v) => connect(v, 0x82, surrogate)],
  ['[MQTT-1.5.4-2] U+0000 in the User Name', (v) => connect(v, 0x82, binary(hex('61 00 62')))],
  [
    '[MQTT-3.1.4-1] [3.1.1:MQTT-3.1.4-1] a Client Identifier longer than the packet',
    (v) => raw(v, 0x02, hex('00 09 61')),
  ],
  ['[MQTT-3.1.4-1] [3.1.1:MQTT-3.1.4-1] a byte after the payload', (v) => connect(v, 0x02, hex('00'))],
];

for (const [title, packet] of malformed) {
  conformance(`${title} is refused, with 0x81 in 5.0`, { differs: silentRefusal }, async (c) => {
    const client = await c.open();
    client.send(packet(c.version));
    await client.expectRefusal(0x81);
  });
}

/** Wills whose topic nobody could publish to. */
const wills: readonly (readonly [name: string, topic: string])[] = [
  ['[MQTT-4.7.3-1] [3.1.1:MQTT-4.7.3-1] an empty Will Topic', ''],
  ['[MQTT-4.7.0-1] [3.1.1:MQTT-4.7.1-1] a Will Topic with +', 'a/+'],
  ['[MQTT-4.7.0-1] [3.1.1:MQTT-4.7.1-1] a Will Topic with #', '#'],
];

for (const [title, topic] of wills) {
  conformance(`${title} is refused`, { differs: silentRefusal }, async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), will: { topic } }));
    await client.expectRefusal([0x81, 0x82, 0x90]);
  });
}

conformance(
  '[MQTT-2.1.3-1] [3.1.1:MQTT-2.2.2-1] [3.1.1:MQTT-2.2.2-2] flags in the first byte of CONNECT close',
  {},
  async (c) => {
    for (const flags of [1, 2, 4, 8]) {
      const client = await c.open();
      const packet = c.p.connect({ clientId: c.id('x') });
      packet[0] = 0x10 | flags;
      client.send(packet);
      await client.expectRefusal(undefined);
    }
  },
);

conformance(
  '[3.1.1:MQTT-3.1.2-22] [3.1.1:MQTT-3.2.2-6] a Password without a User Name closes before 5.0',
  { versions: [4] },
  async (c) => {
    const client = await c.open();
    client.send(c.p.connect({ clientId: c.id('x'), password: 'secret' }));
    await client.expectRefusal(undefined);
  },
);

/** CONNECTs of every shape that the rules allow. */
const fine: readonly (readonly [name: string, options: ConnectOptions, versions: readonly Version[]])[] = [
  ['no Keep Alive', { keepAlive: 0 }, [3, 4, 5]],
  ['the longest Keep Alive', { keepAlive: 65_535 }, [3, 4, 5]],
  ['a User Name', { username: 'me' }, [3, 4, 5]],
  ['an empty User Name', { username: '' }, [4, 5]],
  ['a User Name and a Password', { username: 'me', password: 'secret' }, [3, 4, 5]],
  ['a Password without a User Name', { password: 'secret' }, [5]],
  ['a will without a payload', { will: { topic: 'will' } }, [3, 4, 5]],
  [
    'a will and everything',
    { will: { topic: 'w', qos: 2, retain: true }, username: 'u', password: 'p' },
    [3, 4, 5],
  ],
];

for (const [name, options, versions] of fine) {
  const anchors = '[MQTT-3.1.4-5] [MQTT-3.1.3-1] [3.1.1:MQTT-3.1.4-4] [3.1.1:MQTT-3.1.3-1]';
  conformance(`${anchors} a CONNECT with ${name} is accepted`, { versions }, async (c) => {
    const client = await c.connect(options);
    await client.disconnect();
  });
}

/** What 5.0 lets a CONNECT carry as properties, and a server must put up with. */
const properties: Properties = {
  sessionExpiryInterval: 0,
  receiveMaximum: 65_535,
  maximumPacketSize: 0xffff_ffff,
  topicAliasMaximum: 65_535,
  requestResponseInformation: 1,
  requestProblemInformation: 0,
  userProperty: [
    ['a', '1'],
    ['a', '1'],
    ['', ''],
  ],
};

/** The same for a will. */
const willProperties: Properties = {
  willDelayInterval: 1,
  payloadFormatIndicator: 1,
  messageExpiryInterval: 1,
  contentType: 'text',
  responseTopic: 'answer',
  correlationData: 'x',
  userProperty: [['a', '1']],
};

conformance('[MQTT-3.1.4-5] a CONNECT with all its properties is accepted', { versions: [5] }, async (c) => {
  const client = await c.connect({ properties });
  await client.disconnect();
});

conformance('[MQTT-3.1.4-5] a will with all its properties is accepted', { versions: [5] }, async (c) => {
  const client = await c.connect({ will: { topic: c.topic, properties: willProperties } });
  await client.disconnect();
});
