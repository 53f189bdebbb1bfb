import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer } from '../../test/client/fake-server.ts';
import type { QoS } from '../protocol/packet.ts';
import { connectBy } from './api.ts';
import { Client } from './client.ts';
import { LIMITS } from './limits.ts';
import type { ClientOptions } from './options.ts';
import type { Outbox, OutboxEntry, OutboxMessage, OutboxProgress } from './outbox.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

/** The connection breaks, and the next one is there. */
async function reconnect(sessionPresent: boolean, breaks = true): Promise<void> {
  if (breaks) server.last.breaks();
  mock.timers.tick(500);
  await server.last.accept({ sessionPresent });
}

const settled = (promise: Promise<unknown>): Promise<string> =>
  Promise.race([
    promise.then(
      () => 'done',
      (error: unknown) => (error as { code: string }).code,
    ),
    turn('waits'),
  ]);

describe('a flow', () => {
  test('of QoS 0 is done when it is sent', async () => {
    const client = await server.client();
    assert.deepEqual(await client.publish('a', 'x', { retain: true }), { reasonCode: 0, packetId: 0 });
    await server.last.expect('publish', { topic: 'a', qos: 0, retain: true });
    assert.equal(client.unfinished, 0);
  });

  test('of QoS 1 is done with PUBACK', async () => {
    const client = await server.client();
    const published = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await server.last.expect('publish', { qos: 1, dup: false });
    assert.equal(await settled(published), 'waits');
    server.last.acknowledge('puback', packetId + 1);
    server.last.acknowledge('pubcomp', packetId);
    assert.equal(await settled(published), 'waits');
    server.last.acknowledge('puback', packetId, 0x10);
    assert.deepEqual(await published, { reasonCode: 0x10, packetId });
  });

  test('of QoS 2 is done with PUBCOMP, and tells the code of PUBREC', async () => {
    const client = await server.client();
    const published = client.publish('a', 'x', { qos: 2 });
    const { packetId } = await server.last.expect('publish', { qos: 2 });
    server.last.acknowledge('pubrec', packetId, 0x10);
    await server.last.expect('pubrel', { packetId });
    server.last.acknowledge('pubrec', packetId);
    await server.last.expect('pubrel', { packetId });
    assert.equal(await settled(published), 'waits');
    server.last.acknowledge('pubcomp', packetId);
    assert.deepEqual(await published, { reasonCode: 0x10, packetId });
  });

  for (const [qos, type] of [
    [1, 'puback'],
    [2, 'pubrec'],
  ] as const)
    test(`of QoS ${qos} fails with an error in ${type.toUpperCase()}`, async () => {
      const client = await server.client();
      const published = client.publish('a', 'x', { qos });
      const { packetId } = await server.last.expect('publish');
      server.last.acknowledge(type, packetId, 0x87);
      await assert.rejects(published, { code: 'REFUSED', reasonCode: 0x87 });
      await server.last.expectNothing();
      assert.equal(client.unfinished, 0);
    });

  test('a PUBREC that nobody waits for is answered: there is no such message', async () => {
    await server.client();
    server.last.acknowledge('pubrec', 7);
    await server.last.expect('pubrel', { packetId: 7, reasonCode: 0x92 });
  });

  test('the payload is the one of the call, whatever becomes of its bytes', async () => {
    const client = await server.client();
    const bytes = Buffer.from('first');
    void client.publish('a', bytes);
    void client.publish('a', bytes, { qos: 1 });
    bytes.fill(0);
    for (const packet of await server.last.take())
      assert.equal(packet.type === 'publish' && Buffer.from(packet.payload).toString(), 'first');
  });

  test('text of any kind, and payloads of any size', async () => {
    const client = await server.client();
    const sizes = [0, 1, 100, 60_000, 65_536, 70_000, 300_000];
    for (const size of sizes) void client.publish('a/ä/漢', Buffer.alloc(size, 'x'));
    void client.publish('a', 'ä漢🎈');
    const packets = (await server.last.take()).filter(({ type }) => type === 'publish');
    assert.deepEqual(
      packets.map((packet) => packet.type === 'publish' && packet.payload.length),
      [...sizes, 9],
    );
  });

  test('a loop of `await publish` is few writes', async () => {
    const client = await server.client();
    await server.last.take();
    const write = mock.method(server.last, 'write');
    for (let at = 0; at < 100; at++) await client.publish('a', `${at}`);
    await turn();
    assert.ok(write.mock.callCount() <= 3, `${write.mock.callCount()} writes`);
    assert.equal((await server.last.take()).length, 100);
  });
});

