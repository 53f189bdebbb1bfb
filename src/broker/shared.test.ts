import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Rig } from '../../test/broker/rig.ts';
import type { Client, ConnectOptions } from '../../test/broker/client.ts';
import { ShareGroup, SharedSubscriptions } from './shared.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

const FILTER = '$share/g/t';

/** Members of one group, by name. */
function members(rig: Rig, names: string, options: ConnectOptions = {}, qos: 0 | 1 | 2 = 1): Client[] {
  return names.split('').map((name) => {
    const client = rig.connect(name, options);
    client.subscribe(FILTER, qos);
    return client;
  });
}

function publishAll(rig: Rig, payloads: string, qos: 0 | 1 | 2 = 1): void {
  for (const payload of payloads.split('')) rig.publish('t', payload, { qos });
}

/** What each has got, acknowledged. */
function got(...clients: readonly Client[]): string[] {
  return clients.map((client) => client.messages().join(''));
}

const STAYING = { cleanStart: false, expiry: 100 } as const;

describe('the turns of a group', () => {
  test('[MQTT-4.8.2-4] go round, one message to one member', () => {
    for (const qos of [0, 1, 2] as const) {
      const rig = new Rig();
      const group = members(rig, 'abc', {}, qos);
      publishAll(rig, '1234567', qos);
      assert.deepEqual(got(...group), ['147', '25', '36']);
      assert.equal(rig.stored, 0);
    }
  });

  test('go on fairly when one joins or leaves', () => {
    const rig = new Rig();
    const [a, b, c] = members(rig, 'abc');
    publishAll(rig, '12');
    b!.unsubscribe(FILTER);
    publishAll(rig, '3456');
    assert.deepEqual(got(a!, b!, c!), ['146', '2', '35']);
    const [d] = members(rig, 'd');
    publishAll(rig, '123456');
    const shares = got(a!, c!, d!).map((text) => text.length);
    assert.deepEqual(shares, [2, 2, 2]);
  });

  test('are of each group for itself, beside ordinary subscriptions', () => {
    const rig = new Rig();
    const [a, b] = members(rig, 'ab');
    const c = rig.connect('c');
    c.subscribe(['$share/h/t', '$share/g/+', 't']);
    b!.subscribe('$share/h/t');
    publishAll(rig, '12', 0);
    assert.deepEqual(got(a!, b!), ['1', '22'], 'b has its turns in both groups');
    assert.equal(got(c)[0], '11122', 'the group of another filter is another group');
  });

  test('pass over who is not connected, while somebody is', () => {
    const rig = new Rig();
    const [a, b, c] = members(rig, 'abc', STAYING);
    b!.cut();
    publishAll(rig, '1234');
    assert.deepEqual(got(a!, c!), ['13', '24']);
    assert.equal(rig.stored, 0);
    assert.deepEqual(got(rig.connect('b', STAYING)), ['']);
  });

  test('pass over who has no room, while somebody has', () => {
    const rig = new Rig();
    const [slow] = members(rig, 's', { properties: { receiveMaximum: 1 } });
    const [full] = members(rig, 'f');
    full!.wire.full = true;
    const [ready] = members(rig, 'r');
    publishAll(rig, '12345');
    assert.deepEqual(got(ready!), ['2345']);
    assert.deepEqual(got(slow!), ['1']);
    full!.wire.drain();
    assert.deepEqual(got(full!), ['']);
  });

  test('when nobody has room, go to who is connected and queues it', () => {
    const rig = new Rig();
    const [away] = members(rig, 'w', STAYING);
    const [a, b] = members(rig, 'ab', { properties: { receiveMaximum: 1 } });
    away!.cut();
    publishAll(rig, '123456');
    assert.deepEqual(got(a!, b!), ['135', '246']);
  });

  test('when nobody is connected, go to all in turn, and nothing is lost at QoS 1 and 2', () => {
    const rig = new Rig();
    for (const client of members(rig, 'abc', STAYING, 2)) client.cut();
    publishAll(rig, '123456', 1);
    publishAll(rig, '7', 2);
    publishAll(rig, '8', 0);
    assert.equal(rig.stored, 7);
    const back = ['a', 'b', 'c'].map((name) => rig.connect(name, STAYING));
    assert.deepEqual(got(...back), ['147', '25', '36']);
  });
});

