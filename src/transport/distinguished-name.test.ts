import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDer, Tag } from './der.ts';
import type { Der } from './der.ts';
import { commonNameOf, nameText } from './distinguished-name.ts';

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  assert.ok(content.length < 128, 'short names only');
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

const OIDS = { CN: '0603550403', O: '060355040a', C: '0603550406', unknown: '06032a0304' } as const;

type Attribute = readonly [oid: keyof typeof OIDS, value: string | Uint8Array, tag?: number];

/** A name of parts, each with one attribute or several. */
function name(...parts: readonly (readonly Attribute[])[]): Der {
  const attribute = ([oid, value, tag = Tag.utf8String]: Attribute): Uint8Array =>
    der(Tag.sequence, Buffer.from(OIDS[oid], 'hex'), der(tag, Buffer.from(value as string)));
  return readDer(der(Tag.sequence, ...parts.map((part) => der(Tag.set, ...part.map(attribute)))));
}

test('from the last part to the first', () => {
  assert.equal(
    nameText(name([['C', 'DE']], [['O', 'Example']], [['CN', 'sensor']])),
    'CN=sensor,O=Example,C=DE',
  );
  assert.equal(
    nameText(
      name([
        ['O', 'a'],
        ['CN', 'b'],
      ]),
    ),
    'CN=b+O=a',
  );
  assert.equal(nameText(name()), '');
});

for (const [value, text] of [
  ['a,b+c"d\\e<f>g;h', 'a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h'],
  ['#1', '\\#1'],
  ['1#', '1#'],
  [' a b ', '\\ a b\\ '],
  [' ', '\\ '],
  ['Zürich', 'Z\\C3\\BCrich'],
  ['a\nb\0c', 'a\\0Ab\\00c'],
  ['=', '='],
] as const) {
  test(`${JSON.stringify(value)} is escaped`, () => {
    assert.equal(nameText(name([['CN', value]])), `CN=${text}`);
  });
}

test('what is not known or not text is shown as its bytes', () => {
  assert.equal(nameText(name([['unknown', 'ab']])), '1.2.3.4=#0C026162');
  assert.equal(nameText(name([['CN', Uint8Array.of(0xff, 0xfe)]])), 'CN=#0C02FFFE');
  assert.equal(nameText(name([['CN', Uint8Array.of(0xaa), Tag.octetString]])), 'CN=#0401AA');
});

test('other kinds of strings become the same text', () => {
  assert.equal(nameText(name([['CN', Uint8Array.of(0xfc), Tag.t61String]])), 'CN=\\C3\\BC');
  assert.equal(nameText(name([['CN', Uint8Array.of(0x00, 0xfc), Tag.bmpString]])), 'CN=\\C3\\BC');
  assert.equal(
    nameText(name([['CN', Uint8Array.of(0, 1, 0xf6, 0), Tag.universalString]])),
    'CN=\\F0\\9F\\98\\80',
  );
});

test('the common name is the first one', () => {
  assert.equal(commonNameOf(name([['CN', 'one']], [['O', 'x']], [['CN', 'two']])), 'one');
  assert.equal(commonNameOf(name([['O', 'x']])), undefined);
});

test('a common name with a NUL, without text or that is no UTF-8 is none', () => {
  for (const value of ['admin\0.example', '', Uint8Array.of(0xc3)])
    assert.equal(commonNameOf(name([['CN', value]], [['CN', 'second']])), undefined);
  assert.equal(commonNameOf(name([['CN', Uint8Array.of(0, 0x61), Tag.bmpString]])), undefined);
});
