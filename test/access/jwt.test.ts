/** Tokens, with real clients: the examples of docs/authentication.md, keys that change, tokens that expire. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectTo, run, Scratch, zanzara } from '../cli/program.ts';
import { testWithMosquitto } from '../interop/mosquitto.ts';
import { Broker, example } from './example.ts';
import { ec, jwk, pem, rsa, secret, SECRET, token, unsigned } from './tokens.ts';
import { Web } from './web.ts';

const LISTENER = 'listener 1883 127.0.0.1\n';

/** Where `jose` is found by a script that stands elsewhere. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder with the secret of the page. */
function withSecret(): Scratch {
  const scratch = new Scratch();
  const path = scratch.file('jwt.secret', `${SECRET}\n`);
  chmodSync(path, 0o644); // the broker does not stay root
  return scratch;
}

/** What a client logs in with for so many seconds. */
async function lasting(seconds: number): Promise<{ username: string; password: string }> {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  return { username: 'x', password: await token(secret(), { exp }) };
}

testWithMosquitto(
  'the example with a secret: the script makes the token, the claim says the rights',
  async () => {
    await using broker = await Broker.start(withSecret(), `${example('tokens with a secret')}log_type all\n`);
    const { scratch } = broker;
    const script = example('a token')
      .replace('/etc/mosquitto/', `${scratch.path}/`)
      .replace("'jose'", `'${ROOT}node_modules/jose/dist/webapi/index.js'`);
    const made = await run([process.execPath, scratch.file('token.mjs', script)]);
    assert.equal(made.code, 0, made.stderr);
    const login = ['-u', 'token', '-P', made.stdout.trim(), '-V', '5'];

    await using sub = broker.subscriber(...login, '-t', 'commands/alice', '-C', '1');
    await broker.program.until('\tcommands/alice (QoS 0)');
    const more = await broker.mosquitto('mosquitto_sub', ...login, '-t', 'commands/#', '-E');
    assert.match(more.stderr, /denied/);
    const allowed = await broker.mosquitto(
      'mosquitto_pub',
      ...login,
      '-q',
      '1',
      '-t',
      'sensors/alice/t',
      '-m',
      '21',
    );
    assert.deepEqual([allowed.code, allowed.stderr], [0, '']);
    const denied = await broker.mosquitto(
      'mosquitto_pub',
      ...login,
      '-q',
      '1',
      '-t',
      'sensors/bob/t',
      '-m',
      '21',
    );
    assert.match(denied.stderr, /Not authorized/);

    const operator = await token(secret(), {
      sub: 'operator',
      iss: 'https://shop.example.com',
      acl: { publish: ['commands/+'] },
    });
    await broker.mosquitto('mosquitto_pub', '-P', operator, '-u', 'x', '-t', 'commands/alice', '-m', 'on');
    assert.match((await sub.result()).stdout, /^on$/m);
  },
);

testWithMosquitto(
  'the example of an identity provider: its keys change, an ACL file says the rights',
  async () => {
    const [first, second] = [rsa(), rsa()];
    await using web = await Web.start(() => ({ json: { keys: [jwk(first, { kid: '1', alg: 'RS256' })] } }));
    const scratch = new Scratch();
    scratch.file('acl', 'user alice\ntopic readwrite home/alice/#\n');
    const page = example('tokens of an identity provider');
    const config = page.replace(
      /jwt_jwks_url \S+/,
      `jwt_jwks_url ${web.url('/certs').href}\njwt_jwks_refresh 1`,
    );
    await using broker = await Broker.start(scratch, config);
    await broker.program.until('Keys for tokens fetched from ');
    const claims = {
      iss: 'https://login.example.com/realms/things',
      aud: ['account', 'mqtt'],
      preferred_username: 'alice',
    };
    const publish = async (password: string): Promise<number> => {
      const topic = ['-t', 'home/alice/x', '-m', 'hello', '-q', '1'];
      return (await broker.mosquitto('mosquitto_pub', '-u', 'x', '-P', password, ...topic)).code;
    };
    assert.equal(await publish(await token(first, claims, { kid: '1' })), 0);
    await broker.program.until("u'alice'");
    const stranger = await token(second, claims, { kid: '2' });
    assert.equal(await publish(stranger), 5);
    await broker.program.until('the token is not accepted: no key is known for "RS256", by the name "2".');
    web.reply = () => ({ json: { keys: [jwk(second, { kid: '2', alg: 'RS256' })] } });
    const fetches = web.asked.length;
    while (web.asked.length < fetches + 2) await broker.program.listens(broker.port);
    assert.equal(await publish(stranger), 0);
    assert.equal(await publish(await token(first, claims, { kid: '1' })), 5, 'a key that has left');
    assert.equal(await publish(await token(second, { ...claims, aud: 'web' }, { kid: '2' })), 5);
    await broker.program.until("its claim 'aud' is not accepted");
    assert.ok(!broker.program.stderr.includes(stranger));
  },
);

