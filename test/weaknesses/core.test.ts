/** Weaknesses that other brokers had in what a broker is made of: packets, topics, sessions, wills. No sockets. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { options } from '../../src/config/options.ts';
import type { OptionName } from '../../src/config/options.ts';
import type { IntegerOption } from '../../src/config/option.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { Reason } from '../../src/protocol/reason.ts';
import type { ProtocolVersion, QoS } from '../../src/protocol/packet.ts';
import type { Properties } from '../../src/protocol/properties.ts';
import { brokerSettings, listenerSettings } from '../../src/server/settings.ts';
import { Rig } from '../broker/rig.ts';
import { runs } from '../runs.ts';

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

/** So many user properties, all of one name. */
function userProperties(count: number): Properties {
  return { userProperties: Array.from({ length: count }, () => ['', ''] as const) };
}

describe('other clients', () => {
  test('a topic that is no UTF-8 costs its sender the connection, and nobody else', () => {
    const rig = new Rig();
    for (const version of VERSIONS) {
      const watcher = rig.connect('watcher', { version });
      watcher.subscribe('#');
      for (const bad of ['c328', 'ff', 'eda080', 'f4908080', '00']) {
        const client = rig.connect('client', { version, will: { topic: 'will', payload: 'gone' } });
        const topic = Buffer.from(bad, 'hex');
        const rest = version === 5 ? [0] : [];
        const body = [0, topic.length, ...topic, ...rest, 0x78];
        client.wire.receive(Uint8Array.of(0x30, body.length, ...body));
        assert.equal(client.closed, true, bad);
        assert.deepEqual(watcher.messages(), ['gone']);
      }
      watcher.ping();
    }
  });

  test('an empty topic closes, with or without an alias, as a will, and at any QoS', () => {
    const rig = new Rig();
    for (const version of VERSIONS) {
      for (const qos of [0, 1, 2] as const) {
        const client = rig.connect('c', { version });
        client.sendPublish('', 'x', { qos });
        assert.equal(client.closed, true);
      }
      const client = rig.open();
      client.connect('c', { version, will: { topic: '' } });
      assert.equal(client.closed, true);
    }
    const client = rig.connect('c');
    client.sendPublish('', 'x', { properties: { topicAlias: 3 } });
    client.expectClosed(Reason.protocolError);
  });

  test('who takes a client identifier over closes the connection that had it, before anything is answered', () => {
    const rig = new Rig();
    for (const version of VERSIONS) {
      const lasting = { version, cleanStart: false, ...(version === 5 && { expiry: 100 }) };
      const old = rig.connect('same', lasting);
      old.subscribe('secret');
      const next = rig.connect('same', lasting);
      assert.equal(old.closed, true);
      old.wire.packets.length = 0;
      rig.publish('secret', 'x');
      assert.deepEqual(next.messages(), ['x']);
      assert.equal(old.messages().length, 0, 'it hears nothing more');
      next.cut();
    }
  });

  test('a session is its user’s: whoever else knows the client identifier finds nothing of it', () => {
    const rig = new Rig();
    const alice = rig.connect('device', { username: 'alice', cleanStart: false, expiry: 100 });
    alice.subscribe('secret', 1);
    alice.cut();
    rig.publish('secret', 'for alice', { qos: 1 });
    const mallory = rig.open();
    mallory.connect('device', { username: 'mallory', cleanStart: false, expiry: 100 });
    assert.equal(mallory.expect('connack', { reasonCode: 0 }).sessionPresent, false);
    rig.publish('secret', 'more', { qos: 1 });
    mallory.expectNothing();
  });

  test('a storm of connections under one identifier leaves one, and one session', () => {
    const rig = new Rig({ log: false });
    const seen = Array.from({ length: 1000 }, (_, i) => {
      const client = rig.connect('same', { cleanStart: i % 3 === 0, expiry: 100 });
      client.sendSubscribe(['a/+', '$share/g/a/b'], 1);
      client.sendPublish('a/b', `${i}`, { qos: 1 });
      return client;
    });
    assert.equal(seen.filter(({ closed }) => !closed).length, 1);
    assert.deepEqual([rig.broker.connections.size, rig.broker.sessions.count], [1, 1]);
    assert.deepEqual([rig.broker.subscriptionCount, rig.broker.shared.count], [1, 1]);
  });
});

describe('topics that begin with $', () => {
  const roots = fc.constantFrom(
    '$',
    '$$',
    '$x',
    '$SYS',
    '$SYSTEM',
    '$share',
    '$CONTROL',
    '$MQTT',
    '$queue',
    '$local',
    '$a',
  );
  const level = fc.constantFrom(
    '',
    'a',
    '$',
    '$SYS',
    'broker',
    'connection',
    'c',
    'state',
    'dynamic-security',
    'v1',
  );
  const topic = fc
    .tuple(roots, fc.array(level, { maxLength: 6 }))
    .map(([root, levels]) => [root, ...levels].join('/'));

  test('of any kind are no trouble, retained, as a will, subscribed or published', () => {
    fc.assert(
      fc.property(topic, fc.constantFrom<QoS>(0, 1, 2), fc.boolean(), (name, qos, retain) => {
        const rig = new Rig({ log: false });
        const watcher = rig.connect('watcher');
        watcher.subscribe('#');
        const other = rig.connect('other');
        other.sendSubscribe([name, `${name}/#`], qos);
        const client = rig.connect('client', { will: { topic: 'will', retain } });
        client.sendPublish(name, 'x', { qos, retain });
        const last = rig.open();
        last.connect('last', { will: { topic: name, qos, retain } });
        last.cut();
        client.cut();
        watcher.expect('publish', { topic: 'will' });
        watcher.expectNothing(); // `#` matches none of them [MQTT-4.7.2-1]
      }),
      runs('$ topics', 300),
    );
  });

  test('of the broker are closed to clients', () => {
    const rig = new Rig({ settings: { sysInterval: 10 } });
    rig.advance(10_000);
    const client = rig.connect('client');
    for (const name of [
      '$SYS/broker/version',
      '$SYS',
      '$SYS/x',
      '$share/g/x',
      '$share',
      '$CONTROL/dynamic-security/v1',
    ]) {
      const before = rig.stored;
      assert.equal(client.publish(name, 'mine', { qos: 1, retain: true }), Reason.notAuthorized, name);
      assert.equal(rig.stored, before);
    }
  });
});