describe('a member that goes offline', () => {
  test('hands over what it never got, in order', () => {
    const rig = new Rig();
    const [a, b] = members(rig, 'ab', { ...STAYING, properties: { receiveMaximum: 1 } });
    publishAll(rig, '123456');
    a!.expect('publish', { payload: '1' });
    a!.cut();
    assert.deepEqual(got(b!), ['24635']);
    assert.equal(rig.stored, 1, 'what was sent stays with it');
    const back = rig.connect('a', STAYING);
    back.expect('publish', { payload: '1', dup: true });
    assert.deepEqual(got(back), ['']);
  });

  test('keeps all when no other member is connected', () => {
    const rig = new Rig();
    const [a, b] = members(rig, 'ab', { ...STAYING, properties: { receiveMaximum: 1 } });
    b!.cut();
    publishAll(rig, '123');
    a!.cut();
    assert.equal(rig.stored, 3);
    assert.deepEqual(got(rig.connect('a', STAYING)), ['123']);
  });

  test('hands over nothing of its own subscriptions', () => {
    const rig = new Rig();
    const [a, b] = members(rig, 'ab', STAYING);
    a!.subscribe('t', 1);
    a!.wire.full = true;
    rig.publish('t', 'x', { qos: 1 });
    a!.cut();
    assert.deepEqual(got(b!), ['x'], 'it was its turn');
    assert.deepEqual(got(rig.connect('a', STAYING)), ['x']);
  });

  test('does not hand over what has expired [MQTT-3.3.2-5]', () => {
    const rig = new Rig();
    const [a, b] = members(rig, 'ab', STAYING);
    for (const client of [a!, b!]) client.wire.full = true;
    for (const messageExpiryInterval of [10, 100]) {
      rig.publish('t', `${messageExpiryInterval}`, { qos: 1, properties: { messageExpiryInterval } });
      rig.publish('t', 'for b', { qos: 1 });
    }
    rig.advance(50_000);
    b!.wire.drain();
    assert.deepEqual(got(b!), ['for bfor b']);
    a!.cut();
    b!.expect('publish', { payload: '100', properties: { messageExpiryInterval: 50 } });
    b!.expectNothing();
  });

  test('hands over nothing to who may not read it', () => {
    const rig = new Rig();
    const [a, b] = members(rig, 'ab', STAYING);
    rig.access.deny('b receive t');
    a!.wire.full = true;
    b!.wire.full = true;
    publishAll(rig, '1');
    a!.cut();
    b!.wire.drain();
    assert.deepEqual(got(b!), ['']);
  });

  test('in a chain, one after the other, loses nothing', () => {
    const rig = new Rig();
    const group = members(rig, 'abcd', { ...STAYING, properties: { receiveMaximum: 1 } });
    for (const client of group) client.wire.full = true;
    publishAll(rig, '12345678');
    for (const client of group.slice(0, 3)) client.cut();
    group[3]!.wire.drain();
    assert.equal(got(group[3]!)[0]!.split('').toSorted().join(''), '12345678');
    assert.equal(rig.stored, 0);
  });
});

describe('a member whose session ends', () => {
  test('hands over what was in flight at QoS 1, but not at QoS 2 [MQTT-4.8.2-5]', () => {
    const rig = new Rig();
    const [a] = members(rig, 'a', {}, 2);
    publishAll(rig, '12', 1);
    publishAll(rig, '34', 2);
    const [b] = members(rig, 'b', {}, 2);
    a!.wire.packets.length = 0;
    a!.ack('puback', 2);
    a!.cut();
    assert.deepEqual(got(b!), ['1']);
    assert.equal(rig.stored, 0);
  });

  test('hands over what it never got, of QoS 2 too', () => {
    const rig = new Rig();
    const [a] = members(rig, 'a', { properties: { receiveMaximum: 1 } }, 2);
    publishAll(rig, '1', 2);
    publishAll(rig, '2', 1);
    publishAll(rig, '3', 2);
    const [b] = members(rig, 'b', {}, 2);
    a!.disconnect();
    assert.deepEqual(got(b!), ['23']);
    assert.equal(rig.stored, 0);
  });

  test('by expiry, or a clean start, hands over to members that are away too', () => {
    for (const end of ['expiry', 'clean start'] as const) {
      const rig = new Rig();
      const [a, b] = members(rig, 'ab', { ...STAYING, expiry: 10 });
      b!.cut();
      publishAll(rig, '12');
      rig.connect('b', { cleanStart: false, expiry: 1000 }).cut();
      a!.cut();
      publishAll(rig, '3456');
      if (end === 'expiry') rig.advance(10_000);
      else rig.connect('a');
      assert.equal(got(rig.connect('b', STAYING))[0]!.split('').toSorted().join(''), '123456');
      assert.equal(rig.stored, 0);
    }
  });

  test('as the last of its group takes all with it', () => {
    const rig = new Rig();
    const [a] = members(rig, 'a');
    publishAll(rig, '123');
    a!.cut();
    assert.deepEqual([rig.stored, rig.broker.shared.count], [0, 0]);
    assert.deepEqual(got(...members(rig, 'b')), ['']);
  });

  test('and whose will goes to the group is not chosen for it', () => {
    const rig = new Rig();
    const [a] = members(rig, 'a', { will: { topic: 't', payload: 'will', qos: 1 } });
    const [b] = members(rig, 'b');
    publishAll(rig, '12');
    assert.deepEqual(got(a!, b!), ['1', '2']);
    a!.cut();
    assert.deepEqual(got(b!), ['will']);
    assert.equal(rig.stored, 0);
  });
});

