import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Rig } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { runs } from '../../test/runs.ts';
import { LIMITS } from './limits.ts';

/** A broker that retains `t/0` to `t/<count - 1>`, each with its number. */
function retaining(count: number, qos: 0 | 1 | 2 = 1): { rig: Rig; publisher: Client } {
  const rig = new Rig({ log: false });
  const publisher = rig.connect('p');
  for (let i = 0; i < count; i++) rig.publish(`t/${i}`, `${i}`, { qos, retain: true });
  return { rig, publisher };
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`).toSorted();
}

/** Reads at its own pace until nothing comes. */
function readSlowly(client: Client): string[] {
  const read: string[] = [];
  for (let more = client.messages(); more.length > 0; more = client.messages()) {
    read.push(...more);
    client.wire.drain();
  }
  return read;
}

/** More than any buffer or turn takes: 25,000 in `npm test`, a million in the long form. */
const { numRuns: MANY } = runs('retained messages for one subscription', 25_000);

describe('very many retained messages', () => {
  for (const qos of [0, 1] as const) {
    test(`go to a slow client at QoS ${qos}: none is lost, and none is copied`, async () => {
      const { rig } = retaining(MANY);
      const client = rig.connect('c', { properties: { receiveMaximum: 10 } });
      client.wire.room = 100;
      client.wire.drain();
      client.subscribe('#', qos);
      await rig.settle();
      assert.ok(client.packets.length > 0 && client.packets.length <= 100);
      assert.equal(rig.stored, MANY);
      assert.equal(rig.broker.stored.bytes, numbers(MANY).join('').length);
      assert.ok(rig.broker.sessions.get('c')!.outbound.inflight <= 10);
      assert.equal(rig.broker.sessions.get('c')!.outbound.waiting, 0);
      const read = readSlowly(client);
      assert.deepEqual(read.toSorted(), numbers(MANY));
      assert.equal(rig.broker.counters.publishDropped, 0);
      assert.equal(rig.stored, MANY);
    });
  }

  test('that a client does not wait for cost nothing', () => {
    const { rig } = retaining(MANY);
    const client = rig.connect('c', { properties: { receiveMaximum: 10 } });
    client.subscribe('#', 1);
    client.cut();
    assert.equal(rig.broker.counters.publishDropped, 0);
    assert.equal(rig.stored, MANY);
  });
});

/** A client that has got t/0 and t/1, t/2 to t/4 wait. */
function waiting(options = {}): { rig: Rig; publisher: Client; client: Client } {
  const { rig, publisher } = retaining(5);
  const client = rig.connect('c', { properties: { receiveMaximum: 2 }, ...options });
  for (const i of [0, 1, 2, 3, 4]) client.subscribe(`t/${i}`, 1, { identifier: i + 1 });
  client.expect('publish', { payload: '0', packetId: 1 });
  client.expect('publish', { payload: '1', packetId: 2 });
  client.expectNothing();
  return { rig, publisher, client };
}

/** Acknowledges the first two and reads the rest. */
function rest(client: Client): string[] {
  client.ack('puback', 1);
  client.ack('puback', 2);
  return client.messages();
}

describe('while retained messages wait', () => {
  test('one that is replaced is left out: the newer one has come live', () => {
    const { client, publisher } = waiting();
    publisher.publish('t/3', 'new', { qos: 0, retain: true });
    client.expect('publish', { payload: 'new', retain: false });
    assert.deepEqual(rest(client), ['2', '4']);
  });

  test('one that is cleared is left out', () => {
    const { client, publisher } = waiting();
    publisher.publish('t/3', '', { qos: 0, retain: true });
    client.expect('publish', { payload: '', retain: false });
    assert.deepEqual(rest(client), ['2', '4']);
  });

  test('one that expires is left out', () => {
    const { rig, publisher } = retaining(0);
    for (const [topic, messageExpiryInterval] of [
      ['a', 100],
      ['b', 10],
      ['c', 100],
    ] as const) {
      publisher.publish(topic, topic, { qos: 1, retain: true, properties: { messageExpiryInterval } });
    }
    const client = rig.connect('c', { properties: { receiveMaximum: 1 } });
    client.subscribe(['a', 'b', 'c'], 1);
    client.expect('publish', { payload: 'a' });
    rig.advance(10_000);
    client.ack('puback', 1);
    client.expect('publish', { payload: 'c', properties: { messageExpiryInterval: 90 } });
  });

  test('those of a subscription that ends are left out', () => {
    const { client } = waiting();
    client.unsubscribe('t/3');
    assert.deepEqual(rest(client), ['2', '4']);
  });

  test('those of a subscription that ends and begins anew come once', () => {
    const { client } = waiting();
    client.unsubscribe('t/3');
    client.subscribe('t/3', 1);
    assert.deepEqual(rest(client), ['2', '4', '3']);
  });

  test('those that may no longer be read are left out', () => {
    const { rig, client } = waiting();
    rig.access.deny('c receive t/3');
    assert.deepEqual(rest(client), ['2', '4']);
  });

  test('a live message waits for the window, not for them, and none is lost', () => {
    const { rig, client } = waiting();
    rig.publish('t/0', 'live', { qos: 1 });
    const read = rest(client);
    assert.deepEqual(read.toSorted(), ['2', '3', '4', 'live']);
    assert.equal(rig.broker.counters.publishDropped, 0);
  });

  test('each subscription gets its own, with its identifier', () => {
    const { rig } = retaining(2);
    const client = rig.connect('c', { properties: { receiveMaximum: 1 } });
    client.subscribe('t/+', 1, { identifier: 1 });
    client.subscribe('#', 1, { identifier: 2 });
    const seen: unknown[] = [];
    for (let i = 1; i <= 4; i++) {
      const { payload, properties } = client.expect('publish', { retain: true, packetId: i });
      seen.push([new TextDecoder().decode(payload), properties.subscriptionIdentifiers?.[0]]);
      client.ack('puback', i);
    }
    client.expectNothing();
    assert.deepEqual(seen.toSorted(), [
      ['0', 1],
      ['0', 2],
      ['1', 1],
      ['1', 2],
    ]);
  });

  test('a client that goes and comes back gets them from its queue, retained as they were', () => {
    const { rig, client } = waiting({ expiry: 100 });
    client.cut();
    assert.equal(rig.stored, 5);
    const back = rig.connect('c', { cleanStart: false, expiry: 100 });
    for (const [payload, dup] of [
      ['0', true],
      ['1', true],
      ['2', false],
      ['3', false],
      ['4', false],
    ] as const) {
      back.expect('publish', { payload, dup, retain: true });
    }
    back.expectNothing();
  });

  test('a client that goes keeps as many as its queue holds; what is dropped is counted', () => {
    const { rig } = retaining(10);
    rig.broker.settings.maxQueuedMessages = 3;
    const client = rig.connect('c', { expiry: 100, properties: { receiveMaximum: 1 } });
    client.subscribe('#', 1);
    client.cut();
    assert.equal(rig.broker.counters.publishDropped, 6);
    const back = rig.connect('c', { cleanStart: false });
    assert.equal(back.messages().length, 4);
  });

  test('a client whose session ends drops none: it did not want them', () => {
    const { rig, client } = waiting();
    client.cut();
    assert.equal(rig.broker.counters.publishDropped, 0);
    assert.equal(rig.stored, 5);
  });

  test('at QoS 0 they wait for the wire, and none is dropped', () => {
    const { rig } = retaining(100, 0);
    const client = rig.connect('c');
    client.wire.room = 7;
    client.wire.drain();
    client.subscribe('#', 0);
    assert.deepEqual(readSlowly(client).toSorted(), numbers(100));
    assert.equal(rig.broker.counters.publishDropped, 0);
  });
});

/** A broker whose turns are in the hands of the test. */
function turning(count: number): { rig: Rig; turn: () => boolean } {
  const works: (() => void)[] = [];
  const rig = new Rig({ log: false, afterTick: (work) => works.push(work) });
  for (let i = 0; i < count; i++) rig.publish(`t/${i}`, `${i}`, { qos: 1, retain: true });
  const turn = (): boolean => {
    const due = works.splice(0);
    for (const work of due) work();
    return due.length > 0;
  };
  return { rig, turn };
}

describe('looking for retained messages', () => {
  const COUNT = LIMITS.walkedAtOnce * 3;

  test('for one subscription takes several turns, and those that come meanwhile come once', () => {
    const { rig, turn } = turning(COUNT);
    const client = rig.connect('c');
    client.subscribe('#');
    client.expectNothing();
    rig.publish('t/0', 'new', { retain: true });
    rig.publish('new', 'too', { retain: true });
    rig.publish('t/1', '', { retain: true });
    rig.publish(`t/${COUNT - 1}`, '', { retain: true });
    assert.deepEqual(client.messages(), ['new', 'too', '', '']);
    while (turn());
    const others = numbers(COUNT).filter((one) => !['0', '1', `${COUNT - 1}`].includes(one));
    assert.deepEqual(client.messages().toSorted(), others);
  });

  test('for thousands of them does not make others wait', () => {
    const { rig, turn } = turning(COUNT);
    const greedy = rig.connect('greedy');
    const other = rig.connect('other');
    const before = rig.broker.walks.grant;
    greedy.subscribe(Array.from({ length: 100 }, (_, i) => `+/+/${i}`));
    greedy.subscribe(Array.from({ length: 2000 }, () => '#'));
    assert.ok(before > 0);
    other.subscribe('t/7');
    let turns = 0;
    while (other.packets.length === 0 && turn()) turns++;
    assert.ok(turns < 5, `it took ${turns} turns`);
    assert.deepEqual(other.messages(), ['7']);
    for (turns = 0; turn();) turns++;
    assert.ok(turns > 5);
    assert.deepEqual(greedy.messages().toSorted(), numbers(COUNT));
  });

  test('a client that goes away meanwhile is forgotten', () => {
    const { rig, turn } = turning(COUNT);
    const client = rig.connect('c');
    client.subscribe('#');
    client.cut();
    while (turn());
    assert.deepEqual(client.messages(), []);
    assert.equal(rig.stored, COUNT);
  });

  test('one that comes back has in its queue what had not been found', () => {
    const { rig, turn } = turning(COUNT);
    rig.broker.settings.maxQueuedMessages = 0;
    const client = rig.connect('c', { expiry: 100 });
    client.subscribe('#', 1);
    client.cut();
    while (turn());
    assert.deepEqual(rig.connect('c', { cleanStart: false }).messages().toSorted(), numbers(COUNT));
  });

  test('for a client that reads nothing keeps no message that was replaced', () => {
    const { rig, turn } = turning(100);
    const client = rig.connect('c');
    client.wire.room = 1;
    for (let i = 0; i < 50; i++) client.subscribe('#');
    while (turn());
    const old = Array.from(
      { length: 100 },
      (_, i) => new WeakRef(rig.broker.retained.get(`t/${i}`, rig.now)!),
    );
    for (let i = 0; i < 100; i++) rig.publish(`t/${i}`, 'new', { retain: true });
    assert.equal(rig.stored, 100);
    setFlagsFromString('--expose-gc');
    return new Promise<void>((resolve) => {
      setImmediate(() => {
        (runInNewContext('gc') as () => void)();
        // the last one may still be at hand
        assert.ok(old.filter((one) => one.deref() !== undefined).length < 10);
        resolve();
      });
    });
  });
});
