import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { connect as connectClient } from './index.ts';
import { LIMITS } from './limits.ts';
import { WebSocketChannel } from './websocket-channel.ts';

const OPTIONS = { timeout: 60_000 };

let server: WebSocketServer;
before(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
});
after(() => server.close());

/** What a server sends to a client, and what the client says of it. */
async function meet(
  maximumPacketSize: number,
  send: (webSocket: WebSocket, socket: Socket) => void,
): Promise<{ readonly sizes: readonly number[]; readonly error: Error | undefined }> {
  const { port } = server.address() as AddressInfo;
  server.once('connection', (webSocket, { socket }) => {
    webSocket.on('error', () => undefined);
    send(webSocket, socket);
  });
  const sizes: number[] = [];
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  void new WebSocketChannel(`ws://127.0.0.1:${port}/`, () => connect(port, '127.0.0.1'), maximumPacketSize, {
    opened: () => undefined,
    received: (chunk) => sizes.push(chunk.length),
    drained: () => undefined,
    closed: resolve,
  });
  return { error: await promise, sizes };
}

/** Sends a byte, then so many. */
function ofTwo(size: number): (webSocket: WebSocket) => void {
  return (webSocket) => {
    for (const bytes of [1, size]) webSocket.send(Buffer.alloc(bytes));
    webSocket.close(1000);
  };
}

test('a message may hold the largest packet and some others, and no more', OPTIONS, async () => {
  const most = 1000 + LIMITS.messageSpareBytes;
  assert.deepEqual(await meet(1000, ofTwo(most)), { sizes: [1, most], error: undefined });
  const { sizes, error } = await meet(1000, ofTwo(most + 1));
  assert.deepEqual(sizes, [1]);
  assert.match(error?.message ?? '', /payload size/i);
});

test('there is a bound even where there is none for packets', OPTIONS, async () => {
  for (const maximumPacketSize of [Infinity, 2 ** 32 - 1]) {
    const { sizes, error } = await meet(maximumPacketSize, (_, socket) => {
      socket.write(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0x20, 0, 0, 0)); // 512 MiB are to follow
    });
    assert.deepEqual(sizes, []);
    assert.match(error?.message ?? '', /payload size/i);
  }
});

test('it is that of the client', OPTIONS, async () => {
  const { port } = server.address() as AddressInfo;
  server.once('connection', (webSocket, { socket }) => {
    webSocket.on('error', () => undefined);
    webSocket.once('message', () => {
      webSocket.send(Uint8Array.of(0x20, 2, 0, 0));
      socket.write(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 2, 0, 0, 0)); // 32 MiB are to follow
    });
  });
  const client = await connectClient(`ws://127.0.0.1:${port}`, {
    version: 4,
    maximumPacketSize: 1000,
    reconnect: false,
  });
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  client.on('closed', resolve);
  assert.match((await promise)?.message ?? '', /payload size/i);
});
