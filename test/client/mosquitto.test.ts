/** `zanzara/mosquitto` against brokers: what a program of Mosquitto-PHP sees, at Zanzara and at Debian's mosquitto. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { Client } from '../../src/client/mosquitto.ts';
import type { Exception } from '../../src/client/mosquitto.ts';
import { Program, Scratch, freePort, startZanzara, zanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { startMosquitto, testWithMosquitto } from '../interop/mosquitto.ts';
import { testWithOpenssl } from '../tls/authority.ts';
import { openTls, stage } from '../tls/stage.ts';

/** How long anything may take, in milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** Writes down all that a client tells. */
function listen(client: Client): string[] {
  const told: string[] = [];
  client.onConnect((rc, message) => void told.push(`connect ${rc} ${message}`));
  client.onDisconnect((rc) => void told.push(`disconnect ${rc}`));
  client.onSubscribe((mid, count, qos) => void told.push(`subscribe ${mid} ${count} ${qos}`));
  client.onUnsubscribe((mid) => void told.push(`unsubscribe ${mid}`));
  client.onPublish((mid) => void told.push(`publish ${mid}`));
  client.onMessage(
    (m) =>
      void told.push(`message ${m.topic} ${m.payload.toString()} q${m.qos} ${m.mid === 0 ? 'no' : 'an'} id`),
  );
  return told;
}

/** Loops until it was told of something. */
async function until(client: Client, told: readonly string[], line: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !told.includes(line);)
    await client.loop(100);
  assert.ok(told.includes(line), `${line} is not in ${told.join('\n')}`);
}

/** Of MQTT 3.1.1: accepted. */
const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const CONNECTED = 'connect 0 Connection Accepted.';

