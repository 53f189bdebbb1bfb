import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { credentials, listenerThat, MESSAGE, TestPorts } from '../../test/access/ports.ts';
import { Web } from '../../test/access/web.ts';
import type { Asked, Reply } from '../../test/access/web.ts';
import type { Principal, Verdict } from '../broker/access.ts';
import type { Backend } from './backend.ts';
import { AccessChain } from './chain.ts';
import { readDecision, readLogin } from './http-answers.ts';
import { httpBackend } from './http.ts';
import type { HttpSettings } from './http.ts';

const NOWHERE = new Map([
  ['http_auth_url', { file: 'm.conf', line: 3 }],
  ['http_auth_cafile', { file: 'm.conf', line: 4 }],
]);

const DEFAULTS: HttpSettings = {
  authUrl: undefined,
  aclUrl: undefined,
  headers: [],
  caFile: undefined,
  timeoutMs: 5000,
  cacheSeconds: 60,
  cacheSize: 100,
  failures: 3,
  retrySeconds: 30,
  places: NOWHERE,
};

/** A service, and the backend that asks it: `/login` and `/acl` unless told otherwise. */
class Stage implements AsyncDisposable {
  readonly ports: TestPorts = new TestPorts();
  readonly web: Web;
  readonly backend: Backend;
  readonly chain: AccessChain;

  private constructor(web: Web, settings: Partial<HttpSettings>) {
    this.web = web;
    const urls = { authUrl: web.url('/login'), aclUrl: web.url('/acl') };
    const read = httpBackend({ ...DEFAULTS, ...urls, ...settings }, this.ports);
    assert.ok(read.ok);
    this.backend = read.value;
    this.chain = new AccessChain([this.backend]);
  }

  static async set(reply: (asked: Asked) => Reply, settings: Partial<HttpSettings> = {}): Promise<Stage> {
    return new Stage(await Web.start(reply), settings);
  }

  async login(password = 'secret'): Promise<Verdict> {
    return this.chain.authenticate(credentials({ username: 'alice', password }));
  }

  async admitted(password?: string): Promise<Principal> {
    const verdict = await this.login(password);
    assert.ok(verdict.outcome === 'accepted', JSON.stringify(verdict));
    return verdict.principal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend.close?.();
    await this.web.stop();
  }
}

const says =
  (json: object): (() => Reply) =>
  () => ({ json });