describe('what cannot be published', () => {
  for (const [what, topic, payload, options] of [
    ['a wildcard', 'a/#', '', {}],
    ['no topic', '', '', {}],
    ['U+0000', 'a\0b', '', {}],
    ['half a surrogate pair', 'a\ud800', '', {}],
    ['a topic that is too long', 'x'.repeat(65_536), '', {}],
    ['a payload that is none', 'a', { a: 1 } as never, {}],
    ['a QoS that is none', 'a', '', { qos: 3 as QoS }],
    ['a property that is none', 'a', '', { properties: { nonsense: 1 } as never }],
    ['a property of other packets', 'a', '', { properties: { receiveMaximum: 1 } }],
    ['[MQTT-3.3.4-6] a subscription identifier', 'a', '', { properties: { subscriptionIdentifiers: [1] } }],
    ['a number out of range', 'a', '', { properties: { messageExpiryInterval: -1 } }],
    ['text that is none', 'a', '', { properties: { contentType: 5 as never } }],
    ['a pair that is none', 'a', '', { properties: { userProperties: [['a'] as never] } }],
  ] as const)
    test(what, async () => {
      const client = await server.client();
      await assert.rejects(client.publish(topic, payload, options), { code: 'INVALID' });
      await server.last.expectNothing();
      server.last.breaks();
      await assert.rejects(client.publish(topic, payload, options), { code: 'INVALID' });
    });

  test('properties before MQTT 5.0', async () => {
    const client = await server.client({ version: 4 });
    const properties = { contentType: 'text/plain' };
    await assert.rejects(client.publish('a', '', { properties }), { code: 'INVALID' });
    await client.publish('a', '', { properties: { contentType: undefined } as never });
    await server.last.expect('publish');
  });

  for (const [what, properties, options] of [
    ['[MQTT-3.2.2-11] a QoS', { maximumQoS: 1 }, { qos: 2 }],
    ['[MQTT-3.2.2-14] a retained message', { retainAvailable: 0 }, { qos: 1, retain: true }],
    ['[MQTT-3.2.2-15] a packet as large', { maximumPacketSize: 20 }, { qos: 1 }],
  ] as const)
    test(`${what} that the server does not take, now or after a reconnect`, async () => {
      const client = await server.client({}, { properties });
      const text = 'x'.repeat(20);
      await assert.rejects(client.publish('a', text, options), { code: 'INVALID' });
      server.last.breaks();
      const published = client.publish('a', text, options);
      mock.timers.tick(500);
      await server.last.accept({ properties });
      await assert.rejects(published, { code: 'INVALID' });
      await server.last.expectNothing();
      assert.equal(client.unfinished, 0);
    });

  test('a promise that is ignored ends no program', async () => {
    const client = await server.client();
    void client.publish('a/#');
    void client.publish('a', 'x', { qos: 1 });
    const { packetId } = await server.last.expect('publish');
    server.last.acknowledge('puback', packetId, 0x87);
    void client.publish('a', 'x', { qos: 1 });
    void client.subscribe('#a');
    void client.subscribe('b');
    void client.request('c');
    await client.close({ drain: 0 });
    await turn(); // an unhandled rejection would fail this test
  });
});

