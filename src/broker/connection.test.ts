import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Rig } from '../../test/broker/rig.ts';
import { encode } from '../protocol/encode.ts';
import type { Packet } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { LIMITS } from './limits.ts';

const PINGREQ: Packet = { type: 'pingreq' };

describe('before CONNECT', () => {
  test('a connection has 20 seconds, however it fills them', () => {
    const rig = new Rig();
    const silent = rig.open();
    const slow = rig.open();
    const bytes = Buffer.from('101000044d515454', 'hex');
    for (const byte of bytes) {
      slow.wire.receive(Uint8Array.of(byte));
      rig.advance(2000);
    }
    rig.advance(3000);
    assert.deepEqual([silent.closed, slow.closed], [false, false]);
    rig.advance(1000);
    assert.deepEqual([silent.closed, slow.closed], [true, true]);
    assert.deepEqual([silent.packets, slow.packets], [[], []]);
    assert.equal(rig.logged('clientDisconnected')[0]?.cause, 'exceeded timeout');
    assert.equal(rig.broker.connections.size, 0);
  });

  test('a connection that was accepted is not closed by that deadline', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.advance(100_000);
    client.ping();
  });

  test('[MQTT-3.1.0-1] another first packet closes without a word', () => {
    const rig = new Rig();
    for (const packet of [
      PINGREQ,
      { type: 'disconnect', reasonCode: 0, properties: NO_PROPERTIES },
    ] as const) {
      const client = rig.open();
      client.send(packet);
      client.expectClosed();
    }
    const client = rig.open();
    client.sendPublish('t', 'x');
    client.expectClosed();
    assert.equal(rig.broker.counters.publishReceived, 0);
  });
});

describe('keep alive', () => {
  for (const version of [3, 4, 5] as const) {
    test(`[MQTT-3.1.2-22] version ${version}: silence for one and a half times closes, and the will is sent`, () => {
      const rig = new Rig();
      const watcher = rig.connect('watcher');
      watcher.subscribe('will');
      const client = rig.connect('c', {
        version,
        keepAliveSeconds: 10,
        will: { topic: 'will', payload: 'w' },
      });
      rig.advance(14_000);
      client.ping();
      rig.advance(14_000);
      assert.equal(client.closed, false);
      watcher.expectNothing();
      rig.advance(1000);
      client.expectClosed(version === 5 ? Reason.keepAliveTimeout : undefined);
      watcher.expect('publish', { topic: 'will', payload: 'w' });
      assert.equal(rig.logged('clientDisconnected')[0]?.cause, 'exceeded timeout');
    });
  }

  test('of an odd number of seconds is never cut short', () => {
    const rig = new Rig();
    const client = rig.connect('c', { keepAliveSeconds: 1 });
    rig.advance(1000);
    assert.equal(client.closed, false);
    rig.advance(1000);
    client.expectClosed(Reason.keepAliveTimeout);
  });

  test('any byte counts, and what the broker sends does not', () => {
    const rig = new Rig();
    const client = rig.connect('c', { keepAliveSeconds: 10 });
    client.subscribe('t');
    const publisher = rig.connect('p');
    rig.advance(10_000);
    client.wire.receive(Uint8Array.of(0xc0));
    rig.advance(10_000);
    publisher.publish('t', 'x');
    rig.advance(4000);
    assert.equal(client.closed, false);
    rig.advance(1000);
    client.expect('publish');
    client.expectClosed(Reason.keepAliveTimeout);
  });

  test('of 0 is for ever', () => {
    const rig = new Rig();
    const client = rig.connect('c', { keepAliveSeconds: 0 });
    rig.sleep(10 * 365 * 86_400_000);
    client.ping();
  });

  test('is looked at with the clock of that moment after a long sleep', () => {
    const rig = new Rig();
    const silent = rig.connect('silent', { keepAliveSeconds: 10 });
    const busy = rig.connect('busy', { keepAliveSeconds: 10 });
    rig.now += 3_600_000;
    busy.ping();
    rig.broker.tick();
    assert.deepEqual([silent.closed, busy.closed], [true, false]);
  });
});

