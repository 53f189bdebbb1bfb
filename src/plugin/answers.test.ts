import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Credentials } from '../broker/access.ts';
import { DEFAULT_SETTINGS } from '../broker/limits.ts';
import { Message } from '../broker/message.ts';
import { Rig } from '../../test/broker/rig.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { answerOf, exchangeOf, keyOf, loginAnswerOf, verdictOf } from './answers.ts';
import { admittedMessage, admittedSubscription, admittedUnsubscription, shownMessage } from './changes.ts';
import { WrongAnswer } from './fence.ts';

const NOW = 1_000_000;
const REFUSED = { outcome: 'refused', reasonCode: Reason.notAuthorized };

const credentials: Credentials = {
  clientId: 'c',
  username: 'u',
  version: 5,
  peer: { address: '10.0.0.1', port: 5000 },
  identity: undefined,
  listener: new Rig().listener,
};

function expectWrong(meaning: (answer: unknown) => unknown, answers: readonly unknown[]): void {
  for (const answer of answers)
    assert.throws(() => meaning(answer), WrongAnswer, `${JSON.stringify(answer)} was understood`);
}

test('a right is one of four words', () => {
  for (const word of ['allow', 'deny', 'defer', 'ignore']) assert.equal(answerOf(word), word);
  expectWrong(answerOf, [undefined, null, true, false, 'yes', 'Allow', 0, {}, () => 'allow']);
});

describe('a login', () => {
  test('is one of four words, or an outcome', () => {
    assert.deepEqual(loginAnswerOf('allow'), { outcome: 'accepted' });
    assert.deepEqual(loginAnswerOf('deny'), REFUSED);
    assert.equal(loginAnswerOf('defer'), 'defer');
    assert.equal(loginAnswerOf('ignore'), 'ignore');
    const accepted = { outcome: 'accepted', username: 'v', clientId: 'd', expiresAt: 5 };
    assert.deepEqual(loginAnswerOf(accepted), accepted);
    const refused = { outcome: 'refused', reasonCode: 'banned', reason: 'no' };
    assert.deepEqual(loginAnswerOf(refused), { ...refused, reasonCode: Reason.banned });
    assert.deepEqual(loginAnswerOf({ outcome: 'refused', reasonCode: 0x88 }), {
      outcome: 'refused',
      reasonCode: Reason.serverUnavailable,
    });
  });

  test('that says nothing lets nobody in', () => {
    const accepted = { outcome: 'accepted' };
    expectWrong(loginAnswerOf, [
      undefined,
      null,
      true,
      {},
      { outcome: 'yes' },
      { ...accepted, username: 5 },
      { ...accepted, username: 'a\0b' },
      { ...accepted, username: '\ud800' },
      { ...accepted, clientId: '' },
      { ...accepted, clientId: 'x'.repeat(65_536) },
      { ...accepted, expiresAt: '5' },
      { ...accepted, expiresAt: Number.NaN },
      { ...accepted, userName: 'mistyped' },
      { outcome: 'refused' },
      { outcome: 'refused', reasonCode: 0 },
      { outcome: 'refused', reasonCode: 'success' },
      { outcome: 'refused', reasonCode: 'sessionTakenOver' },
      { outcome: 'refused', reasonCode: 'toString' },
      { outcome: 'refused', reasonCode: 'banned', reason: 5 },
    ]);
  });

  test('of several steps may ask on, and names the client in the end', () => {
    const step = (answer: unknown): unknown => verdictOf(answer, credentials);
    assert.deepEqual(step({ outcome: 'challenge', data: 'who?' }), {
      outcome: 'challenge',
      data: new TextEncoder().encode('who?'),
    });
    assert.deepEqual(step('deny'), REFUSED);
    const { peer, listener, version } = credentials;
    const principal = { clientId: 'c', username: 'u', peer, listener, version };
    assert.deepEqual(step({ outcome: 'accepted' }), { outcome: 'accepted', principal });
    assert.deepEqual(step({ outcome: 'accepted', username: 'v', data: Uint8Array.of(1), expiresAt: 7 }), {
      outcome: 'accepted',
      principal: { ...principal, username: 'v', expiresAt: 7 },
      data: Uint8Array.of(1),
    });
    expectWrong(step, [
      undefined,
      'allow',
      'defer',
      { outcome: 'challenge', data: 5 },
      { outcome: 'challenge', data: new Uint8Array(65_536) },
      { outcome: 'challenge', clientId: 'x' },
      { outcome: 'accepted', date: 'mistyped' },
    ]);
  });

  test('of several steps begins with an object that has them', () => {
    const exchange = { step: () => 'deny' };
    assert.equal(exchangeOf(exchange), exchange);
    assert.equal(exchangeOf(undefined), undefined);
    expectWrong(exchangeOf, [null, 'allow', {}, { step: 5 }]);
  });
});