/** One play for each broker. */
const PLAYS: Readonly<Record<string, (broker: Running) => Promise<void>>> = {
  'callbacks and ids': async ({ port }) => {
    const client = new Client('plays');
    const told = listen(client);
    assert.equal(await client.connect('localhost', port), 0);
    assert.deepEqual(told, []);
    assert.ok(client.getSocket() > 2);
    await until(client, told, CONNECTED);
    assert.equal(client.subscribe('t/#', 2), 1);
    await until(client, told, 'subscribe 1 1 2');
    assert.equal(client.publish('t/0', 'a'), 2);
    assert.equal(told.at(-1), 'publish 2');
    assert.equal(client.publish('t/1', Buffer.from('b'), 1), 3);
    assert.equal(client.publish('t/2', 'c', 2), 4);
    await until(client, told, 'publish 3');
    await until(client, told, 'publish 4');
    await until(client, told, 'message t/0 a q0 no id');
    await until(client, told, 'message t/1 b q1 an id');
    await until(client, told, 'message t/2 c q2 an id');
    assert.equal(client.unsubscribe('t/#'), 5);
    await until(client, told, 'unsubscribe 5');
    client.disconnect();
    assert.equal(told.at(-1), 'disconnect 0');
    assert.equal(client.getSocket(), -1);
    await assert.rejects(client.loop(), { message: 'The client is not currently connected.' });
  },
  'a program that never loops is heard': async ({ port }) => {
    const client = new Client();
    const told = listen(client);
    await client.connect('localhost', port);
    await client.connect('localhost', port);
    client.publish('kept/0', 'zero', 0, true);
    client.publish('kept/1', 'one', 1, true);
    client.disconnect();
    await client.connect('localhost', port);
    client.subscribe('kept/#', 1);
    await until(client, told, 'message kept/0 zero q0 no id');
    await until(client, told, 'message kept/1 one q1 an id');
    client.disconnect();
  },
  "the manual's first example loses no message": async ({ port }) => {
    const receiver = new Client('receiver');
    const told = listen(receiver);
    await receiver.connect('localhost', port);
    receiver.subscribe('hello', 2);
    await until(receiver, told, 'subscribe 1 1 2');
    const sender = new Client('sender');
    const sent = listen(sender);
    sender.onConnect(() => {
      sender.publish('hello', 'there', 2);
      sender.disconnect();
    });
    await sender.connect('localhost', port);
    await sender.loopForever();
    assert.deepEqual(sent, ['publish 1', 'disconnect 0']);
    await until(receiver, told, 'message hello there q2 an id');
    receiver.disconnect();
  },
  'what a handler throws ends its loop, and nothing is lost': async ({ port }) => {
    const client = new Client('throws');
    await client.connect('localhost', port);
    const told = listen(client);
    client.subscribe('t', 0);
    await until(client, told, 'subscribe 1 1 0');
    client.onMessage(({ payload }) => {
      throw new RangeError(payload.toString());
    });
    for (const payload of ['1', '2', '3']) client.publish('t', payload);
    for (const message of ['1', '2', '3'])
      await assert.rejects(client.loopForever(), { name: 'RangeError', message });
    assert.ok(client.getSocket() > 0);
    client.disconnect();
  },
  'log lines': async ({ port }) => {
    const client = new Client();
    const lines: string[] = [];
    const told = listen(client);
    client.onLog((level, text) => void lines.push(`${level} ${text}`));
    await client.connect('localhost', port);
    await until(client, told, CONNECTED);
    client.subscribe('s/#', 2);
    await until(client, told, 'subscribe 1 1 2');
    client.publish('s/x', 'hi', 2);
    await until(client, told, 'publish 2');
    await until(client, told, 'message s/x hi q2 an id');
    client.publish('other', '123');
    client.disconnect();
    const order = [
      'sending CONNECT',
      'received CONNACK (0)',
      'sending SUBSCRIBE (Mid: 1, Topic: s/#, QoS: 2, Options: 0x00)',
      'received SUBACK',
      "sending PUBLISH (d0, q2, r0, m2, 's/x', ... (2 bytes))",
      'received PUBREC (Mid: 2)',
      'sending PUBREL (m2)',
      "received PUBLISH (d0, q2, r0, m1, 's/x', ... (2 bytes))",
      'sending PUBREC (m1, rc0)',
      'received PUBCOMP (Mid: 2, RC:0)',
      'received PUBREL (Mid: 1)',
      'sending PUBCOMP (m1)',
      "sending PUBLISH (d0, q0, r0, m3, 'other', ... (3 bytes))",
      'sending DISCONNECT',
    ];
    assert.deepEqual(lines.toSorted(), order.map((line) => `16 Client (null) ${line}`).toSorted());
    assert.equal(lines[0], '16 Client (null) sending CONNECT');
    assert.equal(lines.at(-1), '16 Client (null) sending DISCONNECT');
  },
  'a session that lasts': async ({ port }) => {
    const client = new Client('lasting', false);
    const told = listen(client);
    await client.connect('localhost', port);
    client.subscribe('later', 1);
    await until(client, told, 'subscribe 1 1 1');
    client.disconnect();
    const other = new Client();
    await other.connect('localhost', port);
    other.publish('later', 'kept', 1);
    other.disconnect();
    await client.connect('localhost', port);
    await until(client, told, 'message later kept q1 an id');
    client.disconnect();
  },
};

for (const [title, play] of Object.entries(PLAYS)) {
  test(`Zanzara: ${title}`, async () => {
    await using broker = await startZanzara('');
    await play(broker);
  });
  testWithMosquitto(`mosquitto: ${title}`, async () => {
    await using broker = await startMosquitto('user root');
    await play(broker);
  });
}

