import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { LIMITS } from './limits.ts';

const VERSIONS = [3, 4, 5] as const;
const LEVELS = [0, 1, 2] as const;

describe('a PUBLISH that is not allowed', () => {
  for (const version of VERSIONS) {
    test(`version ${version}: 3.x gets the normal acknowledgement, 5.0 0x87, and nobody gets the message`, () => {
      const rig = new Rig();
      rig.access.deny('c publish t');
      const watcher = rig.connect('watcher');
      watcher.subscribe('#', 2);
      const client = rig.connect('c', { version });
      for (const qos of LEVELS) {
        const reasonCode = client.publish('t', 'x', { qos, retain: true });
        assert.equal(reasonCode, version === 5 && qos > 0 ? Reason.notAuthorized : 0);
      }
      watcher.expectNothing();
      assert.equal(rig.broker.retained.count, 0);
      assert.equal(rig.stored, 0);
      client.expectNothing();
      client.ping();
    });

    test(`version ${version}: topics of the broker are closed, whatever the backend says`, () => {
      const rig = new Rig();
      const watcher = rig.connect('watcher');
      watcher.subscribe(['$SYS/#', '$CONTROL/#', '#'], 2);
      const client = rig.connect('c', { version });
      rig.access.asked.length = 0;
      for (const topic of [
        '$SYS/broker/version',
        '$SYS',
        '$SYS/broker/connection/a/b/state',
        '$SYS/broker/connection/state',
        '$share/g/t',
        '$CONTROL/dynamic-security/v1',
      ]) {
        const code = client.publish(topic, 'x', { qos: 1, retain: true });
        assert.equal(code, version === 5 ? Reason.notAuthorized : 0, topic);
      }
      assert.deepEqual(rig.access.asked, []);
      watcher.expectNothing();
      assert.equal(rig.broker.retained.count, 0);
    });
  }

  test('the state of a bridge and other `$` topics are open', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe(['$SYS/broker/connection/+/state', '$other/#']);
    for (const topic of ['$SYS/broker/connection/b/state', '$other/x']) {
      assert.equal(client.publish(topic, '1', { qos: 1 }), 0);
      client.expect('publish', { topic });
    }
  });
});