test('a key is bytes', () => {
  const key = Uint8Array.of(1);
  assert.equal(keyOf(key), key);
  assert.equal(keyOf(undefined), undefined);
  expectWrong(keyOf, [null, 'c0ffee', [1]]);
});

describe('a message', () => {
  const message = new Message({
    topic: 'a/b',
    payload: Uint8Array.of(1, 2),
    qos: 1,
    retain: true,
    properties: { messageExpiryInterval: 10, contentType: 'text' },
    expiresAt: NOW + 5000,
    publisher: 'p',
    source: { clientId: 'p' },
  });
  const circumstances = { now: NOW, settings: DEFAULT_SETTINGS };
  const incoming = (answer: unknown): unknown => admittedMessage(answer, message, circumstances);
  const outgoing = (answer: unknown): unknown => shownMessage(answer, message, circumstances);

  function changed(answer: unknown, retainAvailable = true): Message {
    const settings = { ...DEFAULT_SETTINGS, retainAvailable };
    const result = admittedMessage(answer, message, { now: NOW, settings });
    assert.ok(result instanceof Message);
    return result;
  }

  test('goes on as it is', () => {
    for (const answer of [undefined, 'allow']) {
      assert.equal(incoming(answer), message);
      assert.equal(outgoing(answer), message);
    }
  });

  test('is refused', () => {
    assert.equal(incoming('deny'), Reason.notAuthorized);
    assert.equal(incoming({ outcome: 'refused', reasonCode: 'quotaExceeded' }), Reason.quotaExceeded);
    assert.equal(outgoing('deny'), undefined);
  });

  test('is changed in what is given', () => {
    const other = changed({ topic: 'c', payload: 'é', qos: 0, retain: false, properties: {} });
    const { topic, payload, qos, retain, properties, expiresAt, publisher, source } = other;
    assert.deepEqual(
      { topic, payload, qos, retain, properties, expiresAt, publisher, source },
      {
        topic: 'c',
        payload: Uint8Array.of(0xc3, 0xa9),
        qos: 0,
        retain: false,
        properties: NO_PROPERTIES,
        expiresAt: 0,
        publisher: 'p',
        source: undefined,
      },
    );
    const same = changed({});
    assert.deepEqual([same.topic, same.qos, same.retain, same.source], ['a/b', 1, true, { clientId: 'p' }]);
    assert.equal(same.payload, message.payload);
    const shown = outgoing({ payload: 'x' });
    assert.ok(shown instanceof Message && shown.payloadBytes === 1);
  });

  test('expires when it would have, unless it is given another interval', () => {
    assert.equal(changed({ payload: 'x' }).expiresAt, NOW + 5000);
    const { properties } = message;
    assert.equal(changed({ properties: { ...properties, contentType: 'x' } }).expiresAt, NOW + 5000);
    assert.equal(changed({ properties: { messageExpiryInterval: 3 } }).expiresAt, NOW + 3000);
  });

  test('is not retained where nothing is', () => {
    assert.equal(changed({ retain: true }, false).retain, false);
  });

  test('keeps a topic that no plugin could give it', () => {
    const fields = { payload: Uint8Array.of(), qos: 0, retain: false, properties: NO_PROPERTIES } as const;
    const odd = new Message({ ...fields, topic: '$share/x', expiresAt: 0, publisher: '' });
    const { topic } = odd;
    assert.ok(admittedMessage({ topic, payload: 'x' }, odd, circumstances) instanceof Message);
  });

  test('is nothing else', () => {
    const wrong: readonly unknown[] = [
      null,
      true,
      'defer',
      5,
      { topic: '' },
      { topic: 'a/#' },
      { topic: 'a\nb' },
      { topic: '$CONTROL/x' },
      { topic: '$share/g/t' },
      { topic: 'x'.repeat(65_536) },
      { payload: 5 },
      { payload: [1] },
      { payload: { length: 3 } },
      { qos: 3 },
      { qos: '1' },
      { retain: 1 },
      { properties: null },
      { playload: 'mistyped' },
    ];
    expectWrong(incoming, [
      ...wrong,
      { outcome: 'accepted' },
      { outcome: 'refused', reasonCode: 'banned' },
      { outcome: 'refused', reasonCode: 'quotaExceeded', reason: 'not carried' },
    ]);
    expectWrong(outgoing, [...wrong, { outcome: 'refused', reasonCode: 'quotaExceeded' }]);
  });

  test('has properties that every client can read', () => {
    const good: readonly Properties[] = [
      { payloadFormatIndicator: 1 },
      { messageExpiryInterval: 0 },
      { contentType: '', responseTopic: 'r/t', correlationData: Uint8Array.of(0) },
      {
        userProperties: [
          ['a', 'b'],
          ['a', ''],
        ],
      },
    ];
    for (const properties of good) assert.deepEqual(changed({ properties }).properties, properties);
    assert.deepEqual(changed({ properties: { contentType: undefined } }).properties, NO_PROPERTIES);
    expectWrong(
      (properties) => incoming({ properties }),
      [
        { payloadFormatIndicator: 2 },
        { messageExpiryInterval: -1 },
        { messageExpiryInterval: 1.5 },
        { messageExpiryInterval: 2 ** 32 },
        { contentType: 'a\0' },
        { contentType: 5 },
        { responseTopic: 'a/+' },
        { responseTopic: '' },
        { correlationData: 'text' },
        { correlationData: new Uint8Array(65_536) },
        { userProperties: [['a']] },
        { userProperties: [['a', 5]] },
        { userProperties: ['ab'] },
        { userProperties: 'ab' },
        { topicAlias: 1 },
        { subscriptionIdentifiers: [1] },
        { sessionExpiryInterval: 1 },
        { unknown: 1 },
      ],
    );
  });
});