describe('[MQTT-3.3.4-7] the receive maximum', () => {
  test('no more is in flight, and order is kept', async () => {
    const client = await server.client({}, { properties: { receiveMaximum: 2 } });
    for (let at = 0; at < 5; at++) void client.publish('a', `${at}`, { qos: at === 3 ? 0 : 1 });
    const first = await server.last.take();
    assert.equal(first.length, 2);
    server.last.acknowledge('puback', 1);
    await server.last.expect('publish', { payload: Buffer.from('2'), packetId: 3 });
    await server.last.expectNothing();
    server.last.acknowledge('puback', 2);
    const last = await server.last.take();
    assert.deepEqual(
      last.map((packet) => packet.type === 'publish' && Buffer.from(packet.payload).toString()),
      ['3', '4'],
    );
  });

  test('the option `inflight` makes it less', async () => {
    const client = await server.client({ inflight: 1 });
    for (let at = 0; at < 3; at++) void client.publish('a', `${at}`, { qos: 2 });
    assert.equal((await server.last.take()).length, 1);
  });

  test('packet identifiers are left for SUBSCRIBE when no PUBLISH is acknowledged', async () => {
    const client = await server.client({ queue: 0 });
    for (let at = 0; at < 65_600; at++) void client.publish('a', '', { qos: 1 });
    assert.equal((await server.last.take()).length, LIMITS.inflightMessages);
    for (let at = 0; at < 10_000; at++) void client.subscribe(`b/${at}`);
    const subscribes = await server.last.take();
    assert.equal(subscribes.length, LIMITS.requests);
    assert.equal(
      new Set(subscribes.map((packet) => packet.type === 'subscribe' && packet.packetId)).size,
      1000,
    );
    for (const packet of subscribes)
      if (packet.type === 'subscribe')
        server.last.send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0], properties: {} });
    assert.equal((await server.last.take()).length, LIMITS.requests);
    await client.close({ drain: 0 });
  });
});

describe('a server that does not take what is sent', () => {
  test('gets no more than it takes, and the rest later', async () => {
    const client = await server.client();
    server.last.unsentBytes = LIMITS.fullBytes + 1;
    const published = [client.publish('a', '1'), client.publish('a', '2', { qos: 1 })];
    assert.equal(await settled(published[0]!), 'waits');
    await server.last.expectNothing();
    server.last.drains();
    await published[0];
    await server.last.expect('publish', { qos: 0 });
    await server.last.expect('publish', { qos: 1 });
  });

  test('is kept for so much and no more', async () => {
    const client = await server.client({ queue: 2 });
    server.last.breaks();
    const kept = [client.publish('a', '1'), client.publish('a', '2')];
    await assert.rejects(client.publish('a', '3'), { code: 'QUEUE_FULL' });
    await reconnect(false, false);
    await Promise.all(kept);
  });

  test('is kept for so many bytes and no more', async () => {
    const client = await server.client({ queueBytes: 100 });
    server.last.breaks();
    void client.publish('a', 'x'.repeat(100));
    await assert.rejects(client.publish('a', 'x'), { code: 'QUEUE_FULL' });
  });
});

