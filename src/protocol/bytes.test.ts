import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { text } from '../../test/vectors/arbitrary.ts';
import { hexOf } from '../../test/vectors/harness.ts';
import { GOOD_TEXTS } from '../../test/vectors/text.ts';
import { bytes } from '../../test/vectors/vector.ts';
import * as inNode from './bytes.ts';

/** The module as it is where there is no `Buffer`. */
async function importInBrowser(): Promise<typeof inNode> {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'Buffer');
  assert.ok(descriptor !== undefined);
  const address: string = './bytes.ts?browser';
  Reflect.deleteProperty(globalThis, 'Buffer');
  try {
    return (await import(address)) as typeof inNode;
  } finally {
    Object.defineProperty(globalThis, 'Buffer', descriptor);
  }
}

const inBrowser = await importInBrowser();

const BOTH: readonly (readonly [where: string, module: typeof inNode])[] = [
  ['in Node', inNode],
  ['in a browser', inBrowser],
];

test('the two are not one', () => {
  assert.notEqual(inNode.utf8Length, inBrowser.utf8Length);
  assert.ok(inNode.allocate(1) instanceof Buffer);
  assert.ok(!(inBrowser.allocate(1) instanceof Buffer));
});

for (const [where, module] of BOTH) {
  test(`text and bytes ${where}`, () => {
    for (const [name, hex, decoded] of GOOD_TEXTS) {
      const utf8 = bytes(hex);
      assert.equal(module.utf8Text(utf8, 0, utf8.length), decoded, name);
      assert.equal(module.utf8Length(decoded), utf8.length, name);
      assert.equal(hexOf(module.utf8Bytes(decoded)), hex, name);
      const target = new Uint8Array(utf8.length + 2).fill(0xee);
      assert.equal(module.writeUtf8(target, decoded, 1, utf8.length), utf8.length, name);
      assert.equal(hexOf(target), `ee${hex}ee`, name);
    }
  });

  test(`ill-formed UTF-8 ${where} is no text`, () => {
    for (const hex of ['80', 'c3', 'eda080', 'c080', 'f4908080', 'ff', 'e282']) {
      const utf8 = bytes(`61${hex}61`);
      assert.equal(module.utf8Text(utf8, 0, utf8.length), undefined, hex);
    }
    assert.equal(module.utf8Text(bytes('ff61ff'), 1, 2), 'a');
  });

  test(`ASCII ${where}, in part of an array`, () => {
    const all = Uint8Array.from({ length: 128 }, (_, code) => code);
    assert.equal(module.asciiText(all, 0, 128), String.fromCodePoint(...all));
    assert.equal(module.asciiText(all, 0x41, 0x44), 'ABC');
    assert.equal(module.asciiText(all, 128, 128), '');
  });

  test(`an empty text is written ${where} at the very end`, () => {
    assert.equal(module.writeUtf8(new Uint8Array(3), '', 3, 0), 0);
  });

  test(`a copy ${where} pins and shares nothing`, () => {
    const large = new Uint8Array(1000).fill(7);
    const copy = module.copyOf(large.subarray(10, 13));
    large.fill(8);
    assert.deepEqual([...copy], [7, 7, 7]);
    assert.equal(copy.buffer.byteLength, 3);
    assert.equal(module.allocateKept(5).buffer.byteLength, 5);
    assert.equal(module.allocate(9).length, 9);
  });

  test(`bytes ${where} are packed and unpacked as they are`, () => {
    const all = Uint8Array.from({ length: 256 }, (_, code) => code);
    for (const some of [all, all.subarray(100, 200), new Uint8Array(0)]) {
      const kept = module.packed(some);
      assert.equal(kept.length, some.length);
      assert.deepEqual([...module.unpacked(kept)], [...some]);
    }
  });

  test(`sameBytes() ${where}`, () => {
    const a = bytes('00010203');
    assert.ok(module.sameBytes(a, 1, bytes('0102')));
    assert.ok(module.sameBytes(a, 4, bytes('')));
    assert.ok(!module.sameBytes(a, 1, bytes('0103')));
    assert.ok(!module.sameBytes(a, 0, bytes('0102')));
  });
}

/** Any UTF-16, surrogates alone or in pairs. */
const units: Arbitrary<string> = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xd83d, 0xde00)))
  .map((codes) => String.fromCharCode(...codes));

test('Node and the browser agree on any string, even one that is not well-formed', () => {
  fc.assert(
    fc.property(fc.oneof(text, units), (one) => {
      const length = inNode.utf8Length(one);
      assert.equal(inBrowser.utf8Length(one), length);
      const written = BOTH.map(([, module]) => {
        const target = new Uint8Array(length);
        assert.equal(module.writeUtf8(target, one, 0, length), length);
        return hexOf(target);
      });
      assert.equal(written[0], written[1]);
    }),
    { examples: [['\ud800'], ['a\udc00b'], ['\ud83d']] },
  );
});
