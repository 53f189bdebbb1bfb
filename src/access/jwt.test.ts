import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { credentials, listenerThat, MESSAGE, TestPorts } from '../../test/access/ports.ts';
import { ec, ed25519, jwk, pem, rsa, secret, SECRET, token, unsigned } from '../../test/access/tokens.ts';
import type { Claims, SigningKey, TokenOptions } from '../../test/access/tokens.ts';
import { Web } from '../../test/access/web.ts';
import type { Reply } from '../../test/access/web.ts';
import type { Principal, Verdict } from '../broker/access.ts';
import { matches } from '../topic/topic.ts';
import type { Backend } from './backend.ts';
import { AccessChain } from './chain.ts';
import type { FileProblem } from './file.ts';
import { jwtBackend } from './jwt.ts';
import type { JwtSettings } from './jwt-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'zanzara-jwt-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(text: string): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const RSA = rsa();
const P256 = ec('P-256', 'ES256');
const HMAC = secret();
const KEYS: readonly SigningKey[] = [RSA, P256, ec('P-384', 'ES384'), ec('P-521', 'ES512'), ed25519(), HMAC];

const OPTIONS = [
  'jwt_secret_file',
  'jwt_public_key_file',
  'jwt_jwks_url',
  'jwt_jwks_cafile',
  'jwt_algorithms',
];

const DEFAULTS: JwtSettings = {
  secretFile: undefined,
  keyFiles: [],
  jwksUrl: undefined,
  jwksCaFile: undefined,
  jwksRefreshSeconds: 300,
  algorithms: [],
  from: 'password',
  issuers: [],
  audiences: [],
  leewaySeconds: 5,
  requiredClaims: ['exp'],
  usernameClaim: 'sub',
  clientIdClaim: undefined,
  aclClaim: undefined,
  disconnectAtExpiry: true,
  allowSymlinks: false,
  places: new Map(OPTIONS.map((option, at) => [option, { file: 'm.conf', line: at + 1 }])),
};

const ALL_KEYS: Partial<JwtSettings> = {
  secretFile: file(`${SECRET}\n`),
  keyFiles: [file(KEYS.slice(0, -1).map(pem).join(''))],
};

/** A backend with all keys, and a client in front of it. */
class Stage {
  readonly ports: TestPorts = new TestPorts();
  readonly backend: Backend;
  readonly chain: AccessChain;

  constructor(settings: Partial<JwtSettings> = {}) {
    const read = jwtBackend({ ...DEFAULTS, ...ALL_KEYS, ...settings }, this.ports);
    assert.ok(read.ok, JSON.stringify(read.problems));
    this.backend = read.value;
    this.chain = new AccessChain([this.backend]);
  }

  token(key: SigningKey, claims?: Claims, options?: TokenOptions): Promise<string> {
    return token(key, claims, { now: this.ports.time, ...options });
  }

  async login(password: string, clientId = 'c1'): Promise<Verdict> {
    return this.chain.authenticate(credentials({ clientId, username: 'ignored', password }));
  }

  async principal(key: SigningKey, claims?: Claims, options?: TokenOptions): Promise<Principal> {
    const verdict = await this.login(await this.token(key, claims, options));
    assert.ok(verdict.outcome === 'accepted', this.ports.said('loginRefused').at(-1) ?? 'refused');
    return verdict.principal;
  }

  /** Why the token was refused, with 0x87. */
  async refused(text: string, clientId?: string): Promise<string> {
    assert.deepEqual(await this.login(text, clientId), { outcome: 'refused', reasonCode: 0x87 });
    const line = this.ports.said('loginRefused').at(-1) ?? 'no line';
    assert.ok(!line.includes(text), 'the token is not told');
    return line;
  }
}

/** Seconds since 1970, so many milliseconds from now. */
function seconds(stage: Stage, ms: number): number {
  return Math.floor((stage.ports.time + ms) / 1000);
}

