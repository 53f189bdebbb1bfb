import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { RigOptions } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { payloadText } from '../../test/broker/client.ts';

const PREFIX = '$SYS/broker/';

/** A broker that publishes $SYS every ten seconds, and has for the first time. */
function started(options: RigOptions = {}): Rig {
  const rig = new Rig({ ...options, settings: { sysInterval: 10, ...options.settings }, log: false });
  rig.broker.tick();
  return rig;
}

/** The topics below `$SYS/broker/` and their values, as they are retained now. */
function retained(rig: Rig): Map<string, string> {
  const messages = [...rig.broker.retained.values()].filter(({ topic }) => topic.startsWith('$SYS/'));
  return new Map(
    messages.map(({ topic, payload }) => [topic.slice(PREFIX.length), new TextDecoder().decode(payload)]),
  );
}

/** The topics that have come to a client, in order, with their values. */
function published(client: Client): Map<string, string> {
  const values = new Map<string, string>();
  for (const packet of client.wire.packets.splice(0)) {
    assert.ok(packet.type === 'publish');
    values.set(packet.topic.slice(PREFIX.length), payloadText(packet));
    if (packet.qos === 2) {
      client.ack('pubrec', packet.packetId);
      client.wire.packets.pop();
      client.ack('pubcomp', packet.packetId);
    }
  }
  return values;
}

describe('$SYS', () => {
  test('has all its topics from the start: 56, retained', () => {
    const rig = started();
    const topics = [...retained(rig).keys()];
    assert.equal(topics.length, 56);
    assert.equal(rig.broker.retained.count, 56);
    assert.ok(topics.includes('retained messages/count'));
  });

  test('is published at QoS 2, in the order of Mosquitto', () => {
    const rig = new Rig({ settings: { sysInterval: 10 }, log: false });
    const client = rig.connect('c');
    client.subscribe('$SYS/#', 2);
    rig.broker.tick();
    const first = client.packets.map(
      (packet) => packet.type === 'publish' && [packet.topic, packet.qos, packet.retain],
    );
    assert.deepEqual(first.slice(0, 3), [
      ['$SYS/broker/version', 2, false],
      ['$SYS/broker/uptime', 2, false],
      ['$SYS/broker/clients/total', 2, false],
    ]);
    published(client);
    rig.advance(10_000);
    const topics = [...published(client).keys()];
    assert.equal(topics[0], 'uptime');
    assert.ok(topics.findIndex((topic) => topic.startsWith('load/')) < topics.indexOf('messages/received'));
    assert.ok(!topics.includes('version'));
  });

  test('is published at whole multiples of sys_interval, and only what has changed', () => {
    const rig = started();
    const client = rig.connect('c');
    client.subscribe('$SYS/broker/uptime', 0, { retainHandling: 2 });
    client.subscribe('$SYS/broker/version', 0, { retainHandling: 2 });
    rig.advance(9000);
    client.expectNothing();
    rig.advance(1000);
    client.expect('publish', { payload: '10 seconds' });
    rig.sleep(17_000);
    client.expect('publish', { payload: '27 seconds' });
    rig.advance(2000);
    client.expectNothing();
    rig.advance(1000);
    client.expect('publish', { payload: '30 seconds' });
    client.expectNothing();
  });

  test('is off at sys_interval 0, and may be turned on', () => {
    const rig = new Rig();
    rig.advance(100_000);
    assert.equal(rig.broker.retained.count, 0);
    rig.broker.settings.sysInterval = 10;
    rig.advance(10_000);
    assert.equal(rig.broker.retained.count, 56);
  });

  test('is not found by filters that do not name it [MQTT-4.7.2-1]', () => {
    const rig = started();
    const client = rig.connect('c');
    client.subscribe(['#', '+/#', '+/broker/#']);
    rig.advance(20_000);
    client.expectNothing();
  });

  test('is asked about like any topic', () => {
    const rig = started();
    rig.access.deny('c receive $SYS/broker/version');
    const client = rig.connect('c');
    client.subscribe('$SYS/broker/version');
    client.expectNothing();
  });
});

