import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../../test/runs.ts';
import { Histogram } from './histogram.ts';

test('a histogram of nothing', () => {
  const histogram = new Histogram();
  assert.deepEqual([histogram.count, histogram.max, histogram.percentile(0.99)], [0, 0, 0]);
});

test('percentiles are those of the sorted values, to one part in 1024', () => {
  const value = fc.oneof(fc.nat(2000), fc.double({ min: 0, max: 2 ** 40 - 1, noNaN: true }));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const histogram = new Histogram();
        for (const each of values) histogram.add(each);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1]!;
        const told = histogram.percentile(share);
        assert.ok(Math.abs(told - exact) <= Math.max(1, exact / 1024), `${told} for ${exact}`);
        assert.equal(histogram.max, sorted.at(-1));
      },
    ),
    runs('histogram', 300),
  );
});

test('values beyond what it tells apart are counted, and the largest is exact', () => {
  const histogram = new Histogram();
  histogram.add(-5);
  histogram.add(2 ** 50);
  assert.equal(histogram.count, 2);
  assert.equal(histogram.max, 2 ** 50);
  assert.equal(histogram.percentile(0.5), 0);
  histogram.clear();
  assert.deepEqual([histogram.count, histogram.max, histogram.percentile(1)], [0, 0, 0]);
});
