import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import { payloadText } from '../../test/broker/client.ts';
import { utf8Bytes } from '../protocol/bytes.ts';
import { Reason } from '../protocol/reason.ts';
import type { Hooks } from './hooks.ts';
import { Message } from './message.ts';

function rigWith(hooks: Hooks, options: ConstructorParameters<typeof Rig>[0] = {}): Rig {
  const rig = new Rig(options);
  rig.broker.hooks = hooks;
  return rig;
}

/** The message with another payload. */
function saying(message: Message, words: string): Message {
  const { topic, qos, retain, properties, expiresAt, publisher, source } = message;
  const payload = utf8Bytes(words);
  return new Message({ topic, payload, qos, retain, properties, expiresAt, publisher, source });
}

function text({ payload }: Message): string {
  return new TextDecoder().decode(payload);
}

/** An answer now or later. */
const WHEN = [
  ['at once', <T>(answer: T): T | Promise<T> => answer],
  ['later', <T>(answer: T): T | Promise<T> => Promise.resolve(answer)],
] as const;

describe('messages in', () => {
  for (const [when, give] of WHEN) {
    test(`are changed, at every QoS, ${when}`, async () => {
      const asked: string[] = [];
      const rig = rigWith({
        messageIn: ({ clientId }, message) => {
          asked.push(`${clientId} ${message.topic} ${text(message)}`);
          return give(saying(message, text(message).toUpperCase()));
        },
      });
      const receiver = rig.connect('receiver');
      receiver.subscribe('t', 2);
      const publisher = rig.connect('publisher');
      for (const qos of [0, 1, 2] as const) {
        const packetId = publisher.sendPublish('t', `m${qos}`, { qos });
        await rig.settle();
        if (qos === 1) publisher.expect('puback', { packetId, reasonCode: 0 });
        if (qos === 2) {
          publisher.expect('pubrec', { packetId, reasonCode: 0 });
          publisher.ack('pubrel', packetId);
          publisher.expect('pubcomp', { packetId });
        }
      }
      assert.deepEqual(receiver.messages(), ['M0', 'M1', 'M2']);
      assert.deepEqual(asked, ['publisher t m0', 'publisher t m1', 'publisher t m2']);
    });

    test(`are refused with a reason, ${when}`, async () => {
      const rig = rigWith({ messageIn: () => give(Reason.payloadFormatInvalid) });
      const receiver = rig.connect('receiver');
      receiver.subscribe('#', 2);
      const publisher = rig.connect('publisher');
      publisher.sendPublish('t', 'x');
      await rig.settle();
      publisher.expectNothing();
      for (const [qos, type] of [
        [1, 'puback'],
        [2, 'pubrec'],
      ] as const) {
        const packetId = publisher.sendPublish('t', 'x', { qos, retain: true });
        await rig.settle();
        publisher.expect(type, { packetId, reasonCode: Reason.payloadFormatInvalid });
      }
      receiver.expectNothing();
      assert.equal(rig.broker.retained.count, 0);
      assert.equal(rig.logged('publishDenied').length, 3);
    });

    test(`keep their order with what follows in the same chunk, ${when}`, async () => {
      const rig = rigWith({ messageIn: (_, message) => give(message) });
      const receiver = rig.connect('receiver');
      receiver.subscribe('t', 0);
      const publisher = rig.connect('publisher');
      publisher.send(...['1', '2', '3'].map((payload) => publisher.publishPacket('t', payload)), {
        type: 'disconnect',
        reasonCode: 0,
        properties: {},
      });
      await rig.settle();
      assert.deepEqual(receiver.messages(), ['1', '2', '3']);
      assert.ok(publisher.closed);
    });
  }

  test('of QoS 2 are asked about once, however often they are sent', () => {
    const asked: string[] = [];
    const rig = rigWith({
      messageIn: (_, message) => {
        asked.push(text(message));
        return saying(message, 'changed');
      },
    });
    const receiver = rig.connect('receiver');
    receiver.subscribe('t', 0);
    const publisher = rig.connect('publisher');
    const packetId = publisher.sendPublish('t', 'once', { qos: 2 });
    for (let times = 0; times < 2; times++) {
      publisher.expect('pubrec', { packetId, reasonCode: 0 });
      publisher.send({ ...publisher.publishPacket('t', 'once', { qos: 2 }), packetId, dup: true });
    }
    publisher.expect('pubrec', { packetId });
    assert.deepEqual(asked, ['once']);
    assert.deepEqual(rig.logged('packetIdReused'), []);
    publisher.send({ ...publisher.publishPacket('t', 'other', { qos: 2 }), packetId });
    publisher.expect('pubrec', { packetId });
    assert.deepEqual(asked, ['once', 'other']);
    assert.equal(rig.logged('packetIdReused').length, 1);
    publisher.ack('pubrel', packetId);
    assert.deepEqual(receiver.messages(), ['changed']);
    assert.equal(rig.stored, 0);
  });

  test('that exceed a quota are logged so', () => {
    const rig = rigWith({ messageIn: () => Reason.quotaExceeded });
    rig.connect('a').sendPublish('t', 'x', { qos: 1 });
    assert.deepEqual(rig.logged('publishQuotaExceeded').length, 1);
  });

  test('are not the ones that access has refused', () => {
    const rig = rigWith({ messageIn: () => assert.fail('asked') });
    rig.access.deny('a publish t');
    assert.equal(rig.connect('a').publish('t', 'x', { qos: 1 }), Reason.notAuthorized);
  });

  test('are dropped when the client has gone while they were thought about', async () => {
    const answers: (() => void)[] = [];
    const rig = rigWith({
      messageIn: (_, message) => new Promise((resolve) => answers.push(() => resolve(message))),
    });
    const receiver = rig.connect('receiver');
    receiver.subscribe('t', 1);
    const publisher = rig.connect('publisher');
    publisher.sendPublish('t', 'lost', { qos: 1 });
    publisher.cut();
    answers.shift()!();
    await rig.settle();
    receiver.expectNothing();
    const again = rig.connect('publisher');
    again.sendPublish('t', 'taken over', { qos: 1 });
    const other = rig.connect('publisher');
    again.expectClosed(Reason.sessionTakenOver);
    answers.shift()!();
    await rig.settle();
    other.expectNothing();
    receiver.expectNothing();
    other.sendPublish('t', 'stopped', { qos: 1 });
    rig.broker.stop();
    answers.shift()!();
    await rig.settle();
    assert.deepEqual(
      receiver.packets.map(({ type }) => type),
      ['disconnect'],
    );
  });

  for (const [when, give] of WHEN) {
    test(`wills are changed, ${when}`, async () => {
      const rig = rigWith({ messageIn: (_, message) => give(saying(message, `late ${text(message)}`)) });
      const receiver = rig.connect('receiver');
      receiver.subscribe('w', 0);
      rig.connect('client', { will: { topic: 'w', payload: 'client' } }).cut();
      await rig.settle();
      assert.deepEqual(receiver.messages(), ['late client']);
    });
  }

  test('wills are refused', () => {
    const rig = rigWith({ messageIn: () => Reason.notAuthorized });
    const receiver = rig.connect('receiver');
    receiver.subscribe('w', 0);
    rig.connect('client', { will: { topic: 'w', payload: 'x' } }).cut();
    receiver.expectNothing();
  });
});

