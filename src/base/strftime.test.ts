import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { strftime } from './strftime.ts';

const C99 = 'aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%';
const GNU = 'klPs';
const EVERYTHING = Array.from(C99 + GNU, (letter) => `${letter}=%${letter}`).join('|');

/** Zones with and without summer time, with minutes in their offset, and on both sides of Greenwich. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/Moscow',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Asia/Shanghai',
  'Australia/Sydney',
];

/** Both ends of years in which the weeks of %U, %W and %V differ, the hours around noon, and summer time. */
const SECONDS = [
  0, 1_104_537_599, 1_104_537_600, 1_230_768_000, 1_262_304_000, 1_293_839_999, 1_325_376_000, 1_356_998_400,
  1_403_334_375, 1_456_790_399, 1_483_228_800, 1_609_459_200, 1_711_846_800, 1_720_008_000, 1_735_689_600,
  1_767_225_599, 1_767_268_800, 1_795_373_639,
];

/** What `date` of this machine prints for each of the times. */
function date(zone: string, format: string): string[] {
  const input = SECONDS.map((second) => `@${second}`).join('\n');
  const { stdout } = spawnSync('date', ['-f', '-', `+${format}\u0001`], {
    env: { PATH: process.env['PATH'], TZ: zone, LC_ALL: 'C' },
    input,
    encoding: 'utf8',
  });
  return (stdout ?? '').split('\u0001\n').slice(0, -1);
}

for (const zone of ZONES) {
  describe(`strftime in ${zone}`, () => {
    const own = process.env['TZ'];
    before(() => {
      process.env['TZ'] = zone;
    });
    after(() => {
      if (own === undefined) delete process.env['TZ'];
      else process.env['TZ'] = own;
    });

    test('prints what date(1) prints', (t) => {
      const offsets = SECONDS.map((second) => strftime('%z', second * 1000));
      // A machine without GNU date or without a zone database has no opinion.
      if (date(zone, '%z').join() !== offsets.join()) return t.skip(`date(1) does not know ${zone} here`);
      assert.deepEqual(
        SECONDS.map((second) => strftime(EVERYTHING, second * 1000)),
        date(zone, EVERYTHING),
      );
    });
  });
}

test('strftime takes the time in milliseconds and rounds down', () => {
  assert.equal(strftime('%s', 1_403_334_375_999), '1403334375');
});

test('strftime takes %E and %O, which mean nothing in the C locale', () => {
  assert.equal(strftime('%Ey %Od %EY %Om', 0), strftime('%y %d %Y %m', 0));
});

test('strftime leaves what is no conversion as it stands', () => {
  assert.equal(strftime('plain, %q %E %', 0), 'plain, %q %E %');
  assert.equal(strftime('', 0), '');
  assert.equal(strftime('%%Y', 0), '%Y');
});
