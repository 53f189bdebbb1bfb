/** A program that is behind with its messages, and that waits for its server all the same: it must get on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer, publish } from '../../test/client/fake-server.ts';
import type { QoS } from '../protocol/packet.ts';
import type { Client } from './client.ts';
import type { MqttError } from './error.ts';
import { LIMITS } from './limits.ts';
import type { SubscribeOptions, Subscription } from './subscription.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

async function subscribed(client: Client, options: SubscribeOptions): Promise<Subscription> {
  const promise = client.subscribe('in', options);
  await server.last.grant();
  return promise;
}

/** Messages come, numbered. */
function send(count: number, qos: QoS, from = 0): void {
  const numbers = Array.from({ length: count }, (_, at) => from + at);
  server.last.send(
    ...numbers.map((at) => publish('in', `${at}`, { qos, packetId: qos === 0 ? 0 : (at % 65_535) + 1 })),
  );
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at}`);

/** Passes each message on, and awaits that. */
async function passOn(client: Client, subscription: Subscription, count: number): Promise<void> {
  let left = count;
  for await (const message of subscription) {
    await client.publish('out', message.payload, { qos: 1 });
    if (--left === 0) return;
  }
}

for (const qos of [0, 1, 2] as const)
  test(`a loop that awaits what it publishes gets on, with more than it buffers at QoS ${qos}`, async () => {
    const client = await server.client();
    const subscription = await subscribed(client, { buffer: 3, qos });
    send(10, qos);
    const passing = passOn(client, subscription, 10);
    const seen: string[] = [];
    while (seen.length < 10) {
      for (const packet of await server.last.take()) {
        if (packet.type !== 'publish') continue;
        seen.push(Buffer.from(packet.payload).toString());
        server.last.acknowledge('puback', packet.packetId);
      }
      await turn();
      assert.equal(server.last.paused, false, `after ${seen.length}`);
    }
    assert.deepEqual(seen, numbers(10));
    const { packetId } = await server.last
      .expect('unsubscribe')
      .catch(() => server.last.expect('unsubscribe'));
    assert.ok(packetId > 0);
    await client.close({ drain: 0 });
    await passing;
  });

test('what comes meanwhile is acknowledged when the program has caught up: the server stops at its window', async () => {
  const client = await server.client();
  const subscription = await subscribed(client, { buffer: 2, qos: 1 });
  const done = client.publish('out', '', { qos: 1 });
  const { packetId } = await server.last.expect('publish');
  send(5, 1);
  assert.deepEqual(
    (await server.last.take()).map((packet) => packet.type === 'puback' && packet.packetId),
    [1, 2],
  );
  assert.equal(server.last.paused, false, 'the acknowledgement may come');
  server.last.acknowledge('puback', packetId);
  await done;
  assert.equal(server.last.paused, true);
  for (const text of numbers(4)) assert.equal((await subscription.next()).value?.text(), text);
  assert.equal(server.last.paused, false);
  assert.deepEqual(
    (await server.last.take()).map((packet) => packet.type === 'puback' && packet.packetId),
    [3, 4, 5],
  );
});

test('a request in a handler is answered', async () => {
  const client = await server.client();
  const answers: string[] = [];
  const end = new AbortController();
  const promise = client.subscribe('in', { buffer: 1, qos: 1 }, async (message) => {
    const { payload } = message;
    const answer = await client.request('ask', payload, { signal: end.signal }).catch(() => undefined);
    if (answer !== undefined) answers.push(answer.text());
  });
  await server.last.grant();
  await promise;
  send(3, 1);
  for (let turns = 0; answers.length < 3; turns++) {
    assert.ok(turns < 50, `after ${answers.length}`);
    for (const packet of await server.last.take()) {
      if (packet.type === 'subscribe')
        server.last.send({ type: 'suback', packetId: packet.packetId, reasonCodes: [1], properties: {} });
      if (packet.type !== 'publish') continue;
      const { responseTopic = '', correlationData } = packet.properties;
      send(2, 1, 100 + turns * 2);
      server.last.send(
        publish(responseTopic, Buffer.from(packet.payload).toString(), {
          properties: { correlationData: correlationData! },
        }),
      );
    }
  }
  assert.deepEqual(answers, numbers(3));
  await client.close({ drain: 0 });
  end.abort();
});

test('subscribing, unsubscribing and re-authenticating get on, too', async () => {
  const authentication = { method: 'M', challenge: () => undefined };
  const client = await server.client({ authentication });
  const subscription = await subscribed(client, { buffer: 1 });
  send(2, 0);
  assert.equal(server.last.paused, true);
  const other = client.subscribe('other');
  await turn();
  assert.equal(server.last.paused, false);
  await server.last.grant();
  const gone = (await other).unsubscribe();
  await turn();
  assert.equal(server.last.paused, false);
  const { packetId } = await server.last.expect('unsubscribe');
  server.last.send({ type: 'unsuback', packetId, reasonCodes: [0], properties: {} });
  await gone;
  assert.equal(server.last.paused, true);
  const again = client.reauthenticate();
  await turn();
  assert.equal(server.last.paused, false);
  await server.last.expect('auth');
  server.last.send({ type: 'auth', reasonCode: 0, properties: { authenticationMethod: 'M' } });
  await again;
  await turn();
  assert.equal(server.last.paused, true);
  assert.equal((await subscription.next()).value?.text(), '0');
});

test('a server that answers nothing and sends on: QoS 0 is dropped beyond a bound, and counted', async () => {
  const client = await server.client();
  const subscription = await subscribed(client, { buffer: 10 });
  void client.publish('out', '', { qos: 1 });
  send(LIMITS.overrunMessages + 30, 0);
  assert.equal(server.last.paused, false);
  assert.equal(subscription.dropped, 20);
  for (const text of numbers(20)) assert.equal((await subscription.next()).value?.text(), text);
});

test('a server that answers nothing and sends on: QoS 1 is not read beyond a bound, nor beyond its window', async () => {
  const client = await server.client();
  const subscription = await subscribed(client, { bufferBytes: 1, qos: 1 });
  void client.publish('out', '', { qos: 1 });
  const large = 'x'.repeat(LIMITS.overrunBytes / 4);
  for (let at = 1; at <= 4; at++) {
    assert.equal(server.last.paused, false);
    server.last.send(publish('in', large, { qos: 1, packetId: at }));
  }
  assert.equal(server.last.paused, true);
  await subscription.next();
  assert.equal(server.last.paused, false);
  await client.close({ drain: 0 });

  const small = await server.client({ properties: { receiveMaximum: 3 } });
  await subscribed(small, { buffer: 1, qos: 1 });
  void small.publish('out', '', { qos: 1 });
  const { promise, resolve } = Promise.withResolvers<MqttError | undefined>();
  small.on('disconnected', resolve);
  send(5, 1);
  assert.equal((await promise)?.reasonCode, 0x93);
  await small.close();
});

test('what a message weighs is more than its payload', async () => {
  const client = await server.client();
  await subscribed(client, { bufferBytes: 1000 });
  server.last.send(publish('in', '', { properties: { userProperties: [['k', 'v'.repeat(500)]] } }));
  assert.equal(server.last.paused, false);
  server.last.send(publish('in', '', { properties: { userProperties: [['k', 'v'.repeat(500)]] } }));
  assert.equal(server.last.paused, true);
});
