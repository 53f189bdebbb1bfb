/** A broker that begins with what another has left. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ConnectOptions } from '../../test/broker/client.ts';
import { Rig } from '../../test/broker/rig.ts';
import { Ticking } from '../../test/broker/ticking.ts';
import type { Change } from './change.ts';
import { IncompleteError, restoreInto } from './restore.ts';

function will(payload: string, willDelayInterval: number): ConnectOptions {
  return { will: { topic: 't', payload, qos: 1, properties: { willDelayInterval } } };
}

/** Whether retained messages are on their way to a subscription. */
function isDue({ store }: Ticking): boolean {
  return store.state.lines().some((line) => line.includes('"isReplaying":true'));
}

suite('after a restart', () => {
  test('sessions, their subscriptions and what is retained are there', async () => {
    const before = new Ticking();
    const keeper = await before.keeper();
    keeper.sendSubscribe('$share/g/s', 1);
    keeper.sendSubscribe('own', 2, { noLocal: true, retainAsPublished: true, identifier: 7 });
    before.rig.publish('r', 'kept', { retain: true, qos: 1 });
    await before.tick();
    const on = before.restart();
    assert.equal(on.rig.broker.subscriptionCount, 2);
    assert.equal(on.rig.broker.shared.count, 1);
    assert.equal(on.rig.broker.retained.count, 1);
    const again = await on.connect('keeper');
    assert.equal(again.connack!.sessionPresent, true);
    again.sendPublish('own', 'x');
    on.rig.publish('own', 'y', { retain: true });
    on.rig.publish('s', 'z');
    again.expect('publish', { payload: 'y', retain: true, properties: { subscriptionIdentifiers: [7] } });
    again.expect('publish', { payload: 'z' });
    again.expectNothing();
    const other = on.rig.connect('other');
    other.sendSubscribe('r', 1);
    other.expect('suback');
    other.expect('publish', { payload: 'kept', retain: true });
    await on.tick();
    on.check();
  });

  test('retained messages that were on their way to a new subscription come all the same', async () => {
    const before = new Ticking();
    for (let at = 0; at < 10; at++) before.rig.publish(`r/${at}`, `${at}`, { retain: true, qos: 1 });
    const reader = await before.connect('reader', { properties: { receiveMaximum: 2 } });
    reader.sendSubscribe('r/#', 1);
    await before.tick();
    reader.expect('suback');
    for (let sent = 0; sent < 2; sent++) reader.expect('publish', { retain: true });
    reader.expectNothing();
    assert.ok(isDue(before));
    const on = before.restart();
    const again = await on.connect('reader');
    assert.equal(new Set(again.messages()).size, 10);
    await on.tick();
    on.check();
    assert.ok(!isDue(on));
  });

  test('messages of QoS 0 that queue_qos0_messages has queued are there', async () => {
    const options = { settings: { queueQos0Messages: true } };
    const before = new Ticking(options);
    (await before.keeper()).cut();
    before.rig.publish('t', 'queued', { qos: 0 });
    await before.tick();
    const on = before.restart(0, options);
    const again = await on.connect('keeper');
    again.expect('publish', { payload: 'queued', qos: 0 });
    await on.tick();
    on.check();
    assert.equal(on.rig.stored, 0);
  });

  test('what was sent is sent again with DUP, what was received is released, what waited is sent', async () => {
    const before = new Ticking();
    const keeper = await before.connect('keeper', { properties: { receiveMaximum: 3 } });
    keeper.sendSubscribe('t', 2);
    await before.tick();
    keeper.expect('suback');
    for (const [at, qos] of ([2, 2, 1, 1] as const).entries()) before.rig.publish('t', `${at}`, { qos });
    await before.tick();
    const first = keeper.expect('publish', { payload: '0', qos: 2 }).packetId;
    keeper.ack('pubrec', first);
    await before.tick();
    const on = before.restart();
    const again = await on.connect('keeper');
    again.expect('pubrel', { packetId: first });
    again.expect('publish', { payload: '1', qos: 2, dup: true, packetId: first + 1 });
    again.expect('publish', { payload: '2', qos: 1, dup: true, packetId: first + 2 });
    // identifiers go on where they were
    again.expect('publish', { payload: '3', qos: 1, dup: false, packetId: first + 3 });
    again.ack('pubcomp', first);
    assert.deepEqual(again.messages(), []);
    for (const id of [2, 3]) again.ack('puback', first + id);
    again.ack('pubrec', first + 1);
    await on.tick();
    again.expect('pubrel');
    again.ack('pubcomp', first + 1);
    await on.tick();
    assert.equal(on.rig.stored, 0);
    on.check();
  });

  test('a message of QoS 2 that was received and not released goes on when it is', async () => {
    const before = new Ticking();
    await before.keeper();
    const a = await before.connect('a');
    const packetId = a.sendPublish('t', 'x', { qos: 2 });
    await before.tick();
    a.expect('pubrec', { packetId });
    const on = before.restart();
    const again = await on.connect('a');
    again.sendPublish('t', 'x', { qos: 2, packetId, dup: true });
    again.expect('pubrec', { packetId });
    again.ack('pubrel', packetId);
    await on.tick();
    again.expect('pubcomp', { packetId });
    const keeper = await on.connect('keeper');
    keeper.expect('publish', { payload: 'x', dup: false });
    keeper.expectNothing();
    on.check();
  });

  test('what waited for the store and did not get there has never been', async () => {
    const before = new Ticking();
    await before.keeper();
    const a = before.rig.connect('a');
    before.hang();
    a.sendPublish('t', 'x', { qos: 1 });
    await before.tick();
    a.expectNothing();
    const on = before.restart();
    const keeper = await on.connect('keeper');
    keeper.expectNothing();
    on.check();
  });

  test('identifiers of the store are not used again', async () => {
    const before = new Ticking();
    const keeper = await before.keeper();
    keeper.cut();
    before.rig.publish('t', 'x', { qos: 1 });
    await before.tick();
    const on = before.restart();
    on.rig.publish('t', 'y', { qos: 1 });
    await on.tick();
    assert.equal(on.store.state.messages.size, 2);
    assert.equal(on.store.state.deliveries.size, 2);
    const again = await on.connect('keeper');
    assert.deepEqual(again.messages(), ['x', 'y']);
    await on.tick();
    on.check();
  });

  test('the clients of the last broker have left with it', async () => {
    const before = new Ticking();
    await before.connect('brief', { expiry: 10 });
    const on = before.restart(60_000);
    assert.equal(on.rig.broker.sessions.get('brief')!.expiresAt, on.rig.now + 10_000);
    await on.tick();
    on.check();
    on.rig.advance(10_000);
    assert.equal(on.rig.broker.sessions.count, 0);
    await on.tick();
    on.check();
  });
});

