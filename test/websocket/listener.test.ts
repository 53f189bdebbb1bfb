/** WebSocket listeners of a broker process: real clients, options, reloads. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { IClientOptions } from 'mqtt';
import { connectTo, freePort, run, Scratch, startZanzara, zanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { packets } from '../conformance/harness/packets.ts';
import { essence, Guest, VERSIONS } from '../interop/guest.ts';
import { body } from '../listeners/broker.ts';
import { makeCertificates } from '../proxy/haproxy.ts';
import { upgrade, Visitor } from './visitor.ts';

const p = packets(4);
const QOS = [0, 1, 2] as const;

/** Two clients, who send each other messages small and large at every QoS. */
async function converse(port: number, version: 3 | 4 | 5, options: IClientOptions): Promise<void> {
  await using alice = await Guest.arrive(port, version, { clientId: 'alice', ...options });
  await using bob = await Guest.arrive(port, version, { clientId: 'bob', ...options });
  await bob.client.subscribeAsync('to/bob/#', { qos: 2 });
  const texts = ['short', 'x'.repeat(200), 'y'.repeat(70_000), 'z '.repeat(700_000)];
  for (const qos of QOS)
    for (const text of texts) await alice.client.publishAsync(`to/bob/${qos}`, text, { qos });
  for (const qos of QOS)
    for (const text of texts) {
      const message = await bob.next();
      assert.ok(essence(message) === `to/bob/${qos} ${text} q${qos} r0`);
    }
  const many = Array.from({ length: 300 }, (_, at) => `${at}`);
  for (let at = 0; at < many.length; at += 20)
    await Promise.all(
      many.slice(at, at + 20).map((text) => alice.client.publishAsync('to/bob/many', text, { qos: 1 })),
    );
  const received = (await bob.take(many.length)).map(({ payload }) => String(payload));
  assert.deepEqual(received, many);
  assert.ok(await bob.hasNoMore());
  await alice.leave();
}

describe('MQTT.js', () => {
  let broker: Running;
  before(async () => void (broker = await startZanzara('protocol websockets\nwebsockets_compression true')));
  after(() => broker[Symbol.asyncDispose]());

  for (const version of [3, 4, 5] as const) {
    test(`${VERSIONS[version]} over WebSocket`, () => converse(broker.port, version, { protocol: 'ws' }));

    test(`${VERSIONS[version]} over WebSocket with compression`, () => {
      const wsOptions = { perMessageDeflate: { threshold: 0 } };
      return converse(broker.port, version, { protocol: 'ws', path: '/any/path', wsOptions });
    });
  }

  const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed';
  test('over TLS', { skip }, async () => {
    using scratch = new Scratch();
    makeCertificates(scratch, 'client');
    const lines = ['certfile server.pem', 'keyfile server.key'].map((line) =>
      line.replace(' ', ` ${scratch.path}/`),
    );
    await using secure = await startZanzara(`protocol websockets\n${lines.join('\n')}\nlog_type all`);
    const wsOptions = { ca: readFileSync(scratch.at('ca.pem')), servername: 'localhost' };
    const options = { protocol: 'wss', wsOptions } as const;
    await converse(secure.port, 5, options);
    await secure.program.until('Client alice negotiated TLSv1.3 cipher');
  });
});

test("a browser's WebSocket", async () => {
  await using broker = await startZanzara('protocol websockets');
  const socket = new WebSocket(`ws://127.0.0.1:${broker.port}/mqtt`, ['mqtt', 'mqttv3.1']);
  socket.binaryType = 'arraybuffer';
  await once(socket, 'open');
  assert.deepEqual([socket.protocol, socket.extensions], ['mqtt', '']);
  const next = async (): Promise<string> => {
    const [{ data }] = (await once(socket, 'message')) as [MessageEvent];
    return Buffer.from(data as ArrayBuffer).toString('hex');
  };
  socket.send(p.connect({}));
  assert.equal(await next(), '20020000');
  socket.send(p.pingreq());
  assert.equal(await next(), 'd000');
  socket.send(p.disconnect());
  const [{ code, wasClean }] = (await once(socket, 'close')) as [CloseEvent];
  assert.deepEqual([code, wasClean], [1000, true]);
});

/** Writes the configuration anew, below the same listener, and waits until it is in force. */
async function reload({ file, listener, program }: Running, config: string): Promise<void> {
  const earlier = program.stderr.split('Reloading config.').length;
  writeFileSync(file, `${listener}${config}\n`);
  program.signal('SIGHUP');
  await program.until(new RegExp(`(?:Reloading config\\.[^]*){${earlier}}`));
}

/** What a request is answered with: the first line, or nothing. */
async function answerTo(port: number, request: string): Promise<string> {
  using visitor = await Visitor.open(port);
  visitor.send(request).socket.end();
  return String(await visitor.rest()).split('\r\n', 1)[0]!;
}

const GRANTED = 'HTTP/1.1 101 Switching Protocols';
const fromOrigin = (origin: string): string => upgrade({ headers: { Origin: origin } });

