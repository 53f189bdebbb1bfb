import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer, publish, withIdentifiers } from '../../test/client/fake-server.ts';
import { encode } from '../protocol/encode.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import type { Client } from './client.ts';
import { LIMITS } from './limits.ts';
import type { ClientOptions } from './options.ts';
import type { SubscribeOptions, Subscription } from './subscription.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

async function reconnect(sessionPresent: boolean, properties: Properties = NO_PROPERTIES): Promise<void> {
  server.last.breaks();
  mock.timers.tick(3000);
  await server.last.accept({ sessionPresent, properties });
}

/** Subscribes, and the server grants it. */
async function subscribed(
  client: Client,
  filters: string | readonly string[],
  options: SubscribeOptions = {},
  handler?: (text: string) => void,
): Promise<Subscription> {
  const promise = client.subscribe(filters, options, handler && ((message) => handler(message.text())));
  await server.last.grant();
  return promise;
}

async function unsubscribed(filters: readonly string[]): Promise<void> {
  const { packetId } = await server.last.expect('unsubscribe', { filters });
  server.last.send({
    type: 'unsuback',
    packetId,
    reasonCodes: filters.map(() => 0),
    properties: NO_PROPERTIES,
  });
}

/** What is in the buffer of a subscription, as text. */
async function take(subscription: Subscription, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await subscription.next()).value!.text());
  return texts;
}

describe('subscribing', () => {
  test('asks for what was said, and tells what was granted', async () => {
    const client = await server.client();
    const promise = client.subscribe(['a', '$share/g/b/#'], {
      qos: 2,
      retainAsPublished: true,
      retainHandling: 2,
      properties: { userProperties: [['a', 'b']] },
    });
    const { subscriptions, properties } = await server.last.grant([1, 0x87]);
    const options = { qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 2 };
    assert.deepEqual(subscriptions, [
      { filter: 'a', ...options },
      { filter: '$share/g/b/#', ...options },
    ]);
    assert.deepEqual(properties, { subscriptionIdentifiers: [1], userProperties: [['a', 'b']] });
    assert.deepEqual((await promise).granted, [1, 0x87]);
  });

  test('fails if all is refused', async () => {
    const client = await server.client();
    const promise = client.subscribe(['a', 'b']);
    await server.last.grant([0x87, 0x97]);
    await assert.rejects(promise, { code: 'REFUSED', reasonCode: 0x87, message: /SUBSCRIBE to a, b/ });
  });

  for (const [what, filters, options] of [
    ['no filter', [], {}],
    ['an empty filter', '', {}],
    ['a wildcard within a level', 'a/b#', {}],
    ['half a shared subscription', '$share/g', {}],
    ['[MQTT-3.8.3-4] noLocal of a shared subscription', '$share/g/a', { noLocal: true }],
    ['a QoS that is none', 'a', { qos: 3 as never }],
    ['retain handling that is none', 'a', { retainHandling: 3 as never }],
    ['a property that is none', 'a', { properties: { receiveMaximum: 1 } }],
    ['two identifiers', 'a', { properties: { subscriptionIdentifiers: [1, 2] } }],
  ] as const)
    test(`not with ${what}`, async () => {
      const client = await server.client();
      await assert.rejects(client.subscribe(filters, options), { code: 'INVALID' });
      await server.last.expectNothing();
    });

  test('not with what 3.x does not have', async () => {
    const client = await server.client({ version: 4 });
    for (const options of [
      { noLocal: true },
      { retainHandling: 1 },
      { properties: { subscriptionIdentifiers: [1] } },
    ] as const)
      await assert.rejects(client.subscribe('a', options), { code: 'INVALID' });
  });

  for (const [what, properties, filter, reasonCode] of [
    ['wildcards', { wildcardSubscriptionAvailable: 0 }, 'a/+', 0xa2],
    ['shared subscriptions', { sharedSubscriptionAvailable: 0 }, '$share/g/a', 0x9e],
    ['packets as large', { maximumPacketSize: 10 }, 'a/b/c/d/e', 0x95],
  ] as const)
    test(`not with ${what} that the server does not take, now or after a reconnect`, async () => {
      const client = await server.client({}, { properties });
      await assert.rejects(client.subscribe(filter), { code: 'INVALID', reasonCode });
      await server.last.expectNothing();
      await reconnect(false);
      const subscription = await subscribed(client, filter);
      await reconnect(false, properties);
      assert.equal((await subscription.closed)?.reasonCode, reasonCode);
      await assert.rejects(subscription.next(), { reasonCode });
      await server.last.expectNothing();
    });

  test('without identifiers where the server has none', async () => {
    const client = await server.client({}, { properties: { subscriptionIdentifierAvailable: 0 } });
    const promise = client.subscribe('a', { properties: { subscriptionIdentifiers: [7] } });
    assert.deepEqual((await server.last.grant()).properties, {});
    await promise;
  });

  test('under an identifier of the program', async () => {
    const client = await server.client();
    const promise = client.subscribe('a', { properties: { subscriptionIdentifiers: [7] } });
    assert.deepEqual((await server.last.grant()).properties, { subscriptionIdentifiers: [7] });
    await promise;
  });

  test('an answer with too few codes is one of a server that cannot be relied on', async () => {
    const client = await server.client();
    const promise = client.subscribe(['a', 'b']);
    await server.last.grant([0]);
    await server.last.expect('disconnect', { reasonCode: 0x82 });
    assert.equal(server.last.ending, 'closed');
    await turn();
    mock.timers.tick(500);
    await server.last.accept();
    await server.last.grant();
    await promise;
  });

  test('an answer that nobody waits for is none', async () => {
    await server.client();
    server.last.send({ type: 'suback', packetId: 9, reasonCodes: [], properties: NO_PROPERTIES });
    server.last.send({ type: 'unsuback', packetId: 9, reasonCodes: [], properties: NO_PROPERTIES });
    await server.last.expectNothing();
    assert.equal(server.last.ending, undefined);
  });
});