test('what waits for a member of a group goes to another one when its session ends', async () => {
  const before = new Ticking();
  for (const id of ['a', 'both']) {
    const client = await before.connect(id, { expiry: 5 });
    client.sendSubscribe(id === 'a' ? '$share/g/t' : ['$share/h/t', '+'], 1);
    client.cut();
  }
  before.rig.publish('t', 'x', { qos: 1 });
  await before.tick();
  const on = before.restart();
  const b = await on.connect('b');
  b.sendSubscribe(['$share/g/t', '$share/h/t'], 1);
  await on.tick();
  b.expect('suback');
  on.rig.advance(5000);
  assert.deepEqual(b.messages(), ['x']);
  await on.tick();
  on.check();
});

suite('time has passed', () => {
  test('a session that has expired is not there, not even for a client that comes at once', async () => {
    const before = new Ticking();
    (await before.connect('a', { expiry: 10 })).cut();
    (await before.connect('b', { expiry: 100 })).cut();
    await before.tick();
    const on = before.restart(20_000);
    assert.deepEqual(
      [...on.rig.broker.sessions.values()].map(({ clientId }) => clientId),
      ['b'],
    );
    const a = await on.connect('a');
    assert.equal(a.connack!.sessionPresent, false);
    on.rig.advance(79_000);
    assert.ok(on.rig.broker.sessions.get('b') !== undefined);
    on.rig.advance(1000);
    assert.equal(on.rig.broker.sessions.get('b'), undefined);
    await on.tick();
    on.check();
  });

  test('a session that was to end with its connection has ended', async () => {
    const before = new Ticking();
    (await before.connect('a')).cut();
    await before.connect('a', { expiry: 0 });
    const on = before.restart();
    assert.equal(on.rig.broker.sessions.count, 0);
    await on.tick();
    assert.deepEqual(on.store.state.lines(), []);
  });

  test('a will that was due is published; so is that of a client that was there', async () => {
    const before = new Ticking();
    await before.keeper();
    (await before.connect('gone', will('gone', 10))).cut();
    (await before.connect('late', will('late', 100))).cut();
    await before.connect('there', will('there', 0));
    await before.connect('slow', will('slow', 5));
    await before.connect('content', will('content', 0)).then((client) => client.disconnect());
    await before.tick();
    const on = before.restart(20_000);
    const keeper = await on.connect('keeper');
    assert.deepEqual(keeper.messages(), ['there']);
    on.rig.advance(1000);
    assert.deepEqual(keeper.messages(), ['gone']);
    on.rig.advance(4000);
    assert.deepEqual(keeper.messages(), ['slow']);
    on.rig.advance(74_000);
    assert.deepEqual(keeper.messages(), []);
    on.rig.advance(1000);
    assert.deepEqual(keeper.messages(), ['late']);
    await on.tick();
    on.check();
    assert.equal(on.store.state.wills.size, 0);
  });

  test('a client that is back before its will is due takes it back', async () => {
    const before = new Ticking();
    await before.keeper();
    (await before.connect('a', will('x', 30))).cut();
    await before.tick();
    const on = before.restart(20_000);
    const keeper = await on.connect('keeper');
    await on.connect('a');
    on.rig.advance(60_000);
    keeper.expectNothing();
    on.check();
  });

  test('a message that has expired is not sent, and goes from the disk', async () => {
    const before = new Ticking();
    (await before.keeper()).cut();
    before.rig.publish('t', 'old', { qos: 1, properties: { messageExpiryInterval: 10 } });
    before.rig.publish('t', 'new', { qos: 1, properties: { messageExpiryInterval: 100 } });
    await before.tick();
    const on = before.restart(20_000);
    const keeper = await on.connect('keeper');
    keeper.expect('publish', { payload: 'new', properties: { messageExpiryInterval: 80 } });
    await on.tick();
    assert.equal(on.store.state.messages.size, 1);
    on.check();
  });
});