/** Whether a client would stay under these settings, so much later. */
function stays(settings: Partial<JwtSettings>, who: Principal, ms = 0): boolean {
  const stage = new Stage(settings);
  stage.ports.time += ms;
  return stage.chain.mayStay(who);
}

/** What is told of settings that cannot be used. */
function wrong(settings: Partial<JwtSettings>): FileProblem | undefined {
  const read = jwtBackend({ ...DEFAULTS, ...settings }, new TestPorts());
  assert.equal(read.ok, false);
  return read.problems.at(-1);
}

/** A server that publishes these keys. */
function set(...keys: readonly object[]): () => Reply {
  return () => ({ json: { keys } });
}

describe('a genuine token', () => {
  test('of every algorithm says who the client is', async () => {
    const stage = new Stage();
    for (const key of KEYS) {
      for (const alg of key.algorithms) {
        const { username, clientId } = await stage.principal(key, { sub: `user of ${alg}` }, { alg });
        assert.deepEqual([username, clientId], [`user of ${alg}`, 'c1']);
      }
    }
  });

  test('may be in the place of the user name', async () => {
    const stage = new Stage({ from: 'username' });
    const username = await stage.token(P256);
    const verdict = await stage.chain.authenticate(credentials({ username }));
    assert.ok(verdict.outcome === 'accepted');
    assert.equal(verdict.principal.username, 'alice');
  });

  test('ends when it says, and the connection with it', async () => {
    const stage = new Stage();
    const exp = Math.floor(stage.ports.time / 1000) + 60;
    assert.equal((await stage.principal(P256, { exp })).expiresAt, (exp + 5) * 1000);
    const lasting = new Stage({ disconnectAtExpiry: false });
    assert.equal((await lasting.principal(P256, { exp })).expiresAt, undefined);
    const eternal = new Stage({ requiredClaims: ['sub'] });
    assert.equal((await eternal.principal(P256, { exp: undefined })).expiresAt, undefined);
  });

  test('may name the user elsewhere, and the client', async () => {
    const stage = new Stage({ usernameClaim: 'name', clientIdClaim: 'device' });
    const claims = { name: 'bob', device: 'd1' };
    const text = await stage.token(P256, claims);
    for (const given of ['d1', '']) {
      const verdict = await stage.login(text, given);
      assert.ok(verdict.outcome === 'accepted');
      assert.deepEqual([verdict.principal.username, verdict.principal.clientId], ['bob', 'd1']);
    }
    assert.match(await stage.refused(text, 'd2'), /another client identifier, by its claim 'device'/);
    assert.match(await stage.refused(await stage.token(P256, { name: 'bob' })), /another client identifier/);
  });

  test('names the client too where the user name does', async () => {
    const stage = new Stage();
    const listener = listenerThat(false);
    listener.settings = { ...listener.settings, useUsernameAsClientId: true };
    const password = await stage.token(P256);
    const who = credentials({ listener, username: 'bob', clientId: 'bob', password });
    const verdict = await stage.chain.authenticate(who);
    assert.ok(verdict.outcome === 'accepted');
    assert.equal(verdict.principal.clientId, 'alice', 'not the name that the client chose');
  });

  test('of an issuer and for an audience', async () => {
    const stage = new Stage({ issuers: ['i1', 'i2'], audiences: ['mqtt', 'm'] });
    await stage.principal(P256, { iss: 'i2', aud: ['web', 'mqtt'] });
    await stage.principal(P256, { iss: 'i1', aud: 'm' });
    assert.match(await stage.refused(await stage.token(P256, { iss: 'i3', aud: 'm' })), /claim 'iss' is not/);
    assert.match(
      await stage.refused(await stage.token(P256, { iss: 'i1', aud: 'web' })),
      /claim 'aud' is not/,
    );
    assert.match(await stage.refused(await stage.token(P256, { iss: 'i1' })), /no claim 'aud'/);
    assert.match(await stage.refused(await stage.token(P256, { aud: 'm' })), /no claim 'iss'/);
  });
});

