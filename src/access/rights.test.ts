import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import type { Principal } from '../broker/access.ts';
import { LIMITS } from '../broker/limits.ts';
import { covers } from '../topic/cover.ts';
import { matches } from '../topic/topic.ts';
import { parseRules, Rights } from './rights.ts';
import type { Rule } from './rights.ts';

const alice: Principal = { clientId: 'c1', username: 'alice' };

function rightsOf(json: unknown): Rights {
  const parsed = parseRules(json);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem);
  return new Rights(parsed.rules);
}

describe('rules in JSON', () => {
  test('an object of lists allows what it lists', () => {
    const rights = rightsOf({ publish: ['a/#', 'b'], subscribe: ['c/+'], all: ['d'] });
    assert.equal(rights.mayPublish(alice, 'a/x/y'), 'allow');
    assert.equal(rights.mayPublish(alice, 'b'), 'allow');
    assert.equal(rights.mayPublish(alice, 'c/x'), 'defer');
    assert.equal(rights.mayPublish(alice, 'd'), 'allow');
    assert.equal(rights.maySubscribe(alice, 'c/+'), 'allow');
    assert.equal(rights.maySubscribe(alice, 'c/#'), 'defer');
    assert.equal(rights.maySubscribe(alice, '$share/group/c/x'), 'allow');
    assert.equal(rights.maySubscribe(alice, '$share/group/a/x'), 'defer');
    assert.equal(rights.mayReceive(alice, 'c/x'), 'allow', 'it follows from what may be subscribed to');
    assert.equal(rights.mayReceive(alice, 'a/x'), 'defer');
    assert.equal(rights.mayReceive(alice, 'd'), 'allow');
  });

  test('a list is read from its beginning: the first rule that fits decides', () => {
    const rights = rightsOf([
      { permission: 'deny', action: 'all', topic: 'a/secret' },
      { permission: 'allow', action: 'publish', topic: 'a/#' },
      { permission: 'allow', action: 'subscribe', topic: 'a/#' },
    ]);
    assert.equal(rights.mayPublish(alice, 'a/secret'), 'deny');
    assert.equal(rights.mayPublish(alice, 'a/b'), 'allow');
    assert.equal(rights.maySubscribe(alice, 'a/secret'), 'deny');
    assert.equal(rights.maySubscribe(alice, 'a/#'), 'allow');
    assert.equal(rights.mayReceive(alice, 'a/secret'), 'deny', 'even below a subscription that was allowed');
    assert.equal(rights.mayReceive(alice, 'a/b'), 'allow');
  });

  test('a rule about receiving makes it a matter of its own', () => {
    const rights = rightsOf({ subscribe: ['#'], receive: ['a'] });
    assert.equal(rights.maySubscribe(alice, 'b'), 'allow');
    assert.equal(rights.mayReceive(alice, 'b'), 'defer');
    assert.equal(rights.mayReceive(alice, 'a'), 'allow');
    assert.equal(
      rightsOf({ subscribe: ['#'], receive: [] }).mayReceive(alice, 'a'),
      'defer',
      'an empty list too',
    );
  });

  test('nothing is nothing', () => {
    for (const json of [{}, [], { publish: [] }]) {
      const rights = rightsOf(json);
      assert.equal(rights.mayPublish(alice, 'a'), 'defer');
      assert.equal(rights.maySubscribe(alice, 'a'), 'defer');
      assert.equal(rights.mayReceive(alice, 'a'), 'defer');
    }
  });

  test('topics with a $ are not within #', () => {
    const rights = rightsOf({ all: ['#', '+/x'] });
    assert.equal(rights.mayReceive(alice, '$SYS/x'), 'defer');
    assert.equal(rights.maySubscribe(alice, '$SYS/#'), 'defer');
    assert.equal(rightsOf({ all: ['$SYS/#'] }).maySubscribe(alice, '$SYS/#'), 'allow');
  });

  test('what is not understood is no rules', () => {
    const bad: readonly unknown[] = [
      null,
      'all',
      7,
      { pub: ['a'] },
      { publish: 'a' },
      { publish: [7] },
      { publish: [''] },
      { publish: ['a/#/b'] },
      { publish: ['a+'] },
      { subscribe: ['$share/g/a'] },
      [null],
      ['a'],
      [{ permission: 'allow', action: 'publish' }],
      [{ permission: 'Allow', action: 'publish', topic: 'a' }],
      [{ permission: 'allow', action: 'write', topic: 'a' }],
      [{ permission: 'allow', action: 'publish', topic: 'a', qos: [0] }],
      [{ permission: 'allow', action: 'publish', topic: ['a'] }],
    ];
    for (const json of bad) assert.equal(parseRules(json).ok, false, JSON.stringify(json));
  });
});

