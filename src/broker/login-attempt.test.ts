import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client, ConnectOptions } from '../../test/broker/client.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';

const HERE = '10.0.0.1';
const THERE = '10.0.0.2';

/** A broker that lets in whoever is called `good…`. */
function guarded(loginBackoffSeconds = 1): Rig {
  const rig = new Rig({ listener: { loginBackoffSeconds } });
  rig.access.verdict = ({ clientId, username = '' }) =>
    username.startsWith('good') || clientId.startsWith('right')
      ? { outcome: 'accepted', principal: { clientId, username } }
      : { outcome: 'refused', reasonCode: rig.access.reasonCode };
  return rig;
}

function attempt(rig: Rig, clientId: string, options: ConnectOptions, address = HERE): Client {
  const client = rig.open(rig.listener, address);
  client.connect(clientId, options);
  return client;
}

function answer(
  rig: Rig,
  username: string | undefined,
  address = HERE,
  options: ConnectOptions = {},
): number {
  const client = attempt(rig, 'c', { ...(username !== undefined && { username }), ...options }, address);
  return client.expect('connack').reasonCode;
}

describe('login back-off', () => {
  test('refuses at once, without asking anybody, until the time is over; then twice as long', () => {
    const rig = guarded();
    assert.equal(answer(rig, 'bad'), Reason.notAuthorized);
    assert.equal(answer(rig, 'bad'), Reason.connectionRateExceeded);
    assert.equal(answer(rig, 'good'), Reason.connectionRateExceeded, 'whoever it is, from that address');
    assert.equal(rig.access.asked.length, 1);
    rig.advance(1000);
    assert.equal(answer(rig, 'bad'), Reason.notAuthorized);
    rig.advance(1999);
    assert.equal(answer(rig, 'bad'), Reason.connectionRateExceeded);
    rig.advance(1);
    assert.equal(answer(rig, 'good'), Reason.success);
    assert.equal(rig.access.asked.length, 3);
  });

  test('refuses the user from elsewhere too, but not where he has logged in before', () => {
    const rig = guarded();
    rig.access.verdict = ({ clientId, username = '', peer }) =>
      peer.address === HERE
        ? { outcome: 'refused', reasonCode: Reason.badUserNameOrPassword }
        : { outcome: 'accepted', principal: { clientId, username } };
    assert.equal(answer(rig, 'alice', THERE), Reason.success);
    assert.equal(answer(rig, 'alice', HERE), Reason.badUserNameOrPassword);
    assert.equal(answer(rig, 'alice', '10.0.0.3'), Reason.connectionRateExceeded);
    assert.equal(answer(rig, 'bob', '10.0.0.3'), Reason.success);
    assert.equal(answer(rig, 'alice', THERE), Reason.success);
  });

  test('counts a network of IPv6 as one', () => {
    const rig = guarded();
    assert.equal(answer(rig, 'bad', '2001:db8::1'), Reason.notAuthorized);
    assert.equal(answer(rig, 'other', '2001:db8::2'), Reason.connectionRateExceeded);
    assert.equal(answer(rig, 'other', '2001:db8:0:1::2'), Reason.notAuthorized);
  });

  test('tells 3.x that the server is unavailable', () => {
    const rig = guarded();
    assert.equal(answer(rig, 'bad', HERE, { version: 4 }), 5);
    assert.equal(answer(rig, 'bad', HERE, { version: 4 }), 3);
    assert.equal(answer(rig, 'bad', HERE, { version: 3 }), 3);
  });

  test('of guesses sent side by side only the first is told anything', async () => {
    const rig = guarded();
    rig.access.hold('connect');
    const clients = ['a', 'b', 'right'].map((clientId) => attempt(rig, clientId, { username: 'alice' }));
    for (const client of clients) {
      client.expectNothing();
      rig.access.answer();
    }
    await rig.settle();
    const codes = clients.map((client) => client.expect('connack').reasonCode);
    assert.deepEqual(codes, [
      Reason.notAuthorized,
      Reason.connectionRateExceeded,
      Reason.connectionRateExceeded,
    ]);
    assert.ok(clients.every((client) => client.closed));
    assert.equal([...rig.broker.sessions.values()].length, 0);
  });

  test('is said in the log once for each failure', () => {
    const rig = guarded();
    for (const expected of [1, 1, 2]) {
      answer(rig, 'bad');
      for (let i = 0; i < 3; i++) answer(rig, 'bad');
      if (expected === 1) rig.advance(1000);
    }
    const lines = rig.logged('loginHeldBack').map(({ failures, seconds, username }) => ({
      failures,
      seconds,
      username,
    }));
    assert.deepEqual(lines, [
      { failures: 1, seconds: 1, username: undefined },
      { failures: 2, seconds: 2, username: undefined },
    ]);
    answer(rig, 'bad', THERE);
    assert.equal(rig.logged('loginHeldBack').at(-1)?.username, 'bad');
  });

  test('does not count who brings nothing to guess, nor a backend that cannot answer', () => {
    const rig = guarded();
    for (let i = 0; i < 3; i++) assert.equal(answer(rig, undefined), Reason.notAuthorized);
    const others: readonly ReasonCode[] = [
      Reason.serverUnavailable,
      Reason.serverBusy,
      Reason.implementationSpecificError,
      Reason.clientIdentifierNotValid,
    ];
    for (const code of others) {
      rig.access.reasonCode = code;
      assert.equal(answer(rig, 'bad'), code);
    }
    assert.equal(rig.guard.logins.size, 0);
  });

  test('counts enhanced authentication, and a client that fails to prove anew who it is', () => {
    const rig = new Rig({ listener: { loginBackoffSeconds: 1 } });
    const properties = { authenticationMethod: 'TEST' };
    const login = (secret: string): Client => {
      const client = attempt(rig, 'c', { properties });
      client.expect('auth');
      client.auth(Reason.continueAuthentication, 'name');
      client.expect('auth');
      client.auth(Reason.continueAuthentication, secret);
      return client;
    };
    login('abracadabra').expect('connack', { reasonCode: Reason.notAuthorized });
    attempt(rig, 'c', { properties }).expect('connack', { reasonCode: Reason.connectionRateExceeded });
    rig.advance(1000);
    const client = login('sesame');
    client.expect('connack', { reasonCode: Reason.success });
    client.auth(Reason.reAuthenticate);
    client.expect('auth');
    client.auth(Reason.continueAuthentication, 'name');
    client.expect('auth');
    client.auth(Reason.continueAuthentication, 'abracadabra');
    client.expectClosed(Reason.notAuthorized);
    attempt(rig, 'c', { properties }).expect('connack', { reasonCode: Reason.connectionRateExceeded });
  });

  test('is off by default, and then nothing is remembered', () => {
    const rig = guarded(0);
    for (let i = 0; i < 100; i++) assert.equal(answer(rig, 'bad'), Reason.notAuthorized);
    assert.equal(rig.guard.logins.size, 0);
  });
});
