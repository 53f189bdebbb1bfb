import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';

const VERSIONS = [3, 4, 5] as const;

/** What a new subscription is sent: topics and payloads. */
function retainedFor(rig: Rig, filter: string, qos: 0 | 1 | 2 = 0): string[] {
  const client = rig.connect('reader');
  client.subscribe(filter, qos);
  const found = client.packets.map((packet) => {
    assert.ok(packet.type === 'publish' && packet.retain);
    return `${packet.topic} ${new TextDecoder().decode(packet.payload)}`;
  });
  client.cut();
  return found.toSorted();
}

function keep(client: Client, topic: string, payload: string, messageExpiryInterval?: number): void {
  const properties = messageExpiryInterval === undefined ? NO_PROPERTIES : { messageExpiryInterval };
  client.publish(topic, payload, { qos: 1, retain: true, properties });
}

describe('a retained message', () => {
  test('[MQTT-3.3.1-5] replaces the one before, and an empty one clears it [MQTT-3.3.1-6] [MQTT-3.3.1-7]', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const client = rig.connect('p', { version });
      for (const qos of [0, 1, 2] as const) {
        client.publish('t', `at ${qos}`, { qos, retain: true });
        assert.deepEqual(retainedFor(rig, 't'), [`t at ${qos}`]);
        assert.deepEqual([rig.broker.retained.count, rig.stored], [1, 1]);
      }
      for (const qos of [0, 1, 2] as const) {
        keep(client, 't', 'x');
        client.publish('t', '', { qos, retain: true });
        assert.deepEqual([rig.broker.retained.count, rig.stored], [0, 0]);
      }
      client.publish('t', '', { retain: true });
      assert.deepEqual(retainedFor(rig, '#'), []);
    }
  });

  test('that clears is delivered to those who are there, with no payload', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t', 1, { retainAsPublished: true });
    keep(client, 't', 'x');
    client.expect('publish', { payload: 'x', retain: true });
    keep(client, 't', '');
    client.expect('publish', { payload: '', retain: true });
  });

  test('[MQTT-3.3.1-8] is not touched by one without RETAIN', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    keep(client, 't', 'kept');
    client.publish('t', 'other', { qos: 1 });
    client.publish('t', '', { qos: 1 });
    assert.deepEqual(retainedFor(rig, 't'), ['t kept']);
  });

  test('[MQTT-4.7.2-1] is found by the filters that match its topic', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    for (const topic of ['a', 'a/b', 'a/b/c', '/a', '$other/a', 'ä']) keep(client, topic, 'x');
    for (const [filter, topics] of [
      ['a', ['a']],
      ['a/#', ['a', 'a/b', 'a/b/c']],
      ['a/+', ['a/b']],
      ['+/a', ['/a']],
      ['+', ['a', 'ä']],
      ['#', ['/a', 'a', 'a/b', 'a/b/c', 'ä']],
      ['$other/#', ['$other/a']],
      ['+/b/#', ['a/b', 'a/b/c']],
      ['b', []],
    ] as const) {
      assert.deepEqual(retainedFor(rig, filter), topics.map((topic) => `${topic} x`).toSorted(), filter);
    }
  });

  test('is delivered at the smaller QoS, with the identifier of the subscription', () => {
    const rig = new Rig();
    const publisher = rig.connect('p');
    for (const qos of [0, 1, 2] as const) publisher.publish(`t/${qos}`, 'x', { qos, retain: true });
    for (const granted of [0, 1, 2] as const) {
      const client = rig.connect('c');
      for (const qos of [0, 1, 2] as const) {
        client.subscribe(`t/${qos}`, granted, { identifier: 9 });
        client.expect('publish', {
          qos: Math.min(qos, granted) as 0 | 1 | 2,
          retain: true,
          properties: { subscriptionIdentifiers: [9] },
        });
      }
    }
  });

  test('comes to its own publisher too, no local or not', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    keep(client, 't', 'mine');
    client.subscribe('t', 0, { noLocal: true });
    assert.deepEqual(client.messages(), ['mine']);
  });

  test('is not sent to a shared subscription', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    keep(client, 't', 'x');
    client.subscribe('$share/g/t');
    client.expectNothing();
  });

  test('is asked about before it is sent', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    keep(client, 'open', 'x');
    keep(client, 'secret', 'x');
    rig.access.deny('reader receive secret');
    assert.deepEqual(retainedFor(rig, '#', 1), ['open x']);
    assert.equal(rig.stored, 2);
  });

  test('is held once, also while it is queued and in flight', () => {
    const rig = new Rig();
    const client = rig.connect('c', { expiry: 100 });
    client.subscribe('t', 2);
    keep(client, 't', '12345');
    assert.deepEqual([rig.stored, rig.broker.stored.bytes], [1, 5]);
    keep(client, 't', '123');
    assert.deepEqual([rig.stored, rig.broker.stored.bytes], [2, 8]);
    client.messages();
    assert.deepEqual([rig.stored, rig.broker.stored.bytes], [1, 3]);
  });
});

