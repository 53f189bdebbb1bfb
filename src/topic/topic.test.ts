import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FilterTree } from './filter-tree.ts';
import { TopicTree } from './topic-tree.ts';
import { isTopicFilter, isTopicName, matches, parseShared } from './topic.ts';

const FILTERS: readonly [filter: string, valid: boolean][] = [
  ['a', true],
  ['/', true],
  ['a//b', true],
  ['+', true],
  ['#', true],
  ['a/+/b', true],
  ['a/#', true],
  ['+/+/#', true],
  ['', false],
  ['a+', false],
  ['a/+b', false],
  ['a#', false],
  ['#/a', false],
  ['a/#/b', false],
  ['a/b#', false],
  ['/'.repeat(200), true],
  ['/'.repeat(201), false],
];

/** All values that a walk finds. */
function matched<T extends { readonly topic: string }>(tree: TopicTree<T>, filter: string): T[] {
  return [...tree.walk(filter)].filter((value) => value !== undefined);
}

test('isTopicFilter', () => {
  for (const [filter, valid] of FILTERS) assert.equal(isTopicFilter(filter), valid, filter);
});

test('isTopicName', () => {
  for (const topic of ['a', '/', 'a b', '$SYS/x', '/'.repeat(200)]) assert.ok(isTopicName(topic), topic);
  for (const topic of ['', '+', 'a/#', 'a+b', '/'.repeat(201)]) assert.ok(!isTopicName(topic), topic);
});

test('parseShared', () => {
  assert.deepEqual(parseShared('$share/g/a/#'), { shareName: 'g', filter: 'a/#' });
  assert.deepEqual(parseShared('$share/g//'), { shareName: 'g', filter: '/' });
  for (const bad of [
    '$share/',
    '$share/g',
    '$share/g/',
    '$share//a',
    '$share/+/a',
    '$share/g#/a',
    '$share/g/a#',
  ]) {
    assert.equal(parseShared(bad), undefined, bad);
  }
});

const MATCHES: readonly [filter: string, topic: string, matches: boolean][] = [
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/#', 'sport', true],
  ['#', 'a/b', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['/+', '/finance', true],
  ['+', '/finance', false],
  ['#', '$SYS/a', false],
  ['+/a', '$SYS/a', false],
  ['$SYS/#', '$SYS/a', true],
  ['$SYS/+', '$SYS/a', true],
  ['a', 'A', false],
];

test('matches: the examples of §4.7', () => {
  for (const [filter, topic, expected] of MATCHES)
    assert.equal(matches(filter, topic), expected, `${filter} ${topic}`);
});

const level = fc.constantFrom('a', 'b', '', '$x', 'é');
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, below]) => [...levels, ...(below ? ['#'] : [])].join('/'))
  .filter(isTopicFilter);

test('FilterTree.match finds what matches says, through additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), filters)), fc.array(topics), (changes, names) => {
      const tree = new FilterTree<string>();
      const model = new Set<string>();
      for (const [add, filter] of changes) {
        for (const topic of names) tree.match(topic); // fills the cache that the change must drop
        if (add) assert.equal(tree.add(filter, filter), !model.has(filter));
        else assert.equal(tree.remove(filter, filter), model.has(filter));
        if (add) model.add(filter);
        else model.delete(filter);
        for (const topic of names.filter(isTopicName)) {
          const expected = [...model].filter((one) => matches(one, topic));
          assert.deepEqual(tree.match(topic).toSorted(), expected.toSorted());
        }
      }
    }),
  );
});

test('FilterTree.match goes literal, +, # at each level', () => {
  const tree = new FilterTree<string>();
  for (const filter of ['#', '+/b', 'a/#', 'a/+', 'a/b', 'a/b/#']) tree.add(filter, filter);
  assert.deepEqual([...tree.match('a/b')], ['a/b', 'a/b/#', 'a/+', 'a/#', '+/b', '#']);
});

test('TopicTree.match finds what matches says, through sets and deletes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), topics)), fc.array(filters), (changes, wanted) => {
      const tree = new TopicTree<{ readonly topic: string }>();
      const model = new Map<string, { readonly topic: string }>();
      for (const [set, topic] of changes) {
        const value = { topic };
        assert.equal(set ? tree.set(value) : tree.delete(topic), model.get(topic));
        if (set) model.set(topic, value);
        else model.delete(topic);
        assert.equal(tree.get(topic), model.get(topic));
      }
      assert.equal(tree.size, model.size);
      assert.deepEqual(new Set(tree.values()), new Set(model.values()));
      for (const filter of wanted) {
        const found = matched(tree, filter);
        const expected = [...model.values()].filter(({ topic }) => matches(filter, topic));
        assert.equal(found.length, expected.length);
        assert.deepEqual(new Set(found), new Set(expected));
      }
    }),
  );
});

test('The deepest topics and filters do not recurse', () => {
  const deep = Array.from({ length: 201 }, () => 'x').join('/');
  const tree = new FilterTree<number>();
  tree.add(deep, 1);
  tree.add(deep.replaceAll('x', '+'), 2);
  assert.deepEqual([...tree.match(deep)].toSorted(), [1, 2]);
  const retained = new TopicTree<{ readonly topic: string }>();
  for (const topic of [deep, `${deep.slice(0, -1)}y`]) retained.set({ topic });
  assert.deepEqual(
    matched(retained, '#').map(({ topic }) => topic),
    [deep, `${deep.slice(0, -1)}y`],
  );
});

test('FilterTree.match holds through more topics and values than it remembers, and for topics it does not', () => {
  const tree = new FilterTree<number>();
  for (let value = 0; value < 600; value++) tree.add('#', value);
  tree.add('t/7', -1);
  for (let topic = 0; topic < 5000; topic++) {
    assert.equal(tree.match(`t/${topic}`).length, topic === 7 ? 601 : 600);
  }
  tree.remove('t/7', -1);
  assert.equal(tree.match('t/7').length, 600);
  const long = 'x'.repeat(65_535);
  assert.equal(tree.match(long).length, 600);
  tree.add(long, -2);
  assert.equal(tree.match(long).length, 601);
});
