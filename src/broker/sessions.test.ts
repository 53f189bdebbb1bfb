import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client, ConnectOptions } from '../../test/broker/client.ts';
import { Reason } from '../protocol/reason.ts';
import { NEVER } from './session.ts';

const VERSIONS = [3, 4, 5] as const;

/** Options for a session that stays, in any version. */
function staying(version: 3 | 4 | 5, expiry: number = NEVER): ConnectOptions {
  return { version, cleanStart: false, ...(version === 5 && { expiry }) };
}

function counts(rig: Rig): readonly number[] {
  const { sessions, subscriptionCount, shared, connections } = rig.broker;
  return [sessions.count, connections.size, subscriptionCount, shared.count, rig.stored];
}

describe('takeover', () => {
  for (const version of VERSIONS) {
    test(`[MQTT-3.1.4-3] version ${version}: the old connection is told and closed, the session goes on`, () => {
      const rig = new Rig();
      const old = rig.connect('c', staying(version));
      old.subscribe('t', 2);
      rig.connect('p').publish('t', 'a', { qos: 2 });
      old.expect('publish', { packetId: 1 });
      const client = rig.connect('c', staying(version));
      old.expectClosed(version === 5 ? Reason.sessionTakenOver : undefined);
      assert.equal(client.connack?.sessionPresent, version !== 3);
      client.expect('publish', { packetId: 1, dup: true });
      assert.equal(rig.logged('clientDisconnected')[0]?.cause, 'session taken over');
      assert.deepEqual(counts(rig).slice(0, 3), [2, 2, 1]);
      old.wire.connection?.receive(Uint8Array.of(0xc0, 0));
      old.cut();
      client.ping();
    });
  }

  test('is of the client identifier as it is, whatever the version', () => {
    const rig = new Rig();
    const first = rig.connect('c', { version: 4, cleanStart: false });
    const second = rig.connect('C', { version: 5 });
    const third = rig.connect('c', { version: 5, cleanStart: false });
    assert.deepEqual([first.closed, second.closed, third.connack?.sessionPresent], [true, false, true]);
  });

  test('[MQTT-3.1.2-4] with a clean start ends the session that was there', () => {
    const rig = new Rig();
    const old = rig.connect('c', staying(5));
    old.subscribe(['t', '$share/g/t'], 2);
    old.sendPublish('u', 'held', { qos: 2 });
    rig.publish('t', 'x', { qos: 2 });
    const client = rig.connect('c', { expiry: 100 });
    assert.equal(client.connack?.sessionPresent, false);
    assert.deepEqual(counts(rig), [1, 1, 0, 0, 0]);
    rig.publish('t', 'y');
    client.expectNothing();
  });

  test('of a session that ends with its connection begins a new one', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const old = rig.connect('c', { version });
      old.subscribe('t');
      const client = rig.connect('c', staying(version));
      assert.equal(client.connack?.sessionPresent, false);
      assert.equal(rig.broker.subscriptionCount, 0);
      assert.ok(old.closed);
    }
  });

  test('again and again leaves one connection and one session, and loses no message', () => {
    const rig = new Rig({ settings: { maxQueuedMessages: 0 } });
    const clients: Client[] = [rig.connect('c', staying(5))];
    clients[0]!.subscribe('t', 2);
    const payloads: string[] = [];
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) {
      payloads.push(`${i}`);
      rig.publish('t', `${i}`, { qos: (1 + (i % 2)) as 1 | 2 });
      const client = clients.at(-1)!;
      const last = rig.connect('c', { ...staying(5), version: i % 3 === 0 ? 4 : 5 });
      clients.push(last);
      if (client.wire.version === 5) client.wire.packets.pop();
      for (const packet of client.wire.packets) {
        if (packet.type === 'publish') seen.add(new TextDecoder().decode(packet.payload));
      }
      if (i % 10 === 9) for (const payload of last.messages()) seen.add(payload);
    }
    for (const payload of clients.at(-1)!.messages()) seen.add(payload);
    assert.deepEqual([...seen].toSorted(byNumber), payloads);
    assert.equal(clients.filter(({ closed }) => !closed).length, 1);
    assert.deepEqual(counts(rig), [1, 1, 1, 0, 0]);
    assert.equal(rig.listener.connections, 1);
  });

  test('by many whose authentication takes time leaves the one that was answered last', async () => {
    const rig = new Rig();
    rig.access.hold('connect');
    const clients = Array.from({ length: 50 }, () => {
      const client = rig.open();
      client.connect('c', staying(5));
      return client;
    });
    clients[7]!.cut();
    for (const _ of clients) rig.access.answer();
    await rig.settle();
    const open = clients.filter(({ closed }) => !closed);
    assert.deepEqual(open, [clients.at(-1)]);
    assert.equal(
      clients.filter(({ packets }) => packets.length === 0).length,
      1,
      'who had left hears nothing',
    );
    assert.deepEqual(counts(rig), [1, 1, 0, 0, 0]);
  });

  test('while subscribing and unsubscribing, shared and not, leaves the last state', () => {
    const rig = new Rig();
    for (let i = 0; i < 50; i++) {
      const client = rig.connect('c', staying(i % 2 === 0 ? 4 : 5));
      client.subscribe(['t', '$share/g/t', '#'], 1);
      if (i % 3 === 0) client.unsubscribe('t', '$share/g/t');
      rig.publish('t', 'x', { qos: 1 });
    }
    assert.deepEqual(counts(rig).slice(0, 4), [1, 1, 2, 1]);
    rig.connect('c', { version: 4 });
    assert.deepEqual(counts(rig), [1, 1, 0, 0, 0]);
  });
});

