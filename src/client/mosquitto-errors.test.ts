import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reason } from '../protocol/reason.ts';
import { MqttError } from './error.ts';
import { connackText } from './libmosquitto-texts.ts';
import { errnoOf, exceptionOf, isPassing, unreachable } from './mosquitto-errors.ts';

test('the number that an end of a connection has', () => {
  for (const [code, reasonCode, errno] of [
    ['REFUSED', 1, 5],
    ['REFUSED', 5, 5],
    ['REFUSED', 6, 2],
    ['PROTOCOL_ERROR', Reason.malformedPacket, 2],
    ['CONNECTION_LOST', Reason.keepAliveTimeout, 19],
    ['CONNECTION_LOST', 0, 7],
  ] as const)
    assert.equal(errnoOf(new MqttError(code, 'why', { reasonCode })), errno);
});

test('why a server cannot be reached', () => {
  for (const [code, isSecure, errno, message] of [
    ['ENOTFOUND', true, 15, 'Lookup error.'],
    ['EAI_AGAIN', false, 15, 'Lookup error.'],
    ['ECONNREFUSED', true, 14, 'Connection refused'],
    ['ECONNREFUSED', false, 14, 'Connection refused'],
    ['EHOSTUNREACH', false, 14, 'No route to host'],
    ['ECONNRESET', false, 14, 'Connection reset by peer'],
    ['ECONNRESET', true, 8, 'A TLS error occurred.'],
    ['CERT_HAS_EXPIRED', true, 8, 'A TLS error occurred.'],
    ['EODD', false, 14, 'why'],
  ] as const) {
    const error = new MqttError('CONNECTION_LOST', 'why', {
      cause: Object.assign(new Error(code), { code }),
    });
    const exception = unreachable(error, isSecure);
    assert.deepEqual([exception.errno, exception.getMessage(), exception.getCode()], [errno, message, 0]);
    assert.equal(exception.cause, error);
  }
});

test('what may pass, and what will not', () => {
  assert.deepEqual(
    [7, 14, 15, 19, 2, 5, 8].map((errno) => isPassing(exceptionOf(errno))),
    [true, true, true, true, false, false, false],
  );
  const alert = Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
  const lost = new MqttError('CONNECTION_LOST', 'why', { cause: alert });
  assert.equal(isPassing(exceptionOf(7, lost)), false);
  assert.equal(isPassing(new Error('a handler has thrown it')), false);
});

test('texts', () => {
  assert.equal(exceptionOf(19).message, 'Unknown error.');
  assert.equal(exceptionOf(7).message, 'The connection was lost.');
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(connackText), [
    'Connection Accepted.',
    'Connection Refused: unacceptable protocol version.',
    'Connection Refused: identifier rejected.',
    'Connection Refused: broker unavailable.',
    'Connection Refused: bad user name or password.',
    'Connection Refused: not authorised.',
    'Connection Refused: unknown reason.',
  ]);
});
