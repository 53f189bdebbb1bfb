import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer } from '../../test/client/fake-server.ts';
import { encode } from '../protocol/encode.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { Client } from './client.ts';
import type { MqttError } from './error.ts';
import type { ClientEvent } from './events.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

/** What a client tells, as words. */
function history(client: Client): string[] {
  const told: string[] = [];
  const names: readonly ClientEvent[] = ['connected', 'disconnected', 'reconnecting', 'closed'];
  for (const name of names)
    client.on(name, (event) => {
      const error = name === 'reconnecting' ? undefined : (event as MqttError | undefined);
      told.push(name === 'connected' || error === undefined ? name : `${name} ${error.code}`);
    });
  return told;
}

describe('the first connection', () => {
  test('says who comes, and what may be sent to it', async () => {
    const client = new Client(server.open, {
      clientId: 'me',
      username: 'u',
      password: 'p',
      keepAlive: 30,
      will: { topic: 'w', payload: 'gone', qos: 1, retain: true, properties: { willDelayInterval: 5 } },
      properties: { receiveMaximum: 10 },
      maximumPacketSize: 1000,
    });
    const started = client.start();
    const connect = await server.last.accept();
    await started;
    assert.equal(connect.clientId, 'me');
    assert.equal(connect.username, 'u');
    assert.equal(Buffer.from(connect.password!).toString(), 'p');
    assert.equal(connect.keepAliveSeconds, 30);
    assert.equal(connect.cleanStart, true);
    assert.partialDeepStrictEqual(connect.will, { topic: 'w', qos: 1, retain: true });
    assert.deepEqual(connect.properties, {
      sessionExpiryInterval: 300,
      topicAliasMaximum: 64,
      maximumPacketSize: 1000,
      receiveMaximum: 10,
    });
    assert.equal(client.connected, true);
  });

  for (const version of [3, 4] as const) {
    test(`of version ${version} has no properties`, async () => {
      const client = new Client(server.open, { version });
      const started = client.start();
      const connect = await server.last.accept();
      await started;
      assert.equal(connect.version, version);
      assert.equal(connect.properties, NO_PROPERTIES);
      assert.equal(
        /^zanzara-\w{8}$/.test(connect.clientId),
        version === 3,
        'nobody else makes one up in 3.1',
      );
    });
  }

  test('is the only one if it is refused', async () => {
    const client = new Client(server.open);
    const started = client.start();
    await server.last.accept({
      reasonCode: Reason.notAuthorized,
      properties: { reasonString: 'who are you?' },
    });
    await assert.rejects(started, {
      code: 'REFUSED',
      reasonCode: 0x87,
      message: 'The server refused the connection: 0x87 not authorized: who are you?',
    });
    mock.timers.tick(100_000);
    assert.equal(server.connections.length, 1);
    assert.equal(server.last.ending, 'destroyed');
    await assert.rejects(client.publish('a'), { code: 'CLOSED' });
  });

  test('names the return codes of 3.x', async () => {
    const client = new Client(server.open, { version: 4 });
    const started = client.start();
    await server.last.accept({ reasonCode: 4 });
    await assert.rejects(started, { reasonCode: 4, message: /bad user name or password/ });
  });

  test('fails if the network is not there', async () => {
    const client = new Client(server.open);
    const started = client.start();
    server.last.breaks(new Error('ECONNREFUSED'));
    await assert.rejects(started, { code: 'CONNECTION_LOST', message: /could not be reached: ECONNREFUSED/ });
  });

  test('fails with the reason of each address if a host has several', async () => {
    const client = new Client(server.open);
    const started = client.start();
    server.last.breaks(new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]));
    await assert.rejects(started, { message: /could not be reached: ::1 refused, 127.0.0.1 refused$/ });
  });

  test('fails if the opener throws', async () => {
    const client = new Client(() => {
      throw new Error('no certificate');
    });
    await assert.rejects(client.start(), { code: 'CONNECTION_LOST', message: /no certificate/ });
  });

  test('is waited for as long as a timer can if it may take for ever', async () => {
    const client = new Client(server.open, { connectTimeout: Infinity });
    const started = client.start();
    mock.timers.tick(2 ** 31 - 2);
    await server.last.accept();
    await started;
  });

  test('fails if the server says nothing', async () => {
    const client = new Client(server.open, { connectTimeout: 1000 });
    const started = client.start();
    server.last.opens();
    mock.timers.tick(999);
    assert.equal(server.last.ending, undefined);
    mock.timers.tick(1);
    await assert.rejects(started, { code: 'TIMED_OUT' });
    assert.equal(server.last.ending, 'destroyed');
  });

  test('is given up with its signal, and nothing stays on the signal', async () => {
    const aborted = new AbortController();
    const client = new Client(server.open, { signal: aborted.signal });
    const started = client.start();
    aborted.abort(new Error('enough'));
    await assert.rejects(started, { code: 'ABORTED', cause: new Error('enough') });
    await assert.rejects(new Client(server.open, { signal: aborted.signal }).start(), { code: 'ABORTED' });
    assert.equal(server.connections.length, 1);
  });

  test('is tried for like all others if the client may start offline', async () => {
    const client = new Client(server.open, { startOffline: true });
    const told = history(client);
    await client.start();
    const published = client.publish('a', 'x', { qos: 1 });
    server.last.breaks();
    mock.timers.tick(500);
    const connect = await server.last.accept();
    assert.equal(connect.cleanStart, true);
    server.last.acknowledge('puback', (await server.last.expect('publish')).packetId);
    await published;
    assert.deepEqual(told, ['reconnecting', 'connected']);
  });

  for (const [what, options] of Object.entries({
    'a keep alive': { keepAlive: 1.5 },
    'a version': { version: 6 as never },
    'a property': { properties: { topicAlias: 1 } },
    'an unknown property': { properties: { nonsense: 1 } as never },
    'properties before 5.0': { version: 4, properties: { receiveMaximum: 1 } },
    'a password without a name': { version: 4, password: 'x' },
    'a lasting session without a name': { version: 4, cleanStart: false },
    'the topic of the will': { will: { topic: 'a/#' } },
    'the payload of the will': { will: { topic: 'a', payload: 'x'.repeat(65_536) } },
    'an identifier that is a number': { clientId: 5 as never },
    'a name that is none': { username: null as never },
    'a password that is a number': { password: 5 as never },
    'a timeout': { connectTimeout: Number.NaN },
    'a queue': { queue: -1 },
    'a wait': { reconnect: { minimum: '500' as never } },
    'a number of attempts': { reconnect: { attempts: -1 } },
  } as const))
    test(`is not made with ${what} that cannot be sent`, () => {
      assert.throws(() => new Client(server.open, options), { code: 'INVALID' });
    });
});