describe('refused, with a line that says why', () => {
  const cases: readonly (readonly [
    name: string,
    make: (stage: Stage) => string | Promise<string>,
    reason: RegExp,
  ])[] = [
    ['expired', (stage) => stage.token(P256, { exp: seconds(stage, -6000) }), /it has expired/],
    ['of the future', (stage) => stage.token(P256, { nbf: seconds(stage, 60_000) }), /not valid yet/],
    ['for ever', (stage) => stage.token(P256, { exp: undefined }), /no claim 'exp'/],
    ['of another key', (stage) => stage.token(rsa()), /signature is wrong/],
    ['of another secret', (stage) => stage.token(secret('x'.repeat(64))), /signature is wrong/],
    ['without a user', (stage) => stage.token(P256, { sub: undefined }), /no user name in its claim 'sub'/],
    ['of a user with control characters', (stage) => stage.token(P256, { sub: 'a\nb' }), /no user name/],
    ['of a user that is none', (stage) => stage.token(P256, { sub: 7 }), /no user name/],
    ['unsigned', () => unsigned({ alg: 'none' }, { sub: 'a', exp: 1e10 }), /no key is known for "none"/],
    ['of no algorithm', () => unsigned({ alg: '' }, { sub: 'a' }, 'AAAA'), /no key is known/],
    [
      'with damaged claims',
      () => `${unsigned({ alg: 'ES256' }, {}).split('.')[0]}.AAAA.AAAA`,
      /wrong|malformed/,
    ],
    [
      'with an extension that nobody knows',
      () => unsigned({ alg: 'ES256', crit: ['x'], x: 1 }, { sub: 'a' }, 'AAAA'),
      /malformed|cannot/,
    ],
  ];
  for (const [name, make, reason] of cases) {
    test(`a token ${name}`, async () => {
      const stage = new Stage();
      const line = await stage.refused(await make(stage));
      assert.match(line, reason);
      assert.ok(line.startsWith('Login of client c1 from 10.0.0.1:50000 refused by jwt: '));
    });
  }

  test('a token that was changed', async () => {
    const stage = new Stage();
    const [head, , signature] = (await stage.token(P256)).split('.');
    const claims = unsigned({}, { sub: 'admin', exp: 1e10 }).split('.')[1];
    assert.match(await stage.refused(`${head}.${claims}.${signature}`), /signature is wrong/);
  });

  test('leeway is for both ends', async () => {
    const stage = new Stage({ leewaySeconds: 10 });
    await stage.principal(P256, { exp: seconds(stage, -9000), nbf: seconds(stage, 9000) });
    assert.match(await stage.refused(await stage.token(P256, { exp: seconds(stage, -10_000) })), /expired/);
  });

  test('an algorithm that is not in the list, however long its name', async () => {
    const stage = new Stage({ algorithms: ['RS256', 'ES256'] });
    await stage.principal(RSA, {}, { alg: 'RS256' });
    await stage.principal(P256);
    assert.match(
      await stage.refused(await stage.token(RSA, {}, { alg: 'RS512' })),
      /signed with "RS512", which jwt_algorithms/,
    );
    const line = await stage.refused(unsigned({ alg: 'x'.repeat(50_000) }, {}, 'AAAA'));
    assert.ok(line.length < 300);
  });

  test('algorithms are not confused: a public key is never a secret', async () => {
    const stage = new Stage({ secretFile: undefined });
    for (const key of [RSA, P256]) {
      const spki = key.verifying.export({ type: 'spki', format: 'der' });
      for (const guess of [pem(key), pem(key).trim(), spki.toString('base64'), JSON.stringify(jwk(key))]) {
        const text = await stage.token(secret(guess), {}, { alg: 'HS256' });
        assert.match(await stage.refused(text), /no key is known/);
      }
    }
    const mixed = new Stage();
    assert.match(await mixed.refused(await mixed.token(secret(pem(RSA)))), /signature is wrong/);
    assert.match(
      await mixed.refused(unsigned({ alg: 'RS256', jwk: jwk(rsa()) }, { sub: 'a', exp: 1e10 }, 'AAAA')),
      /signature is wrong/,
    );
  });
});

