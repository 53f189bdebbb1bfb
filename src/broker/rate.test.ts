import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { TokenBucket } from './rate.ts';

const START = 1_704_067_200_000;

const rate = fc.integer({ min: 1, max: 5000 });
/** Milliseconds between one try and the next: bursts, and breaks of all sizes. */
const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(2500)), { maxLength: 80 });

/** No window of time holds more than the rate and one second's worth. */
function assertKept(times: readonly number[], perSecond: number): void {
  for (const [first, from] of times.entries()) {
    for (const [more, to] of times.slice(first).entries()) {
      const taken = more + 1;
      const most = perSecond + (perSecond * (to - from)) / 1000;
      assert.ok(taken <= most, `${taken} in ${to - from} ms at ${perSecond}/s`);
    }
  }
}

describe('a token bucket', () => {
  test('never gives more than rate · t + rate, in any t seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (perSecond, breaks) => {
        const bucket = new TokenBucket(perSecond, START);
        const taken: number[] = [];
        let now = START;
        for (const gap of breaks) {
          now += gap;
          if (bucket.take(now)) taken.push(now);
        }
        assertKept(taken, perSecond);
      }),
      runs('token bucket', 300),
    );
  });

  test('gives what is due: whoever asks without end gets rate · t + rate, to the last one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 5000 }), (perSecond, ms) => {
        const bucket = new TokenBucket(perSecond, START);
        let taken = 0;
        for (let now = START; now <= START + ms; now++) while (bucket.take(now)) taken++;
        assert.equal(taken, perSecond + Math.floor((perSecond * ms) / 1000));
      }),
      runs('token bucket, all that is due', 30),
    );
  });

  test('what is paid for before it happens keeps to the rate as well', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (perSecond, breaks) => {
        const bucket = new TokenBucket(perSecond, START);
        const happened: number[] = [];
        let now = START;
        for (const gap of breaks) {
          now += gap;
          now += bucket.owe(1, now);
          happened.push(now);
        }
        assertKept(happened, perSecond);
      }),
      runs('token bucket, paid for', 300),
    );
  });

  test('lots of any size are paid for in the end, and no later than they must be', () => {
    fc.assert(
      fc.property(rate, fc.array(fc.nat(100_000), { minLength: 1, maxLength: 30 }), (perSecond, lots) => {
        const bucket = new TokenBucket(perSecond, START);
        let now = START;
        let sum = 0;
        for (const lot of lots) {
          now += bucket.owe(lot, now);
          sum += lot;
          assert.ok(sum <= perSecond + (perSecond * (now - START)) / 1000);
        }
        const least = Math.max(0, ((sum - perSecond) * 1000) / perSecond);
        assert.ok(
          now - START <= least + lots.length,
          'no more than a millisecond is lost to rounding with each',
        );
      }),
      runs('token bucket, lots', 300),
    );
  });

  test('is full at first, and again a second after it was empty', () => {
    const bucket = new TokenBucket(2, START);
    assert.equal(bucket.isFull(START), true);
    assert.deepEqual([bucket.take(START), bucket.take(START), bucket.take(START)], [true, true, false]);
    assert.equal(bucket.take(START + 499), false);
    assert.equal(bucket.take(START + 500), true);
    assert.equal(bucket.isFull(START + 1499), false);
    assert.equal(bucket.isFull(START + 1500), true);
  });

  test('owes nothing while there are tokens, then as long as they take to come', () => {
    const bucket = new TokenBucket(10, START);
    assert.equal(bucket.owe(10, START), 0);
    assert.equal(bucket.owe(1, START), 100);
    assert.equal(bucket.owe(30, START), 3100);
    assert.equal(bucket.take(START + 3199), false);
    assert.equal(bucket.take(START + 3200), true);
  });

  test('a clock that goes backward takes nothing away and gives nothing', () => {
    const bucket = new TokenBucket(1, START);
    assert.equal(bucket.take(START), true);
    assert.equal(bucket.take(START - 3_600_000), false);
    assert.equal(bucket.take(START - 3_600_000 + 1000), true);
  });
});