describe('limits of a PUBLISH', () => {
  test('message_size_limit: acknowledged, by 0x97 in 5.0, and dropped [MQTT-3.4.2-1] [MQTT-3.5.2-1]', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { messageSizeLimit: 3 } });
      const client = rig.connect('c', { version });
      client.subscribe('t', 0);
      for (const qos of LEVELS) {
        client.publish('t', 'abc', { qos });
        client.expect('publish', { payload: 'abc' });
        const code = client.publish('t', 'abcd', { qos });
        assert.equal(code, version === 5 && qos > 0 ? Reason.quotaExceeded : 0);
        client.expectNothing();
      }
      assert.equal(rig.stored, 0);
    }
  });

  test('[MQTT-3.2.2-11] max_qos', () => {
    for (const version of VERSIONS) {
      for (const maxQos of [0, 1] as const) {
        const rig = new Rig({ listener: { maxQos } });
        const client = rig.connect('c', { version });
        client.publish('t', 'x', { qos: maxQos });
        client.sendPublish('t', 'x', { qos: (maxQos + 1) as 1 | 2 });
        client.expectClosed(version === 5 ? Reason.qosNotSupported : undefined);
      }
    }
  });

  test('[MQTT-3.2.2-14] retain_available', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ settings: { retainAvailable: false } });
      const client = rig.connect('c', { version });
      client.publish('t', 'x', { qos: 1 });
      client.sendPublish('t', 'x', { qos: 1, retain: true });
      client.expectClosed(version === 5 ? Reason.retainNotSupported : undefined);
      assert.equal(rig.stored, 0);
    }
  });

  test('memory_limit closes who publishes, while the heap is over it', () => {
    const rig = new Rig({ settings: { memoryLimit: 1000 } });
    const client = rig.connect('c');
    const quiet = rig.connect('quiet');
    rig.heapBytes = 1001;
    rig.advance(1000);
    client.sendPublish('t', 'x', { qos: 1 });
    client.expectClosed(Reason.quotaExceeded);
    quiet.ping();
    rig.heapBytes = 0;
    rig.advance(1000);
    quiet.publish('t', 'x', { qos: 1 });
  });

  test('a topic of more than 200 separators closes', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.publish('/'.repeat(200), 'x', { qos: 1 });
    client.sendPublish('/'.repeat(201), 'x', { qos: 1 });
    client.expectClosed(Reason.topicNameInvalid);
  });

  test('a topic of more than 200 separators closes behind an alias too', () => {
    const client = new Rig().connect('c');
    client.sendPublish('/'.repeat(201), 'x', { properties: { topicAlias: 1 } });
    client.expectClosed(Reason.topicNameInvalid);
  });

  test('user properties that no store could keep close', () => {
    const rig = new Rig({ settings: { maxPacketSize: LIMITS.packetBytes } });
    const client = rig.connect('c');
    const value = '"'.repeat(65_535);
    const most = Math.floor(LIMITS.propertyCharacters / (2 * value.length + 64));
    const userProperties = Array.from({ length: most }, () => ['', value] as const);
    client.sendPublish('t', 'x', { qos: 1, properties: { userProperties } });
    client.expect('puback');
    client.sendPublish('t', 'x', {
      qos: 1,
      properties: { userProperties: [...userProperties, ['', value]] },
    });
    client.expectClosed(Reason.quotaExceeded);
  });

  test('[MQTT-3.3.4-6] a subscription identifier, or a response topic with a wildcard, closes [MQTT-3.3.2-14]', () => {
    const rig = new Rig();
    for (const properties of [
      { subscriptionIdentifiers: [1] },
      { responseTopic: 'a/+' },
      { responseTopic: '#' },
      { responseTopic: '' },
    ]) {
      const client = rig.connect('c');
      client.sendPublish('t', 'x', { properties });
      client.expectClosed(Reason.protocolError);
    }
  });
});

describe('a PUBLISH at QoS 1', () => {
  test('[MQTT-4.3.2-4] is acknowledged after it was handed over, with 0x10 if nobody is there', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    assert.equal(client.publish('t', 'x', { qos: 1 }), Reason.noMatchingSubscribers);
    client.subscribe('t');
    client.sendPublish('t', 'x', { qos: 1 });
    client.expect('publish');
    client.expect('puback', { reasonCode: 0 });
    assert.equal(rig.connect('old', { version: 4 }).publish('u', 'x', { qos: 1 }), 0);
  });

  test('[MQTT-4.3.2-5] is a new message each time, whatever its identifier and DUP', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t');
    for (const dup of [false, true, false]) {
      client.publish('t', 'x', { qos: 1, packetId: 7, dup });
      client.expect('publish', { dup: false });
    }
  });
});

