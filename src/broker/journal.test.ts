/** What is written, and how little of it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Ticking } from '../../test/broker/ticking.ts';
import { LIMITS } from './limits.ts';

suite('what costs nothing', () => {
  test('clients whose sessions end with their connections, and what they send each other', async () => {
    const on = new Ticking();
    const a = on.rig.connect('a');
    const b = on.rig.connect('b', { version: 4 });
    a.subscribe('t', 2);
    assert.equal(b.publish('t', 'x', { qos: 2 }), 0);
    assert.equal(b.publish('t', 'x', { qos: 1 }), 0);
    assert.deepEqual(a.messages(), ['x', 'x']);
    a.disconnect();
    await on.tick();
    assert.deepEqual(on.store.batches, []);
  });

  test('QoS 0 to a kept session', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    const { length } = on.store.batches;
    on.rig.connect('a').publish('t', 'x');
    keeper.expect('publish', { payload: 'x', qos: 0 });
    await on.tick();
    assert.equal(on.store.batches.length, length);
  });

  test('a message that is acknowledged before the commit begins', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    const { length } = on.store.batches;
    const a = on.rig.connect('a');
    a.sendPublish('t', 'x', { qos: 1 });
    assert.deepEqual(keeper.messages(), ['x']);
    await on.tick();
    assert.equal(on.store.batches.length, length);
    a.expect('puback', { reasonCode: 0 });
    on.check();
  });

  test("the broker's own topics", async () => {
    const on = new Ticking();
    on.rig.publish('$SYS/a', 'x', { retain: true });
    await on.tick();
    assert.deepEqual(on.store.batches, []);
    on.check();
  });

  test('a session that is opened and ended in one tick', async () => {
    const on = new Ticking();
    const a = on.rig.open();
    a.connect('a', { expiry: 10 });
    a.disconnect(0, { sessionExpiryInterval: 0 });
    await on.tick();
    assert.deepEqual(on.kinds, ['session ended']);
    on.check();
  });
});

suite('what is written once', () => {
  test('a retained message that is replaced ten times in a tick', async () => {
    const on = new Ticking();
    const a = on.rig.connect('a');
    for (let i = 0; i < 10; i++) a.sendPublish('t', `${i}`, { qos: 1, retain: true });
    await on.tick();
    assert.deepEqual(on.kinds, ['message kept', 'retained']);
    assert.equal(a.packets.length, 10);
    on.check();
  });

  test('what replaces it comes before it is forgotten', async () => {
    const on = new Ticking();
    on.rig.publish('t', 'x', { retain: true });
    await on.tick();
    on.rig.publish('t', 'y', { retain: true });
    await on.tick();
    assert.deepEqual(on.kinds, ['message kept', 'retained', 'message forgotten']);
    on.check();
    on.rig.publish('t', '', { retain: true });
    await on.tick();
    assert.deepEqual(on.kinds, ['retained cleared', 'message forgotten']);
    on.check();
  });

  test('a message for many', async () => {
    const on = new Ticking();
    for (const id of ['a', 'b', 'c']) {
      const client = on.rig.open();
      client.connect(id, { expiry: 1000 });
      client.sendSubscribe('t', 1);
      client.cut();
    }
    await on.tick();
    on.rig.publish('t', 'x', { qos: 1, retain: true });
    await on.tick();
    assert.deepEqual(on.kinds.toSorted(), ['delivery', 'delivery', 'delivery', 'message kept', 'retained']);
    on.check();
  });

  test('a delivery that moves twice, or moves and is done', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    on.rig.publish('t', 'x', { qos: 2 });
    await on.tick();
    assert.deepEqual(on.kinds, ['message kept', 'delivery']);
    const { packetId } = keeper.expect('publish', { payload: 'x', qos: 2, dup: false });
    keeper.ack('pubrec', packetId);
    keeper.ack('pubrec', packetId);
    await on.tick();
    assert.deepEqual(on.kinds, ['delivery moved']);
    on.check();
    keeper.ack('pubrec', packetId);
    keeper.ack('pubcomp', packetId);
    await on.tick();
    assert.deepEqual(on.kinds, ['delivery done', 'message forgotten']);
    on.check();
  });

  test('a session that comes and goes', async () => {
    const on = new Ticking();
    await on.keeper();
    for (let i = 0; i < 5; i++) {
      const client = on.rig.open();
      client.connect('keeper', { expiry: 1000, cleanStart: false });
      client.cut();
    }
    await on.tick();
    assert.deepEqual(on.kinds, ['session']);
    on.check();
  });
});

test('while the store is busy a client that comes and goes costs no more than once', async () => {
  const on = new Ticking();
  on.hang();
  on.rig.publish('r', 'x', { retain: true });
  await on.tick();
  for (let i = 0; i < 100; i++) {
    const client = on.rig.open();
    client.connect('a', { expiry: 10, cleanStart: false, will: { topic: 't', payload: `${i}` } });
    client.cut();
  }
  await on.settle();
  assert.deepEqual(on.kinds, ['session', 'will cleared']);
  on.check();
});

test('a store that is too slow counts as one that fails, until it is not', async () => {
  const on = new Ticking();
  const journal = on.rig.broker.journal!;
  on.hang();
  on.rig.publish('r', 'x', { retain: true });
  await on.tick();
  for (let i = 0; i <= LIMITS.unstoredChanges; i++) journal.forget(1_000_000);
  const a = on.rig.connect('a');
  a.sendPublish('t', 'x', { qos: 1 });
  a.expect('puback', { reasonCode: 0x97 });
  await on.settle();
  a.sendPublish('t', 'x', { qos: 1 });
  a.expect('puback', { reasonCode: 0x10 });
  assert.equal(journal.behind, false);
});

suite('in one commit', () => {
  test('the release of a message of QoS 2 and its deliveries', async () => {
    const on = new Ticking();
    await on.keeper();
    const a = on.rig.open();
    a.connect('a', { expiry: 1000 });
    const packetId = a.sendPublish('t', 'x', { qos: 2 });
    await on.tick();
    a.expect('connack');
    a.expect('pubrec', { packetId });
    assert.ok(on.kinds.includes('delivery'));
    a.ack('pubrel', packetId);
    await on.tick();
    assert.deepEqual(on.kinds.toSorted(), ['delivery', 'delivery done', 'message forgotten', 'message kept']);
    on.check();
  });

  test('a will that is published and taken off its session', async () => {
    const on = new Ticking();
    await on.keeper();
    const a = on.rig.open();
    a.connect('a', { expiry: 1000, will: { topic: 't', payload: 'bye', qos: 1 } });
    await on.tick();
    assert.deepEqual(on.kinds, ['session', 'will']);
    a.cut();
    await on.tick();
    assert.deepEqual(on.kinds.toSorted(), ['delivery', 'message kept', 'session', 'will cleared']);
    on.check();
  });
});

suite('a store that fails', () => {
  test('gets the same changes again, and behind them what came meanwhile', async () => {
    const on = new Ticking();
    on.store.isSlow = true;
    on.rig.publish('a', 'x', { retain: true });
    await on.tick();
    on.store.fail();
    await on.rig.settle();
    on.rig.publish('b', 'x', { retain: true });
    await on.tick();
    assert.equal(on.store.isBusy, false);
    on.rig.advance(1000);
    on.store.fail();
    await on.rig.settle();
    on.rig.advance(1000);
    on.store.settle();
    await on.rig.settle();
    assert.deepEqual(on.kinds, ['message kept', 'retained']);
    on.store.settle();
    await on.rig.settle();
    assert.deepEqual(on.kinds, ['message kept', 'retained']);
    assert.equal(on.rig.broker.journal!.behind, false);
    on.check();
  });

  test('is not left more than the last of what changes over and over, however long it lasts', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    await on.breakDown();
    for (let second = 0; second < 10; second++) {
      on.rig.publish('r', `${second}`, { retain: true });
      const other = on.rig.connect('other', { will: { topic: 't', payload: 'bye', qos: 1 } });
      other.cut();
      keeper.ack('puback', keeper.expect('publish', { payload: 'bye' }).packetId);
      on.store.isSlow = true;
      on.rig.advance(1000);
      on.store.fail();
      await on.rig.settle();
    }
    await on.recover();
    assert.deepEqual(on.kinds, ['message kept', 'retained']);
    on.check();
  });

  test('is told of once, and once when it recovers', async () => {
    const on = new Ticking();
    on.store.isSlow = true;
    on.rig.publish('a', 'x', { retain: true });
    await on.tick();
    for (let i = 0; i < 3; i++) {
      on.store.fail('the disk is full');
      await on.rig.settle();
      on.rig.advance(1000);
    }
    on.store.settle();
    await on.rig.settle();
    assert.deepEqual(
      on.rig.logged('storeFailed').map(({ why }) => why),
      ['the disk is full'],
    );
    assert.deepEqual(
      on.rig.logged('storeRecovered').map(({ heldMs }) => heldMs),
      [3000],
    );
  });

  test('settles for whoever waits for the last commit only when it has everything', async () => {
    const on = new Ticking();
    const journal = on.rig.broker.journal!;
    let isSettled = false;
    await journal.settled();
    on.store.isSlow = true;
    on.rig.publish('a', 'x', { retain: true });
    const settled = journal.settled().then(() => (isSettled = true));
    await on.tick();
    on.store.fail();
    await on.rig.settle();
    on.rig.publish('b', 'x', { retain: true });
    on.rig.advance(1000);
    on.rig.publish('c', 'x', { retain: true });
    on.store.settle();
    await on.rig.settle();
    assert.equal(isSettled, false);
    on.store.settle();
    await settled;
    on.check();
  });
});
