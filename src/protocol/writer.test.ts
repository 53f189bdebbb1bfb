import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { text } from '../../test/vectors/arbitrary.ts';
import { hexOf } from '../../test/vectors/harness.ts';
import { bytes, int, sized, str, varint } from '../../test/vectors/vector.ts';
import { Reader } from './reader.ts';
import { varintSize, Writer, writeVarint } from './writer.ts';

/** The largest value of each size of a variable byte integer, Table 1-1, and the one after it. */
const BOUNDARIES: readonly (readonly [value: number, hex: string])[] = [
  [0, '00'],
  [1, '01'],
  [127, '7f'],
  [128, '8001'],
  [16_383, 'ff7f'],
  [16_384, '808001'],
  [2_097_151, 'ffff7f'],
  [2_097_152, '80808001'],
  [268_435_455, 'ffffff7f'],
];

test('a variable byte integer takes as many bytes as Table 1-1 says', () => {
  for (const [value, hex] of BOUNDARIES) {
    const target = new Uint8Array(6).fill(0xee);
    const end = writeVarint(target, 1, value);
    assert.equal(hexOf(target.subarray(1, end)), hex);
    assert.equal(target[0], 0xee);
    assert.equal(target[end], 0xee);
    assert.equal(varintSize(value), hex.length / 2);
    assert.equal(hexOf(new Writer().varint(value).body()), hex);
    assert.equal(new Reader(bytes(hex)).varint(), value);
  }
});

test('each data type is written as §1.5 says', () => {
  const rows: readonly [Writer, string][] = [
    [new Writer().u8(0).u8(255), '00ff'],
    [new Writer().u16(0).u16(0x0102).u16(65_535), '00000102ffff'],
    [
      new Writer().u32(0).u32(0x01020304).u32(0x8000_0000).u32(0xffff_ffff),
      '000000000102030480000000ffffffff',
    ],
    [new Writer().string('').string('é😀'), '00000006c3a9f09f9880'],
    [new Writer().binary(bytes('')).binary(bytes('00ff')), '0000000200ff'],
    [new Writer().raw(bytes('')).raw(bytes('c0c1')), 'c0c1'],
    [new Writer().u8(1).u8(2).u8(3).lengthPrefix(6), '01020203'],
  ];
  for (const [writer, hex] of rows) assert.equal(hexOf(writer.body()), hex);
});

test('a lone surrogate is written as the replacement character, and its length is right', () => {
  assert.equal(hexOf(new Writer().string('a\ud800b').body()), '000561efbfbd62');
});

test('a packet has its remaining length in front, at every size of it', () => {
  const writer = new Writer();
  for (const size of [0, 1, 127, 128, 1018, 1019, 1020, 16_383, 16_384, 65_530, 65_531, 65_532, 2_097_152]) {
    const body = new Uint8Array(size).fill(0x5a);
    const packet = writer.start().raw(body).packet(0xf0);
    assert.equal(hexOf(packet.subarray(0, packet.length - size)), `f0${varint(size)}`);
    assert.ok(packet.subarray(packet.length - size).every((byte) => byte === 0x5a));
  }
});

test('the length of properties moves them, at every size of it', () => {
  const writer = new Writer();
  for (const size of [0, 1, 127, 128, 1000, 16_383, 16_384, 70_000]) {
    writer.start().u8(0xaa).u8(0xbb);
    const from = writer.at;
    const body = Uint8Array.from({ length: size }, (_, index) => index % 251);
    const written = writer.raw(body).lengthPrefix(from).u8(0xcc).body();
    assert.ok(Buffer.from(written).equals(bytes(`aabb${varint(size)}${hexOf(body)}cc`)), `${size} bytes`);
  }
});

