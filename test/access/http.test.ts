/** A web service, with real clients: the example of docs/authentication.md, and what happens when it is gone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo, freePort, Program, run, Scratch, zanzara } from '../cli/program.ts';
import { testWithMosquitto } from '../interop/mosquitto.ts';
import { Broker, example } from './example.ts';
import { Web } from './web.ts';

const LISTENER = 'listener 1883 127.0.0.1\n';
/** Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

testWithMosquitto('the example: the service of the page says who comes in and does what', async () => {
  const scratch = new Scratch();
  const port = await freePort();
  const script = scratch.file('service.mjs', example('the service').replace('8080', `${port}`));
  await using service = new Program([process.execPath, script]);
  await service.listens(port);
  const config = `${example('a web service').replaceAll('8080', `${port}`)}log_type all\n`;
  await using broker = await Broker.start(scratch, config);
  const alice = ['-u', 'alice', '-P', 'secret', '-V', '5'];
  await using sub = broker.subscriber(...alice, '-t', 'news', '-t', 'home/alice/#', '-C', '1');
  await broker.program.until('\thome/alice/# (QoS 0)');

  const publish = (...args: readonly string[]): ReturnType<typeof broker.mosquitto> =>
    broker.mosquitto('mosquitto_pub', '-q', '1', '-m', 'hello', ...args);
  assert.match((await publish(...alice, '-t', 'home/bob/x')).stderr, /Not authorized/);
  assert.match((await publish(...alice, '-t', 'news')).stderr, /Not authorized/);
  assert.equal((await publish('-u', 'alice', '-P', 'wrong', '-t', 'home/alice/x')).code, 5);
  assert.equal((await publish('-u', 'nobody', '-P', 'x', '-t', 'home/alice/x')).code, 5);
  const more = await broker.mosquitto('mosquitto_sub', ...alice, '-t', '#', '-E');
  assert.match(more.stderr, /denied/);
  assert.equal((await publish(...alice, '-t', 'home/alice/x')).code, 0);
  assert.match((await sub.result()).stdout, /^hello$/m);
  assert.ok(!broker.program.stderr.includes('k5R0fLh2'));
});

testWithMosquitto(
  'a service that is gone: refused as unavailable, two lines in the log, and on again',
  async () => {
    const port = await freePort();
    const url = new URL(`http://127.0.0.1:${port}/login`);
    const options = 'http_auth_failures 2\nhttp_auth_retry 1\nhttp_auth_cache 0\n';
    await using broker = await Broker.start(
      new Scratch(),
      `${LISTENER}http_auth_url ${url.href}\n${options}`,
    );
    const publish = async (...args: readonly string[]): Promise<number> =>
      (await broker.mosquitto('mosquitto_pub', '-u', 'a', '-P', 'secret', '-t', 't', '-m', 'm', ...args))
        .code;
    assert.equal(await publish(), 3);
    assert.equal(await publish('-V', '5'), 0x88);
    assert.equal(await publish(), 3);
    await broker.program.until('It is left alone for 1 seconds; what it would decide is refused.');
    await using again = await Web.start(() => ({ json: { result: 'allow' } }), { port });
    let code = 3;
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end && code !== 0;) {
      await sleep(50);
      code = await publish();
    }
    assert.equal(code, 0);
    await broker.program.until(`${url.href} answers again.`);
    assert.equal(broker.program.stderr.match(/is left alone/g)?.length, 1);
    assert.ok(again.asked.length > 0);
    assert.ok(!broker.program.stderr.includes('secret'));
  },
);

test('rights of the login hold for what is received; others go on while the service thinks', async () => {
  const gate = Promise.withResolvers<void>();
  await using web = await Web.start(async ({ json }) => {
    const { username } = json as { username: string };
    if (username === 'slow') await gate.promise;
    const acl =
      username === 'reader' ? { subscribe: ['#'], receive: ['open/#'] } : { publish: ['open/#', 'closed'] };
    return { json: { result: 'allow', acl } };
  });
  await using broker = await Broker.start(new Scratch(), `${LISTENER}http_auth_url ${web.url().href}\n`);
  const slow = connectTo(broker.port, { clientId: 's', username: 'slow', password: 'x' });
  const reader = await connectTo(broker.port, { clientId: 'r', username: 'reader', password: 'x' });
  const writer = await connectTo(broker.port, { clientId: 'w', username: 'writer', password: 'x' });
  await reader.subscribe('#');
  await writer.publish('closed', 'no', { qos: 1 });
  await writer.publish('elsewhere', 'no', { qos: 1 });
  await writer.publish('open/a', 'yes', { qos: 1 });
  await reader.receive('open/a', 'yes');
  gate.resolve();
  await (await slow).disconnect();
  await reader.disconnect();
  await writer.disconnect();
});

test('over https the server must be the one that it says', async (context) => {
  using files = new Scratch();
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
  const made = await run([
    'openssl',
    ...kind.split(' '),
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    files.at('key.pem'),
    '-out',
    files.at('cert.pem'),
  ]).catch(() => undefined);
  if (made?.code !== 0) {
    context.skip('openssl is not installed');
    return;
  }
  const tls = {
    key: readFileSync(files.at('key.pem'), 'utf8'),
    cert: readFileSync(files.at('cert.pem'), 'utf8'),
  };
  await using web = await Web.start(() => ({ json: { result: 'allow' } }), { tls });
  const line = `http_auth_url https://127.0.0.1:${web.port}/`;
  await using broker = await Broker.start(new Scratch(), `${LISTENER}${line}\n`);
  const login = { clientId: 'a', username: 'a', password: 'x' };
  await assert.rejects(connectTo(broker.port, login));
  await broker.program.until('self-signed certificate');
  assert.equal(web.asked.length, 0);
  broker.scratch.file('ca.pem', tls.cert);
  await broker.reload(`${LISTENER}${line}\nhttp_auth_cafile /etc/mosquitto/ca.pem\n`);
  const client = await connectTo(broker.port, login);
  await client.disconnect();
});

test('a broker whose options make no sense does not start, and says where', async () => {
  using scratch = new Scratch();
  const cases: readonly (readonly [lines: string, at: number, text: RegExp])[] = [
    ['http_auth_url auth.example.com\n', 2, /It must be a whole URL/],
    ['http_auth_url https://h/\nhttp_auth_cafile /nonexistent\n', 3, /ENOENT/],
    ['http_auth_timeout 100\n', 2, /Add http_auth_url or http_acl_url/],
  ];
  for (const [lines, at, text] of cases) {
    const file = scratch.file('m.conf', LISTENER + lines);
    const ended = await run(zanzara('-c', file));
    assert.notEqual(ended.code, 0);
    assert.ok(ended.stderr.includes(`${file}:${at}: `), ended.stderr);
    assert.match(ended.stderr, text);
  }
});