describe('a connection that is lost', () => {
  test('with a session that is resumed: again with DUP, in order, then PUBREL, then what is new', async () => {
    const client = await server.client();
    const published = [1, 2, 2, 1].map((qos, at) => client.publish('a', `${at}`, { qos: qos as QoS }));
    await server.last.take();
    server.last.acknowledge('pubrec', 2);
    server.last.breaks();
    published.push(client.publish('a', 'new', { qos: 1 }));
    published.push(client.publish('a', 'new', { qos: 0 }));
    await reconnect(true, false);
    await server.last.expect('pubrel', { packetId: 2 });
    await server.last.expect('publish', { packetId: 1, dup: true, qos: 1 });
    await server.last.expect('publish', { packetId: 3, dup: true, qos: 2 });
    await server.last.expect('publish', { packetId: 4, dup: true, qos: 1 });
    await server.last.expect('publish', { packetId: 5, dup: false });
    await server.last.expect('publish', { packetId: 0, dup: false });
    server.last.acknowledge('pubcomp', 2);
    for (const packetId of [1, 4, 5]) server.last.acknowledge('puback', packetId);
    server.last.acknowledge('pubrec', 3);
    await server.last.expect('pubrel', { packetId: 3 });
    server.last.acknowledge('pubcomp', 3);
    await Promise.all(published);
  });

  test('with a session that is gone: as new, and what the server had received is done', async () => {
    const client = await server.client();
    const published = [1, 2, 2].map((qos, at) => client.publish('a', `${at}`, { qos: qos as QoS }));
    await server.last.take();
    server.last.acknowledge('pubrec', 2);
    await server.last.expect('pubrel');
    server.last.breaks();
    published.push(client.publish('a', 'new', { qos: 1 }));
    assert.equal(await settled(published[1]!), 'waits');
    await reconnect(false, false);
    await published[1];
    const packets = await server.last.take();
    assert.deepEqual(
      packets.map(
        (packet) => packet.type === 'publish' && [Buffer.from(packet.payload).toString(), packet.dup],
      ),
      [
        ['0', false],
        ['2', false],
        ['new', false],
      ],
    );
    for (const packet of packets)
      if (packet.type === 'publish') {
        server.last.acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId);
        if (packet.qos === 2) server.last.acknowledge('pubcomp', packet.packetId);
      }
    await Promise.all(published);
  });

  for (const version of [3, 4] as const)
    test(`version ${version} with a clean session is always gone`, async () => {
      const client = await server.client({ version });
      void client.publish('a', '', { qos: 1 });
      await server.last.take();
      server.last.breaks();
      mock.timers.tick(500);
      assert.equal((await server.last.accept()).cleanStart, true);
      await server.last.expect('publish', { dup: false });
    });

  test('version 3 with a session: it does not say whether it is gone, and is taken to be there', async () => {
    const client = await server.client({ version: 3, clientId: 'me', cleanStart: false });
    void client.publish('a', '', { qos: 1 });
    await server.last.take();
    await reconnect(false);
    await server.last.expect('publish', { dup: true });
  });

  test('under a smaller receive maximum: no more than that again', async () => {
    const client = await server.client();
    for (let at = 0; at < 4; at++) void client.publish('a', `${at}`, { qos: 1 });
    await server.last.take();
    server.last.breaks();
    mock.timers.tick(500);
    await server.last.accept({ sessionPresent: true, properties: { receiveMaximum: 1 } });
    for (let packetId = 1; packetId <= 4; packetId++) {
      await server.last.expect('publish', { packetId, dup: true });
      await server.last.expectNothing();
      server.last.acknowledge('puback', packetId);
    }
  });
});

describe('a signal', () => {
  test('takes back what waits', async () => {
    const client = await server.client();
    server.last.breaks();
    const gone = new AbortController();
    const published = [client.publish('a', '1', { qos: 1, signal: gone.signal }), client.publish('a', '2')];
    gone.abort(new Error('enough'));
    await assert.rejects(published[0]!, { code: 'ABORTED', cause: new Error('enough') });
    await reconnect(false, false);
    await server.last.expect('publish', { payload: Buffer.from('2') });
    await server.last.expectNothing();
  });

  test('does not take back what was sent', async () => {
    const client = await server.client();
    const gone = new AbortController();
    const published = client.publish('a', '1', { qos: 1, signal: gone.signal });
    const { packetId } = await server.last.expect('publish');
    gone.abort();
    await assert.rejects(published, { code: 'ABORTED' });
    assert.equal(client.unfinished, 1);
    server.last.acknowledge('puback', packetId);
    assert.equal(client.unfinished, 0);
  });

  test('that has aborted publishes nothing; and nothing stays on a signal', async () => {
    const client = await server.client();
    const gone = new AbortController();
    const removed = mock.method(gone.signal, 'removeEventListener');
    const added = mock.method(gone.signal, 'addEventListener');
    for (let at = 0; at < 100; at++) {
      const published = client.publish('a', '', { qos: 1, signal: gone.signal });
      server.last.acknowledge('puback', (await server.last.expect('publish')).packetId);
      await published;
    }
    assert.equal(added.mock.callCount(), 100);
    assert.equal(removed.mock.callCount(), 100);
    gone.abort();
    for (const qos of [0, 1] as const)
      await assert.rejects(client.publish('a', '', { qos, signal: gone.signal }), { code: 'ABORTED' });
    await server.last.expectNothing();
  });
});

