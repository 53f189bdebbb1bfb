/** Hashes of passwords: those of other programs, and what is no hash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import {
  MOST_ITERATIONS,
  hashPassword,
  parsePasswordHash,
  printPasswordHash,
  verifyPassword,
} from './password-hash.ts';
import type { PasswordAlgorithm, PasswordHash } from './password-hash.ts';

/** Passwords and what other programs made of them. */
const VECTORS: readonly (readonly [by: string, password: string, hash: string])[] = [
  [
    'mosquitto_passwd 2.0.11',
    'correct horse',
    '$7$101$qZ6nFH72UMcqCCI+$3KbFrGWUeKMHBtiRwpRoV6pyYZyu0gljmjdtQmfUq5Vrv6gbmmJV0WmGExCLu3EWQQA+D82VxmSJ+NtBgEvwlQ==',
  ],
  [
    'mosquitto_passwd 2.0.11',
    'pässword',
    '$7$101$8alPTKNWSd5Twez6$+TuFhN/CcmoLLI3y4J1mv5h25mBgppUl7blJKqVZe+1x8OvUBI29hzLVcZ2mYIbj9BB3JaJ6MTQ6glb5ZJCWew==',
  ],
  [
    'mosquitto_passwd 2.0.11 -H sha512',
    'secret',
    '$6$MnH7gnBQcttI+zLs$Jl+TJBWsQC1GXwytonjDjUG8vSCgWn2Q1LY7NVZo0FpXGm3omdSV6XoQD2LD4T3XL+1o09FJgnJRweK0pvsVsQ==',
  ],
  [
    "the reference implementation's argon2 -id -t 1 -k 47104 -p 1 -l 64",
    'correct horse',
    '$argon2id$v=19$m=47104,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$KRrxzgGxJ7BkE/K5HCsFpPlnV2R3HbpUm5cLo2uQ/OGnAVKRvf9T8Q5T/FITL6/BEnSmCeM8nMBUya/cpKuLlQ',
  ],
  [
    "the reference implementation's argon2 -id -t 3 -k 64 -p 4 -l 32",
    'correct horse',
    '$argon2id$v=19$m=64,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$J6rOp0uRPYZ0wNbYYDsezB06q/di10m/0dw24OZUhC0',
  ],
  [
    "the reference implementation's argon2, with a salt of 64 bytes",
    'pässword',
    '$argon2id$v=19$m=47104,t=1,p=1$YW5vdGhlciBzYWx0IHRoYXQgaXMgNjQgYnl0ZXMgbG9uZywgYXMgTW9zcXVpdHRvIG1ha2VzIHRoZW06ICEhIQ$RvgnMwgAmyRCAliXd5eDHW6VVSqhfmaK8D7UJMSOfnx99fTBeRfPK48b3mRfs4+6jgeD6k3i0OtkDvf0CM6oqg',
  ],
];

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function parsed(text: string): PasswordHash {
  const hash = parsePasswordHash(text);
  assert.ok(hash !== undefined, `not read: ${text}`);
  return hash;
}

for (const [by, password, text] of VECTORS) {
  test(`a hash by ${by} of '${password}'`, async () => {
    const hash = parsed(text);
    assert.equal(printPasswordHash(hash), text);
    assert.equal(await verifyPassword(hash, bytes(password)), true);
    for (const wrong of ['', password.slice(1), `${password}x`, password.toUpperCase()])
      assert.equal(await verifyPassword(hash, bytes(wrong)), false, `'${wrong}' must not do`);
  });
}

test('new hashes are laid out as those of mosquitto_passwd 2.1', async () => {
  const layouts: Readonly<Record<PasswordAlgorithm, RegExp>> = {
    sha512: /^\$6\$[\w+/]{86}==\$[\w+/]{86}==$/,
    'sha512-pbkdf2': /^\$7\$1000\$[\w+/]{86}==\$[\w+/]{86}==$/,
    argon2id: /^\$argon2id\$v=19\$m=47104,t=1,p=1\$[\w+/]{86}\$[\w+/]{86}$/,
  };
  for (const [name, layout] of Object.entries(layouts)) {
    const algorithm = name as PasswordAlgorithm;
    const password = bytes('correct horse');
    const [one, other] = [await hashPassword(algorithm, password), await hashPassword(algorithm, password)];
    assert.match(one, layout);
    assert.notEqual(one, other, 'every hash has a salt of its own');
    assert.equal(await verifyPassword(parsed(one), password), true);
    assert.equal(await verifyPassword(parsed(one), bytes('incorrect horse')), false);
  }
});

test('a hash with a given salt and iterations is the one that another program makes', async () => {
  const [, password, text] = VECTORS[0]!;
  const { salt } = parsed(text);
  assert.equal(await hashPassword('sha512-pbkdf2', bytes(password), { iterations: 101, salt }), text);
});

