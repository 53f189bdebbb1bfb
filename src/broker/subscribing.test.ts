import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Packet } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { LIMITS } from './limits.ts';

const VERSIONS = [3, 4, 5] as const;

describe('SUBACK', () => {
  test('[MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] has a code for each filter, in order', () => {
    for (const version of VERSIONS) {
      const rig = new Rig({ listener: { maxQos: 1 } });
      rig.access.deny('c subscribe no');
      const client = rig.connect('c', { version });
      const no = { 3: 1, 4: 0x80, 5: Reason.notAuthorized }[version];
      assert.deepEqual(client.subscribe(['a', 'no', 'b/#'], 2), [1, no, 1]);
      assert.equal(rig.broker.subscriptionCount, 2);
      rig.connect('p').publish('no', 'x');
      client.expectNothing();
    }
  });

  test('in 3.1 gives a denied filter the QoS it asked for', () => {
    const rig = new Rig();
    rig.access.deny('c subscribe no');
    const client = rig.connect('c', { version: 3 });
    for (const qos of [0, 1, 2] as const) assert.deepEqual(client.subscribe('no', qos), [qos]);
  });

  test('comes before what is retained', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.publish('a', '1', { retain: true });
    client.publish('b', '2', { retain: true });
    client.sendSubscribe(['a', 'b']);
    client.expect('suback');
    client.expect('publish', { topic: 'a' });
    client.expect('publish', { topic: 'b' });
  });

  test('of a SUBSCRIBE without filters, in 3.1, is empty', () => {
    const rig = new Rig();
    const client = rig.connect('c', { version: 3 });
    assert.deepEqual(client.subscribe([]), []);
  });
});

describe('filters that are not valid', () => {
  for (const [filter, reasonCode] of [
    ['', Reason.malformedPacket],
    ['a+', Reason.malformedPacket],
    ['a/#/b', Reason.malformedPacket],
    ['/'.repeat(201), Reason.malformedPacket],
    ['$share/', Reason.protocolError],
    ['$share/g', Reason.protocolError],
    ['$share/g/', Reason.protocolError],
    ['$share//t', Reason.protocolError],
    ['$share/+/t', Reason.protocolError],
    ['$share/g#/t', Reason.protocolError],
    ['$share/g/a+', Reason.protocolError],
  ] as const) {
    test(`[MQTT-3.8.3-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2] "${filter.slice(0, 20)}" closes, and no filter of the packet counts`, () => {
      for (const version of VERSIONS) {
        const rig = new Rig();
        const client = rig.connect('c', { version, cleanStart: false });
        rig.access.asked.length = 0;
        client.sendSubscribe(['good', filter]);
        client.expectClosed(version === 5 ? reasonCode : undefined);
        assert.deepEqual([rig.broker.subscriptionCount, rig.broker.shared.count], [0, 0]);
        assert.deepEqual(rig.access.asked, []);
      }
    });
  }

  test('[MQTT-3.8.3-4] no local on a shared filter closes', () => {
    const client = new Rig().connect('c');
    client.sendSubscribe('$share/g/t', 0, { noLocal: true });
    client.expectClosed(Reason.protocolError);
  });

  test('in UNSUBSCRIBE close too', () => {
    const client = new Rig().connect('c');
    client.send({ type: 'unsubscribe', packetId: 1, filters: ['a', 'b+'], properties: NO_PROPERTIES });
    client.expectClosed(Reason.malformedPacket);
  });
});

describe('subscribing again', () => {
  test('[MQTT-3.8.4-3] changes the options in place: QoS, identifier, no local, retain as published', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t', 2, { identifier: 1, retainAsPublished: true });
    client.publish('t', 'a', { qos: 2, retain: true });
    client.expect('publish', { qos: 2, retain: true, properties: { subscriptionIdentifiers: [1] } });
    client.subscribe('t', 1, { identifier: 2, retainHandling: 2 });
    client.publish('t', 'b', { qos: 2, retain: true });
    client.expect('publish', { qos: 1, retain: false, properties: { subscriptionIdentifiers: [2] } });
    client.subscribe('t', 1, { noLocal: true, retainHandling: 2 });
    client.publish('t', 'c', { qos: 2 });
    client.expectNothing();
    rig.connect('p').publish('t', 'd', { qos: 2 });
    client.expect('publish', { properties: NO_PROPERTIES });
    assert.equal(rig.broker.subscriptionCount, 1);
  });

  test('[MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] sends retained messages by retain handling', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.publish('t', 'x', { retain: true });
    for (const [retainHandling, isNew, sent] of [
      [0, true, true],
      [0, false, true],
      [1, false, false],
      [2, false, false],
      [1, true, true],
      [2, true, false],
    ] as const) {
      if (isNew) client.unsubscribe('t');
      client.subscribe('t', 0, { retainHandling });
      assert.equal(client.messages().length, sent ? 1 : 0);
    }
  });

  test('retain handling 1 tells a subscription of an earlier connection from a new one', () => {
    const rig = new Rig();
    const first = rig.connect('c', { expiry: 100 });
    first.publish('t', 'x', { retain: true });
    first.subscribe('t', 0, { retainHandling: 2 });
    const second = rig.connect('c', { cleanStart: false, expiry: 100 });
    second.subscribe('t', 0, { retainHandling: 1 });
    second.expectNothing();
    const third = rig.connect('c');
    third.subscribe('t', 0, { retainHandling: 1 });
    third.expect('publish', { retain: true });
  });

  test('twice in one packet counts once', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    assert.deepEqual(client.subscribe(['t', 't'], 1), [1, 1]);
    client.publish('t', 'x');
    assert.deepEqual(client.messages(), ['x']);
    assert.deepEqual(client.unsubscribe('t', 't'), [0, Reason.noSubscriptionExisted]);
  });
});

