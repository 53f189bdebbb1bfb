/** Passwords that were right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRemembered, loginDigest, rememberPassword, standIn } from './remembered-password.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a password is remembered for the hash that it was right for', () => {
  const remembered = rememberPassword('$6$salt$hash', bytes('secret'));
  assert.equal(remembered.length, 32);
  assert.equal(isRemembered(remembered, '$6$salt$hash', bytes('secret')), true);
  assert.equal(isRemembered(remembered, '$6$salt$hash', bytes('Secret')), false);
  assert.equal(isRemembered(remembered, '$6$salt$hash', bytes('')), false);
  assert.equal(isRemembered(remembered, '$6$other$hash', bytes('secret')), false);
});

test('the same name has the same stand-in, and names share the users between them', () => {
  const chosen = Array.from({ length: 1000 }, (_, at) => standIn(`name ${at}`, 4));
  assert.deepEqual(
    chosen,
    chosen.map((_, at) => standIn(`name ${at}`, 4)),
  );
  assert.deepEqual([...new Set(chosen)].toSorted(), [0, 1, 2, 3]);
});

test('a login has one digest, another one another', () => {
  const digests = [
    loginDigest('bob', bytes('secret')),
    loginDigest('bob', bytes('Secret')),
    loginDigest('Bob', bytes('secret')),
    loginDigest('bob:', bytes('secret')),
    loginDigest('bob', bytes(':secret')),
    loginDigest('', bytes('bobsecret')),
  ];
  assert.equal(new Set(digests).size, digests.length);
  assert.equal(loginDigest('bob', bytes('secret')), digests[0]);
});