describe('an answer that takes time', () => {
  test('keeps the order of PUBLISH, SUBSCRIBE and PINGREQ in one chunk [MQTT-4.6.0-2]', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.access.hold('publish', 'subscribe');
    client.send(
      client.publishPacket('t', 'x', { qos: 1 }),
      {
        type: 'subscribe',
        packetId: 9,
        subscriptions: [
          { filter: 't', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
          { filter: 'u', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: NO_PROPERTIES,
      },
      PINGREQ,
    );
    client.expectNothing();
    assert.deepEqual(rig.access.asked.slice(1), ['c publish t']);
    rig.access.answer();
    await rig.settle();
    client.expect('puback', { packetId: 1, reasonCode: Reason.noMatchingSubscribers });
    client.expectNothing();
    assert.deepEqual(rig.access.asked.slice(2), ['c subscribe t']);
    rig.access.answer();
    await rig.settle();
    assert.deepEqual(rig.access.asked.slice(3), ['c subscribe u']);
    client.expectNothing();
    rig.access.answer();
    await rig.settle();
    client.expect('suback', { packetId: 9, reasonCodes: [0, 1] });
    client.expect('pingresp');
    client.expectNothing();
  });

  test('keeps the order of what comes later, and reads nothing meanwhile', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    const watcher = rig.connect('watcher');
    watcher.subscribe('#', 1);
    rig.access.hold('publish');
    client.sendPublish('t', 'one', { qos: 1 });
    assert.equal(client.wire.paused, true);
    const late = client.publishPacket('t', 'two', { qos: 1 });
    // what was on its way when reading stopped
    client.connection.receive(encode(late, 5).slice(0, 3));
    client.connection.receive(encode(late, 5).slice(3));
    client.connection.receive(encode(PINGREQ, 5));
    assert.equal(rig.access.waiting, 1);
    rig.access.answer();
    await rig.settle();
    watcher.expect('publish', { payload: 'one' });
    watcher.expectNothing();
    client.expect('puback', { packetId: 1 });
    client.expectNothing();
    assert.equal(client.wire.paused, true);
    rig.access.answer();
    await rig.settle();
    watcher.expect('publish', { payload: 'two' });
    client.expect('puback', { packetId: 2 });
    client.expect('pingresp');
    assert.equal(client.wire.paused, false);
  });

  test('that is no is a no', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.access.hold('publish', 'subscribe');
    rig.access.deny('c publish t', 'c subscribe t');
    client.sendPublish('t', 'x', { qos: 1 });
    rig.access.answer();
    await rig.settle();
    client.expect('puback', { reasonCode: Reason.notAuthorized });
    client.sendSubscribe('t');
    rig.access.answer();
    await rig.settle();
    client.expect('suback', { reasonCodes: [Reason.notAuthorized] });
    client.ping();
  });

  for (const version of [4, 5] as const) {
    test(`that fails closes: version ${version}`, async () => {
      const rig = new Rig();
      for (const [verb, act] of [
        ['publish', 'sendPublish'],
        ['subscribe', 'sendSubscribe'],
      ] as const) {
        const client = rig.connect('c', { version });
        rig.access.hold(verb);
        client[act]('t');
        rig.access.fail();
        await rig.settle();
        client.expectClosed(version === 5 ? Reason.implementationSpecificError : undefined);
      }
      assert.match(rig.logged('serverError')[0]!.text, /backend down/);
      assert.equal(rig.broker.subscriptionCount, 0);
    });
  }

  test('that fails on CONNECT closes without CONNACK', async () => {
    const rig = new Rig();
    rig.access.hold('connect');
    const client = rig.open();
    client.connect('c');
    rig.access.fail();
    await rig.settle();
    client.expectClosed();
    assert.equal(rig.broker.sessions.count, 0);
  });

  test('[MQTT-3.1.4-5] what comes before the CONNACK is handled after it', async () => {
    const rig = new Rig();
    rig.access.hold('connect');
    const client = rig.open();
    client.connect('c');
    client.sendSubscribe('t', 1);
    client.sendPublish('t', 'x', { qos: 1 });
    client.expectNothing();
    rig.access.answer();
    await rig.settle();
    client.expect('connack', { reasonCode: 0 });
    client.expect('suback');
    client.expect('publish', { payload: 'x' });
    client.expect('puback');
  });

  test('[MQTT-3.1.4-5] what comes before a CONNECT is refused is not handled', async () => {
    const rig = new Rig();
    rig.access.hold('connect');
    rig.access.deny('c connect');
    const client = rig.open();
    client.connect('c');
    client.sendPublish('t', 'x', { qos: 1, retain: true });
    rig.access.answer();
    await rig.settle();
    client.expect('connack', { reasonCode: Reason.notAuthorized });
    client.expectClosed();
    assert.equal(rig.broker.retained.count, 0);
  });

  test('comes too late for a connection that is gone', async () => {
    const rig = new Rig();
    const client = rig.connect('c', { expiry: 100 });
    const watcher = rig.connect('watcher');
    watcher.subscribe('#');
    rig.access.hold('publish');
    client.sendPublish('t', 'x', { qos: 1 });
    client.cut();
    rig.access.answer();
    await rig.settle();
    watcher.expectNothing();
    assert.equal(rig.stored, 0);
  });

  test('comes too late for a connection that was taken over: the new one is not disturbed', async () => {
    const rig = new Rig();
    const old = rig.connect('c', { expiry: 100 });
    rig.access.hold('subscribe');
    old.sendSubscribe(['a', 'b']);
    rig.access.answer();
    await rig.settle();
    const client = rig.connect('c', { cleanStart: false, expiry: 100 });
    rig.access.answer();
    await rig.settle();
    old.expectClosed(Reason.sessionTakenOver);
    client.expectNothing();
    rig.connect('p').publish('a', 'x');
    client.expect('publish', { topic: 'a' });
  });

  test('does not lift the time to CONNECT', () => {
    const rig = new Rig();
    rig.access.hold('connect');
    const client = rig.open();
    client.connect('c');
    rig.advance(20_000);
    client.expectClosed();
  });

  test('lets only so many chunks wait', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.access.hold('publish');
    client.sendPublish('t');
    for (let i = 0; i < LIMITS.backlogChunks; i++) client.connection.receive(Uint8Array.of(0xc0, 0));
    assert.equal(client.closed, false);
    client.connection.receive(Uint8Array.of(0xc0, 0));
    client.expectClosed(Reason.quotaExceeded);
  });

  test('handles chunks that waited up to the one that closes', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.access.hold('publish');
    client.sendPublish('t');
    client.connection.receive(Uint8Array.of(0xc0, 0));
    client.connection.receive(Uint8Array.of(0xe0, 0));
    client.connection.receive(Uint8Array.of(0xc0, 0));
    rig.access.answer();
    await rig.settle();
    client.expect('pingresp');
    client.expectClosed();
  });

  test('finds a fault in what waited', async () => {
    const rig = new Rig();
    const client = rig.connect('c');
    rig.access.hold('publish');
    client.sendPublish('t');
    client.connection.receive(Uint8Array.of(0xff, 0, 0));
    rig.access.answer();
    await rig.settle();
    client.expectClosed(Reason.malformedPacket);
  });
});

