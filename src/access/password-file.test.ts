/** Password files: what they say, who comes in, and what a reload changes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import type { Credentials, Principal } from '../broker/access.ts';
import { Guard } from '../broker/guard.ts';
import { DEFAULT_LISTENER, LIMITS } from '../broker/limits.ts';
import { Reason } from '../protocol/reason.ts';
import { AccessChain } from './chain.ts';
import { HashQueue } from './hash-queue.ts';
import { PasswordFile, parsePasswordFile, passwordFile } from './password-file.ts';
import { hashPassword, printPasswordHash } from './password-hash.ts';

const folder = mkdtempSync(join(tmpdir(), 'zanzara-passwords-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** By mosquitto_passwd 2.0.11: the passwords of bob, in PBKDF2, and of carol, in SHA-512. */
const BOB =
  '$7$101$8alPTKNWSd5Twez6$+TuFhN/CcmoLLI3y4J1mv5h25mBgppUl7blJKqVZe+1x8OvUBI29hzLVcZ2mYIbj9BB3JaJ6MTQ6glb5ZJCWew==';
const CAROL =
  '$6$MnH7gnBQcttI+zLs$Jl+TJBWsQC1GXwytonjDjUG8vSCgWn2Q1LY7NVZo0FpXGm3omdSV6XoQD2LD4T3XL+1o09FJgnJRweK0pvsVsQ==';
const HASHES: ReadonlyMap<string, string> = new Map([
  ['bob', BOB],
  ['carol', CAROL],
]);

const listener = { settings: DEFAULT_LISTENER, connections: 0, guard: new Guard() };

function credentials(username?: string, password?: string): Credentials {
  return {
    clientId: 'c',
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password) }),
    version: 5,
    peer: { address: '127.0.0.1', port: 1 },
    identity: undefined,
    listener,
  };
}

/** What a client is told: its principal, or the reason code. */
async function login(
  backend: PasswordFile,
  username?: string,
  password?: string,
): Promise<Principal | number> {
  const verdict = await new AccessChain([backend]).authenticate(credentials(username, password));
  if (verdict.outcome === 'accepted') return verdict.principal;
  assert.equal(verdict.outcome, 'refused');
  return verdict.reasonCode;
}

async function enter(backend: PasswordFile, username: string, password: string): Promise<Principal> {
  const principal = await login(backend, username, password);
  assert.ok(typeof principal === 'object', `${username} does not come in`);
  return principal;
}

/** A queue whose work waits until the test lets it go on. */
class Gate extends HashQueue {
  readonly #gate = Promise.withResolvers<void>();
  count = 0;

