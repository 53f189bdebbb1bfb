import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isName } from './names.ts';

test('a name is what a packet could carry', () => {
  for (const name of ['alice', 'grüße', '😀', 'a b', '+/#', 'x'.repeat(65_535)])
    assert.equal(isName(name), true, name.slice(0, 10));
  const bad = [
    '',
    'a\0b',
    'a\nb',
    'a\u009f',
    '\ufffe',
    '\ud800',
    'a\udc00',
    'ü'.repeat(32_768),
    7,
    null,
    {},
    ['a'],
  ];
  for (const name of bad) assert.equal(isName(name), false, JSON.stringify(name)?.slice(0, 20));
});
