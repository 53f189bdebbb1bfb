import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Batch } from './batch.ts';

test('the pieces of a batch are its frames, one after the other', () => {
  const frames = fc.array(fc.tuple(fc.nat(3), fc.nat(90), fc.integer({ min: 1, max: 10 })));
  fc.assert(
    fc.property(frames, (ranges) => {
      const chunks = Array.from({ length: 4 }, (_, at) =>
        Uint8Array.from({ length: 100 }, (_one, byte) => byte + at * 50),
      );
      const batch = new Batch();
      const added = ranges.map(([chunk, start, length]) => chunks[chunk]!.subarray(start, start + length));
      for (const frame of added) batch.add(frame);
      assert.equal(batch.frames, added.length);
      assert.equal(batch.bytes, Buffer.concat(added).length);
      assert.deepEqual(Buffer.concat(batch.take()), Buffer.concat(added));
      assert.deepEqual([batch.frames, batch.bytes, batch.take().length], [0, 0, 0]);
    }),
  );
});

test('frames side by side in one buffer are one piece, not copied', () => {
  const chunk = Buffer.from('abcdefgh');
  const batch = new Batch();
  for (const [start, end] of [
    [0, 2],
    [2, 5],
    [5, 6],
    [7, 8],
  ] as const) {
    batch.add(chunk.subarray(start, end));
  }
  const pieces = batch.take();
  assert.deepEqual(
    pieces.map((piece) => new TextDecoder().decode(piece)),
    ['abcdef', 'h'],
  );
  assert.ok(pieces.every(({ buffer }) => buffer === chunk.buffer));
});

test('frames of different buffers are never joined', () => {
  const batch = new Batch();
  batch.add(new Uint8Array(new ArrayBuffer(8), 0, 4));
  batch.add(new Uint8Array(new ArrayBuffer(8), 4, 4));
  assert.equal(batch.take().length, 2);
});