describe('a connection that closes', () => {
  test('[MQTT-3.1.0-2] a second CONNECT closes', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.connect('c');
    client.expectClosed(Reason.protocolError);
    assert.equal(rig.broker.sessions.count, 0);
    assert.equal(rig.logged('secondConnect').length, 1);
  });

  test('handles nothing that follows in the same chunk', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    const disconnect: Packet = { type: 'disconnect', reasonCode: 0, properties: NO_PROPERTIES };
    client.send(PINGREQ, disconnect, client.publishPacket('t', 'x', { retain: true }), PINGREQ);
    client.expect('pingresp');
    client.expectClosed();
    assert.equal(rig.broker.retained.count, 0);
  });

  test('hears nothing more, and ends once', () => {
    const rig = new Rig();
    const client = rig.connect('c');
    client.disconnect();
    client.connection.receive(encode(PINGREQ, 5));
    client.connection.drained();
    client.cut();
    client.cut('ETIMEDOUT');
    client.connection.close(Reason.administrativeAction);
    client.expectClosed();
    assert.equal(rig.logged('clientDisconnected').length, 1);
    assert.equal(rig.listener.connections, 0);
  });

  test('with an error of the system tells it to the operator', () => {
    const rig = new Rig();
    rig.connect('c').cut('read ETIMEDOUT');
    assert.partialDeepStrictEqual(rig.logged('clientDisconnected')[0], {
      client: 'c',
      cause: 'socket error',
      detail: 'read ETIMEDOUT',
    });
  });

  test('by a fault is told in 5.0 why, and closed in 3.x [MQTT-4.13.1-1]', () => {
    const rig = new Rig();
    for (const version of [3, 4, 5] as const) {
      const client = rig.connect('c', { version });
      client.wire.receive(Uint8Array.of(0x36, 0));
      client.expectClosed(version === 5 ? Reason.malformedPacket : undefined);
    }
  });
});

