import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeServer } from '../../test/client/fake-server.ts';
import type { Auth } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import { Client } from './client.ts';
import type { Authentication } from './options.ts';

let server: FakeServer;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  server = new FakeServer();
});
afterEach(() => mock.timers.reset());

const bytes = (text: string): Uint8Array => Buffer.from(text);

const authentication: Authentication = {
  method: 'riddle',
  data: bytes('hello'),
  challenge: async (data) => bytes(`answer to ${Buffer.from(data!).toString()}`),
};

function auth(reasonCode: number, text?: string, method = 'riddle'): Auth {
  const properties = {
    authenticationMethod: method,
    ...(text !== undefined && { authenticationData: bytes(text) }),
  };
  return { type: 'auth', reasonCode, properties };
}

/** A client whose CONNECT is answered by challenges. */
async function challenged(): Promise<{ client: Client; started: Promise<void> }> {
  const client = new Client(server.open, { authentication, reconnect: false });
  const started = client.start();
  server.last.opens();
  const { properties } = await server.last.expect('connect');
  assert.equal(properties.authenticationMethod, 'riddle');
  assert.equal(Buffer.from(properties.authenticationData!).toString(), 'hello');
  return { client, started };
}

async function expectAnswer(reasonCode: number, text: string): Promise<void> {
  const { properties } = await server.last.expect('auth', { reasonCode });
  assert.equal(properties.authenticationMethod, 'riddle');
  assert.equal(Buffer.from(properties.authenticationData!).toString(), text);
}

const CONNACK = { type: 'connack', sessionPresent: false, reasonCode: 0, properties: NO_PROPERTIES } as const;

test('challenges are answered until the server accepts; and again when the program asks for it', async () => {
  const { client, started } = await challenged();
  for (const riddle of ['one', 'two']) {
    server.last.send(auth(0x18, riddle));
    await expectAnswer(0x18, `answer to ${riddle}`);
  }
  server.last.send(CONNACK);
  await started;
  const again = client.reauthenticate(bytes('me again'));
  await assert.rejects(client.reauthenticate(), { code: 'INVALID', message: /under way/ });
  await expectAnswer(0x19, 'me again');
  server.last.send(auth(0x18, 'three'));
  await expectAnswer(0x18, 'answer to three');
  server.last.send(auth(0x00));
  await again;
});

for (const [what, packet] of [
  ['another method', auth(0x18, 'one', 'other')],
  ['success in the place of CONNACK', auth(0x00)],
  ['a re-authentication', auth(0x19)],
] as const)
  test(`${what} is an error of the server`, async () => {
    const { started } = await challenged();
    server.last.send(packet);
    await assert.rejects(started, { code: 'PROTOCOL_ERROR' });
  });

test('two challenges at once are an error, and so is one that nobody asked for', async () => {
  const { started } = await challenged();
  server.last.send(auth(0x18, 'one'), auth(0x18, 'two'));
  await assert.rejects(started, { code: 'PROTOCOL_ERROR' });
  const second = new FakeServer();
  const client = await second.client({ authentication, reconnect: false });
  second.last.send(auth(0x18, 'one'));
  await turn();
  assert.equal(client.connected, false);
  const third = new FakeServer();
  const plain = await third.client({ reconnect: false });
  await assert.rejects(plain.reauthenticate(), { code: 'INVALID' });
  third.last.send(auth(0x18, 'one'));
  assert.equal(plain.connected, false);
});

test('a program that gives up ends the connection', async () => {
  const client = new Client(server.open, {
    reconnect: false,
    authentication: {
      method: 'riddle',
      challenge: () => {
        throw new Error('no idea');
      },
    },
  });
  const started = client.start();
  server.last.opens();
  await turn();
  server.last.send(auth(0x18, 'one'));
  await assert.rejects(started, { code: 'ABORTED', cause: new Error('no idea') });
});

test('a re-authentication ends with its connection', async () => {
  const client = await server.client({ authentication });
  const again = client.reauthenticate();
  server.last.breaks();
  await assert.rejects(again, { code: 'CONNECTION_LOST' });
  await assert.rejects(client.reauthenticate(), { code: 'CONNECTION_LOST' });
});

test('a re-authentication can be given up, and ends no program if it is ignored', async () => {
  const client = await server.client({ authentication });
  const gone = new AbortController();
  const again = client.reauthenticate(undefined, { signal: gone.signal });
  gone.abort(new Error('enough'));
  await assert.rejects(again, { code: 'ABORTED', cause: new Error('enough') });
  server.last.breaks();
  void client.reauthenticate();
  void client.close({ properties: { topicAlias: 1 } });
  await turn();
  await client.close();
});
