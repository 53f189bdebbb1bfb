import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtocolError } from '../protocol/error.ts';
import { Reason } from '../protocol/reason.ts';
import { ReceivedAliases, SentAliases } from './topic-alias.ts';

function rejects(run: () => unknown, reasonCode: number): void {
  assert.throws(run, (error) => error instanceof ProtocolError && error.reasonCode === reasonCode);
}

describe('received aliases', () => {
  test('stand for the topic they were sent with [MQTT-3.3.2-12]', () => {
    const aliases = new ReceivedAliases(2);
    assert.equal(aliases.resolve(1, 'a'), 'a');
    assert.equal(aliases.resolve(2, 'b'), 'b');
    assert.equal(aliases.resolve(1, ''), 'a');
    assert.equal(aliases.resolve(2, ''), 'b');
  });

  test('may be given another topic', () => {
    const aliases = new ReceivedAliases(1);
    aliases.resolve(1, 'a');
    assert.equal(aliases.resolve(1, 'b'), 'b');
    assert.equal(aliases.resolve(1, ''), 'b');
  });

  test('are from 1 to what was announced [MQTT-3.3.2-8] [MQTT-3.3.2-9]', () => {
    const aliases = new ReceivedAliases(10);
    assert.equal(aliases.resolve(10, 'a'), 'a');
    rejects(() => aliases.resolve(0, 'a'), Reason.topicAliasInvalid);
    rejects(() => aliases.resolve(11, 'a'), Reason.topicAliasInvalid);
    rejects(() => new ReceivedAliases(0).resolve(1, 'a'), Reason.topicAliasInvalid);
  });

  test('that were not set are unknown', () => {
    const aliases = new ReceivedAliases(10);
    rejects(() => aliases.resolve(1, ''), Reason.protocolError);
    aliases.resolve(1, 'a');
    rejects(() => aliases.resolve(2, ''), Reason.protocolError);
  });
});

describe('sent aliases', () => {
  test('go to the first topics, which keep them', () => {
    const aliases = new SentAliases(2);
    for (const topic of ['a', 'b', 'c']) {
      assert.equal(aliases.get(topic), undefined);
      aliases.assign(topic);
    }
    assert.deepEqual(
      ['a', 'b', 'c'].map((topic) => aliases.get(topic)),
      [1, 2, undefined],
    );
    assert.equal(aliases.free(), undefined);
  });

  test('are free until they are assigned: nothing is announced by asking [MQTT-3.1.2-26]', () => {
    const aliases = new SentAliases(1);
    assert.equal(aliases.free(), 1);
    assert.equal(aliases.free(), 1);
    assert.equal(aliases.get('a'), undefined);
    aliases.assign('a');
    assert.equal(aliases.free(), undefined);
  });
});
