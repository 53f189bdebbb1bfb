import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerCache } from './answer-cache.ts';

test('an answer is known for its time', () => {
  const cache = new AnswerCache<string>(10, 1000);
  cache.set('a', 'yes', 0);
  assert.equal(cache.get('a', 999), 'yes');
  assert.equal(cache.get('a', 1000), undefined, 'asking does not make it live longer');
  assert.equal(cache.get('b', 0), undefined);
});

test('when it is full, the answer asked for longest ago goes', () => {
  const cache = new AnswerCache<number>(2, 1000);
  cache.set('a', 1, 0);
  cache.set('b', 2, 0);
  cache.set('a', 3, 0);
  cache.set('c', 4, 0);
  assert.deepEqual([cache.get('a', 1), cache.get('b', 1), cache.get('c', 1)], [3, undefined, 4]);
  cache.get('a', 1);
  cache.set('d', 5, 1);
  assert.deepEqual([cache.get('a', 1), cache.get('c', 1)], [3, undefined]);
});

test('without a size or a time nothing is remembered', () => {
  for (const cache of [new AnswerCache<number>(0, 1000), new AnswerCache<number>(10, 0)]) {
    cache.set('a', 1, 0);
    assert.equal(cache.get('a', 0), undefined);
  }
});