describe('logins', () => {
  test('the service is told who comes from where', async () => {
    await using stage = await Stage.set(says({ result: 'allow' }), {
      headers: [
        { name: 'Authorization', value: 'Bearer s' },
        { name: 'X-A', value: '1' },
        { name: 'x-a', value: '2' },
      ],
    });
    await stage.login('pässword');
    const identity = { certificate: { commonName: 'a', subject: 'CN=a,O=b', raw: undefined } };
    await stage.chain.authenticate({
      ...credentials({ clientId: '', version: 4, identity }),
      password: Uint8Array.of(0xff, 0),
    });
    const [first, second] = stage.web.asked;
    assert.deepEqual(first?.json, {
      clientId: 'c1',
      username: 'alice',
      password: 'pässword',
      address: '10.0.0.1',
      port: 50_000,
      listener: 1883,
      protocol: '5.0',
    });
    assert.equal(first?.path, '/login');
    assert.equal(first?.headers.authorization, 'Bearer s');
    assert.equal(first?.headers['x-a'], '1, 2');
    assert.deepEqual(second?.json, {
      clientId: '',
      passwordBase64: '/wA=',
      address: '10.0.0.1',
      port: 50_000,
      listener: 1883,
      protocol: '3.1.1',
      certificate: 'CN=a,O=b',
    });
  });

  test('allow, deny, leave it to others, rename', async () => {
    const cases: readonly (readonly [json: object, anonymous: boolean, expected: string | number])[] = [
      [{ result: 'allow' }, false, 'c1 alice'],
      [{ result: 'allow', username: 'bob' }, false, 'c1 bob'],
      [{ result: 'allow', clientId: 'c2', username: 'bob' }, false, 'c2 bob'],
      [{ result: 'deny' }, true, 0x87],
      [{ result: 'ignore' }, true, 'c1 alice'],
      [{ result: 'ignore' }, false, 0x87],
      [{ result: 'defer' }, true, 0x87],
      [{ result: 'allow', username: '' }, true, 0x88],
      [{ result: 'allow', clientId: 'a\nb' }, true, 0x88],
      [{ result: 'allow', acl: { pub: ['#'] } }, true, 0x88],
      [{ result: 'perhaps' }, true, 0x88],
    ];
    for (const [json, anonymous, expected] of cases) {
      await using stage = await Stage.set(says(json), { cacheSeconds: 0 });
      const who = { ...credentials({ username: 'alice' }), listener: listenerThat(anonymous) };
      const verdict = await stage.chain.authenticate(who);
      const found =
        verdict.outcome === 'accepted'
          ? `${verdict.principal.clientId} ${verdict.principal.username}`
          : verdict.outcome === 'refused' && verdict.reasonCode;
      assert.equal(found, expected, JSON.stringify(json));
    }
  });

  test('that were allowed are remembered for a while; another password is another login', async () => {
    await using stage = await Stage.set(({ json }) => {
      const { password } = json as { password: string };
      return { json: { result: password === 'secret' ? 'allow' : 'deny' } };
    });
    await stage.admitted();
    await stage.admitted();
    assert.equal(stage.web.asked.length, 1);
    assert.equal((await stage.login('guess')).outcome, 'refused');
    assert.equal((await stage.login('guess')).outcome, 'refused');
    assert.equal(stage.web.asked.length, 3, 'who was refused may be let in a moment later');
    stage.ports.advance(60_000);
    await stage.admitted();
    assert.equal(stage.web.asked.length, 4);
  });

  test('are refused as unavailable while the service is out of order, and go on afterwards', async () => {
    await using stage = await Stage.set(() => ({ status: 503, text: '' }));
    for (let at = 0; at < 5; at++) {
      assert.deepEqual(await stage.login(), { outcome: 'refused', reasonCode: 0x88 });
    }
    assert.equal(stage.web.asked.length, 3);
    stage.web.reply = says({ result: 'allow' });
    assert.equal((await stage.login()).outcome, 'refused');
    stage.ports.advance(30_000);
    await stage.admitted();
  });

  test('no password and no header goes into the log', async () => {
    await using stage = await Stage.set(() => ({ text: 'secret' }), {
      headers: [{ name: 'Authorization', value: 'secret' }],
    });
    for (let at = 0; at < 5; at++) await stage.login();
    assert.ok(stage.ports.lines.length > 0);
    assert.ok(stage.ports.lines.every(({ text }) => !text.includes('secret')));
  });
});