  override run<T>(work: () => Promise<T>): Promise<T> | undefined {
    this.count++;
    return super.run(() => this.#gate.promise.then(work));
  }

  open(): void {
    this.#gate.resolve();
  }
}

test('who brings the right password comes in', async () => {
  const backend = new PasswordFile(HASHES, new HashQueue(1));
  assert.equal((await enter(backend, 'bob', 'pässword')).username, 'bob');
  assert.equal((await enter(backend, 'carol', 'secret')).username, 'carol');
  for (const [username, password] of [
    ['bob', 'password'],
    ['bob', ''],
    ['bob', undefined],
    ['bob', 'secret'],
    ['Bob', 'pässword'],
    ['', 'pässword'],
    ['mallory', 'pässword'],
    ['mallory', undefined],
  ] as const)
    assert.equal(await login(backend, username, password), Reason.notAuthorized, `${username} ${password}`);
});

test('a file without users lets no user in', async () => {
  const backend = new PasswordFile(new Map(), new HashQueue(1));
  assert.equal(await login(backend, 'bob', 'pässword'), Reason.notAuthorized);
});

test('who brings no user name is not for the file to judge', () => {
  const backend = new PasswordFile(HASHES, new HashQueue(1));
  assert.equal(backend.authenticate(credentials()), 'ignore');
  assert.equal(backend.authenticate(credentials(undefined, 'pässword')), 'ignore');
});

test('a password that was right costs no hash again, one that was wrong always does', async () => {
  const queue = new Gate(1);
  queue.open();
  const backend = new PasswordFile(HASHES, queue);
  for (let i = 0; i < 3; i++) await enter(backend, 'bob', 'pässword');
  assert.equal(queue.count, 1);
  for (let i = 0; i < 3; i++) assert.equal(await login(backend, 'bob', 'wrong'), Reason.notAuthorized);
  assert.equal(queue.count, 4);
  assert.ok(!(backend.authenticate(credentials('bob', 'pässword')) instanceof Promise));
});

test('an unknown user costs a hash too', async () => {
  const queue = new Gate(1);
  queue.open();
  const backend = new PasswordFile(HASHES, queue);
  for (let i = 1; i <= 3; i++) {
    assert.equal(await login(backend, 'mallory', 'pässword'), Reason.notAuthorized);
    assert.equal(queue.count, i);
  }
  await enter(backend, 'bob', 'pässword');
  assert.equal(queue.count, 4, 'the password of the user who stood in was not remembered for it');
});

test('a crowd is told to come again later, but for those that have been here', async () => {
  const queue = new Gate(1);
  const backend = new PasswordFile(HASHES, queue);
  const carol = login(backend, 'carol', 'secret');
  const guesses = Array.from({ length: LIMITS.hashesWaiting }, (_, at) => login(backend, 'carol', `${at}`));
  assert.equal(await login(backend, 'bob', 'pässword'), Reason.serverBusy);
  assert.equal(await login(backend, 'mallory', 'x'), Reason.serverBusy);
  queue.open();
  assert.equal(typeof (await carol), 'object');
  assert.equal(typeof (await login(backend, 'carol', 'secret')), 'object');
  for (const guess of guesses) assert.equal(await guess, Reason.notAuthorized);
});

test('who say the same at the same time wait for one hash', async () => {
  const queue = new Gate(1);
  const backend = new PasswordFile(HASHES, queue);
  const same = Array.from({ length: LIMITS.hashesWaiting * 2 }, () => login(backend, 'bob', 'pässword'));
  const wrong = Array.from({ length: 10 }, () => login(backend, 'bob', 'password'));
  const unknown = Array.from({ length: 10 }, () => login(backend, 'mallory', 'pässword'));
  assert.equal(queue.count, 3);
  queue.open();
  const principals = new Set(await Promise.all(same));
  assert.equal(principals.size, same.length, 'each has a principal of its own');
  assert.ok([...principals].every((one) => typeof one === 'object'));
  for (const one of [...wrong, ...unknown]) assert.equal(await one, Reason.notAuthorized);
  assert.equal(await login(backend, 'bob', 'password'), Reason.notAuthorized);
  assert.equal(queue.count, 4, 'what is over is not waited for');
});

test('a check that fails is a no for all who wait, and is tried again', async () => {
  const failing = class extends HashQueue {
    override run<T>(): Promise<T> | undefined {
      return Promise.reject(new Error('no memory'));
    }
  };
  const backend = new PasswordFile(HASHES, new failing(1));
  for (let i = 0; i < 2; i++) {
    const logins = await Promise.allSettled([
      login(backend, 'bob', 'pässword'),
      login(backend, 'bob', 'pässword'),
    ]);
    assert.deepEqual(
      logins.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  }
});

test('after a reload who is gone or has another password may not stay', async () => {
  const queue = new HashQueue(1);
  const before = new PasswordFile(HASHES, queue);
  const [bob, carol] = [await enter(before, 'bob', 'pässword'), await enter(before, 'carol', 'secret')];
  assert.equal(before.mayStay(bob), true);

  const same = new PasswordFile(new Map(HASHES), queue, before);
  assert.equal(same.mayStay(bob), true);
  assert.ok(
    !(same.authenticate(credentials('bob', 'pässword')) instanceof Promise),
    'it is still remembered',
  );

  const changed = new PasswordFile(new Map([['bob', CAROL]]), queue, same);
  assert.equal(changed.mayStay(bob), false, 'another hash');
  assert.equal(changed.mayStay(carol), false, 'gone');
  assert.equal(await login(changed, 'bob', 'pässword'), Reason.notAuthorized);
  const again = await enter(changed, 'bob', 'secret');
  assert.equal(changed.mayStay(again), true);
  assert.equal(changed.mayStay(bob), false, 'the one with the old password still has to go');

  const unrelated = new PasswordFile(HASHES, queue);
  assert.equal(unrelated.mayStay(bob), true, 'it is the file that counts, not where it comes from');
});

test('who was let in by others is not for the file to judge', () => {
  const backend = new PasswordFile(HASHES, new HashQueue(1));
  assert.equal(backend.mayStay({ clientId: 'c' }), undefined);
  assert.equal(backend.mayStay({ clientId: 'c', username: 'bob' }), undefined);
  assert.equal(backend.mayStay({ clientId: 'c', username: 'bob', grant: { by: 'token' } }), undefined);
});

test('a grant shows nobody the hash', async () => {
  const { grant } = await enter(new PasswordFile(HASHES, new HashQueue(1)), 'bob', 'pässword');
  assert.equal(JSON.stringify(grant), '{"by":"password_file"}');
});

test('a login that is under way during a reload is judged by the new file', async () => {
  const queue = new Gate(10);
  const before = new PasswordFile(HASHES, queue);
  const [bob, carol] = [login(before, 'bob', 'pässword'), login(before, 'carol', 'secret')];
  const changed = new PasswordFile(new Map([['carol', CAROL]]), queue, before);
  before.close();
  queue.open();
  assert.equal(await bob, Reason.notAuthorized);
  const principal = await carol;
  assert.ok(typeof principal === 'object');
  assert.equal(changed.mayStay(principal), true);
});

test('a login that is under way when the broker ends is told to come again', async () => {
  const queue = new Gate(10);
  const backend = new PasswordFile(HASHES, queue);
  const bob = login(backend, 'bob', 'pässword');
  backend.close();
  queue.open();
  assert.equal(await bob, Reason.serverBusy);
});

test('a reload that came to nothing changes nothing', async () => {
  const queue = new Gate(10);
  const backend = new PasswordFile(HASHES, queue);
  const bob = login(backend, 'bob', 'pässword');
  const discarded = new PasswordFile(new Map(), queue, backend);
  assert.equal(await login(discarded, 'bob', 'pässword'), Reason.notAuthorized);
  queue.open();
  assert.equal(typeof (await bob), 'object');
});

test('a file as mosquitto_passwd writes it, and what people add to it', () => {
  const text = `\uFEFF# users\n\n \t bob : ${BOB} \r\ncarol:${CAROL}:since 2024\nno user here\n#bob:x\nx y:${BOB}`;
  const path = join(folder, 'users');
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  const read = passwordFile(path, { allowSymlinks: false, queue: new HashQueue(1) });
  assert.ok(read.ok);
  assert.deepEqual(read.problems, []);
  assert.equal(read.value.name, 'password_file');
  const { hashes, errors } = parsePasswordFile(text.slice(1), path);
  assert.deepEqual([...hashes], [...HASHES, ['x y', BOB]]);
  assert.deepEqual(errors, []);
});

test('a file that is not there, or not in order, is no backend', () => {
  const options = { allowSymlinks: false, queue: new HashQueue(1) };
  const missing = passwordFile(join(folder, 'missing'), options);
  assert.ok(!missing.ok);
  const path = join(folder, 'plain');
  writeFileSync(path, 'bob:secret\n');
  chmodSync(path, 0o600);
  const plain = passwordFile(path, options);
  assert.ok(!plain.ok);
  assert.equal(plain.problems.length, 1);
});

/** Lines that take the file back: Mosquitto's words, and a word of the hint. */
const FAULTS: readonly (readonly [line: string, text: string, hint: RegExp])[] = [
  [`:${BOB}`, "Empty username in password file 'users'.", /no user name/i],
  [` \t:${BOB}`, "Empty username in password file 'users'.", /no user name/i],
  [`bob:${CAROL}`, "Duplicate user 'bob' in password file 'users'.", /one line/],
  ['eve:', "Unable to decode line in password file 'users'.", /no password hash.*zanzara passwd users eve/],
  ['eve: ', "Unable to decode line in password file 'users'.", /no password hash/],
  [`eve::${BOB}`, "Unable to decode line in password file 'users'.", /no password hash/],
  [
    'eve:topsecret',
    "Unable to decode line in password file 'users'.",
    /not hashed.*passwd users eve.*-U users/,
  ],
  [`eve:${BOB.slice(0, -5)}`, "Unable to decode line in password file 'users'.", /damaged/],
  ['eve:$2b$12$topsecret', "Unable to decode line in password file 'users'.", /unknown kind/],
  [`${'e'.repeat(65_536)}:${BOB}`, "Invalid line in password file 'users', username too long.", /65535/],
  [`${'é'.repeat(32_768)}:${BOB}`, "Invalid line in password file 'users', username too long.", /65535/],
  [`eve:${'$'.repeat(65_536)}`, "Invalid line in password file 'users', password too long.", /65535/],
];

test('every fault of a line is told with the place and with what to do', () => {
  for (const [line, text, hint] of FAULTS) {
    const { errors } = parsePasswordFile(`bob:${BOB}\n\n${line}\ndave:${BOB}\n`, 'users');
    const [error, ...others] = errors;
    assert.deepEqual(others, []);
    assert.equal(error?.text, `password-file: Error: ${text}`);
    assert.equal(error?.level, 'error');
    assert.equal(error?.file, 'users');
    assert.equal(error?.line, 3);
    assert.match(error?.hint ?? '', hint);
    assert.ok(!`${error?.text}${error?.hint}`.includes('topsecret'), 'a password is not told');
  }
});

test('ten errors are enough', () => {
  const lines = Array.from({ length: 1000 }, (_, at) => `user${at}:plain\n`).join('');
  assert.equal(parsePasswordFile(lines, 'users').errors.length, 10);
});

test('the longest names and other scripts are names', () => {
  for (const name of ['e'.repeat(65_535), 'é'.repeat(32_767), '__proto__', 'данные', '🦟', 'a b'])
    assert.deepEqual([...parsePasswordFile(`${name}:${BOB}`, 'users').hashes], [[name, BOB]]);
});

test('users that are printed are read as they were; no text is too strange', () => {
  const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const hash = fc
    .record({ salt: bytes, hash: bytes })
    .map((parts) => printPasswordHash({ algorithm: 'sha512', ...parts }));
  const name = fc
    .string({ minLength: 1, unit: 'grapheme' })
    .filter((text) => !/[\n:]|^#|^[ \t-\r]|[ \t-\r]$/.test(text));
  const users = fc.uniqueArray(fc.tuple(name, hash), { selector: ([user]) => user });
  const printed = fc.property(users, (all) => {
    const { hashes, errors } = parsePasswordFile(all.map((user) => `${user.join(':')}\n`).join(''), 'users');
    assert.deepEqual(errors, []);
    assert.deepEqual([...hashes], all);
  });
  fc.assert(printed, runs('print and parse users', 200));
  const any = fc.property(
    fc.array(fc.oneof(fc.string(), fc.constantFrom(`bob:${BOB}`, ...FAULTS.map(([line]) => line)))),
    (lines) => {
      const { hashes, errors } = parsePasswordFile(lines.join('\n'), 'users');
      for (const one of hashes.values()) assert.match(one, /^\$/);
      assert.ok(errors.length <= 10);
    },
  );
  fc.assert(any, runs('parse any text as users', 500));
});

test('a user of Argon2id comes in', async () => {
  const hash = await hashPassword('argon2id', Buffer.from('secret'));
  const backend = new PasswordFile(new Map([['dave', hash]]), new HashQueue(1));
  await enter(backend, 'dave', 'secret');
  assert.equal(await login(backend, 'dave', 'Secret'), Reason.notAuthorized);
});
