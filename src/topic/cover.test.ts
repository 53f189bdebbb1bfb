import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { covers } from './cover.ts';
import { matches } from './topic.ts';

test('a filter within another one', () => {
  const cases: readonly (readonly [rule: string, filter: string, expected: boolean])[] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/+', false],
    ['a/b', 'a/#', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/+', true],
    ['a/+', 'a/#', false],
    ['a/+', 'a', false],
    ['a/#', 'a', true],
    ['a/#', 'a/#', true],
    ['a/#', 'a/+/c', true],
    ['a/#', '#', false],
    ['a/#', '+/b', false],
    ['#', '#', true],
    ['#', '+', true],
    ['#', '$SYS/#', false],
    ['+/#', '$SYS/#', false],
    ['$SYS/#', '$SYS/+/x', true],
    ['', '', true],
    ['a/', 'a', false],
    ['/+', '/', true],
  ];
  for (const [rule, filter, expected] of cases) {
    assert.equal(covers(rule, filter), expected, `${rule} covers ${filter}`);
  }
});

test('what a covered filter matches, the covering one matches too', () => {
  const level = fc.constantFrom('a', 'b', '', '$x', '+');
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));
  const topic = fc
    .array(fc.constantFrom('a', 'b', '', '$x', 'c'), { minLength: 1, maxLength: 5 })
    .map((levels) => levels.join('/'));
  fc.assert(
    fc.property(filter, filter, topic, (rule, one, name) => {
      if (covers(rule, one) && matches(one, name)) assert.ok(matches(rule, name));
    }),
    runs('covered filters', 2000),
  );
});

test('a filter covers itself', () => {
  for (const filter of ['a', '#', '+', '$SYS/#', 'a/+/b/#', '/', '//']) assert.ok(covers(filter, filter));
});