describe('a session that stays', () => {
  test('[MQTT-3.1.2-5] keeps subscriptions, queue and what is under way, in every version', () => {
    for (const version of VERSIONS) {
      const rig = new Rig();
      const client = rig.connect('c', staying(version));
      client.subscribe('t', 1);
      client.disconnect();
      rig.publish('t', 'x', { qos: 1 });
      rig.advance(86_400_000);
      const back = rig.connect('c', staying(version));
      back.expect('publish', { payload: 'x' });
      rig.publish('t', 'y');
      back.expect('publish', { payload: 'y' });
    }
  });

  test('[MQTT-3.1.2-6] does not stay after a clean session before 5.0', () => {
    for (const version of [3, 4] as const) {
      const rig = new Rig();
      rig.connect('c', { version, cleanStart: true }).disconnect();
      assert.equal(rig.broker.sessions.count, 0);
      assert.equal(rig.connect('c', staying(4)).connack?.sessionPresent, false);
    }
  });

  test('[MQTT-3.1.2-11] in 5.0 as long as its Session Expiry Interval, 0 if it gives none', () => {
    const rig = new Rig();
    rig.connect('none', { cleanStart: false }).cut();
    assert.equal(rig.broker.sessions.count, 0);
    const client = rig.connect('c', staying(5, 10));
    client.subscribe('t', 1);
    client.cut();
    rig.publish('t', 'x', { qos: 1 });
    rig.advance(9000);
    assert.equal(rig.broker.sessions.count, 1);
    rig.advance(1000);
    assert.deepEqual(counts(rig), [0, 0, 0, 0, 0]);
    assert.equal(rig.broker.counters.expired, 1);
    assert.equal(rig.logged('sessionExpired')[0]?.client, 'c');
    assert.equal(rig.connect('c', staying(5, 10)).connack?.sessionPresent, false);
  });

  test('counts its time from the end of the connection, each time anew', () => {
    const rig = new Rig();
    for (const _ of [1, 2, 3]) {
      const client = rig.connect('c', staying(5, 10));
      rig.advance(60_000);
      client.cut();
      rig.advance(9000);
    }
    assert.equal(rig.connect('c', staying(5, 10)).connack?.sessionPresent, true);
    rig.advance(60_000);
    assert.equal(rig.broker.sessions.count, 1);
  });

  test('takes the interval of its last CONNECT', () => {
    const rig = new Rig();
    rig.connect('c', staying(5, 1000)).cut();
    rig.connect('c', staying(5, 10)).cut();
    rig.advance(10_000);
    assert.equal(rig.broker.sessions.count, 0);
    rig.connect('d', staying(4)).cut();
    rig.connect('d', { version: 5, cleanStart: false }).cut();
    assert.equal(rig.broker.sessions.count, 0);
  });

  test('of 0xFFFFFFFF stays for ever', () => {
    const rig = new Rig();
    rig.connect('c', staying(5, NEVER)).cut();
    rig.sleep(NEVER * 1000 + 1000);
    assert.equal(rig.broker.sessions.count, 1);
  });

  test('expires in a long sleep of the process, and not if its client comes first', () => {
    const rig = new Rig();
    rig.connect('a', staying(5, 10)).cut();
    rig.connect('b', staying(5, 10)).cut();
    rig.now += 3_600_000;
    const back = rig.connect('b', staying(5, 10));
    rig.broker.tick();
    assert.equal(rig.broker.sessions.count, 1);
    back.ping();
  });
});