describe('a client that sends and does not read', () => {
  const pings = Buffer.alloc(20_000, Buffer.from('c000', 'hex'));

  for (const version of [4, 5] as const) {
    test(`version ${version}: is closed before its answers take too much memory`, () => {
      const rig = new Rig({ log: false });
      const client = rig.connect('c', { version });
      for (let sent = 0; sent < LIMITS.unreadAnswers; sent += 10_000) client.wire.receive(Buffer.from(pings));
      assert.equal(client.closed, false);
      client.wire.receive(Buffer.from(pings));
      assert.ok(client.closed);
      assert.ok(client.packets.length <= LIMITS.unreadAnswers + 2);
      assert.equal(client.packets.at(-1)?.type, version === 5 ? 'disconnect' : 'pingresp');
    });
  }

  test('stays if it reads now and then, or if it is messages that wait', () => {
    const rig = new Rig({ log: false, settings: { maxQueuedMessages: 0 } });
    const reader = rig.connect('reader');
    for (let i = 0; i < 30; i++) {
      reader.wire.receive(Buffer.from(pings));
      if (i % 5 === 4) reader.wire.drain();
    }
    const subscriber = rig.connect('subscriber');
    subscriber.subscribe('t');
    for (let i = 0; i < LIMITS.unreadAnswers + 10; i++) rig.publish('t', 'x');
    subscriber.wire.receive(Buffer.from(pings));
    assert.deepEqual([reader.closed, subscriber.closed], [false, false]);
  });
});

describe('counting connections', () => {
  test('max_connections of a listener, connected or not, and again when one goes', () => {
    const rig = new Rig({ listener: { maxConnections: 2 } });
    const first = rig.open();
    rig.connect('c');
    assert.equal(rig.accept(), undefined);
    assert.ok(rig.accept(rig.listen()), 'another listener has a limit of its own');
    first.cut();
    assert.ok(rig.accept());
    assert.equal(rig.accept(), undefined);
    assert.equal(rig.logged('connectionDenied').length, 2);
    assert.equal(rig.broker.counters.sockets, 6);
  });

  test('a place that is kept for a socket that has not said yet whom it brings counts for both', () => {
    const peer = { address: '10.0.0.9', port: 1 };
    const rig = new Rig({ listener: { maxConnections: 2 }, settings: { globalMaxConnections: 3 } });
    const { broker, listener } = rig;
    assert.ok(broker.reserve(listener, peer));
    assert.ok(rig.accept());
    assert.equal(broker.reserve(listener, peer), false);
    assert.equal(rig.accept(), undefined);
    const other = rig.listen();
    assert.ok(rig.accept(other));
    assert.equal(rig.accept(other), undefined, 'no more in all');
    broker.giveUp(listener);
    assert.ok(rig.accept(), 'the socket itself has its place');
    assert.equal(broker.reserve(listener, peer), false);
    assert.equal(listener.connections, 2);
  });

  test('global_max_connections of all listeners', () => {
    const rig = new Rig({ settings: { globalMaxConnections: 2 } });
    rig.open();
    const other = rig.open(rig.listen());
    assert.equal(rig.accept(), undefined);
    other.cut();
    assert.ok(rig.accept());
  });
});

describe('the broker stops', () => {
  test('tells 5.0 clients, closes all, and publishes every will, delayed ones too', () => {
    const rig = new Rig();
    const watcher = rig.connect('watcher', { version: 4, cleanStart: false });
    watcher.subscribe('will/+', 1);
    const will = { topic: 'will/now', payload: 'now', qos: 1 } as const;
    const told = rig.connect('told', { will });
    const delayed = rig.connect('delayed', {
      expiry: 1000,
      will: { topic: 'will/later', payload: 'later', qos: 1, properties: { willDelayInterval: 100 } },
    });
    delayed.cut();
    const waiting = rig.open();
    rig.broker.stop();
    told.expectClosed(Reason.serverShuttingDown);
    for (const payload of ['now', 'later']) watcher.expect('publish', { payload });
    watcher.expectClosed();
    waiting.expectClosed();
    assert.equal(rig.broker.connections.size, 0);
    assert.equal(rig.stored, 2, 'both wills wait for the watcher');
    rig.advance(200_000);
    assert.equal(rig.stored, 2, 'no will is published twice');
  });
});