describe('rights', () => {
  test('are asked for each topic, and the answers remembered', async () => {
    await using stage = await Stage.set(({ path, json }) => {
      if (path === '/login') return { json: { result: 'allow' } };
      const { topic } = json as { topic: string };
      return topic.startsWith('broken')
        ? { status: 500, text: '' }
        : { json: { result: topic.split('/')[0] } };
    });
    const alice = await stage.admitted();
    assert.equal(await stage.chain.mayPublish(alice, 'allow/a', MESSAGE), true);
    assert.equal(await stage.chain.mayPublish(alice, 'deny/a', MESSAGE), false);
    assert.equal(await stage.chain.mayPublish(alice, 'ignore/a', MESSAGE), true, 'nobody else has a say');
    assert.equal(await stage.chain.mayPublish(alice, 'defer/a', MESSAGE), false);
    assert.equal(await stage.chain.mayPublish(alice, 'broken', MESSAGE), false, 'no answer is a no');
    assert.equal(await stage.chain.maySubscribe(alice, 'allow/#', 2), true);
    const questions = stage.web.asked.slice(1).map(({ path, json }) => [path, json]);
    const client = { clientId: 'c1', username: 'alice', address: '10.0.0.1', listener: 1883 };
    assert.deepEqual(questions[0], [
      '/acl',
      { ...client, action: 'publish', topic: 'allow/a', qos: 1, retain: false },
    ]);
    assert.deepEqual(questions.at(-1), [
      '/acl',
      { ...client, action: 'subscribe', topic: 'allow/#', qos: 2 },
    ]);
    assert.equal(stage.chain.mayPublish(alice, 'allow/a', MESSAGE), true, 'at once now');
    assert.equal(stage.chain.mayPublish(alice, 'deny/a', MESSAGE), false);
    assert.equal(stage.web.asked.length, 7);
    await stage.chain.mayPublish(alice, 'allow/a', { ...MESSAGE, retain: true });
    await stage.chain.mayPublish({ ...alice, clientId: 'c2' }, 'allow/a', MESSAGE);
    await stage.chain.mayPublish(alice, 'broken', MESSAGE);
    assert.equal(stage.web.asked.length, 10, 'each of these is another question');
    assert.equal(stage.chain.mayReceive(alice, 'anything', MESSAGE), true);
  });

  test('given at login decide, and nothing is asked', async () => {
    await using stage = await Stage.set(
      says({ result: 'allow', acl: { publish: ['out/%u/#'], subscribe: ['in/%c'] } }),
    );
    const alice = await stage.admitted();
    assert.equal(stage.chain.mayPublish(alice, 'out/alice/x', MESSAGE), true);
    assert.equal(stage.chain.mayPublish(alice, 'out/bob/x', MESSAGE), false);
    assert.equal(stage.chain.maySubscribe(alice, 'in/c1', 0), true);
    assert.equal(stage.chain.maySubscribe(alice, 'in/#', 0), false);
    assert.equal(stage.chain.mayReceive(alice, 'in/c1', MESSAGE), true);
    assert.equal(stage.chain.mayReceive(alice, 'in/c2', MESSAGE), false);
    assert.equal(stage.chain.mayUnsubscribe(alice, 'in/c1'), true);
    assert.equal(stage.web.asked.length, 1);
  });

  test('without a URL for them are the business of others', async () => {
    await using stage = await Stage.set(says({ result: 'allow' }), { aclUrl: undefined });
    const alice = await stage.admitted();
    const { backend } = stage;
    assert.equal(backend.mayPublish?.(alice, 'a', MESSAGE), 'ignore');
    assert.equal(backend.maySubscribe?.(alice, 'a', 0), 'ignore');
    assert.equal(backend.mayReceive?.(alice, 'a', MESSAGE), 'ignore');
  });

  test('are asked for clients that came in otherwise too', async () => {
    await using stage = await Stage.set(says({ result: 'deny' }), { authUrl: undefined });
    assert.equal(stage.backend.authenticate?.(credentials()), 'ignore');
    assert.equal(await stage.chain.mayPublish({ clientId: 'x' }, 'a', MESSAGE), false);
  });

  test('of very long topics are asked each time', async () => {
    await using stage = await Stage.set(says({ result: 'allow' }));
    const topic = 'x'.repeat(2000);
    for (let at = 0; at < 2; at++) await stage.chain.mayPublish({ clientId: 'x' }, topic, MESSAGE);
    assert.equal(stage.web.asked.length, 2);
  });
});

test('after a reload clients stay that the service let in', async () => {
  await using stage = await Stage.set(says({ result: 'allow' }));
  const alice = await stage.admitted();
  assert.equal(stage.chain.mayStay(alice), true);
  assert.equal(new AccessChain([]).mayStay(alice), false, 'the service is not asked any more');
});

test('what is wrong at start is told at its line', () => {
  const authUrl = new URL('http://auth.example.com/');
  const warned = httpBackend({ ...DEFAULTS, authUrl }, new TestPorts());
  assert.ok(warned.ok);
  assert.deepEqual(
    warned.problems.map(({ level, text, file, line }) => [level, text, file, line]),
    [['warning', "Warning: 'http_auth_url' is not https: passwords can be read on their way.", 'm.conf', 3]],
  );
  const failed = httpBackend({ ...DEFAULTS, authUrl, caFile: '/nonexistent/ca.pem' }, new TestPorts());
  assert.equal(failed.ok, false);
  const [problem] = failed.problems;
  assert.equal(problem?.text, "Error: Unable to load CA certificates '/nonexistent/ca.pem'.");
  assert.deepEqual([problem?.file, problem?.line], ['m.conf', 4]);
  assert.match(problem?.hint ?? '', /ENOENT/);
});

test('no answer throws, and none that is not allow lets anybody in', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('allow', 'deny', 'defer', 'ignore', 'x'), (json, result) => {
      for (const value of [json, { result, acl: json }, { result, username: json, clientId: json }]) {
        const login = readLogin(value);
        const stated = (value as { result?: unknown } | null)?.result;
        if (login?.result === 'allow') assert.equal(stated, 'allow');
        if (readDecision(value) === 'allow') assert.equal(stated, 'allow');
      }
    }),
    runs('answers of a web service', 500),
  );
});