describe('a PUBLISH at QoS 2', () => {
  test('[MQTT-4.3.3-8] [MQTT-4.3.3-11] is passed on at its PUBREL, once', () => {
    const rig = new Rig();
    const watcher = rig.connect('watcher');
    watcher.subscribe('t');
    const client = rig.connect('c');
    client.sendPublish('t', 'x', { qos: 2, packetId: 7 });
    client.expect('pubrec', { packetId: 7, reasonCode: 0 });
    watcher.expectNothing();
    client.ack('pubrel', 7);
    watcher.expect('publish', { payload: 'x' });
    client.expect('pubcomp', { packetId: 7, reasonCode: 0 });
    client.ack('pubrel', 7);
    client.expect('pubcomp', { packetId: 7, reasonCode: 0 });
    watcher.expectNothing();
    assert.equal(rig.stored, 0);
  });

  test('[MQTT-4.3.3-10] sent again is held once, with DUP or without', () => {
    const rig = new Rig();
    const client = rig.connect('c', { version: 4 });
    client.subscribe('t');
    for (const dup of [false, true, false]) {
      client.sendPublish('t', 'x', { qos: 2, packetId: 7, dup });
      client.expect('pubrec', { packetId: 7 });
    }
    assert.equal(rig.stored, 1);
    client.ack('pubrel', 7);
    client.expect('publish');
    client.expect('pubcomp');
    client.expectNothing();
  });

  test('[MQTT-4.3.3-9] after its PUBCOMP the identifier is free for a new message', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t');
    for (const payload of ['a', 'a', 'b']) {
      client.publish('t', payload, { qos: 2, packetId: 7 });
      client.expect('publish', { payload });
    }
  });

  test('another message under an identifier in use takes its place; as Mosquitto', () => {
    const rig = new Rig();
    for (const [topic, payload, retain] of [
      ['u', 'one', false],
      ['t', 'three', false],
      ['t', 'two', false],
      ['t', 'one', true],
    ] as const) {
      const client = rig.connect('c');
      client.subscribe('#', 0, { retainHandling: 2, retainAsPublished: true });
      client.sendPublish('t', 'one', { qos: 2, packetId: 7 });
      client.expect('pubrec');
      client.sendPublish(topic, payload, { qos: 2, packetId: 7, retain });
      client.expect('pubrec', { packetId: 7, reasonCode: 0 });
      client.ack('pubrel', 7);
      client.expect('publish', { topic, payload, retain });
      client.expect('pubcomp');
      client.expectNothing();
    }
    assert.equal(rig.logged('packetIdReused').length, 4);
    rig.connect('d').publish('t', '', { retain: true });
    assert.equal(rig.stored, 0);
  });

  test('that was refused is not held: the identifier is free', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t');
    rig.access.deny('c publish t');
    assert.equal(client.publish('t', 'x', { qos: 2, packetId: 7 }), Reason.notAuthorized);
    rig.access.allow('c publish t');
    client.publish('t', 'x', { qos: 2, packetId: 7 });
    client.expect('publish');
    client.expectNothing();
  });

  test('that is refused when it is sent again is not held either', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t');
    client.sendPublish('t', 'x', { qos: 2, packetId: 7 });
    client.expect('pubrec', { reasonCode: 0 });
    rig.access.deny('c publish t');
    client.sendPublish('t', 'x', { qos: 2, packetId: 7, dup: true });
    client.expect('pubrec', { reasonCode: Reason.notAuthorized });
    assert.equal(rig.stored, 0);
    client.ack('pubrel', 7);
    client.expect('pubcomp', { reasonCode: 0 });
    client.expectNothing();
  });

  test('[MQTT-4.3.3-12] survives a reconnect on the receiving side: passed on once', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const watcher = rig.connect('watcher');
      watcher.subscribe('t');
      const options = { version, cleanStart: false, ...(version === 5 && { expiry: 100 }) };
      const first = rig.connect('c', options);
      first.sendPublish('t', 'x', { qos: 2, packetId: 7 });
      first.cut();
      const second = rig.connect('c', options);
      second.sendPublish('t', 'x', { qos: 2, packetId: 7, dup: true });
      second.expect('pubrec', { packetId: 7 });
      second.ack('pubrel', 7);
      second.cut();
      const third = rig.connect('c', options);
      third.ack('pubrel', 7);
      third.expect('pubcomp', { packetId: 7 });
      assert.equal(watcher.messages().length, 1);
      assert.equal(rig.stored, 0);
    }
  });

  test('ends with its session', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.sendPublish('t', 'x', { qos: 2 });
    assert.equal(rig.stored, 1);
    client.cut();
    assert.equal(rig.stored, 0);
    assert.equal(rig.broker.stored.bytes, 0);
  });

  test('that expires before its PUBREL is not passed on, and completed all the same', () => {
    const rig = new Rig();
    const watcher = rig.connect('watcher');
    watcher.subscribe('t');
    const client = rig.connect('c');
    client.sendPublish('t', 'x', { qos: 2, packetId: 7, properties: { messageExpiryInterval: 5 } });
    client.expect('pubrec');
    rig.advance(5000);
    client.ack('pubrel', 7);
    client.expect('pubcomp', { reasonCode: 0 });
    watcher.expectNothing();
  });

  test('[MQTT-3.3.4-7] [MQTT-3.3.4-9] more than the Receive Maximum at a time close with 0x93', () => {
    const rig = new Rig({ settings: { maxInflightMessages: 2 } });
    const client = rig.connect('c');
    for (const packetId of [1, 2]) {
      client.sendPublish('t', 'x', { qos: 2, packetId });
      client.expect('pubrec');
    }
    client.sendPublish('t', 'x', { qos: 2, packetId: 2, dup: true });
    client.expect('pubrec');
    client.publish('t', 'x', { qos: 1, packetId: 9 });
    client.ack('pubrel', 1);
    client.expect('pubcomp');
    client.sendPublish('t', 'x', { qos: 2, packetId: 3 });
    client.expect('pubrec');
    client.sendPublish('t', 'x', { qos: 2, packetId: 4 });
    client.expectClosed(Reason.receiveMaximumExceeded);
    assert.equal(rig.stored, 0);
  });

  test('3.x knows no Receive Maximum; the bytes it has under way are bounded', () => {
    const rig = new Rig({ settings: { maxInflightMessages: 2, maxPacketSize: 0x0fff_ffff }, log: false });
    const client = rig.connect('c', { version: 4 });
    const payload = 'x'.repeat(LIMITS.inboundBytes / 4);
    for (let packetId = 1; packetId <= 4; packetId++) {
      client.sendPublish('t', payload, { qos: 2, packetId });
      client.expect('pubrec');
    }
    client.sendPublish('t', '', { qos: 2, packetId: 6 });
    client.expectClosed();
    assert.equal(rig.broker.stored.bytes, 0);
  });

  test('the bytes of topics and properties count as those of payloads do', () => {
    const rig = new Rig({ settings: { maxInflightMessages: 0 }, log: false });
    const long = 'x'.repeat(65_000);
    for (const [version, properties] of [
      [4, NO_PROPERTIES],
      [5, { contentType: long }],
    ] as const) {
      const client = rig.connect('c', { version });
      let packetId = 1;
      while (!client.closed && packetId < 65_535) {
        client.sendPublish(version === 4 ? long : 't', '', { qos: 2, packetId: packetId++, properties });
      }
      assert.ok(packetId < LIMITS.inboundBytes / 65_000 + 10, `${packetId} messages are held`);
    }
  });
});