test('a connection ends with its token, is told why, and its will is sent', async () => {
  await using broker = await Broker.start(
    withSecret(),
    `${LISTENER}jwt_secret_file /etc/mosquitto/jwt.secret\njwt_leeway 0\n`,
  );
  const watcher = await connectTo(broker.port, { clientId: 'w', ...(await lasting(600)) });
  await watcher.subscribe('will');
  const guest = await connectTo(broker.port, {
    version: 5,
    clientId: 'guest',
    ...(await lasting(8)), // long enough to come in on a slow machine
    will: { topic: 'will', payload: 'gone' },
  });
  await guest.expectError(0xa0, { ping: false });
  await watcher.receive('will', 'gone');
  await broker.program.until('The credentials of client guest have expired.');
  await watcher.disconnect();
});

test('a reload: a new key counts, and who came in with one that is gone is sent away', async () => {
  const [first, second] = [ec('P-256', 'ES256'), ec('P-256', 'ES256')];
  const scratch = new Scratch();
  scratch.file('keys.pem', pem(first));
  const config = `${LISTENER}jwt_public_key_file /etc/mosquitto/keys.pem\n`;
  await using broker = await Broker.start(scratch, config);
  const client = await connectTo(broker.port, { clientId: 'a', username: 'x', password: await token(first) });
  scratch.file('keys.pem', pem(first) + pem(second));
  await broker.reload();
  const other = await connectTo(broker.port, { clientId: 'b', username: 'x', password: await token(second) });
  scratch.file('keys.pem', pem(second));
  await broker.reload();
  await client.expectClosed({ ping: false });
  scratch.file('keys.pem', 'nothing of use');
  await broker.reload();
  await broker.program.until('Error: Unable to load the keys in ');
  const third = await connectTo(broker.port, { clientId: 'c', username: 'x', password: await token(second) });
  await other.disconnect();
  await third.disconnect();
});

test('forged tokens get nobody in, whatever else is allowed', async () => {
  const key = rsa();
  const scratch = new Scratch();
  scratch.file('keys.pem', pem(key));
  const config = `${LISTENER}allow_anonymous true\njwt_public_key_file /etc/mosquitto/keys.pem\n`;
  await using broker = await Broker.start(scratch, config);
  const claims = { sub: 'admin', exp: Math.floor(Date.now() / 1000) + 300 };
  const forged = [
    unsigned({ alg: 'none' }, claims),
    await token(secret(pem(key)), claims, { alg: 'HS256' }),
    await token(rsa(), claims),
    'no token at all',
  ];
  for (const password of forged) {
    const refused = connectTo(broker.port, { version: 4, clientId: 'm', username: 'admin', password });
    await assert.rejects(refused);
  }
  const anonymous = await connectTo(broker.port, { clientId: 'anybody' });
  await anonymous.disconnect();
  assert.equal(broker.program.stderr.match(/refused by jwt/g)?.length, 3);
});

test('a broker with keys that cannot be used does not start, and says where', async () => {
  using scratch = new Scratch();
  const file = scratch.file('m.conf', `${LISTENER}jwt_secret_file ${scratch.at('secret')}\n`);
  const missing = await run(zanzara('-c', file));
  assert.notEqual(missing.code, 0);
  assert.ok(missing.stderr.includes(`${file}:2: `), missing.stderr);
  scratch.file('secret', 'short\n');
  const short = await run(zanzara('-c', file));
  assert.notEqual(short.code, 0);
  assert.match(short.stderr, /is too short/);
  assert.ok(short.stderr.includes(`${file}:2: HS256 needs 32 bytes.`), short.stderr);
});
