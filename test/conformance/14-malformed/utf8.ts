import { binary, frame, hex, join, u16, utf8 } from '../harness/bytes.ts';
import { Mismatch } from '../harness/mismatch.ts';
import { encodeProperties, property } from '../harness/properties.ts';
import { silent } from '../harness/reasons.ts';
import { conformance, type ScriptOptions } from '../harness/script.ts';

/** Sequences that are not UTF-8, or not allowed in MQTT. */
const sequences: readonly (readonly [anchors: string, name: string, bytes: string])[] = [
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'the first high surrogate', 'ed a0 80'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'the last low surrogate', 'ed bf bf'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a pair of surrogates', 'ed a0 bd ed b8 80'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a lone continuation byte', '80'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a two-byte sequence cut short', 'c3'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a three-byte sequence cut short', 'e2 82'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a four-byte sequence cut short', 'f0 9f a6'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a sequence broken by a letter', 'e2 28 a1'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'an overlong /', 'c0 af'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'an overlong / of three bytes', 'e0 80 af'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'an overlong / of four bytes', 'f0 80 80 af'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a code point above U+10FFFF', 'f4 90 80 80'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'a five-byte sequence', 'f8 88 80 80 80'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'the byte FE', 'fe'],
  ['[MQTT-1.5.4-1] [3.1.1:MQTT-1.5.3-1]', 'the byte FF', 'ff'],
  ['[MQTT-1.5.4-2] [3.1.1:MQTT-1.5.3-2]', 'U+0000', '00'],
  ['[MQTT-1.5.4-2] [3.1.1:MQTT-1.5.3-2]', 'an overlong U+0000', 'c0 80'],
];

for (const [anchors, name, bytes] of sequences) {
  conformance(`${anchors} ${name} in a topic and in a filter closes`, {}, async (c) => {
    const text = binary(join(hex('61'), hex(bytes), hex('62')));
    const none = c.version === 5 ? hex('00') : hex('');
    const publisher = await c.connect();
    publisher.send(frame(0x30, text, none));
    await publisher.expectError(0x81);
    const subscriber = await c.connect();
    subscriber.send(frame(0x82, u16(1), none, text, 0));
    await subscriber.expectError(0x81);
    const unsubscriber = await c.connect();
    unsubscriber.send(frame(0xa2, u16(1), none, text));
    await unsubscriber.expectError(0x81);
  });
}

const takesIt = { mosquitto: 'takes it' };
const surrogate = binary(hex('61 ed a0 80'));
const zero = binary(hex('61 00'));

/** Strings of a PUBLISH that are not topics: name, anchors, and the property with such a string. */
const strings: readonly (readonly [
  title: string,
  build: (text: Uint8Array) => Uint8Array,
  options?: ScriptOptions,
])[] = [
  ['[MQTT-3.3.2-19] the Content Type', (text) => property('contentType', text)],
  ['[MQTT-3.3.2-13] the Response Topic', (text) => property('responseTopic', text)],
  ['[MQTT-1.5.7-1] the name of a User Property', (text) => property('userProperty', join(text, utf8('v')))],
  ['[MQTT-1.5.7-1] the value of a User Property', (text) => property('userProperty', join(utf8('n'), text))],
];

for (const [title, build, options] of strings) {
  for (const [name, text] of [
    ['a surrogate', surrogate],
    ['U+0000', zero],
  ] as const) {
    conformance(`${title} with ${name} closes`, { versions: [5], differs: silent, ...options }, async (c) => {
      const client = await c.connect();
      const properties = build(text);
      client.send(frame(0x30, utf8(c.topic), properties.length, properties));
      await client.expectError(0x81);
    });
  }
}

conformance(
  '[MQTT-3.3.2-14] a Response Topic with a wildcard closes',
  { versions: [5], differs: takesIt },
  async (c) => {
    for (const responseTopic of ['a/+', '#', 'a/#/b']) {
      const client = await c.connect();
      client.send(c.p.publish(c.topic, 'x', { properties: { responseTopic } }));
      await client.expectError([0x81, 0x82, 0x90]);
    }
  },
);

conformance(
  '[MQTT-3.3.2-14] a Response Topic of a will with a wildcard is refused',
  { versions: [5], differs: takesIt },
  async (c) => {
    const client = await c.open();
    client.send(
      c.p.connect({ clientId: c.id('x'), will: { topic: c.topic, properties: { responseTopic: '#' } } }),
    );
    await client.expectRefusal([0x81, 0x82, 0x90]);
  },
);

conformance(
  '[MQTT-1.5.4-1] what looks like an ill-formed string is fine in a payload and in Correlation Data',
  { versions: [5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(c.topic, 0);
    const publisher = await c.connect();
    const bytes = hex('ed a0 80 c0 80 ff 00');
    const properties = encodeProperties({ correlationData: Buffer.from(bytes).toString('latin1') });
    publisher.send(frame(0x30, utf8(c.topic), properties, bytes));
    const message = await subscriber.expect({
      type: 'publish',
      payload: Buffer.from(bytes).toString('latin1'),
    });
    if (message.properties.correlationData !== message.payload)
      throw new Mismatch('Correlation Data is altered');
  },
);
