import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { DerError, elementsOf, integerOf, oidOf, readDer, Tag, timeOf } from './der.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('an element has a tag, a content, and ends where its length says', () => {
  const { tag, content, whole } = readDer(hex('30 03 01 01 ff 00'));
  assert.equal(tag, Tag.sequence);
  assert.deepEqual([...content], [1, 1, 0xff]);
  assert.equal(whole.length, 5);
});

test('long lengths take several bytes', () => {
  const bytes = new Uint8Array(4 + 300);
  bytes.set([0x04, 0x82, 0x01, 0x2c]);
  assert.equal(readDer(bytes).content.length, 300);
});

test('elements follow each other', () => {
  const inside = [...elementsOf(readDer(hex('30 07 02 01 05 04 02 aa bb')))];
  assert.deepEqual(
    inside.map(({ tag, content }) => [tag, content.length]),
    [
      [Tag.integer, 1],
      [Tag.octetString, 2],
    ],
  );
});

for (const [what, bytes] of [
  ['nothing', ''],
  ['a tag alone', '30'],
  ['a length that leads beyond the end', '30 05 00'],
  ['a length that is not said', '30 80 00 00'],
  ['a length of five bytes', '30 85 00 00 00 00 01 00'],
  ['a length that ends too early', '30 82 01'],
  ['a tag of several bytes', '1f 81 00 00'],
] as const) {
  test(`${what} is refused`, () => assert.throws(() => readDer(hex(bytes)), DerError));
}

test('object identifiers', () => {
  for (const [bytes, text] of [
    ['06 03 55 04 03', '2.5.4.3'],
    ['06 09 2a 86 48 86 f7 0d 01 01 0b', '1.2.840.113549.1.1.11'],
    ['06 03 88 37 03', '2.999.3'],
  ] as const)
    assert.equal(oidOf(readDer(hex(bytes))), text);
  assert.throws(() => oidOf(readDer(hex('02 01 03'))), DerError);
  assert.throws(() => oidOf(undefined), DerError);
});

test('integers are digits without leading zeros', () => {
  assert.equal(integerOf(readDer(hex('02 03 00 80 01'))), '8001');
  assert.equal(integerOf(readDer(hex('02 01 00'))), '0');
});

function timeIn(tag: number, text: string): number {
  return timeOf(readDer(Buffer.from([tag, text.length, ...Buffer.from(text)])));
}

test('times: two digits of a year mean 1950 to 2049', () => {
  assert.equal(timeIn(Tag.utcTime, '261122223344Z'), Date.UTC(2026, 10, 22, 22, 33, 44));
  assert.equal(timeIn(Tag.utcTime, '500101000000Z'), Date.UTC(1950, 0, 1));
  assert.equal(timeIn(Tag.utcTime, '491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59));
  assert.equal(timeIn(Tag.generalizedTime, '20500101000000Z'), Date.UTC(2050, 0, 1));
  for (const wrong of ['20261122223344Z', '2611222233Z', '261122223344+0100', ''])
    assert.throws(() => timeIn(Tag.utcTime, wrong), DerError, wrong);
  assert.throws(() => timeIn(Tag.generalizedTime, '261122223344Z'), DerError);
});

test('any bytes are an element or no DER', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        const { whole, content } = readDer(bytes);
        assert.ok(whole.length <= bytes.length && content.length < whole.length);
        for (const { whole: part } of elementsOf({ tag: 0, content, whole })) assert.ok(part.length >= 2);
      } catch (error) {
        assert.ok(error instanceof DerError, String(error));
      }
    }),
    runs('DER', 2000),
  );
});