const removal = (answer: unknown): unknown => admittedUnsubscription(answer, 'a');

describe('a subscription', () => {
  const request = {
    filter: 'a/#',
    qos: 2,
    noLocal: true,
    retainAsPublished: false,
    retainHandling: 1,
  } as const;
  const subscription = (answer: unknown): unknown => admittedSubscription(answer, request);

  test('goes on as it is, is refused, or changed', () => {
    assert.equal(subscription(undefined), request);
    assert.equal(subscription('allow'), request);
    assert.equal(subscription('deny'), Reason.notAuthorized);
    assert.equal(
      subscription({ outcome: 'refused', reasonCode: 'topicFilterInvalid' }),
      Reason.topicFilterInvalid,
    );
    assert.deepEqual(subscription({ qos: 0 }), { ...request, qos: 0 });
    const all = {
      filter: '$share/g/b',
      qos: 1,
      noLocal: false,
      retainAsPublished: true,
      retainHandling: 2,
    } as const;
    assert.deepEqual(subscription(all), all);
  });

  test('is nothing else', () => {
    expectWrong(subscription, [
      null,
      0,
      'ignore',
      { filter: 'a/#/b' },
      { filter: '' },
      { filter: '$share//b' },
      { filter: '$share/g/b' }, // the client asked for no local
      { qos: 3 },
      { noLocal: 0 },
      { retainHandling: 3 },
      { retainHandling: true },
      { QoS: 1 },
      { outcome: 'refused', reasonCode: 'banned' },
    ]);
  });

  test('is taken back, in place of another one', () => {
    assert.equal(removal(undefined), 'a');
    assert.equal(removal({ filter: '$share/g/b' }), '$share/g/b');
    assert.equal(removal('deny'), Reason.notAuthorized);
    expectWrong(removal, [null, 'b', {}, { filter: '#/a' }, { qos: 1 }]);
  });
});