describe('options', { concurrency: 4 }, () => {
  test('websockets_origin, packet_buffer_size and http_dir follow a reload', async () => {
    using scratch = new Scratch();
    scratch.file('one/page.html', 'one');
    scratch.file('two/page.html', 'two');
    const lines = (origin: string, folder: string, size: number): string =>
      [
        'protocol websockets',
        'websockets_origin https://other.example',
        `websockets_origin https://${origin}.example`,
        `http_dir ${scratch.at(folder)}`,
        `packet_buffer_size ${size}`,
      ].join('\n');
    await using broker = await startZanzara(lines('one', 'one', 4096));
    const { port } = broker;
    const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/page.html`)).text();
    const long = upgrade({ headers: { Cookie: 'x'.repeat(1500) } });
    assert.equal(await answerTo(port, fromOrigin('https://one.example')), GRANTED);
    assert.equal(await answerTo(port, fromOrigin('https://two.example')), '');
    assert.equal(await answerTo(port, long), GRANTED);
    assert.equal(await page(), 'one');
    await reload(broker, lines('two', 'two', 1000));
    assert.equal(await answerTo(port, fromOrigin('https://one.example')), '');
    assert.equal(await answerTo(port, fromOrigin('https://two.example')), GRANTED);
    assert.equal(await answerTo(port, long), '');
    assert.equal(await page(), 'two');
    await reload(broker, lines('three', 'nowhere', 1000));
    await broker.program.until(`: Error: Unable to open http_dir '${scratch.at('nowhere')}'`);
    assert.equal(await page(), 'two', 'a folder that is not there changes nothing');
    assert.equal(await answerTo(port, fromOrigin('https://two.example')), GRANTED);
    await reload(broker, 'protocol websockets');
    assert.equal(await answerTo(port, fromOrigin('https://three.example')), GRANTED);
    assert.equal(await answerTo(port, 'GET /page.html HTTP/1.1\r\nHost: a\r\n\r\n'), '');
    await broker.program.until(': non-matching http origin.');
  });

  test('a reload turns a listener from one protocol to the other', async () => {
    await using broker = await startZanzara('');
    await (await connectTo(broker.port)).disconnect();
    await reload(broker, 'protocol websockets');
    assert.equal(await answerTo(broker.port, upgrade()), GRANTED);
    await reload(broker, '');
    await (await connectTo(broker.port)).disconnect();
  });

  test('http_dir must be there when the broker starts', async () => {
    using scratch = new Scratch();
    const file = scratch.file(
      'z.conf',
      `listener ${await freePort()}\nprotocol websockets\nhttp_dir nowhere\n`,
    );
    const { code, stderr } = await run(zanzara('-c', file), { cwd: scratch.path });
    assert.equal(code, 1);
    assert.deepEqual(body(stderr).slice(-3), [
      "Error: Unable to open http_dir 'nowhere': No such file or directory.",
      `Error found at ${file}:3.`,
      `${file}:3: It must be a directory that exists and that the user the broker runs as may read.`,
    ]);
  });

  test('those of WebSocket on another listener are pointed out', async () => {
    await using broker = await startZanzara('websockets_origin https://a.example\nhttp_dir /tmp');
    for (const option of ['websockets_origin', 'http_dir'])
      await broker.program.until(
        `: Warning: '${option}' has no effect on a listener without 'protocol websockets'.\n`,
      );
    await (await connectTo(broker.port)).disconnect();
  });

  test('the log tells of the listener as each Mosquitto does', async () => {
    await using broker = await startZanzara('protocol websockets\nlog_timestamp false');
    await broker.program.until(`\nOpening ipv4 listen socket on port ${broker.port}.\n`);
    await using old = await startZanzara(
      'protocol websockets\nlog_dialect mosquitto-1.4\nlog_timestamp false',
    );
    await old.program.until(`\nOpening websockets listen socket on port ${old.port}.\n`);
  });

  test('max_connections, mount_point and wills are those of any listener', async () => {
    const plain = await freePort();
    await using broker = await startZanzara(
      `protocol websockets\nmax_connections 1\nmount_point web/\nlistener ${plain} 127.0.0.1`,
    );
    await broker.program.until(/ running\n/); // the second listener opens after the first
    const client = await connectTo(plain, { clientId: 'plain' });
    await client.subscribe('web/#');
    await using guest = await Guest.arrive(broker.port, 4, {
      protocol: 'ws',
      clientId: 'guest',
      will: { topic: 'will', payload: Buffer.from('gone'), qos: 0, retain: false },
    });
    assert.equal(await answerTo(broker.port, upgrade()), '');
    await broker.program.until('denied: max_connections exceeded.');
    await guest.client.publishAsync('topic', 'hello');
    await client.receive('web/topic', 'hello');
    await guest.drop();
    await client.receive('web/will', 'gone');
    await client.disconnect();
  });

  test('SIGTERM ends a broker whose clients do not answer', async () => {
    await using broker = await startZanzara('protocol websockets');
    using visitor = await Visitor.enter(broker.port);
    assert.equal(await visitor.mqtt(p.connect({})).bytes(4), '20020000');
    const ended = broker.program.stop();
    assert.equal(await visitor.closed(), 1000);
    visitor.socket.end();
    assert.equal((await ended).code, 0);
  });
});
