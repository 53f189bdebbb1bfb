import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { Exception, Message } from './mosquitto.ts';

describe('topicMatchesSub, as measured on the extension', () => {
  for (const [topic, filter] of [
    ['foo/bar', '#'],
    ['foo/bar', 'foo/+'],
    ['foo/bar', 'foo/bar'],
    ['foo/bar', 'foo/#'],
    ['foo', 'foo/#'],
    ['foo/', 'foo/#'],
    ['foo/', 'foo/+'],
    ['/foo', '+/+'],
    ['/foo', '/+'],
    ['foo/bar/baz', 'foo/+/baz'],
    ['$SYS/x', '$SYS/#'],
    ['$SYS/x', '$SYS/+'],
    ['a//b', 'a/+/b'],
    ['a//b', 'a//b'],
    ['/', '+/+'],
    ['/', '#'],
    ['/', '/'],
    ['foo/bar', 'foo/bar/#'],
    ['$share/g/foo', '$share/g/foo'],
  ] as const)
    test(`${topic} is of ${filter}`, () => assert.equal(Message.topicMatchesSub(topic, filter), true));
  for (const [topic, filter] of [
    ['', ''],
    ['', 'foo'],
    ['', '#'],
    ['foo', ''],
    ['foo', 'foo/+'],
    ['/foo', '+'],
    ['foo/bar/baz', 'foo/+'],
    ['$SYS/x', '#'],
    ['$SYS/x', '+/x'],
    ['foo', '$SYS/#'],
    ['foo/+', 'foo/+'],
    ['foo/#', 'foo/#'],
    ['foo', 'foo/#/bar'],
    ['foobar', 'foo#'],
    ['foobar', 'foo+'],
    ['foo', '+foo'],
    ['/', '+'],
    ['foo/bar', 'foo//bar'],
    ['Foo', 'foo'],
    ['foo', 'foo/bar/#'],
    ['foo', '$share/g/foo'],
  ] as const)
    test(`${topic} is not of ${filter}`, () => assert.equal(Message.topicMatchesSub(topic, filter), false));
  test('never throws for a text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '/', '+', '#', '$', '\0', 'é') });
    fc.assert(
      fc.property(text, text, (topic, filter) => {
        assert.equal(typeof Message.topicMatchesSub(topic, filter), 'boolean');
      }),
      runs('topicMatchesSub', 200),
    );
  });
});

describe('tokeniseTopic', () => {
  for (const [topic, levels] of [
    ['foo/bar', ['foo', 'bar']],
    ['/foo/bar', [null, 'foo', 'bar']],
    ['foo/', ['foo', null]],
    ['foo//bar', ['foo', null, 'bar']],
    ['/', [null, null]],
    ['//', [null, null, null]],
    ['', [null]],
    ['#', ['#']],
    ['foo/+/bar', ['foo', '+', 'bar']],
    ['#/x', ['#', 'x']],
    ['a+b/c', ['a+b', 'c']],
    ['$SYS/a', ['$SYS', 'a']],
    ['a\0b', ['a']],
  ] as const)
    test(JSON.stringify(topic), () => assert.deepEqual(Message.tokeniseTopic(topic), levels));
});

/** Without the types of TypeScript. */
const call = (...values: unknown[]): boolean => Message.topicMatchesSub(...(values as [string, string]));

test('arguments that are none have the texts of PHP', () => {
  assert.throws(() => call('a'), {
    message: 'Mosquitto\\Message::topicMatchesSub() expects exactly 2 parameters, 1 given',
    code: 0,
  });
  assert.throws(
    () => call({}, 'a'),
    new Exception('Mosquitto\\Message::topicMatchesSub() expects parameter 1 to be string, object given'),
  );
});

test('properties begin and convert as those of the extension', () => {
  const message = new Message();
  assert.equal(JSON.stringify(message), '{"mid":0,"topic":null,"payload":"","qos":0,"retain":false}');
  message.mid = '12abc';
  message.topic = 12;
  message.payload = 'a\0b';
  message.qos = 9;
  message.retain = 1;
  assert.equal(
    JSON.stringify(message),
    '{"mid":12,"topic":"12","payload":"a\\u0000b","qos":9,"retain":true}',
  );
  message.topic = false;
  message.mid = 'x';
  message.payload = new Uint8Array([0xff]);
  assert.deepEqual([message.topic, message.mid, [...message.payload]], ['', 0, [0xff]]);
});