test('a topic alias of the program: the topic is sent once a connection, and only if the server has it', async () => {
  const client = await server.client({}, { properties: { topicAliasMaximum: 1 } });
  const properties = { topicAlias: 1 };
  await client.publish('a', '1', { properties });
  void client.publish('a', '2', { qos: 1, properties });
  await client.publish('b', '3', { properties });
  await client.publish('b', '4', { properties: { topicAlias: 2 } });
  const topics = (await server.last.take()).map(
    (packet) => packet.type === 'publish' && [packet.topic, packet.properties.topicAlias],
  );
  assert.deepEqual(topics, [
    ['a', 1],
    ['', 1],
    ['b', 1],
    ['b', undefined],
  ]);
  server.last.breaks();
  mock.timers.tick(500);
  await server.last.accept({ sessionPresent: true });
  await server.last.expect('publish', { topic: 'a', dup: true, properties: {} });
});

/** An outbox whose keeper can look into it. */
class Shelf implements Outbox {
  readonly kept = new Map<number, OutboxEntry>();
  closed = false;
  failure: Error | undefined;
  #key = 0;

  load(): Iterable<OutboxEntry> {
    return this.kept.values();
  }

  put(message: OutboxMessage): number {
    this.#mayFail();
    this.#key++;
    this.kept.set(this.#key, { key: this.#key, message });
    return this.#key;
  }

  progress(key: number, progress: OutboxProgress): void {
    this.#mayFail();
    this.kept.set(key, { ...this.kept.get(key)!, progress });
  }

  delete(key: number): void {
    this.#mayFail();
    this.kept.delete(key);
  }

  close(): void {
    this.closed = true;
  }

  /** What it says, briefly. */
  get told(): readonly string[] {
    return [...this.kept.values()].map(({ message: { payload }, progress }) =>
      [Buffer.from(payload).toString(), progress?.packetId, progress?.isReceived].join(' ').trim(),
    );
  }

  #mayFail(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

describe('an outbox', () => {
  const lasting: ClientOptions = {
    clientId: 'me',
    cleanStart: false,
    properties: { sessionExpiryInterval: 1000 },
  };

  test('keeps what is not done, and how far it has come; not QoS 0', async () => {
    const outbox = new Shelf();
    const client = await server.client({ outbox });
    void client.publish('a', 'zero', { qos: 0 });
    void client.publish('a', 'one', { qos: 1 });
    void client.publish('a', 'two', { qos: 2 });
    assert.deepEqual(outbox.told, ['one', 'two 2 false']);
    await server.last.take();
    server.last.acknowledge('pubrec', 2);
    assert.deepEqual(outbox.told, ['one', 'two 2 true']);
    server.last.acknowledge('puback', 1);
    server.last.acknowledge('pubcomp', 2);
    assert.deepEqual(outbox.told, []);
    await client.close();
    assert.equal(outbox.closed, true);
  });

  test('keeps what was not done at the end, and the next client goes on with it', async () => {
    const outbox = new Shelf();
    const first = await server.client({ ...lasting, outbox });
    for (const [text, qos] of [
      ['one', 1],
      ['two', 2],
      ['three', 2],
    ] as const)
      void first.publish('a', text, { qos });
    await server.last.take();
    server.last.acknowledge('pubrec', 2);
    await first.close({ drain: 0 });
    assert.deepEqual(outbox.told, ['one', 'two 2 true', 'three 3 false']);

    const second = await server.client({ ...lasting, outbox }, { sessionPresent: true });
    assert.equal(second.unfinished, 3);
    await server.last.expect('pubrel', { packetId: 2 });
    await server.last.expect('publish', { packetId: 3, dup: true, payload: Buffer.from('three') });
    await server.last.expect('publish', { packetId: 4, dup: false, payload: Buffer.from('one') });
    server.last.acknowledge('pubcomp', 2);
    server.last.acknowledge('puback', 4);
    await second.close({ drain: 0 });
    assert.deepEqual(outbox.told, ['three 3 false']);
  });

  test('of a session that is gone is published as new', async () => {
    const outbox = new Shelf();
    const first = await server.client({ ...lasting, outbox });
    for (const text of ['received', 'not received']) void first.publish('a', text, { qos: 2 });
    await server.last.take();
    server.last.acknowledge('pubrec', 1);
    await first.close({ drain: 0 });
    await server.client({ ...lasting, outbox });
    await server.last.expect('publish', { dup: false, payload: Buffer.from('not received') });
    await server.last.expectNothing();
    assert.deepEqual(outbox.told, ['not received 3 false']);
  });

  test('of more than may wait is all taken up', async () => {
    const outbox = new Shelf();
    for (let at = 0; at < 10; at++)
      outbox.put({ topic: 'a', payload: Buffer.from(`${at}`), qos: 1, retain: false, properties: {} });
    const client = new Client(server.open, { outbox, queue: 2, startOffline: true });
    await client.start();
    assert.equal(client.unfinished, 10);
    await assert.rejects(client.publish('a', 'x', { qos: 1 }), { code: 'QUEUE_FULL' });
    await server.last.accept();
    assert.equal((await server.last.take()).length, 10);
    assert.equal(outbox.kept.size, 10);
  });

  test('that fails: what cannot be kept is not published, and what cannot be forgotten is told', async () => {
    const outbox = new Shelf();
    const client = await server.client({ outbox });
    const failures: unknown[] = [];
    client.on('outboxFailed', (error) => void failures.push(error));
    const published = client.publish('a', 'x', { qos: 1 });
    const { packetId } = await server.last.expect('publish');
    outbox.failure = new Error('disk full');
    const { signal } = new AbortController();
    const added = mock.method(signal, 'addEventListener');
    await assert.rejects(client.publish('a', 'y', { qos: 1, signal }), {
      code: 'OUTBOX_FAILED',
      message: /disk full/,
      cause: outbox.failure,
    });
    assert.equal(added.mock.callCount(), 0, 'nothing stays on a signal');
    await server.last.expectNothing();
    server.last.acknowledge('puback', packetId);
    await published;
    assert.deepEqual(failures, [new Error('disk full')]);
  });

  test('that fails when it is closed: that is told, and the client has ended', async () => {
    const outbox = new Shelf();
    const client = await server.client({ outbox });
    const told: unknown[] = [];
    client.on('outboxFailed', (error) => void told.push(error));
    client.on('closed', () => void told.push('closed'));
    outbox.close = () => {
      throw new Error('no');
    };
    await client.close();
    assert.deepEqual(told, [new Error('no'), 'closed']);
  });

  test('is closed, too, by a client that never came to be', async () => {
    const outbox = new Shelf();
    await assert.rejects(
      connectBy(() => server.open, 'x://y', { outbox, keepAlive: -1 }),
      { code: 'INVALID' },
    );
    assert.equal(outbox.closed, true);
    outbox.closed = false;
    await assert.rejects(
      connectBy(() => server.open, 'no URL', { outbox }),
      { code: 'INVALID' },
    );
    assert.equal(outbox.closed, true);
  });
});