describe('what goes wrong', () => {
  test('a connection that is refused shows', async () => {
    const client = new Client();
    const told = listen(client);
    const expected = { name: 'Mosquitto\\Exception', message: 'Connection refused', code: 0, errno: 14 };
    await assert.rejects(client.connect('127.0.0.1', await freePort()), expected);
    assert.deepEqual(told, []);
  });

  test('a server that says no', async () => {
    await using broker = await startZanzara('allow_anonymous false');
    const client = new Client('stranger');
    const told = listen(client);
    assert.equal(await client.connect('localhost', broker.port), 0);
    await assert.rejects(client.loopForever(), { message: 'The connection was refused.', errno: 5 });
    assert.deepEqual(told, ['connect 5 Connection Refused: not authorised.', 'disconnect 5']);
  });

  test('a server that hangs up before it answers', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0);
    await once(server, 'listening');
    const client = new Client();
    const told = listen(client);
    assert.equal(await client.connect('localhost', (server.address() as AddressInfo).port), 0);
    await assert.rejects(client.loop(), { message: 'The connection was lost.' });
    assert.deepEqual(told, ['disconnect 7']);
    server.close();
  });

  test('loopForever connects again when onConnect has come too late for its connection', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      const isLast = sockets.push(socket) === 2;
      socket.once('data', () => (isLast ? socket.write(CONNACK) : socket.end(CONNACK)));
      socket.on('error', () => undefined); // it is gone: that is the play
    }).listen(0);
    await once(server, 'listening');
    const client = new Client();
    const told = listen(client);
    client.onConnect(() => {
      client.subscribe('t', 0);
      client.exitLoop();
    });
    await client.connect('localhost', (server.address() as AddressInfo).port);
    for (let turn = 0; turn < 100 && client.getSocket() !== -1; turn++) await tick();
    for (let turn = 0; turn < 10 && sockets.length < 2; turn++) await client.loopForever();
    assert.equal(sockets.length, 2);
    assert.deepEqual([...new Set(told)], ['disconnect 7']);
    client.disconnect();
    server.close();
  });

  test('loopForever connects again when the broker comes back, and exitLoop ends it', async () => {
    const port = await freePort();
    using scratch = new Scratch();
    const file = scratch.file('z.conf', `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    const first = new Program(zanzara('-c', file), { cwd: scratch.path });
    await first.listens(port);
    const client = new Client('again');
    const told = listen(client);
    let connections = 0;
    client.onConnect(() => {
      connections++;
      if (connections === 2) client.exitLoop();
      else void first.stop('SIGKILL');
    });
    await client.connect('127.0.0.1', port);
    const looping = client.loopForever();
    await first.result();
    await using second = new Program(zanzara('-c', file), { cwd: scratch.path });
    await second.listens(port);
    await looping;
    assert.equal(connections, 2);
    assert.deepEqual(told, ['disconnect 7']);
    client.disconnect();
  });

  test('disconnect ends waiting for a broker that does not come back', async () => {
    await using broker = await startZanzara('');
    const client = new Client();
    client.setReconnectDelay(3600);
    await client.connect('localhost', broker.port);
    client.onConnect(() => void broker.program.stop());
    client.onDisconnect(() => setImmediate(() => client.disconnect()));
    await client.loopForever();
    assert.equal(client.getSocket(), -1);
  });
});

testWithOpenssl('TLS: certificates, names and pre-shared keys', async () => {
  const on = await stage();
  const user = on.root.issue('somebody');
  const keys = on.scratch.file('keys', 'me:00112233\n');
  const pskPort = await freePort();
  const lines = `require_certificate true\nlistener ${pskPort} 127.0.0.1\npsk_file ${keys}\npsk_hint hint\n`;
  await using broker = await openTls(on, lines);
  assert.ok(broker.program.pid > 0);
  const outcome = async (prepare: (client: Client) => unknown, port = on.port): Promise<string> => {
    using client = new Client();
    const told = listen(client);
    prepare(client);
    try {
      await client.connect('localhost', port);
      await until(client, told, CONNECTED);
      return CONNECTED;
    } catch (error) {
      return (error as Exception).message;
    }
  };
  const { certificate, key } = user;
  const tls = 'A TLS error occurred.';
  assert.equal(await outcome((c) => c.setTlsCertificates(on.root.certificate, certificate, key)), CONNECTED);
  assert.equal(await outcome((c) => c.setTlsCertificates(certificate, certificate, key)), tls);
  assert.equal(await outcome((c) => c.setTlsCertificates(on.root.certificate)), 'The connection was lost.');
  const stranger = new Client();
  stranger.setTlsCertificates(on.root.certificate);
  await stranger.connect('localhost', on.port);
  await assert.rejects(stranger.loopForever(), { message: 'The connection was lost.' });
  assert.equal(await outcome(() => undefined), 'The connection was lost.');
  assert.equal(await outcome((c) => c.setTlsPSK('00112233', 'me'), pskPort), CONNECTED);
  assert.equal(await outcome((c) => c.setTlsPSK('44', 'me'), pskPort), tls);
  assert.equal(await outcome((c) => c.setTlsPSK('00112233', 'you'), pskPort), tls);
});