describe('acknowledgements that make no sense', () => {
  test('of nothing: PUBACK and PUBCOMP are left alone, PUBREC and PUBREL are answered', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const client = rig.connect('c', { version });
      const reasonCode = version === 5 ? Reason.packetIdentifierNotFound : 0;
      client.ack('puback', 5);
      client.ack('pubcomp', 5);
      client.expectNothing();
      client.ack('pubrec', 5);
      client.expect('pubrel', { packetId: 5, reasonCode });
      client.ack('pubrel', 5);
      client.expect('pubcomp', { packetId: 5, reasonCode: 0 });
      client.ping();
    }
  });

  test('of the other QoS close', () => {
    const rig = new Rig();
    for (const [qos, type] of [
      [1, 'pubrec'],
      [1, 'pubcomp'],
      [2, 'puback'],
    ] as const) {
      const client = rig.connect('c');
      client.subscribe('t', qos);
      rig.connect('p').publish('t', 'x', { qos });
      const { packetId } = client.expect('publish');
      client.ack(type, packetId);
      client.expectClosed(Reason.protocolError);
    }
    assert.equal(rig.stored, 0);
  });

  test('twice, and in the wrong order, end a message once', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { receiveMaximum: 1 } });
    client.subscribe('t', 2);
    const publisher = rig.connect('p');
    for (const payload of ['a', 'b', 'c']) publisher.publish('t', payload, { qos: 2 });
    client.expect('publish', { payload: 'a', packetId: 1 });
    client.ack('pubrec', 1);
    client.ack('pubrec', 1);
    client.expect('pubrel', { packetId: 1, reasonCode: 0 });
    client.expect('pubrel', { packetId: 1, reasonCode: 0 });
    client.expectNothing();
    client.ack('pubcomp', 1);
    client.ack('pubcomp', 1);
    client.expect('publish', { payload: 'b', packetId: 2 });
    client.expectNothing();
    client.ack('pubcomp', 2); // no PUBREC came before
    client.expect('publish', { payload: 'c', packetId: 3 });
    client.ack('pubrec', 3, Reason.quotaExceeded);
    client.ack('pubrec', 3, Reason.quotaExceeded);
    client.expectNothing();
    assert.equal(rig.stored, 0);
  });
});