describe('DISCONNECT', () => {
  test('[MQTT-3.1.2-23] may change the Session Expiry Interval', () => {
    for (const [connect, disconnect, lives] of [
      [10, 100, 100],
      [100, 10, 10],
      [100, 0, 0],
      [0, 0, 0],
    ] as const) {
      const rig = new Rig();
      const client = rig.connect('c', { expiry: connect });
      client.disconnect(0, { sessionExpiryInterval: disconnect });
      client.expectClosed();
      if (lives > 0) rig.advance(lives * 1000 - 1000);
      assert.equal(rig.broker.sessions.count, lives > 0 ? 1 : 0);
      rig.advance(1000);
      assert.equal(rig.broker.sessions.count, 0);
    }
  });

  test('[MQTT-3.1.2-23] may not make 0 more than 0', () => {
    const rig = new Rig();
    const watcher = rig.connect('watcher');
    watcher.subscribe('will');
    const client = rig.connect('c', { will: { topic: 'will' } });
    client.disconnect(0, { sessionExpiryInterval: 1 });
    client.expectClosed(Reason.protocolError);
    watcher.expect('publish', { topic: 'will' });
    assert.equal(rig.broker.sessions.count, 1);
  });
});

describe('persistent_client_expiration', () => {
  test('ends what would stay for ever or longer', () => {
    const rig = new Rig({ settings: { persistentClientExpiration: 100 } });
    rig.connect('three', staying(3)).cut();
    rig.connect('four', staying(4)).cut();
    rig.connect('five', staying(5, NEVER)).cut();
    rig.connect('long', staying(5, 1000)).cut();
    rig.connect('short', staying(5, 50)).cut();
    rig.connect('later', { expiry: 10 }).disconnect(0, { sessionExpiryInterval: 5000 });
    rig.advance(50_000);
    assert.deepEqual(
      [...rig.broker.sessions.values()].map(({ clientId }) => clientId).includes('short'),
      false,
    );
    assert.equal(rig.broker.sessions.count, 5);
    rig.advance(49_000);
    assert.equal(rig.broker.sessions.count, 5);
    rig.advance(1000);
    assert.equal(rig.broker.sessions.count, 0);
    assert.equal(rig.broker.counters.expired, 6);
  });

  test('does not touch who is connected', () => {
    const rig = new Rig({ settings: { persistentClientExpiration: 10 } });
    const client = rig.connect('c', staying(4));
    rig.advance(100_000);
    client.ping();
    client.cut();
    rig.connect('c', staying(4));
    rig.advance(100_000);
    assert.equal(rig.broker.sessions.count, 1);
  });
});

test('everything goes back to where it was when the last session has ended', () => {
  const rig = new Rig();
  const publisher = rig.connect('p', { will: { topic: 'w', payload: 'will', qos: 1 } });
  for (const version of VERSIONS) {
    const client = rig.connect(`c${version}`, staying(version, 10));
    client.subscribe(['#', 't', '$share/g/#', '$share/h/t'], 2);
    for (const qos of [0, 1, 2] as const) publisher.publish('t', 'x', { qos });
    client.sendPublish('t', 'held', { qos: 2 });
    if (version === 4) client.cut();
  }
  publisher.cut();
  for (const version of VERSIONS) {
    rig.connect(`c${version}`, { version }).disconnect();
  }
  assert.deepEqual(counts(rig), [0, 0, 0, 0, 0]);
  assert.deepEqual([rig.broker.stored.bytes, rig.listener.connections], [0, 0]);
});

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