const SALT = 'qZ6nFH72UMcqCCI+';
const HASH = '3KbFrGWUeKMHBtiRwpRoV6pyYZyu0gljmjdtQmfUq5Vrv6gbmmJV0WmGExCLu3EWQQA+D82VxmSJ+NtBgEvwlQ==';
const PHC_HASH = HASH.slice(0, -2);

const NOT_HASHES: Readonly<Record<string, string>> = {
  nothing: '',
  'a plain password': 'correct horse',
  'a plain password of dollars': '$$$$',
  'the hash of a shell': '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2',
  bcrypt: '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
  'another number': `$5$${SALT}$${HASH}`,
  'a salt of another length': `$6$qZ6nFH72UMcqCC==$${HASH}`,
  'a hash of another length': `$6$${SALT}$3KbFrGWUeKMHBtiRwpRoV6py`,
  'a hash that is cut': `$6$${SALT}$${HASH.slice(0, -4)}`,
  'a hash without its padding': `$6$${SALT}$${PHC_HASH}`,
  'a character that is no base64': `$6$${SALT}$${HASH.replace('K', '*')}`,
  'a fourth part': `$6$${SALT}$${HASH}$x`,
  'no salt': `$6$$${HASH}`,
  'no hash': `$6$${SALT}$`,
  'no iterations': `$7$0$${SALT}$${HASH}`,
  'fewer iterations than none': `$7$-1$${SALT}$${HASH}`,
  'iterations for hours': `$7$10000001$${SALT}$${HASH}`,
  'a huge number of iterations': `$7$99999999999999999999$${SALT}$${HASH}`,
  'argon2 of another kind': `$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$${PHC_HASH}`,
  'argon2 of an old version': `$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$${PHC_HASH}`,
  'argon2 with padding': `$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ=$${PHC_HASH}`,
  'argon2 with too little memory': `$argon2id$v=19$m=15,t=1,p=2$c2FsdHNhbHQ$${PHC_HASH}`,
  'argon2 with all the memory': `$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHQ$${PHC_HASH}`,
  'argon2 with too many passes': `$argon2id$v=19$m=64,t=101,p=1$c2FsdHNhbHQ$${PHC_HASH}`,
  'argon2 with too many lanes': `$argon2id$v=19$m=1024,t=1,p=65$c2FsdHNhbHQ$${PHC_HASH}`,
  'argon2 with a short salt': `$argon2id$v=19$m=64,t=1,p=1$c2FsdA$${PHC_HASH}`,
  'argon2 with a short hash': `$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHQ`,
};

test('what is no hash is not taken for one', () => {
  for (const [what, text] of Object.entries(NOT_HASHES))
    assert.equal(parsePasswordHash(text), undefined, what);
});

const binary = (lengths: readonly number[]): fc.Arbitrary<Uint8Array> =>
  fc.constantFrom(...lengths).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));

const anyHash: fc.Arbitrary<PasswordHash> = fc.oneof(
  fc.record({ algorithm: fc.constant('sha512' as const), salt: binary([12, 64]), hash: binary([64]) }),
  fc.record({
    algorithm: fc.constant('sha512-pbkdf2' as const),
    iterations: fc.integer({ min: 1, max: 10_000_000 }),
    salt: binary([12, 64]),
    hash: binary([64]),
  }),
  fc.record({
    algorithm: fc.constant('argon2id' as const),
    memoryKiB: fc.integer({ min: 512, max: 1_048_576 }),
    passes: fc.integer({ min: 1, max: 100 }),
    lanes: fc.integer({ min: 1, max: 64 }),
    salt: binary([8, 12, 16, 64]),
    hash: binary([16, 32, 64]),
  }),
);

test('what is printed is read as it was', () => {
  const property = fc.property(anyHash, (hash) => {
    const text = printPasswordHash(hash);
    const again = parsed(text);
    assert.equal(printPasswordHash(again), text);
    assert.deepEqual(
      { ...again, salt: [...again.salt], hash: [...again.hash] },
      { ...hash, salt: [...hash.salt], hash: [...hash.hash] },
    );
  });
  fc.assert(property, runs('print and parse a hash', 300));
});

test('any text is a hash or is not, and a hash that is read prints as it was', () => {
  const nearly = fc
    .tuple(fc.constantFrom(...VECTORS), fc.nat(), fc.string())
    .map(([[, , text], at, middle]) => {
      const cut = at % text.length;
      return text.slice(0, cut) + middle + text.slice(cut + middle.length);
    });
  const property = fc.property(fc.oneof(fc.string(), nearly), (text) => {
    const hash = parsePasswordHash(text);
    if (hash !== undefined) assert.equal(printPasswordHash(hash), text);
  });
  fc.assert(property, runs('parse any text as a hash', 1000));
});

test('no hash is made that would not be read again', async () => {
  for (const iterations of [0, -1, Number.NaN, MOST_ITERATIONS + 1])
    await assert.rejects(hashPassword('sha512-pbkdf2', Buffer.from('x'), { iterations }), RangeError);
});