describe('UNSUBSCRIBE', () => {
  test('[MQTT-3.10.4-4] is answered for each filter, by 0x11 where there was none', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe(['a', 'b/#', '$share/g/c']);
    assert.deepEqual(
      client.unsubscribe('a', 'A', 'b/#', 'b/+', '$share/g/c', '$share/h/c', 'c'),
      [0, 0x11, 0, 0x11, 0, 0x11, 0x11],
    );
    assert.deepEqual([rig.broker.subscriptionCount, rig.broker.shared.count], [0, 0]);
    for (const topic of ['a', 'b/x', 'c']) client.publish(topic, 'x');
    client.expectNothing();
  });

  test('[MQTT-3.10.4-3] what is in flight is completed, and what waits may still come', () => {
    const rig = new Rig();
    const client = rig.connect('c', { properties: { receiveMaximum: 1 } });
    client.subscribe('t', 2);
    const publisher = rig.connect('p');
    for (const payload of ['a', 'b']) publisher.publish('t', payload, { qos: 2 });
    client.unsubscribe('t');
    publisher.publish('t', 'c', { qos: 2 });
    assert.deepEqual(client.messages(), ['a', 'b']);
    assert.equal(rig.stored, 0);
  });

  test('in any order with subscribing, shared or not, leaves nothing behind', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    const filters = ['t', '$share/g/t', '$share/h/t', '+', '$share/g/+', '#', '$share/g/#'];
    for (const filter of filters) client.subscribe(filter);
    client.publish('t', 'x');
    assert.equal(client.messages().length, 7);
    client.unsubscribe(...filters.filter((_, at) => at % 2 === 0));
    client.publish('t', 'x');
    assert.equal(client.messages().length, 3);
    client.unsubscribe(...filters.filter((_, at) => at % 2 === 1));
    client.publish('t', 'x');
    client.expectNothing();
    assert.deepEqual([rig.broker.subscriptionCount, rig.broker.shared.count], [0, 0]);
  });
});

describe('the access backend', () => {
  test('is asked about each filter as it will be matched', () => {
    const rig = new Rig();
    const client = rig.connect('c', {}, rig.listen({ mountPoint: 'site/' }));
    client.subscribe(['a/#', '$share/g/b']);
    client.unsubscribe('a/#');
    assert.deepEqual(rig.access.asked, [
      'c connect',
      'c subscribe site/a/#',
      'c subscribe $share/g/site/b',
      'c unsubscribe site/a/#',
    ]);
  });

  test('that takes its time over an UNSUBSCRIBE, and refuses a part of it', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe(['a', 'b']);
    rig.access.hold('unsubscribe');
    rig.access.deny('c unsubscribe a');
    client.send({ type: 'unsubscribe', packetId: 9, filters: ['a', 'b'], properties: NO_PROPERTIES });
    client.expectNothing();
    rig.access.answer();
    await rig.settle();
    client.expectNothing();
    rig.access.answer();
    await rig.settle();
    client.expect('unsuback', { packetId: 9, reasonCodes: [Reason.notAuthorized, Reason.success] });
    assert.equal(rig.broker.subscriptionCount, 1);
  });

  test('that says no to a filter that was allowed leaves the subscription as it was', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.subscribe('t', 1);
    rig.access.deny('c subscribe t');
    assert.deepEqual(client.subscribe('t', 2), [Reason.notAuthorized]);
    client.publish('t', 'x', { qos: 2 });
    client.expect('publish', { qos: 1 });
  });

  test('is asked about the filters of one packet one after the other', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.access.hold('subscribe');
    rig.access.deny('c subscribe b');
    const packetId = client.sendSubscribe(['a', 'b', 'c'], 1);
    client.send({ type: 'pingreq' });
    for (const waiting of ['a', 'b', 'c']) {
      assert.equal(rig.access.asked.at(-1), `c subscribe ${waiting}`);
      client.expectNothing();
      rig.access.answer();
      await rig.settle();
    }
    client.expect('suback', { packetId, reasonCodes: [1, Reason.notAuthorized, 1] });
    client.expect('pingresp');
  });
});