describe('over several connections', () => {
  test('what waits for its answer is asked again; with the session what was granted is not', async () => {
    const client = await server.client();
    await subscribed(client, 'granted');
    const promise = client.subscribe('waits');
    await server.last.expect('subscribe');
    await reconnect(true);
    const { subscriptions } = await server.last.grant();
    assert.equal(subscriptions[0]?.filter, 'waits');
    await promise;
    await server.last.expectNothing();
  });

  test('all is asked again if the session is gone; offline subscriptions and unsubscriptions are made up for', async () => {
    const client = await server.client();
    await subscribed(client, 'a');
    const b = await subscribed(client, 'b');
    server.last.breaks();
    await b.unsubscribe();
    const promise = client.subscribe('c');
    mock.timers.tick(500);
    await server.last.accept();
    assert.equal((await server.last.grant()).subscriptions[0]?.filter, 'a');
    assert.equal((await server.last.grant()).subscriptions[0]?.filter, 'c');
    await promise;
    await server.last.expectNothing();
  });

  test('a session that lives is told what was unsubscribed, unless it is subscribed again', async () => {
    const client = await server.client();
    const filters = Array.from({ length: 150 }, (_, at) => `f/${at}`);
    const many = await subscribed(client, filters);
    const b = await subscribed(client, 'b');
    server.last.breaks();
    await many.unsubscribe();
    await b.unsubscribe();
    const again = client.subscribe('b');
    mock.timers.tick(500);
    await server.last.accept({ sessionPresent: true });
    await server.last.expect('unsubscribe', { filters: filters.slice(0, 100) });
    await server.last.expect('unsubscribe', { filters: filters.slice(100) });
    assert.equal((await server.last.grant()).subscriptions[0]?.filter, 'b');
    await again;
  });

  test('what was unsubscribed is told in parts that the server takes', async () => {
    const client = await server.client();
    const filters = Array.from({ length: 5 }, (_, at) => `${at}`.repeat(10));
    const all = filters.map((filter) => client.subscribe(filter));
    for (const _ of filters) await server.last.grant();
    const ends = (await Promise.all(all)).map((subscription) => subscription.unsubscribe());
    server.last.breaks();
    await Promise.all(ends);
    mock.timers.tick(500);
    await server.last.accept({ sessionPresent: true, properties: { maximumPacketSize: 40 } });
    const told: string[] = [];
    for (const packet of await server.last.take()) {
      assert.equal(packet.type, 'unsubscribe');
      if (packet.type !== 'unsubscribe') continue;
      told.push(...packet.filters);
      const { packetId } = packet;
      const reasonCodes = packet.filters.map(() => 0);
      server.last.send({ type: 'unsuback', packetId, reasonCodes, properties: NO_PROPERTIES });
    }
    assert.deepEqual(told, filters);
  });

  test('what was unsubscribed and cannot be told is not waited for', async () => {
    const client = await server.client({}, { properties: { maximumPacketSize: 100 } });
    const subscribing = client.subscribe('long'.repeat(5));
    await server.last.grant();
    const subscription = await subscribing;
    server.last.breaks();
    mock.timers.tick(500);
    await server.last.accept({ sessionPresent: true, properties: { maximumPacketSize: 10 } });
    await subscription.unsubscribe();
    await server.last.expectNothing();
  });

  test('UNSUBSCRIBE without an answer is sent again', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a');
    const promise = a.unsubscribe();
    await server.last.expect('unsubscribe', { filters: ['a'] });
    await reconnect(true);
    await promise;
    await unsubscribed(['a']);
    await server.last.expectNothing();
  });

  test('a subscription that is refused the second time throws where it is read', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a');
    server.last.send(publish('a', 'before'));
    await reconnect(false);
    await server.last.grant([0x87]);
    const texts: string[] = [];
    await assert.rejects(
      async () => {
        for await (const message of a) texts.push(message.text());
      },
      { code: 'REFUSED', reasonCode: 0x87 },
    );
    assert.deepEqual(texts, ['before']);
    assert.equal((await a.closed)?.code, 'REFUSED');
    assert.deepEqual(await a.next(), { done: true, value: undefined });
  });
});

