import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { text, topic } from '../../test/vectors/arbitrary.ts';
import { decodeAll } from '../../test/vectors/harness.ts';
import { bytes, framed, str } from '../../test/vectors/vector.ts';
import { Decoder } from './decoder.ts';
import { ProtocolError } from './error.ts';
import { TopicNames } from './topic-names.ts';

function read(names: TopicNames, name: string): string {
  const utf8 = Buffer.from(name);
  return names.read(utf8, 0, utf8.length);
}

/** Many more names than there are slots. */
const MANY: readonly string[] = Array.from({ length: 20_000 }, (_, index) => `home/${index}/temperature`);

test('every name is itself, before and after others took its slot', () => {
  const names = new TopicNames();
  for (const _ of [1, 2]) for (const name of MANY) assert.equal(read(names, name), name);
});

test('names of one slot, and even of one hash, are told apart', () => {
  const names = new TopicNames();
  const same = ['Aa', 'BB', 'AaAa', 'BBBB', 'AaBB', 'BBAa']; // of equal hash at factor 31, within a length
  for (let round = 0; round < 3; round++) {
    for (const name of same) {
      assert.equal(read(names, name), name);
      assert.equal(read(names, name), name);
    }
  }
});

test('a name that is the start of another is another', () => {
  const names = new TopicNames();
  const utf8 = Buffer.from('a/b/c');
  for (const _ of [1, 2]) {
    for (let end = 0; end <= utf8.length; end++) {
      assert.equal(names.read(utf8, 0, end), 'a/b/c'.slice(0, end));
    }
  }
});

test('a name is read where it stands, and kept though the chunk goes', () => {
  const names = new TopicNames();
  const chunk = Buffer.from('xxhome/kitchenyy');
  assert.equal(names.read(chunk, 2, 14), 'home/kitchen');
  chunk.fill(0x7a);
  assert.equal(read(names, 'home/kitchen'), 'home/kitchen');
  assert.equal(names.read(chunk, 2, 14), 'z'.repeat(12));
});

test('a name of 65,535 bytes is read, in letters of one to four bytes', () => {
  const names = new TopicNames();
  for (const letter of ['t', 'é', '€', '😀']) {
    const name = letter.repeat(65_535 / Buffer.byteLength(letter));
    assert.equal(read(names, name), name);
    assert.equal(read(names, name), name);
  }
});

test('a name that differs in one byte from one that is remembered is another', () => {
  const names = new TopicNames();
  for (const length of [1, 8, 255, 256, 257]) {
    const name = 'n'.repeat(length);
    assert.equal(read(names, name), name);
    for (const at of [0, length >> 1, length - 1]) {
      const other = `${name.slice(0, at)}m${name.slice(at + 1)}`;
      assert.equal(read(names, other), other);
      assert.equal(read(names, name), name);
    }
  }
});

test('a bad name is refused each time', () => {
  const names = new TopicNames();
  for (const bad of ['a/+', '#', 'a\0', 'a\u{7f}', 'a\u{ffff}']) {
    for (const _ of [1, 2, 3]) assert.throws(() => read(names, bad), ProtocolError);
  }
  for (const _ of [1, 2]) assert.throws(() => names.read(bytes('61ff'), 0, 2), ProtocolError);
  assert.equal(read(names, 'a'), 'a');
});

test('any topic name is itself, any other text is refused', () => {
  const names = new TopicNames();
  fc.assert(fc.property(topic, (name) => read(names, name) === name && read(names, name) === name));
  fc.assert(
    fc.property(text, fc.constantFrom('+', '#'), text, (before, wildcard, after) => {
      assert.throws(() => read(names, `${before}${wildcard}${after}`.slice(0, 10_000)), /wildcard/);
    }),
    { numRuns: 50, examples: [['', '+', '']] },
  );
});

test('decoders that share names read a topic once', () => {
  const names = new TopicNames();
  const frame = bytes(framed('30', str('home/living room/thermometer')));
  const publishes = ([3, 4] as const).flatMap((version) =>
    decodeAll(new Decoder({ sender: 'client', version, maxPacketSize: 100, topics: names }), [frame]),
  );
  assert.deepEqual(
    publishes.map((packet) => packet.type === 'publish' && packet.topic),
    ['home/living room/thermometer', 'home/living room/thermometer'],
  );
});