test('a writer grows for each kind of value, where its buffer ends', () => {
  const values: readonly [(writer: Writer) => Writer, string][] = [
    [(writer) => writer.u8(0x11), '11'],
    [(writer) => writer.u16(0x1122), '1122'],
    [(writer) => writer.u32(0x11223344), '11223344'],
    [(writer) => writer.varint(268_435_455), 'ffffff7f'],
    [(writer) => writer.string('abc'), '0003616263'],
    [(writer) => writer.string('€uro'), '0006e282ac75726f'],
    [(writer) => writer.string(''), '0000'],
    [(writer) => writer.binary(bytes('aabb')), '0002aabb'],
    [(writer) => writer.raw(bytes('aabbcc')), 'aabbcc'],
    [(writer) => writer.lengthPrefix(writer.at), '00'],
  ];
  for (const [write, hex] of values) {
    for (let filled = 1005; filled <= 1025; filled++) {
      const writer = new Writer().raw(new Uint8Array(filled).fill(0x77));
      const body = hexOf(write(writer).u8(0x99).body());
      assert.equal(body, `${'77'.repeat(filled)}${hex}99`);
    }
  }
});

test('what was written before start() is forgotten, large or small', () => {
  const writer = new Writer();
  writer.start().raw(new Uint8Array(200_000).fill(1)).packet(0x30);
  assert.equal(hexOf(writer.start().u8(7).packet(0x40)), '400107');
  writer.start().raw(new Uint8Array(200_000).fill(1)).body();
  assert.equal(hexOf(writer.start().u8(8).packet(0x40)), '400108');
  writer.u8(9);
  assert.equal(hexOf(writer.start().packet(0xc0)), 'c000');
});

test('packets and bodies are the caller’s own', () => {
  const writer = new Writer();
  const packet = writer.start().string('first').packet(0x10);
  const body = writer.start().string('second').body();
  writer.start().string('thirds').packet(0x10);
  assert.equal(hexOf(packet), `1007${str('first')}`);
  assert.equal(hexOf(body), str('second'));
});

test('any values are read as they were written', () => {
  const value = fc.oneof(
    fc.record({ kind: fc.constant('u8'), value: fc.integer({ min: 0, max: 0xff }) }),
    fc.record({ kind: fc.constant('u16'), value: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ kind: fc.constant('u32'), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
    fc.record({ kind: fc.constant('varint'), value: fc.integer({ min: 0, max: 268_435_455 }) }),
    fc.record({ kind: fc.constant('string'), value: text }),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 30 }), (values) => {
      const writer = new Writer();
      let hex = '';
      for (const { kind, value: one } of values) {
        if (kind === 'string') {
          writer.string(one);
          hex += str(one);
        } else {
          writer[kind](one);
          hex += kind === 'varint' ? varint(one) : int(one, { u8: 1, u16: 2, u32: 4 }[kind]);
        }
      }
      const body = writer.body();
      assert.equal(hexOf(body), hex);
      const reader = new Reader(body);
      for (const { kind, value: one } of values) assert.equal(reader[kind](), one);
      reader.expectEnd();
    }),
  );
});

test('a reader never reads past its end, though the bytes go on', () => {
  const beyond = bytes(`05 ${sized('6162636465')} ff`);
  const reads: readonly [(reader: Reader) => unknown, number][] = [
    [(reader) => reader.u8(), 1],
    [(reader) => reader.u16(), 2],
    [(reader) => reader.u32(), 4],
    [(reader) => reader.string(), 7],
    [(reader) => reader.binary(), 7],
    [(reader) => reader.skip(3), 3],
  ];
  for (const [read, size] of reads) {
    for (let end = 1; end < 1 + size; end++) {
      const reader = new Reader();
      reader.reset(beyond, 1, end);
      assert.throws(() => read(reader), /shorter than its fields/);
    }
    const reader = new Reader();
    reader.reset(beyond, 1, 1 + size);
    read(reader);
    assert.equal(reader.left, 0);
    assert.equal(reader.at, 1 + size);
    reader.expectEnd();
  }
});

test('a reader gives the rest as a view', () => {
  const reader = new Reader();
  const source = bytes('aabbccdd');
  reader.reset(source, 1, 3);
  assert.throws(() => reader.expectEnd(), /longer than its fields/);
  const rest = reader.rest();
  assert.equal(hexOf(rest), 'bbcc');
  assert.equal(rest.buffer, source.buffer);
  assert.equal(reader.left, 0);
  assert.equal(reader.rest().length, 0);
});