describe('a server that breaks the protocol', () => {
  for (const packet of [
    { type: 'connack', sessionPresent: false, reasonCode: 0, properties: NO_PROPERTIES },
    { type: 'pubrel', packetId: 1, reasonCode: 0, properties: NO_PROPERTIES },
  ] as const)
    test(`${packet.type} ${packet.type === 'connack' ? 'a second time' : 'before CONNACK'}`, async () => {
      const client = new Client(server.open, { reconnect: false });
      const started = client.start();
      if (packet.type === 'connack') await server.last.accept();
      else server.last.opens();
      await server.last.take();
      server.last.send(packet);
      assert.equal(server.last.ending, 'closed');
      if (packet.type === 'connack') {
        await started;
        await server.last.expect('disconnect', { reasonCode: 0x82 });
      } else await assert.rejects(started, { code: 'PROTOCOL_ERROR' });
    });

  test('[MQTT-3.2.2-2] a session although none was asked for', async () => {
    const started = new Client(server.open).start();
    await server.last.accept({ sessionPresent: true });
    await assert.rejects(started, { code: 'PROTOCOL_ERROR', reasonCode: 0x82 });
  });

  test('is told nothing before 5.0', async () => {
    await server.client({ version: 4 });
    server.last.sendBytes(Buffer.from('f000', 'hex'));
    await server.last.expectNothing();
    assert.equal(server.last.ending, 'closed');
  });
});