describe('messages out', () => {
  test('are changed for one subscriber, and denied to another', () => {
    const rig = rigWith({
      messageOut: ({ clientId }, message) => {
        if (clientId === 'denied') return undefined;
        return clientId === 'plain' ? message : saying(message, `for ${clientId}`);
      },
    });
    const clients = ['plain', 'one', 'denied', 'two'].map((id) => rig.connect(id));
    for (const client of clients) client.subscribe('t', 1);
    for (const qos of [0, 1] as const) {
      rig.publish('t', 'x', { qos });
      const got = clients.map((client) => client.messages());
      assert.deepEqual(got, [['x'], ['for one'], [], ['for two']]);
    }
    assert.deepEqual(rig.logged('deliveryDenied')[0]?.client, 'denied');
    assert.equal(rig.stored, 0);
  });

  test('are asked about once per delivery, also when they wait in a queue', () => {
    const asked: string[] = [];
    const rig = rigWith(
      {
        messageOut: (_, message) => {
          asked.push(text(message));
          return saying(message, `${text(message)}!`);
        },
      },
      { settings: { maxInflightMessages: 1 } },
    );
    const client = rig.connect('a', { expiry: 100, version: 5, properties: { receiveMaximum: 1 } });
    client.subscribe('t', 1);
    for (const payload of ['1', '2', '3']) rig.publish('t', payload, { qos: 1 });
    assert.deepEqual(asked, ['1', '2', '3']);
    client.cut();
    rig.publish('t', '4', { qos: 1 });
    const back = rig.connect('a', { expiry: 100, cleanStart: false });
    assert.deepEqual(back.messages(), ['1!', '2!', '3!', '4!']);
    assert.deepEqual(asked, ['1', '2', '3', '4']);
  });

  test('retained ones are asked about too', () => {
    const rig = rigWith({ messageOut: (_, message) => saying(message, 'shown') });
    rig.publish('t', 'kept', { retain: true });
    const client = rig.connect('a');
    client.subscribe('t');
    client.expect('publish', { payload: 'shown', retain: true });
  });

  test('of a shared group are shown to each member anew', () => {
    const rig = rigWith({
      messageOut: ({ clientId }, message) => saying(message, `${text(message)} ${clientId}`),
    });
    const [a, b] = ['a', 'b'].map((id) => rig.connect(id, { properties: { receiveMaximum: 1 } }));
    for (const client of [a!, b!]) client.subscribe('$share/g/t', 1);
    for (const payload of ['1', '2', '3', '4']) rig.publish('t', payload, { qos: 1 });
    a!.cut();
    assert.deepEqual(b!.messages(), ['2 b', '4 b', '1 b', '3 b']);
    assert.equal(rig.stored, 0);
  });
});

