import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../../test/runs.ts';
import { jsonNumber, readJson, writeJson } from './json.ts';

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** What becomes of a text that is read and written again; undefined if it is no JSON. */
function again(text: string, isPretty = false): string | undefined {
  const value = readJson(bytesOf(text));
  return value === undefined ? undefined : textOf(writeJson(value, isPretty));
}

/** Integers: of others cJSON may drop the last bit. */
const values = fc.anything({
  values: [fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null), fc.integer()],
  maxDepth: 5,
});

test('what is read is what was written, compact and pretty', () => {
  fc.assert(
    fc.property(values, fc.boolean(), (value, isPretty) => {
      const text = JSON.stringify(value);
      const written = again(text, isPretty);
      if (written === undefined) assert.fail(text);
      assert.deepEqual(JSON.parse(written), JSON.parse(text));
    }),
    runs('json', 500),
  );
});

test('any text is JSON or is not, and nothing throws', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u12',
    '1',
    '-',
    'e9',
    'null',
    ' ',
    '\n',
    'é',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (list) => {
      const text = list.join('');
      if (isJson(text)) assert.notEqual(again(text), undefined);
      else again(text);
    }),
    runs('json pieces', 3000),
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('as cJSON: what it takes beyond JSON, and what it does not', () => {
  for (const [text, expected] of [
    ['[01]', '[1]'],
    ['[1.]', '[1]'],
    ['"a\nb"', '"a\\nb"'],
    ['"\\ud83d\\ude00"', '"😀"'],
    ['"\\u00e9\\/"', '"é/"'],
    ['{"b":1,"2":2,"b":3}', '{"b":1,"2":2,"b":3}'],
    [' true ', 'true'],
    ['"\\ud800"', undefined],
    ['"\\x"', undefined],
    ['[.5]', undefined],
    ['[+1]', undefined],
    ['[-]', undefined],
    ['[1,]', undefined],
    ['{"a":1} x', undefined],
    ['"a', undefined],
    ['"a\\"', undefined],
    ['', undefined],
  ] as const)
    assert.equal(again(text), expected, text);
});

test('numbers as C prints them', () => {
  for (const [value, expected] of [
    [0, '0'],
    [-0, '-0'],
    [1.5, '1.5'],
    [100, '100'],
    [0.1, '0.1'],
    [0.1 + 0.2, '0.3'],
    [1e-7, '1e-07'],
    [0.0001, '0.0001'],
    [1e14, '100000000000000'],
    [1e20, '1e+20'],
    [2 ** 31, '2147483648'],
    [12345678901234568e1, '1.2345678901234568e+17'],
    [Number.MAX_VALUE, '1.79769313486232e+308'],
    [Infinity, 'null'],
  ] as const)
    assert.equal(jsonNumber(value), expected);
});

test('pretty: tabs, a line a member, arrays in one line', () => {
  const expected = '{\n\t"a":\t[1, {\n\t\t\t"x":\tnull\n\t\t}, [], {\n\t\t}],\n\t"b":\t"c"\n}';
  assert.equal(again('{"a":[1,{"x":null},[],{}],"b":"c"}', true), expected);
});

test('bytes that are no UTF-8 pass', () => {
  const value = readJson('["\u00FF\u0080"]');
  assert.equal(value && writeJson(value, false), '["\u00FF\u0080"]');
});

test('a payload of nothing but brackets is refused, and costs no stack', () => {
  assert.equal(readJson('['.repeat(1_000_000)), undefined);
  assert.equal(again(`${'['.repeat(1000)}${']'.repeat(1000)}`)?.length, 2000);
  assert.equal(again(`"${'\\\\'.repeat(200_000)}"`)?.length, 400_002);
});