describe('a retained message that expires', () => {
  test('[MQTT-3.3.2-6] is delivered with the rest of its time, and not after it', () => {
    const rig = new Rig();
    const publisher = rig.connect('p');
    keep(publisher, 't', 'x', 100);
    rig.advance(40_000);
    const client = rig.connect('c');
    client.subscribe('t', 1);
    client.expect('publish', { properties: { messageExpiryInterval: 60 } });
    client.ack('puback', 1);
    rig.advance(60_000);
    client.subscribe('t');
    client.expectNothing();
  });

  test('is swept at retain_expiry_interval, and not without it', () => {
    for (const [retainExpiryInterval, left] of [
      [0, 3],
      [60, 2],
    ] as const) {
      const rig = new Rig({ settings: { retainExpiryInterval } });
      const publisher = rig.connect('p');
      rig.advance(1000);
      keep(publisher, 'a', 'x', 10);
      keep(publisher, 'b', 'x', 1000);
      keep(publisher, 'c', 'x');
      rig.advance(59_000);
      assert.equal(rig.stored, 3);
      rig.advance(2000);
      assert.deepEqual([rig.stored, rig.broker.retained.count], [left, left]);
      assert.deepEqual(retainedFor(rig, '#'), ['b x', 'c x']);
    }
  });

  test('is swept among any number of others', () => {
    const rig = new Rig({ settings: { retainExpiryInterval: 60 }, log: false });
    rig.advance(1000);
    const count = 200_000;
    for (let i = 0; i < count; i++) {
      rig.publish(`dev/${i}`, 'x', { retain: true, properties: { messageExpiryInterval: 10 } });
    }
    assert.equal(rig.stored, count);
    rig.advance(61_000);
    assert.equal(rig.stored, 0);
  });

  test('may be replaced, cleared and published anew', () => {
    const rig = new Rig({ settings: { retainExpiryInterval: 1 } });
    const publisher = rig.connect('p');
    keep(publisher, 't', 'a', 5);
    keep(publisher, 't', 'b');
    rig.advance(10_000);
    assert.deepEqual(retainedFor(rig, 't'), ['t b']);
    keep(publisher, 't', 'c', 5);
    rig.advance(10_000);
    assert.equal(rig.stored, 0);
    keep(publisher, 't', '');
    assert.equal(rig.stored, 0);
    keep(publisher, 't', 'd', 5);
    assert.deepEqual(retainedFor(rig, 't'), ['t d']);
  });

  test('that is queued for someone is let go by both', () => {
    const rig = new Rig({ settings: { retainExpiryInterval: 1 } });
    const away = rig.connect('away', { expiry: 1000 });
    away.subscribe('t', 1);
    away.cut();
    keep(rig.connect('p'), 't', 'x', 10);
    rig.advance(20_000);
    assert.deepEqual([rig.broker.retained.count, rig.stored], [0, 1]);
    rig.connect('away', { cleanStart: false }).expectNothing();
    assert.equal(rig.stored, 0);
  });
});

test('retain_available false: nothing of the broker itself is retained either', () => {
  const rig = new Rig({ settings: { retainAvailable: false, sysInterval: 10 } });
  rig.advance(20_000);
  assert.equal(rig.stored, 0);
});