describe('names in rules', () => {
  test('fill whole levels', () => {
    const rights = rightsOf({ publish: ['u/%u/#', 'c/%c', 'x%u', '%u%u'] });
    assert.equal(rights.mayPublish(alice, 'u/alice/x'), 'allow');
    assert.equal(rights.mayPublish(alice, 'u/bob/x'), 'defer');
    assert.equal(rights.mayPublish(alice, 'c/c1'), 'allow');
    assert.equal(rights.mayPublish(alice, 'xalice'), 'defer');
    assert.equal(rights.mayPublish(alice, 'x%u'), 'allow', 'a part of a level is just text');
    assert.equal(rights.mayPublish(alice, 'alicealice'), 'defer');
  });

  test('that are wildcards, or more than a level, or missing, gain nothing', () => {
    for (const name of ['+', '#', 'a/b', 'a/#', '+/x', '', undefined]) {
      const mallory: Principal = { clientId: name ?? '', ...(name !== undefined && { username: name }) };
      const allowing = rightsOf({ all: ['u/%u', 'u/%u/x', 'c/%c', '%c'] });
      const forbidding = rightsOf([
        { permission: 'deny', action: 'publish', topic: 'u/%u' },
        { permission: 'allow', action: 'all', topic: '#' },
      ]);
      for (const topic of ['u/a', 'u/b/x', 'u/a/b', 'c/x', 'x']) {
        assert.equal(allowing.mayPublish(mallory, topic), 'defer', `${name} ${topic}`);
        assert.equal(allowing.maySubscribe(mallory, topic), 'defer');
        assert.equal(allowing.maySubscribe(mallory, '#'), 'defer');
        assert.equal(forbidding.mayPublish(mallory, topic), 'deny', 'what cannot be told is forbidden');
      }
    }
  });
});

test('no JSON throws, and rules never allow more than they say', () => {
  const level = fc.constantFrom('a', 'b', '$x', '%u', '%c', '+', '');
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));
  const rule = fc.record({
    permission: fc.constantFrom('allow', 'deny'),
    action: fc.constantFrom('publish', 'subscribe', 'receive', 'all'),
    topic: filter,
  });
  const name = fc.constantFrom('a', 'b', '+', '#', 'a/b', '', 'alice');
  const topic = fc
    .array(fc.constantFrom('a', 'b', '$x', 'alice', ''), { minLength: 1, maxLength: 4 })
    .map((levels) => levels.join('/'));
  fc.assert(
    fc.property(
      fc.array(rule),
      name,
      name,
      topic,
      filter,
      (json, username, clientId, asked, subscription) => {
        const parsed = parseRules(json);
        if (!parsed.ok) return;
        const principal = { clientId, username };
        const rights = new Rights(parsed.rules);
        const permitted = (action: Rule['action'], fits: (own: string) => boolean): boolean =>
          parsed.rules.list.some(
            (one) =>
              one.permission === 'allow' &&
              (one.action === action || one.action === 'all') &&
              fits(one.topic.replaceAll('%u', username).replaceAll('%c', clientId)),
          );
        const receiving = parsed.rules.aboutReceiving ? 'receive' : 'subscribe';
        if (rights.mayPublish(principal, asked) === 'allow')
          assert.ok(permitted('publish', (own) => matches(own, asked)));
        if (rights.mayReceive(principal, asked) === 'allow')
          assert.ok(permitted(receiving, (own) => matches(own, asked)));
        if (rights.maySubscribe(principal, subscription) === 'allow')
          assert.ok(permitted('subscribe', (own) => covers(own, subscription)));
      },
    ),
    runs('rights', 1000),
  );
  fc.assert(
    fc.property(fc.jsonValue(), topic, (json, asked) => {
      const parsed = parseRules(json);
      if (parsed.ok) new Rights(parsed.rules).mayPublish(alice, asked);
    }),
    runs('rights of any JSON', 500),
  );
});

test('topics are remembered up to a bound, and the answer stays the same', () => {
  const rights = rightsOf({ receive: ['t/+/x'] });
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < LIMITS.rememberedTopics * 3; at++) {
      assert.equal(rights.mayReceive(alice, `t/${at}/x`), 'allow');
      assert.equal(rights.mayReceive(alice, `t/${at}/y`), 'defer');
    }
  }
});