test('what nobody refers to is forgotten', async () => {
  const on = new Ticking();
  const message = {
    topic: 't',
    payload: new Uint8Array(1),
    qos: 1 as const,
    retain: false,
    properties: {},
    expiresAt: 0,
    publisher: '',
    username: undefined,
    port: 0,
  };
  on.store.state.apply([{ kind: 'message kept', id: 5, message }]);
  const next = on.restart();
  await next.tick();
  assert.deepEqual(next.kinds, ['message forgotten']);
});

test('a store that gives what a store does not give is told so', () => {
  const { broker } = new Rig();
  const changes: readonly Change[] = [{ kind: 'delivery done', key: 1 }];
  assert.throws(() => restoreInto(broker, changes), /no "delivery done"/);
});

test('a store whose content refers to what is not there is not taken for whole', () => {
  const session = {
    clientId: 'c',
    username: undefined,
    port: 0,
    expiryInterval: 10,
    expiresAt: 0,
    willAt: 0,
    seenAt: 0,
  };
  const delivery = {
    clientId: 'c',
    messageId: 7,
    direction: 'out',
    qos: 1,
    retain: false,
    packetId: 0,
    state: 'waiting',
    identifiers: undefined,
  } as const;
  const subscription = {
    filter: 't',
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    isReplaying: false,
  } as const;
  const broken: readonly (readonly Change[])[] = [
    [{ kind: 'retained', topic: 't', id: 7 }],
    [{ kind: 'subscribed', clientId: 'c', subscription }],
    [
      { kind: 'session', session },
      { kind: 'delivery', key: 1, delivery },
    ],
  ];
  for (const changes of broken) assert.throws(() => restoreInto(new Rig().broker, changes), IncompleteError);
});