describe('mount_point', () => {
  test('stands before a filter, and inside a shared one', () => {
    const rig = new Rig();
    const mounted = rig.listen({ mountPoint: 'site/' });
    const [one, two] = ['one', 'two'].map((id) => {
      const client = rig.connect(id, {}, mounted);
      client.subscribe('$share/g/t');
      return client;
    });
    const publisher = rig.connect('p');
    for (const payload of ['1', '2', '3', '4']) publisher.publish('site/t', payload);
    publisher.publish('t', 'not for them');
    assert.deepEqual(
      [one?.messages(), two?.messages()],
      [
        ['1', '3'],
        ['2', '4'],
      ],
    );
    assert.deepEqual(one?.unsubscribe('$share/g/t', 't'), [0, Reason.noSubscriptionExisted]);
    assert.equal(rig.broker.shared.count, 1);
  });
});

test('a session has so many subscriptions and no more; those it has may change', () => {
  const rig = new Rig({ log: false });
  const client = rig.connect('c');
  for (let first = 0; first < LIMITS.subscriptionsPerSession; first += 5000) {
    const filters = Array.from({ length: 5000 }, (_, i) => `t/${first + i}`);
    assert.equal(client.subscribe(filters).filter((code) => code !== 0).length, 0);
  }
  assert.deepEqual(client.subscribe(['one/more', 't/0'], 1), [Reason.quotaExceeded, 1]);
  assert.equal(rig.broker.subscriptionCount, LIMITS.subscriptionsPerSession);
  client.unsubscribe('t/1');
  assert.deepEqual(client.subscribe('one/more'), [0]);
  const old = rig.connect('old', { version: 4 });
  assert.deepEqual(old.subscribe('t'), [0]);
  client.cut();
  assert.equal(rig.broker.subscriptionCount, 1);
});

test('memory_limit refuses further subscriptions while the heap is over it', () => {
  for (const version of VERSIONS) {
    const rig = new Rig({ settings: { memoryLimit: 1000 } });
    const client = rig.connect('c', { version });
    client.subscribe('t');
    rig.heapBytes = 1001;
    rig.advance(1000);
    const no = { 3: 1, 4: 0x80, 5: Reason.quotaExceeded }[version];
    assert.deepEqual(client.subscribe(['t', 'u'], 1), [1, no]);
    assert.equal(rig.broker.subscriptionCount, 1);
    rig.heapBytes = 0;
    rig.advance(1000);
    assert.deepEqual(client.subscribe('u'), [0]);
  }
});

test('a bridge gets no message of its own back, and retained ones as they are', () => {
  for (const version of [3, 4] as const) {
    const rig = new Rig();
    const bridge = rig.connect('bridge', { version, bridge: true });
    bridge.subscribe('#', 1);
    bridge.publish('t', 'mine', { qos: 1, retain: true });
    bridge.expectNothing();
    const other = rig.connect('other', { version });
    other.subscribe('t', 1, {});
    other.expect('publish', { payload: 'mine', retain: true });
    other.publish('t', 'yours', { retain: true });
    bridge.expect('publish', { payload: 'yours', retain: true });
    other.expect('publish', { payload: 'yours', retain: false });
  }
});

test('[MQTT-3.8.3-3] no local keeps back what the client published, not what others did', () => {
  const rig = new Rig();
  const client = rig.connect('c');
  client.subscribe('t', 2, { noLocal: true });
  client.subscribe('#', 0);
  const other = rig.connect('other');
  for (const qos of [0, 1, 2] as const) {
    client.publish('t', 'mine', { qos });
    client.expect('publish', { payload: 'mine', qos: 0 });
    other.publish('t', 'yours', { qos });
    client.expect('publish', { payload: 'yours', qos });
    client.expect('publish', { payload: 'yours', qos: 0 });
  }
});

test('two packets with the same identifier are two packets', () => {
  const rig = new Rig();
  const client = rig.connect('c');
  client.send(subscribe('a'), subscribe('b'), client.publishPacket('a', 'x', { qos: 1, packetId: 1 }));
  client.expect('suback', { packetId: 1 });
  client.expect('suback', { packetId: 1 });
  client.expect('publish');
  client.expect('puback', { packetId: 1 });
});

function subscribe(filter: string): Packet {
  return {
    type: 'subscribe',
    packetId: 1,
    subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    properties: NO_PROPERTIES,
  };
}