describe('what is no token', () => {
  const passwords = ['secret', 'a.b', 'a.b.c', 'a.b.c.d', '..', 'eyJ9.e30.', 'ü.ü.ü', ''];

  test('is left to other backends, and alone lets nobody in', async () => {
    const stage = new Stage();
    for (const password of passwords) {
      assert.equal(await stage.backend.authenticate?.(credentials({ password })), 'defer', password);
      assert.equal((await stage.login(password)).outcome, 'refused');
    }
    assert.equal(await stage.backend.authenticate?.(credentials()), 'defer');
    assert.deepEqual(stage.ports.lines, []);
  });

  test('may be a password that a password file knows', async () => {
    const others: Backend = { name: 'others', authenticate: () => ({ outcome: 'accepted' }) };
    const stage = new Stage();
    const chain = new AccessChain([stage.backend, others]);
    const verdict = await chain.authenticate(credentials({ username: 'bob', password: 'secret' }));
    assert.equal(verdict.outcome, 'accepted');
    const forged = unsigned({ alg: 'ES256' }, { sub: 'a' }, 'AAAA');
    assert.equal((await chain.authenticate(credentials({ password: forged }))).outcome, 'refused');
  });

  test('lets in who is anonymous where that is allowed, but nobody under a name', async () => {
    const { chain } = new Stage();
    const listener = listenerThat(true);
    assert.equal((await chain.authenticate(credentials({ listener }))).outcome, 'accepted');
    const named = credentials({ listener, username: 'admin', password: 'x' });
    assert.equal((await chain.authenticate(named)).outcome, 'refused');
  });
});

describe('rights', () => {
  test('come from the claim', async () => {
    const stage = new Stage({ aclClaim: 'acl' });
    const who = await stage.principal(P256, { acl: { publish: ['u/%u/#'], subscribe: ['c/%c/+'] } });
    assert.equal(stage.chain.mayPublish(who, 'u/alice/x', MESSAGE), true);
    assert.equal(stage.chain.mayPublish(who, 'u/bob/x', MESSAGE), false);
    assert.equal(stage.chain.maySubscribe(who, 'c/c1/+', 0), true);
    assert.equal(stage.chain.maySubscribe(who, 'c/+/+', 0), false);
    assert.equal(stage.chain.mayReceive(who, 'c/c1/x', MESSAGE), true);
    assert.equal(stage.chain.mayReceive(who, 'c/c2/x', MESSAGE), false);
    assert.equal(stage.chain.mayUnsubscribe(who, 'x'), true);
  });

  test('are none without the claim, and none with one that is not understood', async () => {
    const stage = new Stage({ aclClaim: 'https://example.com/acl' });
    const who = await stage.principal(P256, { acl: { all: ['#'] } });
    assert.equal(stage.chain.mayPublish(who, 'a', MESSAGE), false);
    assert.equal(stage.chain.maySubscribe(who, 'a', 0), false);
    assert.equal(stage.chain.mayReceive(who, 'a', MESSAGE), false);
    const text = await stage.token(P256, { 'https://example.com/acl': { pub: ['#'] } });
    assert.match(await stage.refused(text), /is no rules: 'pub' is not one of publish, subscribe/);
  });

  test('are the business of others where tokens do not say them, and for other clients', async () => {
    const { backend, ...stage } = new Stage({ aclClaim: 'acl' });
    assert.ok(stage);
    assert.equal(backend.mayPublish?.({ clientId: 'x' }, 'a', MESSAGE), 'ignore');
    assert.equal(backend.mayReceive?.({ clientId: 'x' }, 'a', MESSAGE), 'ignore');
    const without = new Stage();
    const who = await without.principal(P256, { acl: {} });
    assert.equal(without.backend.maySubscribe?.(who, 'a', 0), 'ignore');
  });
});

