import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer } from '../../test/client/fake-server.ts';
import { connectBy } from './api.ts';
import { addressOf, decoded } from './url.ts';

test('what is no URL is not repeated: it may hold a password', () => {
  assert.throws(
    () => addressOf('me:secret'.slice(3)),
    (error: Error) => !error.message.includes('secret'),
  );
});

test('parts of a URL', () => {
  assert.equal(decoded('a%20%C3%BC'), 'a ü');
  for (const part of ['100%', '%ff']) assert.throws(() => decoded(part), { code: 'INVALID' });
});

test('a name and a password come from the URL unless the options have them', async () => {
  for (const [options, username, password] of [
    [{}, 'me', 'a@b'],
    [{ username: undefined as never, password: undefined as never }, 'me', 'a@b'],
    [{ username: 'you' }, 'you', 'a@b'],
    [{ password: 'c' }, 'me', 'c'],
  ] as const) {
    const server = new FakeServer();
    const connecting = connectBy(() => server.open, 'mqtt://me:a%40b@host', options);
    await turn();
    const connect = await server.last.accept();
    await using _ = await connecting;
    assert.equal(connect.username, username);
    assert.equal(Buffer.from(connect.password!).toString(), password);
  }
});
