import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client, Exception, MosquittoException } from './mosquitto.ts';
import { Redial } from './mosquitto-redial.ts';

/** Calls without the types of TypeScript. */
type Loose = Record<string, (...values: unknown[]) => unknown>;
const loose = (client = new Client('c')): Loose => client as unknown as Loose;

const INVALID = 'Invalid function arguments provided.';
const NOT_CONNECTED = 'The client is not currently connected.';

function refuses(name: string, values: readonly unknown[], message: string): void {
  assert.throws(() => loose()[name]!(...values), { name: 'Mosquitto\\Exception', message, code: 0 });
}

test('constants', () => {
  const { LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERR, LOG_DEBUG, SSL_VERIFY_NONE, SSL_VERIFY_PEER } = Client;
  assert.deepEqual([LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERR, LOG_DEBUG], [1, 2, 4, 8, 16]);
  assert.deepEqual([SSL_VERIFY_NONE, SSL_VERIFY_PEER], [0, 1]);
  assert.equal(Exception, MosquittoException);
});

test('identifiers that make no client', () => {
  for (const [id, cleanSession] of [
    [null, false],
    ['', true],
    ['', false],
    ['\ud800', true],
  ] as const)
    assert.throws(() => new Client(id, cleanSession), { message: 'Invalid argument', code: 1 });
  assert.equal(new Client().getSocket(), -1);
});

describe('what is wrong is told in the words of the extension', () => {
  const many = 'x'.repeat(65_536);
  for (const [name, values, message] of [
    ['publish', [], 'Mosquitto\\Client::publish() expects at least 2 parameters, 0 given'],
    ['publish', [{}, 'x'], 'Mosquitto\\Client::publish() expects parameter 1 to be string, object given'],
    [
      'publish',
      ['a', 'x', 'foo'],
      'Mosquitto\\Client::publish() expects parameter 3 to be int, string given',
    ],
    ['publish', ['', 'x'], INVALID],
    ['publish', ['a', 'x', 3], INVALID],
    ['publish', ['a/+', 'x'], INVALID],
    ['publish', [many, 'x'], INVALID],
    ['publish', ['a\ud800', 'x'], 'Malformed UTF-8'],
    ['publish', ['a', 'x'], NOT_CONNECTED],
    ['publish', ['a', null, '1', 'yes'], NOT_CONNECTED],
    ['subscribe', ['a'], 'Mosquitto\\Client::subscribe() expects exactly 2 parameters, 1 given'],
    ['subscribe', ['a', 3], INVALID],
    ['subscribe', ['a/#/b', 0], NOT_CONNECTED],
    ['unsubscribe', [], 'Mosquitto\\Client::unsubscribe() expects exactly 1 parameter, 0 given'],
    ['unsubscribe', ['a'], NOT_CONNECTED],
    ['disconnect', [], NOT_CONNECTED],
    ['setWill', ['a', 'b', 1], 'Mosquitto\\Client::setWill() expects exactly 4 parameters, 3 given'],
    ['setWill', ['a/#', 'b', 1, false], INVALID],
    ['setWill', ['a\ud800', 'b', 1, false], 'Malformed UTF-8'],
    ['setCredentials', ['a\ud800', 'b'], 'Malformed UTF-8'],
    ['setCredentials', [many, 'b'], INVALID],
    ['setMaxInFlightMessages', [-1], INVALID],
    ['setMaxInFlightMessages', [65_536], INVALID],
    ['setTlsCertificates', [null], INVALID],
    ['setTlsCertificates', ['no/such/file'], INVALID],
    ['setTlsCertificates', [import.meta.filename, import.meta.filename], INVALID],
    ['setTlsOptions', [1, 'tlsv1'], INVALID],
    ['setTlsOptions', [1, 'constructor'], INVALID],
    ['setTlsPSK', ['0x12', 'me'], INVALID],
    ['setTlsPSK', ['xyz', 'me'], INVALID],
    ['onConnect', [null], 'Need a valid callback'],
    [
      'onLog',
      ['foo'],
      'Mosquitto\\Client::onLog() expects parameter 1 to be a valid callback, no array or string given',
    ],
  ] as const)
    test(`${name} ${JSON.stringify(values).slice(0, 40)}`, () => refuses(name, values, message));
});

test('what is right gives what the extension gives', () => {
  const client = loose();
  for (const [name, values, result] of [
    ['setTlsCertificates', [import.meta.filename], 0],
    ['setTlsOptions', [Client.SSL_VERIFY_NONE], 0],
    ['setTlsOptions', [1, 'tlsv1.2', 'anything'], 0],
    ['setTlsPSK', ['abc', 'me'], 0],
    ['setTlsInsecure', [true], undefined],
    ['setWill', ['a', 'b', '1', 0], undefined],
    ['clearWill', [], undefined],
    ['setCredentials', ['a', 'b'], undefined],
    ['setReconnectDelay', [1], undefined],
    ['setMaxInFlightMessages', ['100'], undefined],
    ['setMessageRetry', [20], undefined],
    ['exitLoop', [], undefined],
  ] as const)
    assert.equal(client[name]!(...values), result, name);
});

test('what gives a promise rejects', async () => {
  const client = new Client('c');
  for (const [call, message] of [
    [() => client.loop(), NOT_CONNECTED],
    [() => client.loop(0, 0), INVALID],
    [() => client.loopForever(), NOT_CONNECTED],
    [() => client.connect('localhost', 65_536), INVALID],
    [() => client.connect('localhost', 1883, 4), INVALID],
    [() => client.connect('localhost', 1883, 60, 'nowhere'), 'Lookup error.'],
    [() => client.connect(''), 'Lookup error.'],
  ] as const)
    await assert.rejects(call, { message, code: 0 });
});

describe('waits between attempts, as mosquitto_reconnect_delay_set', () => {
  for (const [title, settings, waits] of [
    ['by default', undefined, [1, 1, 1]],
    ['the same', [3, 0, true], [3, 3, 3]],
    ['growing', [2, 10, false], [2, 4, 6, 8, 10, 10]],
    ['squares', [1, 20, true], [1, 4, 9, 16, 20, 20]],
    ['none is one', [0, 0, false], [1, 1]],
  ] as const)
    test(title, () => {
      const redial = new Redial();
      if (settings !== undefined) redial.set(settings[0], settings[1], settings[2]);
      assert.deepEqual(
        waits.map(() => redial.next()),
        waits,
      );
      redial.reset();
      assert.equal(redial.next(), waits[0]);
    });
});