describe('subscriptions', () => {
  for (const [when, give] of WHEN) {
    test(`are changed, ${when}`, async () => {
      const rig = rigWith({
        subscribing: ({ clientId }, request) =>
          give({ ...request, filter: `${clientId}/${request.filter}`, qos: 0 }),
        unsubscribing: ({ clientId }, filter) => give(`${clientId}/${filter}`),
      });
      const client = rig.connect('a');
      const packetId = client.sendSubscribe(['x', 'y'], 2);
      await rig.settle();
      client.expect('suback', { packetId, reasonCodes: [0, 0] });
      rig.publish('a/y', 'jailed', { qos: 2 });
      assert.deepEqual(client.messages(), ['jailed']);
      assert.deepEqual(
        rig.logged('subscribed').map(({ filter, qos }) => `${filter} ${qos}`),
        ['a/x 0', 'a/y 0'],
      );
      client.send({ type: 'unsubscribe', packetId: 9, filters: ['y', 'z'], properties: {} });
      await rig.settle();
      client.expect('unsuback', { packetId: 9, reasonCodes: [0, Reason.noSubscriptionExisted] });
      rig.publish('a/y', 'gone');
      client.expectNothing();
    });

    test(`are refused with a reason, ${when}`, async () => {
      const rig = rigWith({
        subscribing: (_, request) => give(request.filter === 'no' ? Reason.quotaExceeded : request),
        unsubscribing: () => give(Reason.notAuthorized),
      });
      const client = rig.connect('a');
      client.sendSubscribe(['no', 'yes'], 1);
      await rig.settle();
      client.expect('suback', { reasonCodes: [Reason.quotaExceeded, 1] });
      client.send({ type: 'unsubscribe', packetId: 9, filters: ['yes'], properties: {} });
      await rig.settle();
      client.expect('unsuback', { packetId: 9, reasonCodes: [Reason.notAuthorized] });
    });
  }

  test('are asked about with the mount point, after access has said yes', async () => {
    const asked: string[] = [];
    const rig = rigWith(
      {
        subscribing: (_, request) => {
          asked.push(request.filter);
          return request;
        },
      },
      { listener: { mountPoint: 'm/' } },
    );
    rig.access.deny('a subscribe m/no');
    rig.access.hold('subscribe');
    const client = rig.connect('a');
    client.sendSubscribe(['no', '$share/g/yes']);
    for (let times = 0; times < 2; times++) {
      rig.access.answer();
      await rig.settle();
    }
    client.expect('suback', { reasonCodes: [Reason.notAuthorized, 0] });
    assert.deepEqual(asked, ['$share/g/m/yes']);
  });
});