describe('topic aliases of a client', () => {
  test('[MQTT-3.3.2-12] stand for their topic, may be set again, and are not passed on [MQTT-3.3.2-7]', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('#');
    const properties = { topicAlias: 3 };
    client.publish('a', '1', { properties });
    client.publish('', '2', { properties });
    client.publish('b', '3', { properties });
    client.publish('', '4', { properties });
    for (const [topic, payload] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '3'],
      ['b', '4'],
    ] as const) {
      client.expect('publish', { topic, payload, properties: NO_PROPERTIES });
    }
  });

  test('are set by a PUBLISH that is denied too', () => {
    const rig = new Rig();
    rig.access.deny('c publish a');
    const client = rig.connect('c');
    client.publish('a', '1', { qos: 1, properties: { topicAlias: 1 } });
    rig.access.allow('c publish a');
    client.subscribe('a');
    client.publish('', '2', { properties: { topicAlias: 1 } });
    client.expect('publish', { topic: 'a', payload: '2' });
  });

  test('[MQTT-3.3.2-8] [MQTT-3.3.2-9] out of range close with 0x94, unknown ones with 0x82', () => {
    const rig = new Rig({ listener: { maxTopicAlias: 2 } });
    for (const [topic, topicAlias, reasonCode] of [
      ['t', 0, Reason.topicAliasInvalid],
      ['t', 3, Reason.topicAliasInvalid],
      ['', 2, Reason.protocolError],
    ] as const) {
      const client = rig.connect('c');
      client.sendPublish(topic, 'x', { properties: { topicAlias } });
      client.expectClosed(reasonCode);
    }
    const client = rig.connect('c');
    client.sendPublish('', 'x');
    client.expectClosed(Reason.protocolError);
  });

  test('do not outlive the connection', () => {
    const rig = new Rig();
    const first = rig.connect('c', { expiry: 100 });
    first.publish('a', '', { properties: { topicAlias: 1 } });
    const second = rig.connect('c', { cleanStart: false });
    second.sendPublish('', '', { properties: { topicAlias: 1 } });
    second.expectClosed(Reason.protocolError);
  });
});

describe('mount_point', () => {
  test('stands in front of what is published and is taken off what is delivered', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const mounted = rig.listen({ mountPoint: 'site/' });
      const inside = rig.connect('inside', { version }, mounted);
      const outside = rig.connect('outside', { version });
      outside.subscribe('#', 1);
      inside.subscribe('#', 1);
      inside.publish('t', 'in', { qos: 1, retain: true });
      outside.expect('publish', { topic: 'site/t', payload: 'in' });
      inside.expect('publish', { topic: 't', payload: 'in' });
      outside.publish('site/a/b', 'out');
      inside.expect('publish', { topic: 'a/b', payload: 'out' });
      outside.publish('t', 'not for the site');
      inside.expectNothing();
      assert.ok(rig.access.asked.includes('inside publish site/t'), 'rights are of the whole topic');
      const late = rig.connect('late', { version }, mounted);
      late.subscribe('+');
      late.expect('publish', { topic: 't', retain: true });
    }
  });

  test('of a topic leaves nothing: such a message is not for these clients', () => {
    const rig = new Rig();
    const inside = rig.connect('inside', {}, rig.listen({ mountPoint: 'site/' }));
    inside.subscribe('#', 1);
    const outside = rig.connect('outside');
    for (const topic of ['site/', 'site']) {
      for (const qos of LEVELS) outside.publish(topic, 'x', { qos });
    }
    inside.expectNothing();
    assert.equal(rig.stored, 0);
    outside.publish('site/t', 'y', { qos: 1 });
    inside.expect('publish', { topic: 't' });
  });

  test('closes nothing: `$SYS` below it is a topic like any other', () => {
    const rig = new Rig();
    const inside = rig.connect('inside', {}, rig.listen({ mountPoint: 'site/' }));
    inside.subscribe('$SYS/#');
    assert.equal(inside.publish('$SYS/x', 'x', { qos: 1 }), 0);
    inside.expect('publish', { topic: '$SYS/x' });
  });

  test('goes with aliases in both directions', () => {
    const rig = new Rig();
    const inside = rig.connect(
      'inside',
      { properties: { topicAliasMaximum: 1 } },
      rig.listen({ mountPoint: 'site/' }),
    );
    inside.subscribe('#');
    inside.publish('t', '1', { properties: { topicAlias: 1 } });
    inside.publish('', '2', { properties: { topicAlias: 1 } });
    inside.expect('publish', { topic: 't', payload: '1', properties: { topicAlias: 1 } });
    inside.expect('publish', { topic: '', payload: '2', properties: { topicAlias: 1 } });
  });
});

