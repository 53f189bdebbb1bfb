import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test } from 'node:test';
import type { ChannelOwner } from './channel.ts';
import { ProxiedChannel } from './proxied-channel.ts';

const OPTIONS = { timeout: 20_000 };

/** An owner, and the promise of the channel's end. */
function owner(): { owner: ChannelOwner; closed: Promise<Error | undefined>; times: () => number } {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  let times = 0;
  const closed = (error?: Error): void => {
    times++;
    resolve(error);
  };
  return {
    owner: { opened: none, received: none, drained: none, closed },
    closed: promise,
    times: () => times,
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const none = (): void => assert.fail('there is no way');
const begin = (): never => assert.fail('the proxy has not connected');
const DESTINATION = { host: 'there', port: 1883 };

test('a proxy that does not answer is left at once, and nothing waits for it', OPTIONS, async () => {
  const server = createServer();
  const port = await listening(server);
  const { owner: one, closed, times } = owner();
  const channel = new ProxiedChannel({ host: '127.0.0.1', port }, DESTINATION, undefined, one, begin);
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => undefined).resume();
  const left = once(socket, 'close');
  channel.pause();
  channel.write(Uint8Array.of(1));
  channel.close();
  channel.destroy();
  assert.equal(await closed, undefined);
  await left;
  assert.equal(times(), 1);
  server.close();
});

test('a proxy that hangs up, or is not there', OPTIONS, async () => {
  const server = createServer((socket) => socket.destroy());
  const port = await listening(server);
  const first = owner();
  void new ProxiedChannel({ host: '127.0.0.1', port }, DESTINATION, undefined, first.owner, begin);
  assert.equal((await first.closed)?.name, 'ProxyError');
  server.close();
  await once(server, 'close');
  const second = owner();
  void new ProxiedChannel({ host: '127.0.0.1', port }, DESTINATION, undefined, second.owner, begin);
  assert.equal(((await second.closed) as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  assert.deepEqual([first.times(), second.times()], [1, 1]);
});
