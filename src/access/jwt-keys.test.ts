import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { ec, ed25519, jwk, pem, rsa } from '../../test/access/tokens.ts';
import { LIMITS } from '../broker/limits.ts';
import { candidates, isPublicKeyAlgorithm, parseKeySet, parsePublicKeys, secretKey } from './jwt-keys.ts';
import type { ParsedKeys } from './jwt-keys.ts';

const RSA = rsa();
const P256 = ec('P-256', 'ES256');
const ED = ed25519();

function algorithmsOf(parsed: ParsedKeys): readonly (readonly string[])[] {
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.fault);
  return parsed.keys.map(({ algorithms }) => algorithms);
}

function faultOf(parsed: ParsedKeys): string {
  return parsed.ok ? 'no fault' : parsed.fault;
}

function idOf(text: string): string | undefined {
  const parsed = parsePublicKeys(text);
  return parsed.ok ? parsed.keys[0]?.id : undefined;
}

describe('a key verifies algorithms of its own kind', () => {
  const kinds = [RSA, P256, ec('P-384', 'ES384'), ec('P-521', 'ES512'), ED];

  test('from PEM, from a JWK, from a set', () => {
    for (const key of kinds) {
      assert.deepEqual(algorithmsOf(parsePublicKeys(pem(key))), [key.algorithms]);
      assert.deepEqual(algorithmsOf(parsePublicKeys(JSON.stringify(jwk(key)))), [key.algorithms]);
      assert.deepEqual(algorithmsOf(parsePublicKeys(JSON.stringify({ keys: [jwk(key)] }))), [key.algorithms]);
      assert.ok(key.algorithms.every(isPublicKeyAlgorithm));
    }
    const all = `# keys\n${kinds.map(pem).join('\nand\n')}`;
    assert.deepEqual(
      algorithmsOf(parsePublicKeys(all)),
      kinds.map(({ algorithms }) => algorithms),
    );
    assert.ok(!isPublicKeyAlgorithm('HS256'));
    assert.ok(!isPublicKeyAlgorithm('none'));
  });

  test('from PKCS #1 too', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const text = publicKey.export({ type: 'pkcs1', format: 'pem' });
    assert.deepEqual(algorithmsOf(parsePublicKeys(text)), [RSA.algorithms]);
  });

  test('and no more than its own alg', () => {
    assert.deepEqual(algorithmsOf(parsePublicKeys(JSON.stringify(jwk(RSA, { alg: 'RS512' })))), [['RS512']]);
    assert.match(faultOf(parsePublicKeys(JSON.stringify(jwk(RSA, { alg: 'HS256' })))), /does not fit/);
    assert.match(faultOf(parsePublicKeys(JSON.stringify(jwk(RSA, { alg: 'none' })))), /does not fit/);
    assert.match(faultOf(parsePublicKeys(JSON.stringify(jwk(P256, { alg: ['ES256'] })))), /does not fit/);
  });

  test('a secret must be long enough', () => {
    const lengths: readonly (readonly [number, readonly string[] | undefined])[] = [
      [31, undefined],
      [32, ['HS256']],
      [48, ['HS256', 'HS384']],
      [64, ['HS256', 'HS384', 'HS512']],
    ];
    for (const [length, algorithms] of lengths)
      assert.deepEqual(secretKey(new Uint8Array(length))?.algorithms, algorithms);
  });
});

describe('what is not a public key is refused', () => {
  test('in a file', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const bitcoin = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
    const x25519 = generateKeyPairSync('x25519').publicKey;
    const spki = { type: 'spki', format: 'pem' } as const;
    const cases: readonly (readonly [text: string, fault: RegExp])[] = [
      [privateKey.export({ type: 'pkcs8', format: 'pem' }), /private key/],
      [JSON.stringify(privateKey.export({ format: 'jwk' })), /private key/],
      ['-----BEGIN DH PARAMETERS-----\nAA==\n-----END DH PARAMETERS-----', /DH PARAMETERS/],
      ['-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----', /cannot be read/],
      [small.export(spki), /1024 bits/],
      [bitcoin.export(spki), /secp256k1/],
      [x25519.export(spki), /x25519/],
      ['', /neither/],
      ['secret', /neither/],
      ['{', /no JSON/],
      ['{}', /cannot be read/],
      ['{"kty":"oct","k":"c2VjcmV0"}', /jwt_secret_file/],
      ['{"keys":[]}', /empty/],
      ['{"keys":{}}', /no JSON Web Key Set/],
      [JSON.stringify(jwk(P256, { use: 'enc' })), /not for signatures/],
      [JSON.stringify(jwk(P256, { key_ops: ['encrypt'] })), /not to verify/],
      [JSON.stringify(jwk(P256, { kid: 7 })), /kid/],
      [JSON.stringify(jwk(P256, { y: 'AA' })), /cannot be read/],
    ];
    for (const [text, fault] of cases) assert.match(faultOf(parsePublicKeys(text)), fault, text.slice(0, 40));
  });

  test('in a set it is left out', () => {
    const set = {
      keys: [
        { kty: 'oct', k: 'c2VjcmV0' },
        null,
        7,
        { kty: 'XYZ' },
        jwk(RSA, { use: 'enc' }),
        jwk(ED, { kid: 'e' }),
      ],
    };
    const parsed = parseKeySet(set);
    assert.ok(parsed.ok);
    assert.deepEqual(
      parsed.keys.map(({ kid }) => kid),
      ['e'],
    );
    assert.equal(parseKeySet({ keys: set.keys.slice(0, 3) }).ok, false);
    const many = Array.from({ length: LIMITS.tokenKeys + 1 }, () => jwk(ED));
    assert.match(faultOf(parseKeySet({ keys: many })), /more than/);
  });

  test('and nothing throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (json, text) => {
        parseKeySet(json);
        parseKeySet({ keys: [json] });
        parsePublicKeys(text);
        parsePublicKeys(JSON.stringify(json));
        parsePublicKeys(`-----BEGIN PUBLIC KEY-----${text}-----END PUBLIC KEY-----`);
      }),
      runs('keys', 300),
    );
  });
});

test('keys are found by algorithm and by name; keys without a name fit any', () => {
  const parsed = parseKeySet({
    keys: [
      jwk(P256, { kid: 'a' }),
      jwk(ec('P-256', 'ES256'), { kid: 'b' }),
      jwk(ec('P-256', 'ES256')),
      jwk(ED),
    ],
  });
  assert.ok(parsed.ok);
  const { keys } = parsed;
  const found = (algorithm: string, kid?: string): number[] =>
    candidates(keys, algorithm, kid).map((key) => keys.indexOf(key));
  assert.deepEqual(found('ES256', 'a'), [0]);
  assert.deepEqual(found('ES256', 'b'), [1]);
  assert.deepEqual(found('ES256', 'c'), [2]);
  assert.deepEqual(found('ES256'), [0, 1, 2]);
  assert.deepEqual(found('EdDSA', 'a'), [3]);
  assert.deepEqual(found('RS256'), []);
  assert.deepEqual(found('HS256'), []);
});

test('the same key, read anew, has the same id', () => {
  assert.equal(idOf(pem(P256)), idOf(JSON.stringify(jwk(P256))));
  assert.notEqual(idOf(pem(P256)), idOf(pem(ED)));
});