describe('what is forwarded', () => {
  test('[MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] keeps its properties, in order', () => {
    const rig = new Rig();
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'answer',
      correlationData: Uint8Array.of(1, 2, 3),
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ] as const,
    };
    const clients = LEVELS.map((qos) => {
      const client = rig.connect(`c${qos}`);
      client.subscribe('t', qos);
      return client;
    });
    rig.connect('p').publish('t', 'x', { qos: 2, properties });
    for (const client of clients) client.expect('publish', { properties });
  });

  test('goes to every version from every version, at every QoS', () => {
    for (const from of VERSIONS) {
      const rig = new Rig();
      const publisher = rig.connect('p', { version: from });
      const watchers = VERSIONS.flatMap((version) =>
        LEVELS.map((qos) => {
          const watcher = rig.connect(`w${version}${qos}`, { version });
          watcher.subscribe('t/#', qos);
          return { watcher, qos };
        }),
      );
      for (const qos of LEVELS) {
        publisher.publish('t/ü', `payload ${qos}`, { qos });
        for (const { watcher, qos: granted } of watchers) {
          watcher.expect('publish', {
            topic: 't/ü',
            payload: `payload ${qos}`,
            qos: Math.min(qos, granted) as 0 | 1 | 2,
            dup: false,
            retain: false,
          });
          watcher.expectNothing();
        }
      }
    }
  });

  test('has the shortest remaining length, whatever came in', () => {
    const rig = new Rig();
    const watcher = rig.connect('w', { version: 4 });
    watcher.subscribe('t');
    const written: Uint8Array[] = [];
    const write = watcher.wire.write.bind(watcher.wire);
    watcher.wire.write = (frame) => {
      written.push(Uint8Array.from(frame));
      write(frame);
    };
    const publisher = rig.connect('p', { version: 4 });
    // 3.1.1 does not say that a remaining length must be as short as can be
    publisher.wire.receive(Uint8Array.of(0x30, 0x84, 0x80, 0x00, 0, 1, 0x74, 0x78));
    watcher.expect('publish', { payload: 'x' });
    assert.deepEqual(written, [Uint8Array.of(0x30, 4, 0, 1, 0x74, 0x78)]);
  });

  test('[MQTT-3.3.2-6] has what is left of its expiry', () => {
    const rig = new Rig();
    const watcher = rig.connect('w', { cleanStart: false, expiry: 1000 });
    watcher.subscribe('t', 1);
    const live = rig.connect('live');
    live.subscribe('t');
    watcher.cut();
    const publisher = rig.connect('p');
    publisher.publish('t', 'x', { qos: 1, properties: { messageExpiryInterval: 100 } });
    live.expect('publish', { properties: { messageExpiryInterval: 100 } });
    rig.advance(30_500);
    const back = rig.connect('w', { cleanStart: false });
    back.expect('publish', { properties: { messageExpiryInterval: 70 } });
  });
});