test('what happens is told', () => {
  const told: string[] = [];
  const tell = (...words: readonly unknown[]): void => void told.push(words.join(' '));
  const rig = rigWith({
    connected: ({ clientId }, { keepAliveSeconds }) => tell(clientId, 'connected', keepAliveSeconds),
    disconnected: ({ clientId }, cause, kept) => tell(clientId, cause, kept),
    subscribed: ({ clientId }, { filter, qos }) => tell(clientId, 'has', filter, qos),
    unsubscribed: ({ clientId }, filter) => tell(clientId, 'has not', filter),
    tick: (now) => tell('tick', now - rig.now),
  });
  const a = rig.connect('a', { keepAliveSeconds: 30 });
  a.subscribe('t', 2);
  a.unsubscribe('t', 'never');
  a.disconnect();
  const b = rig.connect('b', { expiry: 10 });
  b.cut();
  rig.connect('b', { expiry: 10 });
  rig.connect('b');
  rig.advance(1000);
  rig.open().connect('');
  assert.deepEqual(told.slice(0, -1), [
    'a connected 30',
    'a has t 2',
    'a has not t',
    'a normal false',
    'b connected 0',
    'b connection closed by client true',
    'b connected 0',
    'b session taken over true',
    'b connected 0',
    'tick 0',
  ]);
  assert.match(told.at(-1)!, /^auto-\S+ connected 0$/);
});

describe('requests to the broker', () => {
  const TOPIC = '$CONTROL/test/v1';

  test('are closed where nobody answers', () => {
    const rig = new Rig();
    assert.equal(rig.connect('a').publish(TOPIC, 'x', { qos: 1 }), Reason.notAuthorized);
  });

  for (const [when, give] of WHEN) {
    test(`go to whoever answers, at every QoS once, and to nobody else, ${when}`, async () => {
      const asked: string[] = [];
      const rig = rigWith({
        messageIn: () => assert.fail('asked'),
        control: ({ clientId }, message) => {
          asked.push(`${clientId} ${message.topic} ${text(message)}`);
          return give(message.topic === TOPIC);
        },
      });
      const watcher = rig.connect('watcher');
      watcher.subscribe(['$CONTROL/#', '#'], 2);
      const client = rig.connect('a');
      client.sendPublish(TOPIC, '0');
      await rig.settle();
      let packetId = client.sendPublish(TOPIC, '1', { qos: 1 });
      await rig.settle();
      client.expect('puback', { packetId, reasonCode: 0 });
      packetId = client.sendPublish(TOPIC, '2', { qos: 2 });
      client.send({ ...client.publishPacket(TOPIC, '2', { qos: 2 }), packetId, dup: true });
      await rig.settle();
      for (let times = 0; times < 2; times++) client.expect('pubrec', { packetId, reasonCode: 0 });
      client.ack('pubrel', packetId);
      await rig.settle();
      client.expect('pubcomp', { packetId });
      assert.deepEqual(
        asked,
        ['0', '1', '2'].map((payload) => `a ${TOPIC} ${payload}`),
      );
      client.sendPublish('$CONTROL/none', 'x', { qos: 1 });
      await rig.settle();
      const answer = client.expect('publish', { topic: '$CONTROL/none/response', qos: 0 });
      assert.equal(payloadText(answer), '{"error": "endpoint not available"}');
      client.expect('puback', { reasonCode: 0 });
      watcher.expectNothing();
      assert.equal(rig.stored, 0);
    });
  }

  test('need the right to publish there', () => {
    const rig = rigWith({ control: () => assert.fail('asked') });
    rig.access.deny(`a publish ${TOPIC}`);
    assert.equal(rig.connect('a').publish(TOPIC, 'x', { qos: 1 }), Reason.notAuthorized);
  });
});

test('a client is sent away, with its will or without', () => {
  const rig = new Rig();
  const watcher = rig.connect('watcher');
  watcher.subscribe('w');
  for (const [willDue, wills] of [
    [true, ['bye']],
    [false, []],
  ] as const) {
    const client = rig.connect('a', { will: { topic: 'w', payload: 'bye' } });
    rig.broker.sessions.get('a')!.outlet!.expel(willDue);
    client.expectClosed(Reason.administrativeAction);
    assert.deepEqual(watcher.messages(), wills);
  }
});