describe('after a reload', () => {
  test('clients stay whose key is still there', async () => {
    const both = { secretFile: undefined, keyFiles: [file(pem(RSA)), file(pem(P256))] };
    const stage = new Stage(both);
    const [one, other] = [await stage.principal(RSA), await stage.principal(P256)];
    const left = { ...both, keyFiles: [file(JSON.stringify(jwk(P256)))] };
    assert.deepEqual([stays(both, one), stays(both, other)], [true, true]);
    assert.deepEqual([stays(left, one), stays(left, other)], [false, true]);
  });

  test('until their token expires, and as long as the same is demanded of tokens', async () => {
    const who = await new Stage().principal(P256);
    assert.equal(stays({}, who, 304_000), true);
    assert.equal(stays({}, who, 305_000), false);
    for (const changed of [
      { issuers: ['i'] },
      { aclClaim: 'acl' },
      { usernameClaim: 'name' },
      { leewaySeconds: 1 },
    ])
      assert.equal(stays(changed, who), false, JSON.stringify(changed));
    assert.equal(new AccessChain([]).mayStay(who), false, 'tokens do not count any more');
  });

  test('who came in otherwise is not asked for a token', () => {
    assert.equal(new Stage().backend.mayStay?.({ clientId: 'c', username: 'bob' }), undefined);
  });
});

describe('at start', () => {
  test('a file that cannot be used is told at its line, with what to do', () => {
    const cases: readonly (readonly [
      settings: Partial<JwtSettings>,
      line: number,
      text: RegExp,
      hint: RegExp,
    ])[] = [
      [{ secretFile: '/nonexistent/s' }, 1, /Unable to open "\/nonexistent\/s"/, /No such file/],
      [{ secretFile: file('short\n') }, 1, /is too short/, /openssl rand/],
      [{ keyFiles: ['/nonexistent/k'] }, 2, /Unable to load the keys/, /ENOENT/],
      [{ keyFiles: [file(pem(RSA)), file('what?')] }, 2, /Unable to load the keys/, /neither PEM/],
      [{ jwksUrl: new URL('https://h/'), jwksCaFile: file('') }, 4, /CA certificates/, /PEM/],
      [
        { ...ALL_KEYS, secretFile: undefined, algorithms: ['ES256', 'HS256'] },
        5,
        /algorithm HS256/,
        /secret/,
      ],
      [{ secretFile: ALL_KEYS.secretFile, algorithms: ['ES256'] }, 5, /algorithm ES256/, /public key/],
      [{ secretFile: file('x'.repeat(32)), algorithms: ['HS512'] }, 5, /algorithm HS512/, /64 bytes/],
    ];
    for (const [settings, line, text, hint] of cases) {
      const problem = wrong(settings);
      assert.deepEqual([problem?.level, problem?.file, problem?.line], ['error', 'm.conf', line]);
      assert.match(problem?.text ?? '', text);
      assert.match(problem?.hint ?? '', hint);
    }
  });
});