describe('the numbers', () => {
  test('count clients, subscriptions and messages', () => {
    const rig = started();
    rig.open();
    rig.connect('away', { expiry: 15 }).cut();
    const client = rig.connect('c', { version: 4 });
    client.subscribe(['a', 'b/#', '$share/g/c'], 1);
    client.publish('a', '12345', { qos: 1, retain: true });
    client.publish('nobody', '123', { qos: 0 });
    rig.advance(10_000);
    const values = retained(rig);
    for (const [topic, value] of Object.entries({
      'clients/total': 2,
      'clients/maximum': 2,
      'clients/connected': 2,
      'clients/active': 2,
      'clients/disconnected': 0,
      'clients/inactive': 0,
      'clients/expired': 0,
      'messages/stored': 57,
      'store/messages/count': 57,
      'subscriptions/count': 2,
      'shared_subscriptions/count': 1,
      'retained messages/count': 57,
      'messages/received': 5,
      'messages/sent': 5,
      'publish/bytes/received': 8,
      'publish/bytes/sent': 5,
      'publish/messages/received': 2,
      'publish/messages/sent': 1,
      'publish/messages/dropped': 0,
      'connections/socket/count': 3,
    })) {
      assert.equal(values.get(topic), String(value), topic);
    }
    rig.advance(10_000);
    assert.equal(retained(rig).get('clients/expired'), '1');
    assert.equal(retained(rig).get('clients/total'), '1');
    assert.equal(retained(rig).get('clients/maximum'), '2');
  });

  test('count what is dropped, and bytes as they are on the wire', () => {
    const rig = started();
    const client = rig.connect('c', { version: 4 });
    client.subscribe('t');
    client.wire.full = true;
    rig.publish('t', 'x');
    rig.publish('t', 'x');
    const { counters } = rig.broker;
    // CONNECT 2 + 10 + 3, SUBSCRIBE 2 + 2 + 3 + 1; CONNACK 4, SUBACK 5
    assert.deepEqual([counters.bytesReceived, counters.bytesSent], [23, 9]);
    rig.advance(10_000);
    assert.equal(retained(rig).get('publish/messages/dropped'), '2');
    assert.equal(retained(rig).get('bytes/received'), '23');
  });

  test('tell what has not left yet', () => {
    const rig = started();
    rig.connect('c', { version: 4 });
    rig.advance(10_000);
    const values = retained(rig);
    assert.deepEqual([values.get('packet/out/count'), values.get('packet/out/bytes')], ['1', '4']);
  });

  test('are never below zero, however many sockets have no client', () => {
    const rig = started();
    for (let i = 0; i < 5; i++) rig.open();
    rig.advance(10_000);
    assert.equal(retained(rig).get('clients/disconnected'), '0');
    assert.equal(retained(rig).get('clients/connected'), '5');
  });

  test('go back when what they count is gone, but those that only rise', () => {
    const rig = started();
    rig.advance(10_000);
    const before = retained(rig);
    const client = rig.connect('c', { expiry: 5, will: { topic: 'w', qos: 1 } });
    client.subscribe(['#', '$share/g/#'], 2);
    client.publish('t', 'x', { qos: 2, retain: true });
    client.sendPublish('t', 'held', { qos: 2 });
    rig.heapBytes = 5000;
    rig.advance(10_000);
    assert.notDeepEqual(retained(rig), before);
    client.cut();
    rig.publish('t', '', { retain: true });
    rig.heapBytes = 0;
    rig.advance(10_000);
    const after = retained(rig);
    for (const topic of [
      'clients/total',
      'clients/connected',
      'messages/stored',
      'subscriptions/count',
      'shared_subscriptions/count',
      'retained messages/count',
      'heap/current',
    ]) {
      assert.equal(after.get(topic), before.get(topic), topic);
    }
    assert.deepEqual([after.get('clients/maximum'), after.get('heap/maximum')], ['1', '5000']);
  });

  test('are of one moment: publishing one does not change another', () => {
    const rig = started();
    const client = rig.connect('c');
    client.subscribe('$SYS/#', 1, { retainHandling: 2 });
    rig.advance(10_000);
    const values = published(client);
    const before = [...values.keys()].findIndex((topic) => !topic.startsWith('load/') && topic !== 'uptime');
    assert.equal(Number(values.get('publish/messages/sent')), before);
  });
});

describe('the loads', () => {
  test('start at 0.00 and follow the rate', () => {
    const rig = started();
    for (const span of ['1min', '5min', '15min']) {
      assert.equal(retained(rig).get(`load/publish/received/${span}`), '0.00');
    }
    const client = rig.connect('c');
    for (let second = 0; second < 3600; second++) {
      client.publish('t', 'x');
      rig.advance(1000);
    }
    const values = retained(rig);
    assert.equal(values.get('load/publish/received/1min'), '60.00');
    assert.equal(values.get('load/publish/received/5min'), '60.00');
    assert.ok(Number(values.get('load/publish/received/15min')) > 58);
  });

  test('are of Mosquitto: one message in the first ten seconds', () => {
    const rig = started();
    rig.connect('c').publish('t', 'x');
    rig.advance(10_000);
    const values = retained(rig);
    // r = 6 a minute; r + e^(-10/60) · (0 - r), and so on
    assert.equal(values.get('load/publish/received/1min'), (6 - 6 * Math.exp(-10 / 60)).toFixed(2));
    assert.equal(values.get('load/publish/received/5min'), (6 - 6 * Math.exp(-10 / 300)).toFixed(2));
    assert.equal(values.get('load/publish/received/15min'), (6 - 6 * Math.exp(-10 / 900)).toFixed(2));
  });
});