describe('reconnecting', () => {
  test('waits longer each time, and begins anew after a connection that lasted', async () => {
    const delays: number[] = [];
    const client = await server.client({ reconnect: { minimum: 100, maximum: 1000 } });
    client.on('reconnecting', ({ delay, attempt }) => {
      delays.push(delay);
      assert.equal(attempt, delays.length > 6 ? 1 : delays.length);
    });
    for (let attempt = 0; attempt < 6; attempt++) {
      server.last.breaks();
      mock.timers.tick(1000);
    }
    for (const [at, longest] of [100, 200, 400, 800, 1000, 1000].entries()) {
      assert.ok(delays[at]! >= longest / 2 && delays[at]! <= longest, `${delays[at]} of ${longest}`);
    }
    await server.last.accept();
    mock.timers.tick(5000);
    server.last.breaks();
    assert.ok(delays[6]! <= 100);
  });

  test('backs off from a server that accepts and closes', async () => {
    const client = await server.client({ reconnect: { minimum: 100 } });
    const delays: number[] = [];
    client.on('reconnecting', ({ delay }) => void delays.push(delay));
    for (let attempt = 0; attempt < 3; attempt++) {
      server.last.breaks();
      mock.timers.tick(400);
      await server.last.accept();
    }
    assert.ok(delays[2]! >= 200);
  });

  test('gives up after its attempts, and everybody who waits is told', async () => {
    const client = await server.client({ reconnect: { attempts: 2, minimum: 1 } });
    const told = history(client);
    const published = client.publish('a', 'x', { qos: 1 });
    const subscribed = client.subscribe('a');
    const requested = client.request('a', 'x', { timeout: 50_000 });
    for (let attempt = 0; attempt < 3; attempt++) {
      server.last.breaks();
      mock.timers.tick(10);
    }
    for (const promise of [published, subscribed, requested])
      await assert.rejects(promise, { code: 'CONNECTION_LOST' });
    assert.deepEqual(told, [
      'disconnected CONNECTION_LOST',
      'reconnecting',
      'reconnecting',
      'closed CONNECTION_LOST',
    ]);
  });

  test('resumes the session under the identifier that the server made up', async () => {
    const client = await server.client({}, { properties: { assignedClientIdentifier: 'auto-1' } });
    assert.equal(client.clientId, 'auto-1');
    server.last.breaks();
    mock.timers.tick(500);
    const connect = await server.last.accept({ sessionPresent: true });
    assert.equal(connect.clientId, 'auto-1');
    assert.equal(connect.cleanStart, false);
  });

  for (const reasonCode of [Reason.useAnotherServer, Reason.serverMoved])
    test(`does not come back to a server that says 0x${reasonCode.toString(16)}`, async () => {
      const client = await server.client();
      const { promise, resolve } = Promise.withResolvers<MqttError | undefined>();
      client.on('closed', resolve);
      server.last.send({ type: 'disconnect', reasonCode, properties: { serverReference: 'b.example' } });
      const error = await promise;
      assert.equal(error?.code, 'DISCONNECTED');
      assert.equal(error.serverReference, 'b.example');
      mock.timers.tick(100_000);
      assert.equal(server.connections.length, 1);
    });
});

