import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_REASON_CODES } from '../../test/vectors/reasons.ts';
import { ProtocolError } from './error.ts';
import { connectReturnCode, Reason, reasonText } from './reason.ts';
import type { ReasonCode } from './reason.ts';

test('the reason codes are those of Table 2-6', () => {
  assert.deepEqual(Object.values(Reason), ALL_REASON_CODES);
});

test('reasonText() is in the specification’s words', () => {
  const texts: readonly [number, string][] = [
    [0x00, '0x00 success'],
    [0x01, '0x01 granted QoS 1'],
    [0x04, '0x04 disconnect with will'],
    [0x10, '0x10 no matching subscribers'],
    [0x19, '0x19 re authenticate'],
    [0x81, '0x81 malformed packet'],
    [0x86, '0x86 bad user name or password'],
    [0x87, '0x87 not authorized'],
    [0x9b, '0x9b QoS not supported'],
    [0xa2, '0xa2 wildcard subscriptions not supported'],
    [0x03, '0x03 unknown'],
    [0xff, '0xff unknown'],
  ];
  for (const [code, text] of texts) assert.equal(reasonText(code), text);
});

/** §3.2.2.3 of 3.1.1; every other code closes the connection without a CONNACK. */
const RETURN_CODES: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  [Reason.success, 0],
  [Reason.unsupportedProtocolVersion, 1],
  [Reason.clientIdentifierNotValid, 2],
  [Reason.serverUnavailable, 3],
  [Reason.serverBusy, 3],
  [Reason.serverShuttingDown, 3],
  [Reason.badUserNameOrPassword, 5],
  [Reason.notAuthorized, 5],
  [Reason.packetTooLarge, 5],
  [Reason.banned, 5],
  [Reason.connectionRateExceeded, 3],
]);

test('connectReturnCode() is what 3.x can say, and undefined where it can say nothing [MQTT-3.2.2-6]', () => {
  for (const code of Object.values(Reason)) assert.equal(connectReturnCode(code), RETURN_CODES.get(code));
});

test('a ProtocolError tells the peer a code and the operator a phrase', () => {
  const error = new ProtocolError(Reason.malformedPacket, 'a packet shorter than its fields');
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'ProtocolError');
  assert.equal(error.reasonCode, 0x81);
  assert.equal(error.message, 'a packet shorter than its fields');
});
