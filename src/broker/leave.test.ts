import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectOptions } from '../../test/broker/client.ts';
import type { Client } from '../../test/broker/client.ts';
import { Rig } from '../../test/broker/rig.ts';

/** A client whose credentials last so many seconds. */
function guest(rig: Rig, seconds: number, options: ConnectOptions = {}): Client {
  const expiresAt = rig.now + seconds * 1000;
  rig.access.verdict = ({ clientId }) => ({ outcome: 'accepted', principal: { clientId, expiresAt } });
  return rig.connect('guest', options);
}

test('a connection ends when the credentials of its client do, and is told why', () => {
  const rig = new Rig();
  const client = guest(rig, 60);
  rig.advance(59_000);
  assert.equal(rig.broker.connections.size, 1);
  rig.advance(1000);
  client.expect('disconnect', { reasonCode: 0xa0 });
  client.expectClosed();
  assert.deepEqual(
    rig.logged('credentialsExpired').map(({ client: name }) => name),
    ['guest'],
  );
});

test('3.x is closed without a word, and the will is sent', () => {
  const rig = new Rig();
  const watcher = rig.connect('watcher');
  watcher.subscribe('will');
  const client = guest(rig, 5, { version: 4, will: { topic: 'will', payload: 'gone' } });
  rig.advance(5000);
  client.expectClosed();
  watcher.expect('publish', { topic: 'will' });
});

test('who goes earlier leaves no deadline behind', () => {
  const rig = new Rig();
  guest(rig, 60).cut();
  rig.advance(120_000);
  assert.deepEqual(rig.logged('credentialsExpired'), []);
});

test('who proves anew who it is stays as long as that says', () => {
  const rig = new Rig();
  let expiresAt = rig.now + 60_000;
  rig.access.exchange = () => ({
    step: () => ({ outcome: 'accepted', principal: { clientId: 'guest', expiresAt } }),
  });
  const client = rig.connect('guest', { properties: { authenticationMethod: 'TEST' } });
  rig.advance(30_000);
  expiresAt = rig.now + 60_000;
  client.auth(0x19);
  client.expect('auth', { reasonCode: 0 });
  rig.advance(59_000);
  client.expectNothing();
  rig.advance(1000);
  client.expectClosed(0xa0);
});
