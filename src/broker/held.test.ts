/** What waits for the store, what does not, and what becomes of it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { payloadText } from '../../test/broker/client.ts';
import { Ticking } from '../../test/broker/ticking.ts';
import { LIMITS } from './limits.ts';

suite('what waits for a commit', () => {
  test('the acknowledgement of a message for a kept session', async () => {
    const on = new Ticking();
    await on.keeper();
    const a = on.rig.connect('a');
    on.hang();
    a.sendPublish('t', 'x', { qos: 1 });
    await on.tick();
    a.expectNothing();
    await on.settle();
    a.expect('puback', { reasonCode: 0 });
  });

  test('of a message that is retained', async () => {
    const on = new Ticking();
    const a = on.rig.connect('a', { version: 4 });
    on.hang();
    a.sendPublish('t', 'x', { qos: 1, retain: true });
    await on.tick();
    a.expectNothing();
    await on.settle();
    a.expect('puback');
  });

  test('PUBREC to a kept session, and not to another; PUBCOMP to both', async () => {
    const on = new Ticking();
    await on.keeper();
    const kept = await on.connect('kept');
    const clean = on.rig.connect('clean');
    on.hang();
    const ids = [kept, clean].map((client) => client.sendPublish('t', 'x', { qos: 2 }));
    await on.tick();
    kept.expectNothing();
    clean.expect('pubrec');
    await on.settle();
    kept.expect('pubrec');
    on.hang();
    kept.ack('pubrel', ids[0]!);
    clean.ack('pubrel', ids[1]!);
    await on.tick();
    kept.expectNothing();
    clean.expectNothing();
    await on.settle();
    kept.expect('pubcomp');
    clean.expect('pubcomp');
  });

  test('SUBACK, UNSUBACK and CONNACK of a kept session', async () => {
    const on = new Ticking();
    const kept = on.rig.open();
    on.hang();
    kept.connect('kept', { expiry: 10 });
    await on.tick();
    kept.expectNothing();
    await on.settle();
    kept.expect('connack');
    on.hang();
    kept.sendSubscribe('t', 1);
    await on.tick();
    kept.expectNothing();
    await on.settle();
    kept.expect('suback');
    on.hang();
    kept.send({ type: 'unsubscribe', packetId: 9, filters: ['t'], properties: {} });
    await on.tick();
    kept.expectNothing();
    await on.settle();
    kept.expect('unsuback');
  });

  test('the CONNACK that says that a kept session is no more', async () => {
    const on = new Ticking();
    (await on.connect('a')).cut();
    await on.tick();
    on.hang();
    const a = on.rig.open();
    a.connect('a');
    await on.tick();
    a.expectNothing();
    await on.settle();
    a.expect('connack', { sessionPresent: false });
  });

  test('PUBLISH of QoS 2 and PUBREL to a kept session, but not PUBLISH of QoS 1', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    on.hang();
    on.rig.publish('t', 'one', { qos: 1 });
    on.rig.publish('t', 'two', { qos: 2 });
    await on.tick();
    keeper.expect('publish', { payload: 'one' });
    keeper.expectNothing();
    await on.settle();
    const { packetId } = keeper.expect('publish', { payload: 'two' });
    on.hang();
    keeper.ack('pubrec', packetId);
    await on.tick();
    keeper.expectNothing();
    await on.settle();
    keeper.expect('pubrel', { packetId });
  });

  test('what repeats an answer that waits', async () => {
    const on = new Ticking();
    const kept = await on.connect('kept');
    on.hang();
    const packetId = kept.sendPublish('t', 'x', { qos: 2 });
    await on.tick();
    kept.cut();
    const again = on.rig.open();
    again.connect('kept', { expiry: 1000, cleanStart: false });
    again.sendPublish('t', 'x', { qos: 2, packetId, dup: true });
    again.expectNothing();
    await on.settle();
    again.expect('connack', { sessionPresent: true });
    again.expect('pubrec', { packetId });
  });

  test('what comes behind what waits, in its order', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    on.hang();
    on.rig.publish('t', 'two', { qos: 2 });
    on.rig.publish('t', 'one', { qos: 1 });
    on.rig.publish('t', 'none');
    await on.tick();
    keeper.expectNothing();
    await on.settle();
    for (const payload of ['two', 'one', 'none']) keeper.expect('publish', { payload });
  });

  test('as long as its own commit takes, and no longer', async () => {
    const on = new Ticking();
    const kept = await on.connect('kept');
    on.hang();
    const first = kept.sendPublish('a', 'x', { qos: 1, retain: true });
    await on.tick();
    const second = kept.sendPublish('b', 'x', { qos: 1, retain: true });
    on.store.settle();
    await on.rig.settle();
    kept.expect('puback', { packetId: first });
    kept.expectNothing();
    // a third one is there when the second commit ends
    const third = kept.sendPublish('c', 'x', { qos: 1, retain: true });
    on.store.settle();
    await on.rig.settle();
    kept.expect('puback', { packetId: second });
    kept.expectNothing();
    await on.settle();
    kept.expect('puback', { packetId: third });
  });

  test('what came during the last commit and told of nothing new leaves with it', async () => {
    const on = new Ticking();
    const kept = await on.connect('kept');
    on.hang();
    kept.sendSubscribe('t', 1);
    await on.tick();
    kept.send({ type: 'unsubscribe', packetId: 9, filters: ['nothing'], properties: {} });
    kept.ack('pubrel', 77);
    await on.settle();
    kept.expect('suback');
    kept.expect('unsuback');
    kept.expect('pubcomp', { packetId: 77 });
    assert.equal(on.rig.broker.journal!.behind, false);
  });
});

suite('who does not wait', () => {
  test('clients whose sessions end with their connections', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    on.hang();
    keeper.sendSubscribe('u', 1);
    await on.tick();
    const a = on.rig.connect('a');
    const b = on.rig.connect('b', { version: 4 });
    a.subscribe('s', 2);
    for (const qos of [0, 1, 2] as const) b.publish('s', `${qos}`, { qos });
    assert.deepEqual(a.messages(), ['0', '1', '2']);
    a.ping();
    keeper.expectNothing();
  });

  test('whoever is let in late, after somebody else has something to wait for', async () => {
    const on = new Ticking();
    const keeper = await on.keeper();
    on.hang();
    on.rig.access.hold('connect');
    const a = on.rig.open();
    a.connect('a');
    keeper.sendSubscribe('u', 1);
    await on.tick();
    on.rig.access.answer();
    await on.rig.settle();
    a.expect('connack', { reasonCode: 0 });
  });

  test('PINGRESP, even where all else waits; but CONNACK comes first', async () => {
    const on = new Ticking();
    on.hang();
    const kept = on.rig.open();
    kept.connect('kept', { version: 4, cleanStart: false });
    kept.send({ type: 'pingreq' });
    await on.tick();
    kept.expectNothing();
    await on.settle();
    kept.expect('connack');
    kept.expect('pingresp');
    on.hang();
    kept.sendSubscribe('t', 1);
    await on.tick();
    kept.ping();
    await on.settle();
    kept.expect('suback');
    kept.expectNothing();
  });
});

suite('a connection that closes', () => {
  test('is told nothing before its CONNACK', async () => {
    const on = new Ticking();
    on.hang();
    on.rig.publish('r', 'x', { retain: true });
    await on.tick();
    const kept = on.rig.open();
    kept.connect('kept', { expiry: 10 });
    // the commit that ends is not the one that CONNACK waits for
    on.store.settle();
    await on.rig.settle();
    on.rig.broker.sessions.get('kept')!.outlet!.expel(true);
    kept.expectClosed();
    await on.settle();
    kept.expectNothing();
  });

  test('is told why at once, and what waited is gone', async () => {
    const on = new Ticking();
    const kept = await on.connect('kept');
    on.hang();
    kept.sendPublish('t', 'x', { qos: 1, retain: true });
    await on.tick();
    on.rig.broker.sessions.get('kept')!.outlet!.expel(true);
    kept.expectClosed(0x98);
    await on.settle();
    kept.expectNothing();
  });
});

suite('a client for which much waits', () => {
  test('misses QoS 0, and gets QoS 1 later', async () => {
    const on = new Ticking({ settings: { maxQueuedMessages: 0 } });
    const keeper = await on.connect('keeper');
    keeper.sendSubscribe('t', 1);
    on.hang();
    await on.tick();
    keeper.expectNothing();
    const large = 'x'.repeat(LIMITS.heldBytes);
    on.rig.publish('t', `1${large}`);
    on.rig.publish('t', '2');
    on.rig.publish('t', '3', { qos: 1 });
    on.rig.publish('t', '4', { qos: 1 });
    assert.equal(on.rig.broker.counters.publishDropped, 1);
    await on.settle();
    const [, ...messages] = keeper.packets.filter((packet) => packet.type === 'publish').map(payloadText);
    assert.deepEqual(messages, ['3', '4']);
  });
});

test('answers left unread count one by one, also those that have waited for the store', async () => {
  const on = new Ticking();
  const kept = await on.connect('kept');
  kept.wire.drain();
  on.hang();
  kept.sendSubscribe('t', 1);
  for (let i = 0; i < LIMITS.unreadAnswers; i++) kept.ack('pubrel', 7);
  await on.tick();
  await on.settle();
  assert.equal(kept.closed, false);
  assert.equal(kept.wire.unsentFrames, LIMITS.unreadAnswers + 1);
  kept.ack('pubrel', 7);
  assert.equal(kept.closed, true);
});

suite('while the store fails', () => {
  test('5.0 is told that a message cannot be kept; QoS 0 passes', async () => {
    const on = new Ticking();
    const kept = await on.connect('kept');
    const clean = on.rig.connect('clean');
    await on.breakDown();
    for (const client of [kept, clean]) {
      client.sendPublish('t', 'x', { qos: 1 });
      client.expect('puback', { reasonCode: 0x97 });
      client.sendPublish('t', 'x', { qos: 2 });
      client.expect('pubrec', { reasonCode: 0x97 });
      client.sendSubscribe('t', 0);
      client.expect('suback', { reasonCodes: [client === kept ? 0x97 : 0] });
    }
    kept.publish('t', 'none');
    clean.expect('publish', { payload: 'none' });
    await on.recover();
    for (const client of [kept, clean]) {
      client.sendPublish(client.clientId, 'x', { qos: 1 });
      client.sendSubscribe('u', 1);
      await on.tick();
      client.expect('puback', { reasonCode: 0x10 });
      client.expect('suback', { reasonCodes: [1] });
    }
    on.check();
  });

  test('earlier versions are closed where they cannot be told no', async () => {
    const on = new Ticking();
    const three = await on.connect('three', { version: 3 });
    const four = await on.connect('four', { version: 4 });
    const other = await on.connect('other', { version: 4 });
    await on.breakDown();
    four.sendSubscribe('t', 1);
    four.expect('suback', { reasonCodes: [0x80] });
    four.sendPublish('t', 'x', { qos: 1 });
    four.expectClosed();
    other.sendPublish('t', 'x', { qos: 2 });
    other.expectClosed();
    three.sendSubscribe('t', 1);
    three.expectClosed();
    assert.equal(on.rig.broker.subscriptionCount, 0);
    await on.recover();
    const again = await on.connect('four', { version: 4 });
    again.sendPublish('t', 'x', { qos: 1, dup: true });
    await on.tick();
    again.expect('puback');
    on.check();
  });

  test('who wants a session to be kept is not let in; who does not is', async () => {
    const on = new Ticking();
    await on.breakDown();
    const five = on.rig.open();
    five.connect('five', { expiry: 10 });
    five.expect('connack', { reasonCode: 0x97 });
    five.expectClosed();
    const four = on.rig.open();
    four.connect('four', { version: 4, cleanStart: false });
    four.expect('connack', { reasonCode: 3 });
    four.expectClosed();
    on.rig.connect('clean', { version: 4 });
    assert.equal(on.rig.broker.sessions.count, 1);
    await on.recover();
    await on.connect('five');
    await on.connect('four', { version: 4 });
    on.check();
  });

  test('a message of QoS 2 that was promised before is not refused', async () => {
    const on = new Ticking();
    await on.keeper();
    const a = await on.connect('a');
    const packetId = a.sendPublish('t', 'x', { qos: 2 });
    await on.tick();
    a.expect('pubrec', { reasonCode: 0 });
    await on.breakDown();
    a.ack('pubrel', packetId);
    a.expectNothing();
    await on.recover();
    a.expect('pubcomp', { reasonCode: 0 });
    on.check();
  });
});
