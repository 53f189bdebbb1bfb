import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { Reason } from '../protocol/reason.ts';

/** A publisher that is made to wait by a receiver with one message in flight and half of its queue full. */
function pressed(): { rig: Rig; slow: Client; publisher: Client } {
  const rig = new Rig({ settings: { maxQueuedMessages: 4 } });
  const slow = rig.connect('slow', { expiry: 100, properties: { receiveMaximum: 1 } });
  slow.subscribe('t', 1);
  const publisher = rig.connect('p');
  for (const payload of ['1', '2']) publisher.publish('t', payload, { qos: 1 });
  publisher.sendPublish('t', '3', { qos: 1 });
  publisher.expect('puback');
  assert.ok(publisher.wire.paused);
  return { rig, slow, publisher };
}

describe('a publisher that outruns its only receiver', () => {
  test('waits until it has caught up, and nothing is lost', async () => {
    const { rig, slow, publisher } = pressed();
    for (const payload of ['4', '5', '6', '7', '8', '9']) publisher.sendPublish('t', payload, { qos: 1 });
    publisher.expectNothing();
    const read: string[] = [];
    for (let i = 0; i < 10; i++) {
      read.push(...slow.messages());
      await rig.settle();
    }
    assert.deepEqual(read, ['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    assert.equal(rig.broker.counters.publishDropped, 0);
    assert.equal(publisher.wire.paused, false);
  });

  test('waits a second, then what does not fit is dropped and counted', async () => {
    const { rig, publisher } = pressed();
    for (const payload of ['4', '5', '6', '7']) publisher.sendPublish('t', payload, { qos: 1 });
    rig.advance(1000);
    publisher.expectNothing();
    rig.advance(1000);
    await rig.settle();
    for (let i = 0; i < 4; i++) publisher.expect('puback');
    assert.equal(publisher.wire.paused, false);
    assert.equal(rig.broker.counters.publishDropped, 2);
    publisher.publish('t', '8', { qos: 1 });
    assert.equal(publisher.wire.paused, false, 'nobody waits again for one that was given up');
  });

  test('goes on when the receiver goes, and when its session ends', async () => {
    for (const end of ['cut', 'disconnect', 'takeover'] as const) {
      const { rig, slow, publisher } = pressed();
      publisher.sendPublish('t', '4', { qos: 1 });
      if (end === 'cut') slow.cut();
      else if (end === 'disconnect') slow.disconnect(0, { sessionExpiryInterval: 0 });
      else rig.connect('slow');
      await rig.settle();
      publisher.expect('puback');
      assert.equal(publisher.wire.paused, false);
    }
  });

  test('is not thrown out for its silence meanwhile [MQTT-3.1.2-22]', async () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 4 } });
    const slow = rig.connect('slow', { properties: { receiveMaximum: 1 } });
    slow.subscribe('t', 1);
    const publisher = rig.connect('p', { keepAliveSeconds: 1 });
    for (let i = 0; i < 3; i++) publisher.sendPublish('t', `${i}`, { qos: 1 });
    publisher.sendPublish('t', '3', { qos: 1 });
    rig.advance(2000);
    await rig.settle();
    assert.equal(publisher.closed, false);
  });

  test('that goes while it waits is gone', async () => {
    const { rig, slow, publisher } = pressed();
    publisher.cut();
    assert.deepEqual(slow.messages(), ['1', '2', '3']);
    await rig.settle();
    rig.advance(5000);
    assert.equal(rig.broker.connections.size, 1);
  });

  test('lets only so much of what was on its way wait', () => {
    const { publisher } = pressed();
    for (let i = 0; i < 65; i++) publisher.connection.receive(Uint8Array.of(0xc0, 0));
    publisher.expectClosed(Reason.quotaExceeded);
  });
});

describe('nobody waits', () => {
  test('while one receiver keeps up', () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 4 } });
    const slow = rig.connect('slow', { properties: { receiveMaximum: 1 } });
    const quick = rig.connect('quick');
    for (const client of [slow, quick]) client.subscribe('t', 1);
    const publisher = rig.connect('p');
    for (let i = 0; i < 10; i++) publisher.publish('t', `${i}`, { qos: 1 });
    assert.equal(publisher.wire.paused, false);
    assert.equal(quick.messages().length, 10);
  });

  test('for who is away, or for itself', () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 4 } });
    const away = rig.connect('away', { expiry: 100 });
    away.subscribe('t', 1);
    away.cut();
    const self = rig.connect('self', { properties: { receiveMaximum: 1 } });
    self.subscribe('t', 1);
    for (let i = 0; i < 10; i++) self.sendPublish('t', `${i}`, { qos: 1 });
    assert.equal(self.wire.paused, false);
  });

  test('for ever: two that wait for one another go on', async () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 4 } });
    const options = { properties: { receiveMaximum: 1 } };
    const [a, b] = ['a', 'b'].map((id) => rig.connect(id, options));
    a!.subscribe('to/a', 1);
    b!.subscribe('to/b', 1);
    for (let i = 0; i < 8; i++) {
      a!.sendPublish('to/b', `${i}`, { qos: 1 });
      b!.sendPublish('to/a', `${i}`, { qos: 1 });
    }
    assert.deepEqual([a!.wire.paused, b!.wire.paused], [true, true]);
    // Their acknowledgements stand behind what is not read
    for (const client of [a!, b!]) client.ack('puback', 1);
    for (let i = 0; i < 5; i++) {
      rig.advance(1000);
      await rig.settle();
    }
    assert.deepEqual([a!.wire.paused, b!.wire.paused], [false, false]);
  });
});

test('a publisher at QoS 0 and one at QoS 2 wait too', async () => {
  for (const qos of [0, 2] as const) {
    const rig = new Rig();
    const slow = rig.connect('slow');
    slow.subscribe('t', 0);
    slow.wire.room = 4;
    slow.wire.drain();
    const publisher = rig.connect('p');
    for (let i = 0; i < 20; i++) {
      publisher.sendPublish('t', `${i}`, { qos });
      if (qos === 2) publisher.ack('pubrel', i + 1);
    }
    assert.ok(publisher.wire.paused);
    const read: string[] = [];
    for (let i = 0; i < 20; i++) {
      read.push(...slow.messages());
      slow.wire.drain();
      await rig.settle();
    }
    assert.equal(read.length, 20);
    assert.equal(rig.broker.counters.publishDropped, 0);
  }
});