describe('closing', () => {
  test('says goodbye, ends the session, and resolves when the connection is closed', async () => {
    const client = await server.client();
    const told = history(client);
    let closed = false;
    const closing = client.close().then(() => (closed = true));
    await server.last.expect('disconnect', { reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    assert.equal(server.last.ending, 'closed');
    await closing;
    assert.equal(closed, true);
    await client.close();
    assert.deepEqual(told, ['disconnected', 'closed']);
  });

  test('keeps a session whose expiry was chosen, and says what it was told to say', async () => {
    const client = await server.client({ properties: { sessionExpiryInterval: 10 } });
    await assert.rejects(client.close({ properties: { topicAlias: 1 } }), { code: 'INVALID' });
    await client.close({ reasonCode: 4, properties: { reasonString: 'bye' } });
    await server.last.expect('disconnect', { reasonCode: 4, properties: { reasonString: 'bye' } });
  });

  test('not with what a client does not say', async () => {
    const client = await server.client();
    for (const options of [{ reasonCode: 1 }, { reasonCode: 0x8e }, { drain: -1 }])
      await assert.rejects(client.close(options), { code: 'INVALID' });
    const old = await server.client({ version: 4 });
    await assert.rejects(old.close({ reasonCode: 4 }), { code: 'INVALID' });
    await Promise.all([old.close({ reasonCode: 0 }), client.close()]);
  });

  test('lets what is under way complete, and takes nothing new', async () => {
    const client = await server.client();
    const published = client.publish('a', 'x', { qos: 1 });
    const closing = client.close();
    const again = client.close();
    await assert.rejects(client.publish('b'), { code: 'CLOSED' });
    await assert.rejects(client.subscribe('b'), { code: 'CLOSED' });
    const { packetId } = await server.last.expect('publish');
    assert.equal(server.last.ending, undefined);
    server.last.acknowledge('puback', packetId);
    await Promise.all([published, closing, again]);
    await server.last.expect('disconnect');
  });

  test('waits so long for it and no longer', async () => {
    const client = await server.client();
    const published = client.publish('a', 'x', { qos: 1 });
    const closing = client.close({ drain: 100 });
    await turn();
    mock.timers.tick(100);
    await closing;
    await assert.rejects(published, { code: 'CLOSED' });
  });

  test('waits no longer when somebody else does not want to', async () => {
    const client = await server.client({ keepAlive: 0 });
    const published = client.publish('a', 'x', { qos: 1 });
    const closing = client.close({ drain: Infinity });
    await turn();
    mock.timers.tick(2 ** 31 - 2);
    assert.equal(client.connected, true);
    await client.close({ drain: 0 });
    await closing;
    await assert.rejects(published, { code: 'CLOSED' });
  });

  test('waits until its signal says that it is enough', async () => {
    const client = await server.client();
    const published = client.publish('a', 'x', { qos: 1 });
    const enough = new AbortController();
    const closing = [client.close(), client.close({ signal: enough.signal })];
    await turn();
    assert.equal(client.connected, true);
    enough.abort();
    await Promise.all(closing);
    await assert.rejects(published, { code: 'CLOSED' });
  });

  test('does not wait when the connection is lost meanwhile and the client gives up', async () => {
    const client = await server.client({ reconnect: false });
    const published = client.publish('a', 'x', { qos: 1 });
    const closing = client.close();
    await turn();
    server.last.breaks();
    await closing;
    await assert.rejects(published, { code: 'CONNECTION_LOST' });
  });

  test('by a handler, in the middle of a chunk', async () => {
    const client = await server.client();
    const received: string[] = [];
    const subscribed = client.subscribe('a', (message) => {
      received.push(message.text());
      void client.close();
    });
    await server.last.grant();
    await subscribed;
    const packet = {
      type: 'publish',
      topic: 'a',
      payload: Buffer.from('x'),
      qos: 1,
      retain: false,
      dup: false,
      properties: NO_PROPERTIES,
    } as const;
    server.last.sendBytes(
      Buffer.concat([encode({ ...packet, packetId: 1 }, 5), encode({ ...packet, packetId: 2 }, 5)]),
    );
    await client.close();
    assert.deepEqual(received, ['x']);
  });

  test('leaves no timer behind', async () => {
    mock.timers.reset();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const client = await server.client();
    await client.publish('a');
    await client.close();
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    assert.equal(after, before);
  });
});

test('a handler that throws surfaces, and the client goes on', async () => {
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  try {
    const client = new Client(server.open);
    client.on('connected', () => {
      throw new Error('mine');
    });
    const started = client.start();
    await server.last.accept();
    await started;
    await turn();
    assert.deepEqual(thrown, [new Error('mine')]);
    assert.equal(client.connected, true);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
});

test('handlers may add handlers, and take others away', async () => {
  const client = await server.client();
  const told: string[] = [];
  const again = (): void => {
    told.push('again');
    client.on('disconnected', again);
    late();
  };
  client.on('disconnected', again);
  const late = client.on('disconnected', () => told.push('late'));
  server.last.breaks();
  assert.deepEqual(told, ['again']);
});

test('handlers go with their signal, or by what `on` gives', async () => {
  const client = new Client(server.open);
  const gone = new AbortController();
  const told: string[] = [];
  client.on('connected', () => told.push('by signal'), { signal: gone.signal });
  client.on('connected', () => told.push('by hand'))();
  client.on('connected', () => told.push('stays'));
  gone.abort();
  const started = client.start();
  await server.last.accept();
  await started;
  assert.deepEqual(told, ['stays']);
});
