import { conformance } from '../harness/script.ts';

/** Topics, and below the filters that match them, all without the first level, which is the script's own. */
const topics = ['', '/a', '/a/b', '/a/b/c', '/A', '/a/', '//a', '/b', '/a b', '/ä', '/a/$x', '/a/b/'];

const filters: readonly (readonly [filter: string, matching: readonly string[], anchors: string])[] = [
  ['/#', topics, '[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2]'],
  ['/+', ['/a', '/A', '/b', '/a b', '/ä'], '[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3]'],
  ['/+/+', ['/a/b', '/a/', '//a', '/a/$x'], '[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3]'],
  ['/a/+', ['/a/b', '/a/', '/a/$x'], '[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3]'],
  ['/+/b', ['/a/b'], '[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3]'],
  ['/+/b/#', ['/a/b', '/a/b/c', '/a/b/'], '[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2]'],
  ['/a/#', ['/a', '/a/b', '/a/b/c', '/a/', '/a/$x', '/a/b/'], '[MQTT-4.7.1-1] [3.1.1:MQTT-4.7.1-2]'],
  ['/+/#', topics.filter((topic) => topic !== ''), '[MQTT-4.7.1-1] [MQTT-4.7.1-2]'],
  ['//+', ['//a'], '[MQTT-4.7.1-2]'],
  ['/a/b/+', ['/a/b/c', '/a/b/'], '[MQTT-4.7.1-2]'],
  ['', [''], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
  ['/a', ['/a'], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
  ['/A', ['/A'], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
  ['/a/', ['/a/'], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
  ['//a', ['//a'], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
  ['/a b', ['/a b'], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
  ['/a/b', ['/a/b'], '[MQTT-4.7.3-4] [3.1.1:MQTT-4.7.3-4]'],
];

for (const [filter, matching, anchors] of filters) {
  conformance(
    `${anchors} [MQTT-3.3.2-3] [3.1.1:MQTT-3.3.2-3] the filter topic${filter} matches ${matching.length} of ${topics.length} topics`,
    {},
    async (c) => {
      const subscriber = await c.connect();
      await subscriber.subscribe(`${c.topic}${filter}`, 0);
      const publisher = await c.connect();
      publisher.send(...topics.map((topic) => c.p.publish(`${c.topic}${topic}`, topic)));
      await publisher.expectNothing();
      for (const topic of topics.filter((one) => matching.includes(one))) {
        await subscriber.receive(`${c.topic}${topic}`, Buffer.from(topic).toString('latin1'));
      }
      await subscriber.expectNothing();
    },
  );
}

conformance(
  '[MQTT-4.7.1-2] [3.1.1:MQTT-4.7.1-3] + may be the first level',
  { versions: [3, 4, 5] },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`+/${c.topic}`, 0);
    const publisher = await c.connect();
    for (const first of ['a', '', 'b']) await publisher.publish(`${first}/${c.topic}`, first);
    await publisher.publish(c.topic, 'no');
    for (const first of ['a', '', 'b']) await subscriber.receive(`${first}/${c.topic}`, first);
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.7.2-1] [3.1.1:MQTT-4.7.2-1] # and + at the beginning do not match topics that begin with $',
  { versions: [5], alone: true },
  async (c) => {
    const subscriber = await c.connect();
    for (const filter of ['#', `+/${c.topic}/#`, '+/+'])
      await subscriber.subscribe(filter, { retainHandling: 0 });
    const publisher = await c.connect();
    await publisher.publish(`$hidden/${c.topic}`, 'no');
    await publisher.publish('$hidden', 'no');
    await subscriber.expectNothing();
    await subscriber.subscribe(`$hidden/+`, 0);
    await publisher.publish(`$hidden/${c.topic}`, 'yes');
    await subscriber.receive(`$hidden/${c.topic}`, 'yes');
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.7.2-1] [3.1.1:MQTT-4.7.2-1] nor do retained messages of such topics come for # and +',
  { versions: [4], alone: true },
  async (c) => {
    const publisher = await c.connect();
    await publisher.publish(`$hidden/${c.topic}`, 'kept', { retain: true });
    await publisher.publish(`open/${c.topic}`, 'kept', { retain: true });
    const subscriber = await c.connect();
    await subscriber.subscribe('#', 0);
    await subscriber.receive(`open/${c.topic}`, 'kept', { retain: true });
    await subscriber.expectNothing();
    await subscriber.subscribe('+/+', 0);
    await subscriber.receive(`open/${c.topic}`, 'kept', { retain: true });
    await subscriber.expectNothing();
  },
);

conformance(
  '[MQTT-4.7.2-1] $SYS is matched by $SYS/#, and not by # and +',
  { versions: [4], config: 'sys_interval 1', alone: true },
  async (c) => {
    const everything = await c.connect();
    for (const filter of ['#', '+/broker/#', '+/#']) await everything.subscribe(filter, 0);
    const system = await c.connect();
    await system.subscribe('$SYS/#', 0);
    await system.expect({ type: 'publish' });
    await everything.expectNothing();
  },
);

conformance(
  '[MQTT-1.5.4-3] [MQTT-4.7.3-4] [3.1.1:MQTT-1.5.3-3] [3.1.1:MQTT-4.7.3-4] nothing is normalized or stripped: U+FEFF, composed and other characters',
  { versions: [3, 4, 5] },
  async (c) => {
    const names = ['\u{feff}a', 'a', 'a\u{feff}', '\u00e9', 'e\u0301', '\u{1f980}', '\u212b', '\u00c5', 'A'];
    const subscriber = await c.connect();
    const publisher = await c.connect();
    for (const name of names) await subscriber.subscribe(`${c.topic}/${name}`, 0);
    for (const name of names) {
      publisher.send(c.p.publish(`${c.topic}/${name}`, 'x'));
      await subscriber.receive(`${c.topic}/${name}`, 'x');
      await subscriber.expectNothing();
    }
  },
);

conformance(
  '[MQTT-4.7.3-3] [3.1.1:MQTT-4.7.3-3] a topic of 65535 bytes can be subscribed and published',
  { versions: [3, 4, 5] },
  async (c) => {
    const topic = `${c.topic}/`.padEnd(65_535, 'x');
    const subscriber = await c.connect();
    await subscriber.subscribe(topic, 1);
    const publisher = await c.connect();
    await publisher.publish(topic, 'long', { qos: 1 });
    await subscriber.receive(topic, 'long');
  },
);

conformance(
  '[MQTT-4.7.3-1] [3.1.1:MQTT-4.7.3-1] a topic of one character, and one of one /',
  { versions: [4], alone: true },
  async (c) => {
    const subscriber = await c.connect();
    const publisher = await c.connect();
    for (const topic of ['a', '/', '//', ' ']) {
      await subscriber.subscribe(topic, 0);
      await publisher.publish(topic, 'short');
      await subscriber.receive(topic, 'short');
    }
  },
);

conformance(
  '[3.1.1:MQTT-3.3.5-2] as Mosquitto: a PUBLISH to $SYS is acknowledged, 0x87 in 5.0, and goes nowhere',
  {},
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`$SYS/${c.topic}`, 0);
    const publisher = await c.connect();
    publisher.send(c.p.publish(`$SYS/${c.topic}`, 'x', { qos: 1, packetId: 1 }));
    await publisher.expect(c.p.puback(1, c.version === 5 ? 0x87 : 0));
    await subscriber.expectNothing();
  },
);

conformance(
  'as Mosquitto: mount_point stands before the topics of its clients, unseen by them',
  { config: 'mount_point below/', differs: { mosquitto: '2.0.11 does not take it off again' } },
  async (c) => {
    const subscriber = await c.connect();
    await subscriber.subscribe(`${c.topic}/#`, 0);
    await subscriber.subscribe(`below/${c.topic}/#`, 0);
    const publisher = await c.connect();
    await publisher.publish(`${c.topic}/a`, 'x', { retain: true });
    await subscriber.receive(`${c.topic}/a`, 'x');
    (await c.connect({ will: { topic: `${c.topic}/will`, payload: 'will' } })).drop();
    await subscriber.receive(`${c.topic}/will`, 'will');
    subscriber.send(c.p.unsubscribe(9, [`${c.topic}/#`]));
    await subscriber.expect(c.p.unsuback(9, [0]));
    await publisher.publish(`${c.topic}/a`, 'y');
    await subscriber.expectNothing();
  },
);

for (const character of [
  '\u0001',
  '\u001f',
  '\u007f',
  '\u0080',
  '\u009f',
  '\u{fdd0}',
  '\u{ffff}',
  '\u{1fffe}',
]) {
  const name = `U+${character.codePointAt(0)?.toString(16).padStart(4, '0').toUpperCase()}`;
  conformance(`as Mosquitto: the control or non-character ${name} in a topic closes`, {}, async (c) => {
    const subscriber = await c.connect();
    subscriber.send(c.p.subscribe(1, [[`${c.topic}${character}`, 0]]));
    await subscriber.expectError(0x81);
    const publisher = await c.connect();
    publisher.send(c.p.publish(`${c.topic}${character}`, 'x'));
    await publisher.expectError(0x81);
  });
}

conformance('as Mosquitto: a PUBLISH to $CONTROL goes nowhere', {}, async (c) => {
  const subscriber = await c.connect();
  await subscriber.subscribe(`$CONTROL/${c.topic}`, 0);
  const publisher = await c.connect();
  publisher.send(c.p.publish(`$CONTROL/${c.topic}`, 'x', { qos: 1, packetId: 1 }));
  await publisher.expect({ type: 'puback', packetId: 1 });
  await subscriber.expectNothing();
});