describe('places are not held for ever', () => {
  test('keep alive 0 and 65535 are cut down to max_keepalive, or refused before 5.0', () => {
    const rig = new Rig({ settings: { maxKeepAlive: 60 } });
    for (const keepAliveSeconds of [0, 65_535]) {
      const client = rig.connect(`k${keepAliveSeconds}`, { keepAliveSeconds });
      assert.equal(client.connack?.properties.serverKeepAlive, 60);
      const old = rig.open();
      old.connect(`old${keepAliveSeconds}`, { version: 4, keepAliveSeconds });
      assert.equal(old.closed, true);
    }
    rig.advance(91_000);
    assert.equal(rig.broker.connections.size, 0);
  });

  test('who sends a byte now and then has as long for its CONNECT as who sends none', () => {
    const rig = new Rig();
    const slow = rig.open();
    for (const byte of Buffer.from('10ff7f00044d51545405c20000', 'hex')) {
      slow.wire.receive(Uint8Array.of(byte));
      rig.advance(1900);
    }
    assert.equal(slow.closed, true);
    assert.equal(rig.listener.connections, 0);
  });
});

describe('thousands of user properties', () => {
  test('are refused with 0x97, wherever they stand; a thousand are read, delivered, retained and queued', () => {
    const rig = new Rig({ log: false });
    const watcher = rig.connect('watcher', { expiry: 100 });
    watcher.subscribe('t', 1);
    const many = userProperties(1024);
    const client = rig.connect('client', { properties: many, will: { topic: 'w', properties: many } });
    client.publish('t', 'x', { qos: 1, retain: true, properties: many });
    assert.equal(watcher.expect('publish', { payload: 'x' }).properties.userProperties?.length, 1024);
    watcher.cut();
    client.publish('t', 'y', { qos: 2, properties: many });
    const again = rig.open();
    again.connect('watcher', { cleanStart: false, expiry: 100 });
    again.expect('connack', { sessionPresent: true });
    assert.equal(again.expect('publish').properties.userProperties?.length, 1024);
    client.sendPublish('t', 'z', { properties: userProperties(350_000) });
    client.expectClosed(Reason.quotaExceeded);
    for (const wishes of [
      { properties: userProperties(1025) },
      { will: { topic: 'w', properties: userProperties(1025) } },
    ]) {
      const greedy = rig.open();
      greedy.connect('greedy', wishes);
      greedy.expect('connack', { reasonCode: Reason.quotaExceeded });
      assert.equal(greedy.closed, true);
    }
  });
});

/** A client that does all there is, and a second that goes by. */
function play(rig: Rig): void {
  const client = rig.accept();
  if (client === undefined) return; // there is no room
  client.connect('c', { expiry: 10, keepAliveSeconds: 5, will: { topic: 'w', qos: 1, retain: true } });
  if (client.packets[0]?.type !== 'connack' || client.packets[0].reasonCode !== 0) return;
  client.sendSubscribe(['#', '$share/g/t'], 2);
  for (const qos of [0, 1, 2] as const) {
    client.sendPublish('t', 'x', { qos, retain: true, properties: { messageExpiryInterval: 1 } });
  }
  rig.advance(3000);
  client.cut();
  rig.advance(20_000);
}

describe('numbers of the configuration', () => {
  const numeric = Object.entries(options).filter(
    (entry): entry is [string, IntegerOption] =>
      entry[1].type === 'integer' && !['bridge', 'plugin'].includes(entry[1].scope),
  );

  for (const [name, option] of numeric) {
    test(`${name}: its smallest, its largest, and what lies beside them, break nothing`, () => {
      const bounds = [option.low?.limit, option.high?.limit, 0, 1, -1, 2_147_483_647];
      const values = bounds.flatMap((bound) => (bound === undefined ? [] : [bound - 1, bound, bound + 1]));
      for (const value of new Set(values)) {
        const result = parseConfig({
          file: 'm.conf',
          text: `${listenerAbove(name as OptionName)}${name} ${value}`,
        });
        if (!result.ok) continue; // refused, in words
        const { config } = result;
        const listener = { ...listenerSettings(config.listeners[0]!), allowAnonymous: true };
        play(new Rig({ settings: brokerSettings(config), listener, log: false }));
      }
    });
  }
});

function listenerAbove(name: OptionName): string {
  return options[name].needs === undefined ? '' : 'listener 1883\n';
}
