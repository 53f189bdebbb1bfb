import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Rig } from '../../test/broker/rig.ts';
import { runs } from '../../test/runs.ts';
import type { Client } from '../../test/broker/client.ts';
import { Reason } from '../protocol/reason.ts';
import { DEFAULT_LISTENER } from './limits.ts';
import type { ListenerSettings } from './limits.ts';

/** A broker with a subscriber to everything, and a client whose pace is limited. */
function paced(listener: Partial<ListenerSettings>): { rig: Rig; client: Client; subscriber: Client } {
  const rig = new Rig({ listener });
  const subscriber = rig.connect('subscriber', {}, rig.listen());
  subscriber.subscribe('#');
  return { rig, client: rig.connect('client'), subscriber };
}

function sendMany(client: Client, count: number, from = 0): void {
  client.send(...Array.from({ length: count }, (_, i) => client.publishPacket('t', `${from + i}`)));
}

/** Lets time pass in steps in which the socket hands over what it held back. */
async function pass(rig: Rig, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    rig.advance(20);
    await rig.settle();
  }
}

describe('message_rate', () => {
  test('pause: what is over the rate is read when it is due, in order, and nothing is lost', async () => {
    const { rig, client, subscriber } = paced({ messageRate: 10 });
    sendMany(client, 30);
    assert.equal(subscriber.messages().length, 10, 'a second’s worth at once');
    assert.equal(client.wire.paused, true);
    await pass(rig, 1000);
    assert.equal(subscriber.messages().length, 10);
    await pass(rig, 1000);
    assert.deepEqual(subscriber.messages(), ['20', '21', '22', '23', '24', '25', '26', '27', '28', '29']);
    assert.equal(client.wire.paused, false);
    client.ping();
  });

  test('pause: comes steadily, not in bursts of a second', async () => {
    const { rig, client, subscriber } = paced({ messageRate: 100 });
    sendMany(client, 400);
    subscriber.messages();
    const counts: number[] = [];
    for (let i = 0; i < 10; i++) {
      await pass(rig, 100);
      counts.push(subscriber.messages().length);
    }
    assert.deepEqual(
      counts,
      Array.from({ length: 10 }, () => 10),
    );
  });

  test('pause: keeps the rate for any traffic, and hands on every message', async () => {
    const bursts = fc.array(fc.record({ count: fc.integer({ min: 1, max: 20 }), gap: fc.nat(400) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), bursts, async (messageRate, traffic) => {
        const { rig, client, subscriber } = paced({ messageRate });
        const begin = rig.now;
        const heard: string[] = [];
        let sent = 0;
        const listen = (): void => {
          heard.push(...subscriber.messages());
          assert.ok(heard.length <= messageRate + (messageRate * (rig.now - begin)) / 1000);
        };
        for (const { count, gap } of traffic) {
          sendMany(client, count, sent);
          sent += count;
          listen();
          rig.advance(gap);
          await rig.settle();
          listen();
        }
        await pass(rig, (sent * 1000) / messageRate + 1000);
        listen();
        assert.deepEqual(
          heard,
          Array.from({ length: sent }, (_, i) => `${i}`),
        );
      }),
      runs('pace', 30),
    );
  });

  test('pause: a client that waits for us is not one that is silent', async () => {
    const rig = new Rig({ listener: { messageRate: 1 } });
    const client = rig.connect('client', { keepAliveSeconds: 2 });
    sendMany(client, 10);
    await pass(rig, 8000);
    assert.equal(client.closed, false);
    rig.advance(10_000);
    assert.equal(client.closed, true, 'then it is');
  });

  test('pause: a client that is gone is not waited for', () => {
    const { rig, client } = paced({ messageRate: 1 });
    sendMany(client, 5);
    assert.equal(rig.alarms, 1);
    client.cut();
    assert.equal(rig.alarms, 0);
  });

  test('pause: SUBSCRIBE and PINGREQ before the next PUBLISH are not held', () => {
    const { client } = paced({ messageRate: 1 });
    client.sendPublish('t', 'the one');
    client.ping();
    assert.deepEqual(client.subscribe('x'), [0]);
    client.sendPublish('t', 'one more');
    assert.equal(client.wire.paused, true);
  });

  test('disconnect: closes with 0x96, in 3.x without a word', () => {
    const { rig, client, subscriber } = paced({ messageRate: 2, rateAction: 'disconnect' });
    sendMany(client, 5);
    client.expectClosed(Reason.messageRateTooHigh);
    assert.equal(subscriber.messages().length, 2);
    const { cause, detail } = rig.logged('clientDisconnected')[0]!;
    assert.deepEqual([cause, detail], ['message rate too high', 'message_rate exceeded']);
    const old = rig.connect('old', { version: 4 });
    sendMany(old, 3);
    old.expectClosed();
  });

  test('a reload brings another rate to those that are connected, and no tokens', async () => {
    const { rig, client, subscriber } = paced({ messageRate: 5 });
    sendMany(client, 5);
    rig.broker.reconsider();
    sendMany(client, 1);
    assert.equal(subscriber.messages().length, 5);
    rig.listener.settings = { ...rig.listener.settings, messageRate: 0 };
    rig.broker.reconsider();
    await pass(rig, 200);
    sendMany(client, 100);
    assert.equal(subscriber.messages().length, 101);
  });

  test('a reload brings a rate to those that had none', () => {
    const { rig, client, subscriber } = paced({});
    sendMany(client, 100);
    rig.listener.settings = { ...DEFAULT_LISTENER, messageRate: 3 };
    rig.broker.reconsider();
    sendMany(client, 100);
    assert.equal(subscriber.messages().length, 103);
  });

  test('works with an access backend that takes its time', async () => {
    const { rig, client, subscriber } = paced({ messageRate: 10 });
    rig.access.hold('publish');
    sendMany(client, 12);
    for (let i = 0; i < 12; i++) {
      await pass(rig, 200);
      rig.access.answer();
      await rig.settle();
    }
    assert.deepEqual(subscriber.messages().at(-1), '11');
    assert.equal(rig.access.waiting, 0);
  });
});

describe('byte_rate', () => {
  test('pause: bytes are paid for before they are handled', async () => {
    const { rig, client, subscriber } = paced({ byteRate: 1000 });
    const payload = 'x'.repeat(493); // 500 bytes with topic and header
    for (let i = 0; i < 6; i++) client.sendPublish('t', payload);
    assert.equal(subscriber.messages().length, 2);
    await pass(rig, 500);
    assert.equal(subscriber.messages().length, 1);
    await pass(rig, 1500);
    assert.equal(subscriber.messages().length, 3);
    assert.equal(client.wire.paused, false);
  });

  test('disconnect: closes with 0x96', () => {
    const { rig, client } = paced({ byteRate: 1000, rateAction: 'disconnect' });
    client.sendPublish('t', 'x'.repeat(2000));
    client.expectClosed(Reason.messageRateTooHigh);
    assert.equal(rig.logged('clientDisconnected')[0]?.detail, 'byte_rate exceeded');
  });
});