test('no text throws or lets anybody in', async () => {
  const stage = new Stage();
  const part = fc.oneof(
    fc.base64String(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc.constantFrom('eyJhbGciOiJFUzI1NiJ9', 'eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOiJub25lIn0', ''),
  );
  const text = fc.oneof(
    fc.string(),
    fc.tuple(part, part, part).map((parts) => parts.join('.')),
  );
  await fc.assert(
    fc.asyncProperty(text, async (password) => {
      const verdict = await stage.login(password);
      assert.equal(verdict.outcome, 'refused');
    }),
    runs('token texts', 500),
  );
});

test('no claim throws, or allows more than it says', async () => {
  const stage = new Stage({ aclClaim: 'acl' });
  const filter = fc.constantFrom('a', 'a/#', '+/b', '#', 'a/%u', '%u', 'a/#/b', '');
  const rule = fc.record({
    permission: fc.constantFrom('allow', 'deny', 'maybe'),
    action: fc.constantFrom('publish', 'subscribe', 'receive', 'all'),
    topic: filter,
  });
  const acl = fc.oneof(
    fc.jsonValue(),
    fc.array(rule, { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('publish', 'subscribe', 'receive', 'x'), fc.array(filter)),
  );
  const sub = fc.constantFrom('alice', '+', '#', 'a/b');
  await fc.assert(
    fc.asyncProperty(acl, sub, fc.constantFrom('a', 'a/alice', 'a/b', 'b'), async (json, name, topic) => {
      const verdict = await stage.login(await stage.token(HMAC, { sub: name, acl: json }));
      if (
        verdict.outcome !== 'accepted' ||
        !(await stage.chain.mayPublish(verdict.principal, topic, MESSAGE))
      )
        return;
      const said = JSON.stringify(json).matchAll(/"([^"]*)"/g);
      const filters = [...said].map(([, one = '']) => one.replaceAll('%u', name));
      assert.ok(filters.some((one) => matches(one, topic)));
    }),
    runs('claims of tokens', 300),
  );
});

describe('keys from a URL', () => {
  const remote = ec('P-256', 'ES256');
  const next = ec('P-256', 'ES256');
  test('are as good as those from a file, beside them', async () => {
    await using web = await Web.start(set(jwk(remote, { kid: 'r' })));
    const stage = new Stage({ jwksUrl: web.url() });
    assert.equal((await stage.principal(remote, {}, { kid: 'r' })).username, 'alice');
    assert.equal((await stage.principal(P256, {}, { kid: 'x' })).username, 'alice');
    assert.equal((await stage.principal(HMAC)).username, 'alice');
    const stranger = await stage.token(next, {}, { kid: 'r' });
    assert.match(await stage.refused(stranger), /signature is wrong/);
    await stage.backend.close?.();
  });

  test('that cannot be fetched: tokens are refused as unavailable, but not those of other keys', async () => {
    await using web = await Web.start(() => ({ status: 500, text: '' }));
    const settings = { secretFile: ALL_KEYS.secretFile, keyFiles: [], jwksUrl: web.url() };
    const stage = new Stage(settings);
    const verdict = await stage.login(await stage.token(remote, {}, { kid: 'r' }));
    assert.deepEqual(verdict, { outcome: 'refused', reasonCode: 0x88 });
    assert.match(stage.ports.said('loginRefused')[0] ?? '', /the keys for tokens cannot be fetched/);
    assert.equal((await stage.principal(HMAC)).username, 'alice');
    assert.match(await stage.refused(unsigned({ alg: 'none' }, { sub: 'a' })), /no key/);
    await stage.backend.close?.();
  });

  test('are known by name: a new key is fetched when a token comes with it', async () => {
    await using web = await Web.start(set(jwk(remote, { kid: 'r' })));
    const stage = new Stage({ secretFile: undefined, keyFiles: [], jwksUrl: web.url() });
    await stage.principal(remote, {}, { kid: 'r' });
    web.reply = set(jwk(next, { kid: 'n' }));
    const line = await stage.refused(await stage.token(next, {}, { kid: 'n' }));
    assert.match(line, /no key is known for "ES256", by the name "n"/);
    stage.ports.time += 30_000;
    await stage.principal(next, {}, { kid: 'n' });
    assert.match(await stage.refused(await stage.token(remote, {}, { kid: 'r' })), /no key is known/);
    await stage.backend.close?.();
  });

  test('are not forgotten by a reload, nor are clients sent away for it', async () => {
    await using web = await Web.start(set(jwk(remote, { kid: 'r' })));
    const settings = { secretFile: undefined, keyFiles: [], jwksUrl: web.url() };
    const stage = new Stage(settings);
    const who = await stage.principal(remote, {}, { kid: 'r' });
    await web.stop();
    const read = jwtBackend({ ...DEFAULTS, ...settings }, stage.ports, stage.backend);
    assert.ok(read.ok);
    await stage.backend.close?.();
    const chain = new AccessChain([read.value]);
    assert.equal(chain.mayStay(who), true);
    const password = await stage.token(remote, {}, { kid: 'r' });
    assert.equal((await chain.authenticate(credentials({ password }))).outcome, 'accepted');
    await read.value.close?.();
    assert.equal(stage.ports.alarms, 0);
  });
});
