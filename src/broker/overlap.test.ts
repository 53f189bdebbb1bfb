import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';

const VERSIONS = [3, 4, 5] as const;

describe('overlapping subscriptions', () => {
  test('[MQTT-3.3.4-2] each give a copy, at its QoS and with its identifier alone', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const client = rig.connect('c', { version });
      client.subscribe('a/b', 0, { identifier: 1 });
      client.subscribe('a/+', 1, { identifier: 2 });
      client.subscribe('#', 2, { identifier: 3 });
      rig.publish('a/b', 'x', { qos: 2 });
      for (const [qos, identifier] of [
        [0, 1],
        [1, 2],
        [2, 3],
      ] as const) {
        const { properties } = client.expect('publish', { qos });
        assert.deepEqual(properties.subscriptionIdentifiers, version === 5 ? [identifier] : undefined);
      }
      client.expectNothing();
    }
  });
});

describe('allow_duplicate_messages false', () => {
  const settings = { allowDuplicateMessages: false };

  test('[MQTT-3.3.5-1] gives a client of 3.x one copy, at the highest QoS', () => {
    for (const version of [3, 4] as const) {
      const rig = new Rig({ settings });
      const client = rig.connect('c', { version });
      for (const order of [
        ['a/b', 'a/+', '#'],
        ['#', 'a/b', 'a/+'],
      ]) {
        for (const [at, filter] of order.entries()) client.subscribe(filter, at as 0 | 1 | 2);
        for (const qos of [0, 1, 2] as const) {
          rig.publish('a/b', 'x', { qos });
          client.expect('publish', { qos });
          client.expectNothing();
        }
      }
    }
  });

  test('as Mosquitto, leaves 5.0 its copies: each says what it is for', () => {
    const rig = new Rig({ settings });
    const client = rig.connect('c');
    client.subscribe('t', 1, { identifier: 1 });
    client.subscribe('#', 0, { identifier: 2 });
    rig.publish('t', 'x', { qos: 1 });
    client.expect('publish', { qos: 1, properties: { subscriptionIdentifiers: [1] } });
    client.expect('publish', { qos: 0, properties: { subscriptionIdentifiers: [2] } });
    client.expectNothing();
  });

  test('is of each client for itself, and holds while it is away', () => {
    const rig = new Rig({ settings });
    const options = { version: 4, cleanStart: false } as const;
    for (const id of ['a', 'b']) {
      const client = rig.connect(id, options);
      client.subscribe(['t', '#'], 2);
      client.cut();
    }
    rig.publish('t', 'x', { qos: 1 });
    for (const id of ['a', 'b']) assert.deepEqual(rig.connect(id, options).messages(), ['x']);
  });

  test('asks whether the client may read, once', () => {
    const rig = new Rig({ settings });
    const client = rig.connect('c', { version: 4 });
    client.subscribe(['t', '#'], 1);
    rig.access.deny('c receive t');
    rig.publish('t', 'x', { qos: 1 });
    client.expectNothing();
  });

  test('keeps a bridge from its own messages, and shared subscriptions as they are', () => {
    const rig = new Rig({ settings });
    const bridge = rig.connect('bridge', { version: 4, bridge: true });
    bridge.subscribe(['t', '#'], 1);
    bridge.publish('t', 'mine', { qos: 1 });
    bridge.expectNothing();
    rig.publish('t', 'yours', { qos: 1, retain: true });
    bridge.expect('publish', { payload: 'yours', retain: true });
    bridge.expectNothing();
    const both = rig.connect('both', { version: 4 });
    both.subscribe(['u', '$share/g/u'], 1);
    rig.publish('u', 'x');
    assert.deepEqual(both.messages(), ['x', 'x']);
  });

  test('does not merge retained messages', () => {
    const rig = new Rig({ settings });
    rig.publish('t', 'x', { retain: true });
    const client = rig.connect('c', { version: 4 });
    client.subscribe(['t', '#']);
    assert.deepEqual(client.messages(), ['x', 'x']);
  });
});