describe('the end of a subscription', () => {
  test('leaving `for await` unsubscribes', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a');
    server.last.send(publish('a', '1'), publish('a', '2'));
    for await (const message of a) {
      assert.equal(message.text(), '1');
      void unsubscribed(['a']);
      break;
    }
    assert.deepEqual(await a.next(), { done: true, value: undefined });
    assert.equal(await a.closed, undefined);
    let told = 0;
    client.on('message', () => told++);
    server.last.send(publish('a', '3'));
    assert.equal(told, 1);
  });

  test('what waits can be taken after `unsubscribe`', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a');
    server.last.send(publish('a', '1'), publish('a', '2'));
    void a.unsubscribe();
    server.last.send(publish('a', '3'));
    const texts: string[] = [];
    for await (const message of a) texts.push(message.text());
    assert.deepEqual(texts, ['1', '2']);
  });

  test('its signal ends it, and nothing stays on the signal', async () => {
    const client = await server.client();
    const gone = new AbortController();
    const removed = mock.method(gone.signal, 'removeEventListener');
    const other = await subscribed(client, 'b', { signal: gone.signal });
    void other.unsubscribe();
    await unsubscribed(['b']);
    await other.closed;
    assert.equal(removed.mock.callCount(), 1);
    const a = await subscribed(client, 'a', { signal: gone.signal });
    const pending = client.subscribe('c', { signal: gone.signal });
    await server.last.expect('subscribe');
    const next = a.next();
    gone.abort(new Error('enough'));
    await assert.rejects(next, { code: 'ABORTED', cause: new Error('enough') });
    await assert.rejects(pending, { code: 'ABORTED' });
    await server.last.expect('unsubscribe', { filters: ['a'] });
    await server.last.expect('unsubscribe', { filters: ['c'] });
    await assert.rejects(client.subscribe('d', { signal: gone.signal }), { code: 'ABORTED' });
  });

  test('waiting for UNSUBACK can be given up', async () => {
    const client = await server.client();
    const subscription = await subscribed(client, 'a');
    const gone = new AbortController();
    const ending = subscription.unsubscribe({ signal: gone.signal });
    await server.last.expect('unsubscribe');
    gone.abort();
    await assert.rejects(ending, { code: 'ABORTED' });
    assert.equal(await subscription.closed, undefined);
    const aborted = { signal: AbortSignal.abort() };
    const other = await subscribed(client, 'b');
    await assert.rejects(other.unsubscribe(aborted), { code: 'ABORTED' });
    await server.last.expectNothing();
  });

  test('the client is closed: streams end; it gives up: they throw', async () => {
    for (const closes of [true, false]) {
      const own = new FakeServer();
      const client = await own.client({ reconnect: false });
      const promise = client.subscribe('a');
      await own.last.grant();
      const subscription = await promise;
      const waits = [subscription.next(), subscription.next()];
      if (closes) {
        await client.close();
        assert.deepEqual(await Promise.all(waits), [
          { done: true, value: undefined },
          { done: true, value: undefined },
        ]);
      } else {
        own.last.breaks();
        await assert.rejects(waits[0]!, { code: 'CONNECTION_LOST' });
        assert.deepEqual(await waits[1]!, { done: true, value: undefined });
      }
    }
  });
});

