/** The options against abuse, as a client of a broker process meets them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../conformance/harness/client.ts';
import { connectTo, run, Scratch, startZanzara, zanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { passwords } from './passwords.ts';

const PATIENCE_MS = 30_000;

/** Opens a connection, and says nothing yet. */
function visit({ port }: Running, version: 3 | 4 | 5 = 5): Promise<Client> {
  return Client.open(port, version, '', PATIENCE_MS);
}

/** Tries until it is let in. */
async function enter(broker: Running): Promise<void> {
  for (const end = Date.now() + 2 * PATIENCE_MS; Date.now() < end;) {
    const client = await visit(broker, 4);
    client.send(client.p.connect({ clientId: 'me' }));
    const outcome = await client.next().catch(() => undefined);
    client.drop();
    if (outcome?.type === 'connack') return;
    await sleep(100);
  }
  throw new Error(`It is not let in: ${broker.program.stderr}`);
}

/** The code that a login is answered with. */
async function login(
  broker: Running,
  username: string,
  password: string,
  version: 4 | 5 = 5,
): Promise<number> {
  const client = await visit(broker, version);
  client.send(client.p.connect({ clientId: 'me', username, password }));
  const { code } = await client.expect({ type: 'connack' });
  if (code !== 0) await client.expectClosed({ ping: false });
  client.drop();
  return code;
}

describe('limits against abuse', { concurrency: 4 }, () => {
  test('connection_rate: connections over it are closed, the log says so once, and later ones come in', async () => {
    await using broker = await startZanzara('connection_rate 1');
    const denied = 'Client connection from 127.0.0.1 denied: connection rate exceeded.';
    while (!broker.program.stderr.includes(denied)) {
      const visitors = await Promise.all(Array.from({ length: 10 }, () => visit(broker)));
      visitors.forEach((client) => client.drop());
    }
    await enter(broker);
    assert.equal(broker.program.stderr.split(denied).length, 2);
  });

  test('message_rate: a client is read from as fast as it may send, and what it sent arrives', async () => {
    await using broker = await startZanzara('message_rate 100');
    const client = await connectTo(broker.port, { clientId: 'me' });
    await client.subscribe('t');
    const sent = Array.from({ length: 130 }, (_, i) => `${i}`);
    client.send(...sent.map((payload) => client.p.publish('t', payload)));
    for (const payload of sent) await client.receive('t', payload);
    await client.disconnect();
  });

  test('message_rate with rate_action disconnect: 0x96', async () => {
    await using broker = await startZanzara('message_rate 10\nrate_action disconnect');
    const client = await connectTo(broker.port, { version: 5, clientId: 'me' });
    client.send(...Array.from({ length: 40 }, () => client.p.publish('t', 'x')));
    await client.expectError(0x96, { ping: false });
    await broker.program.until(/Client me \[127\.0\.0\.1:\d+\] disconnected: message rate too high\./);
  });

  test('byte_rate with rate_action disconnect: 0x96; a reload takes it back', async () => {
    await using broker = await startZanzara('byte_rate 1000\nrate_action disconnect');
    const client = await connectTo(broker.port, { version: 5, clientId: 'me' });
    client.send(client.p.publish('t', 'x'.repeat(5000)));
    await client.expectError(0x96, { ping: false });
    writeFileSync(broker.file, broker.listener);
    broker.program.signal('SIGHUP');
    await broker.program.until('Reloading config.');
    const again = await connectTo(broker.port, { version: 5, clientId: 'me' });
    await again.publish('t', 'x'.repeat(5000), { qos: 1 });
    await again.disconnect();
  });

  test('max_connect_bytes: a larger CONNECT is refused by its first bytes', async () => {
    await using broker = await startZanzara('max_connect_bytes 200');
    await (await connectTo(broker.port, { clientId: 'c'.repeat(150) })).disconnect();
    const client = await visit(broker);
    client.send('10 d0 01'); // a CONNECT of 211 bytes, of which nothing more comes
    await client.expectClosed();
  });

  test('max_pending_connections: silent peers make room for a client', async () => {
    await using broker = await startZanzara('max_pending_connections 3');
    const silent = await Promise.all([visit(broker), visit(broker), visit(broker)]);
    const denied = await visit(broker);
    await denied.expectClosed();
    await broker.program.until('Client connection from 127.0.0.1 denied: too many pending connections.');
    await enter(broker);
    await broker.program.until(/disconnected: server busy\./);
    silent.forEach((client) => client.drop());
  });

  test('login_backoff: after a wrong password nobody is asked for a while, not even with the right one', async () => {
    using scratch = new Scratch();
    const file = passwords(scratch, { alice: 'secret', bob: 'other' });
    await using broker = await startZanzara(
      `password_file ${file}\nlogin_backoff 3600\nlogin_backoff_max 3600`,
    );
    assert.equal(await login(broker, 'alice', 'secret'), 0);
    assert.equal(await login(broker, 'alice', 'guess'), 0x87);
    assert.equal(await login(broker, 'alice', 'secret'), 0x9f);
    assert.equal(await login(broker, 'bob', 'other', 4), 3);
    await broker.program.until(
      'Client connection from 127.0.0.1 denied: logins from there wait 3600 s after 1 failure.',
    );
    assert.equal(broker.program.stderr.split('denied: logins').length, 2);
  });

  test('with per_listener_settings each listener has its own', async () => {
    using scratch = new Scratch();
    const path = scratch.file(
      'm.conf',
      'per_listener_settings true\nlistener 1883\nmessage_rate 5\nlistener 1884\nconnection_rate 3\n',
    );
    const { code, stdout, stderr } = await run(zanzara('--test-config', '-c', path));
    assert.equal(code, 0, stdout + stderr);
  });
});