test('a shared subscription is counted apart', () => {
  const rig = new Rig();
  members(rig, 'ab');
  assert.deepEqual([rig.broker.shared.count, rig.broker.subscriptionCount], [2, 0]);
  rig.connect('a').subscribe('$share/h/#');
  assert.deepEqual([rig.broker.shared.count, rig.broker.subscriptionCount], [2, 0]);
});

/** As much of a subscription as a group looks at. */
function member(name: string): Subscription {
  const session = { clientId: name, ready: true, connected: true } as Session;
  return { shareName: 'g', topicFilter: 't', session } as Subscription;
}

test('whoever joins and leaves, the group lives as long as it has members', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { maxLength: 40 }), (choices) => {
      const shared = new SharedSubscriptions();
      const all = ['a', 'b', 'c', 'd', 'e'].map(member);
      const inside = new Set<Subscription>();
      for (const at of choices) {
        const one = all[at]!;
        if (inside.delete(one)) shared.remove(one);
        else {
          inside.add(one);
          shared.add(one);
        }
        const [group] = shared.match('t');
        assert.equal(group?.size, inside.size > 0 ? inside.size : undefined);
        assert.equal(shared.count, inside.size);
      }
    }),
  );
});

test('whoever joins and leaves, nobody waits for more than one round', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (choices) => {
      const group = new ShareGroup('g/t', 't');
      const chosen: string[] = [];
      const all = ['a', 'b', 'c', 'd', 'e'].map(member);
      for (const { session } of all) session.deliver = () => chosen.push(session.clientId);
      const inside: Subscription[] = [];
      for (const choice of choices) {
        const one = all[choice % 5]!;
        if (choice >= 5) {
          group.deliver({} as Parameters<ShareGroup['deliver']>[0]);
          continue;
        }
        const at = inside.indexOf(one);
        if (at >= 0) {
          inside.splice(at, 1);
          group.remove(one);
        } else {
          inside.push(one);
          group.add(one);
        }
      }
      chosen.length = 0;
      for (const _ of inside) group.deliver({} as Parameters<ShareGroup['deliver']>[0]);
      assert.deepEqual(chosen.toSorted(), inside.map(({ session }) => session.clientId).toSorted());
    }),
  );
});

test('when the member whose turn it is has gone and nobody is connected, the message waits for another', () => {
  const rig = new Rig({ log: false });
  for (const name of ['a', 'b', 'c']) rig.connect(name, { expiry: 100 }).subscribe('$share/g/t', 1);
  for (const name of ['a', 'b', 'c']) rig.connect(name, { cleanStart: false, expiry: 100 }).cut();
  rig.publish('t', '1', { qos: 1 });
  rig.publish('t', '2', { qos: 1 });
  const c = rig.connect('c', { cleanStart: false });
  c.unsubscribe('$share/g/t');
  rig.publish('t', '3', { qos: 1 });
  const read = ['a', 'b'].flatMap((name) => rig.connect(name, { cleanStart: false }).messages());
  assert.deepEqual(read.toSorted(), ['1', '2', '3']);
});