test('any way to cut the bytes into chunks gives the same answers', () => {
  const stream = Buffer.concat(
    (
      [
        {
          type: 'subscribe',
          packetId: 1,
          subscriptions: [
            { filter: 'a/+', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
          ],
          properties: { subscriptionIdentifiers: [7] },
        },
        { ...publish('a/b', 0), retain: true },
        publish('a/c', 1),
        publish('a/d', 2),
        { type: 'pubrel', packetId: 2, reasonCode: 0, properties: NO_PROPERTIES },
        PINGREQ,
        { type: 'unsubscribe', packetId: 3, filters: ['a/+', 'x'], properties: NO_PROPERTIES },
        { type: 'disconnect', reasonCode: 0, properties: NO_PROPERTIES },
      ] as Packet[]
    ).map((packet) => encode(packet, 5)),
  );
  const answers = (cuts: readonly number[]): readonly Packet[] => {
    const rig = new Rig({ log: false });
    const watchers = [3, 5].map((version) => rig.connect(`watcher${version}`, { version: version as 3 | 5 }));
    for (const watcher of watchers) watcher.subscribe('#', 1);
    const client = rig.connect('c');
    let from = 0;
    for (const to of [...cuts, stream.length]) {
      client.wire.receive(Uint8Array.from(stream.subarray(from, to)));
      from = to;
    }
    assert.ok(client.closed);
    return [client, ...watchers].flatMap(({ packets }) => packets);
  };
  const whole = answers([]);
  assert.equal(whole.length, 9 + 3 + 3);
  assert.deepEqual(answers(Array.from({ length: stream.length - 1 }, (_, i) => i + 1)), whole);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(stream.length), { maxLength: 10 }), (cuts) => {
      assert.deepEqual(answers(cuts.toSorted((a, b) => a - b)), whole);
    }),
    { numRuns: 200 },
  );
});

function publish(topic: string, qos: 0 | 1 | 2): Packet {
  return {
    type: 'publish',
    topic,
    payload: new TextEncoder().encode(`to ${topic}`),
    qos,
    retain: false,
    dup: false,
    packetId: qos,
    properties: qos === 1 ? { userProperties: [['k', 'v']] } : NO_PROPERTIES,
  };
}

test('a client whose messages go to very many lets others have their turn', () => {
  const works: (() => void)[] = [];
  const rig = new Rig({ log: false, afterTick: (work) => works.push(work) });
  const subscribers = Array.from({ length: 100 }, (_, i) => rig.connect(`s${i}`));
  let got = 0;
  for (const subscriber of subscribers) {
    subscriber.subscribe('t');
    subscriber.wire.heard = ({ type }) => (got += type === 'publish' ? 1 : 0);
  }
  const publisher = rig.connect('p');
  const count = (LIMITS.offersAtOnce / 100) * 2.5;
  const packets = Array.from({ length: count }, (_, i) => publisher.publishPacket('t', `${i}`));
  const counts: number[] = [];
  publisher.send(...packets, PINGREQ);
  counts.push(got);
  rig.connect('other').ping();
  publisher.expectNothing();
  while (works.length > 0) {
    for (const work of works.splice(0)) work();
    if (got > counts.at(-1)!) counts.push(got);
  }
  publisher.expect('pingresp');
  const most = LIMITS.offersAtOnce + 100;
  assert.deepEqual(counts, [most, 2 * most, 100 * count]);
  publisher.ping();
});

test('a client that goes while others have their turn is forgotten', () => {
  const works: (() => void)[] = [];
  const rig = new Rig({ log: false, afterTick: (work) => works.push(work) });
  for (let i = 0; i < 100; i++) rig.connect(`s${i}`).subscribe('t');
  const publisher = rig.connect('p');
  const packets = Array.from({ length: LIMITS.offersAtOnce / 50 }, () => publisher.publishPacket('t'));
  publisher.send(...packets);
  publisher.cut();
  const { offered } = rig.broker;
  for (const work of works.splice(0)) work();
  assert.equal(rig.broker.offered, offered);
});