describe('a handler', () => {
  test('gets what comes, in order; what comes before SUBACK, too', async () => {
    const client = await server.client();
    const texts: string[] = [];
    const promise = client.subscribe('a', (message) => {
      texts.push(message.text());
    });
    await server.last.expect('subscribe');
    server.last.send(publish('a', '1'), publish('a', '2'));
    assert.deepEqual(texts, ['1', '2']);
    void client.close({ drain: 0 });
    await assert.rejects(promise, { code: 'CLOSED' });
  });

  test('that returns a promise is waited for, and nothing is read meanwhile beyond the bound', async () => {
    const client = await server.client();
    const texts: string[] = [];
    const steps: (() => void)[] = [];
    const promise = client.subscribe('a', { buffer: 2 }, async (message) => {
      texts.push(message.text());
      await new Promise<void>((resolve) => {
        steps.push(resolve);
      });
    });
    await server.last.grant();
    await promise;
    server.last.send(publish('a', '1'), publish('a', '2'));
    assert.equal(server.last.paused, false);
    server.last.send(publish('a', '3'), publish('a', '4'));
    assert.equal(server.last.paused, true);
    for (const count of [1, 2, 3, 4]) {
      assert.equal(texts.length, count);
      steps.shift()!();
      await turn();
    }
    assert.equal(server.last.paused, false);
    assert.deepEqual(texts, ['1', '2', '3', '4']);
  });

  test('that fails surfaces, and gets the next message', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      const client = await server.client();
      const texts: string[] = [];
      const failing = client.subscribe('a', (message) => {
        texts.push(message.text());
        throw new Error(`no ${message.text()}`);
      });
      await server.last.grant();
      await failing;
      const rejecting = client.subscribe('b', async (message) => {
        texts.push(message.text());
        throw new Error(`no ${message.text()}`);
      });
      await server.last.grant();
      await rejecting;
      for (const topic of ['a', 'b'])
        server.last.send(publish(topic, `${topic}1`), publish(topic, `${topic}2`));
      await turn();
      await turn();
      assert.deepEqual(texts, ['a1', 'a2', 'b1', 'b2']);
      assert.deepEqual(
        thrown.map((error) => (error as Error).message),
        ['no a1', 'no a2', 'no b1', 'no b2'],
      );
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

/** Subscribes to these, by handlers that tell their name; gives what was told. */
async function listen(
  subscriptions: Readonly<Record<string, string | readonly string[]>>,
  options: ClientOptions = {},
): Promise<{ told: string[]; by: Record<string, Subscription> }> {
  const client = await server.client(options);
  const told: string[] = [];
  const by: Record<string, Subscription> = {};
  for (const [name, filters] of Object.entries(subscriptions))
    by[name] = await subscribed(client, filters, {}, (text) => told.push(`${name} ${text}`));
  client.on('message', (message) => told.push(`nobody ${message.text()}`));
  return { told, by };
}

describe('whose message it is', () => {
  test('before 5.0 the topic tells: each that matches, once', async () => {
    const { told } = await listen({ all: ['a/#', 'a/+'], one: 'a/b', other: 'c' }, { version: 4 });
    server.last.send(publish('a/b', '1'), publish('a/c', '2'), publish('x', '3'));
    assert.deepEqual(told, ['one 1', 'all 1', 'all 2', 'nobody 3']);
  });

  test('overlapping subscriptions: one copy with all identifiers, or a copy for each', async () => {
    const { told } = await listen({ all: 'a/#', one: 'a/b' });
    server.last.send(publish('a/b', '1', withIdentifiers(1, 2)));
    server.last.send(publish('a/b', '2', withIdentifiers(1)), publish('a/b', '2', withIdentifiers(2)));
    assert.deepEqual(told, ['all 1', 'one 1', 'all 2', 'one 2']);
  });

  test('the same filter twice: live messages are for both, what was retained for the one that subscribed', async () => {
    const { told, by } = await listen({ one: 'a/+', two: ['b', 'a/+'] });
    server.last.send(publish('a/b', 'retained', { ...withIdentifiers(2), retain: true }));
    server.last.send(publish('a/b', 'live', withIdentifiers(2)), publish('b', 'b', withIdentifiers(2)));
    assert.deepEqual(told.splice(0), ['two retained', 'two live', 'one live', 'two b']);
    void by.two!.unsubscribe();
    await unsubscribed(['b']);
    server.last.send(publish('a/b', 'after', withIdentifiers(2)));
    assert.deepEqual(told.splice(0), ['one after']);
    void by.one!.unsubscribe();
    await unsubscribed(['a/+']);
  });

  test('the same filter twice: asked for with the higher QoS', async () => {
    const client = await server.client();
    await subscribed(client, 'a', { qos: 2 });
    const promise = client.subscribe('a', { qos: 0 });
    assert.equal((await server.last.grant()).subscriptions[0]?.qos, 2);
    await promise;
  });

  test('identifiers of the program before this one tell nothing', async () => {
    const { told } = await listen({ a: 'a/#', b: 'a/b' });
    server.last.send(publish('old', '1', withIdentifiers(1)));
    server.last.send(publish('a/b', '2', withIdentifiers(99)));
    assert.deepEqual(told, ['nobody 1', 'b 2', 'a 2']);
  });

  test('a shared subscription beside an ordinary one', async () => {
    const { told } = await listen({ shared: '$share/g/a/#', own: 'a/b' });
    server.last.send(publish('a/b', '1', withIdentifiers(1)), publish('a/c', '2', withIdentifiers(1)));
    server.last.send(publish('a/b', '3', withIdentifiers(2)));
    assert.deepEqual(told, ['shared 1', 'shared 2', 'own 3']);
  });
});

describe('back-pressure', () => {
  test('a subscription that is behind stops the socket, in the middle of a chunk', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a', { buffer: 3, qos: 1 });
    const texts = Array.from({ length: 10 }, (_, at) => `${at}`);
    server.last.send(...texts.map((text, at) => publish('a', text, { qos: 1, packetId: at + 1 })));
    assert.equal(server.last.paused, true);
    assert.equal((await server.last.take()).length, 3, 'acknowledged is what was handed on');
    assert.deepEqual(await take(a, 10), texts);
    assert.equal(server.last.paused, false);
    assert.equal((await server.last.take()).length, 7);
  });

  test('by bytes, too', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a', { bufferBytes: 100 });
    server.last.send(publish('a', 'x'.repeat(60)));
    assert.equal(server.last.paused, false);
    server.last.send(publish('a', 'x'.repeat(60)));
    assert.equal(server.last.paused, true);
    await take(a, 2);
    assert.equal(server.last.paused, false);
  });

  test('until all have caught up, or are gone', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a', { buffer: 1 });
    const b = await subscribed(client, 'b', { buffer: 1 });
    server.last.send(publish('a', '1'), publish('b', '1'), publish('a', '2'));
    await take(a, 1);
    assert.equal(server.last.paused, true, 'b has come out of the chunk');
    void b.unsubscribe();
    assert.equal(server.last.paused, true, 'a has, again');
    await take(a, 1);
    assert.equal(server.last.paused, false);
  });

  test('holds across connections', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a', { buffer: 1 });
    server.last.send(publish('a', '1'));
    await reconnect(true);
    assert.equal(server.last.paused, true);
    await take(a, 1);
    assert.equal(server.last.paused, false);
  });

  test('what comes all the same waits, up to a bound; then the connection is given up', async () => {
    const client = await server.client();
    const a = await subscribed(client, 'a', { buffer: 1 });
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    client.on('disconnected', resolve);
    const chunk = encode(publish('a', 'x'.repeat(1_000_000)), 5);
    for (let bytes = 0; bytes <= LIMITS.unreadBytes + chunk.length; bytes += chunk.length) {
      assert.equal(server.last.ending, undefined);
      server.last.sendBytes(chunk);
    }
    assert.equal(server.last.ending, 'destroyed');
    assert.match((await promise)!.message, /faster than they are taken/);
    await take(a, 1);
  });

  test('nothing is lost when the program is slow, and keep alive does not end the connection', async () => {
    const client = await server.client({ keepAlive: 10 });
    const a = await subscribed(client, 'a', { buffer: 1 });
    server.last.send(publish('a', '1'));
    for (let second = 0; second < 60; second++) mock.timers.tick(1000);
    assert.equal(server.last.ending, undefined);
    await take(a, 1);
    const [connection] = server.connections;
    for (let second = 0; second < 20; second++) mock.timers.tick(1000);
    assert.equal(connection?.ending, 'destroyed');
  });

  test('a server that takes no acknowledgements is not read', async () => {
    const client = await server.client();
    server.last.unsentBytes = LIMITS.fullBytes + LIMITS.owedBytes + 100_000;
    server.last.send(publish('a', 'x', { qos: 1, packetId: 1 }));
    assert.equal(server.last.paused, true);
    server.last.drains();
    assert.equal(server.last.paused, false);
    assert.equal(client.connected, true);
  });
});
