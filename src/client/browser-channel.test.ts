import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import type { WebSocket as Peer } from 'ws';
import { BrowserChannel } from './browser-channel.ts';
import { openerOf } from './open.browser.ts';

let server: WebSocketServer;
let url: string;
before(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(() => server.close());

/** What a channel tells. */
class Owner {
  readonly told: string[] = [];
  readonly #waiting: { readonly what: string; readonly resolve: () => void }[] = [];

  opened(): void {
    this.#tell('opened');
  }

  received(chunk: Uint8Array): void {
    this.#tell(`received ${chunk.length}`);
  }

  drained(): void {
    this.#tell('drained');
  }

  closed(error?: Error): void {
    this.#tell(`closed ${error?.message ?? ''}`.trim());
  }

  hears(what: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.told.includes(what)) resolve();
      else this.#waiting.push({ what, resolve });
    });
  }

  #tell(what: string): void {
    this.told.push(what);
    for (const waiting of this.#waiting) if (waiting.what === what) waiting.resolve();
  }
}

/** A channel that is open, and its other end. */
async function open(): Promise<{ owner: Owner; channel: BrowserChannel; peer: Peer }> {
  const owner = new Owner();
  const connected = once(server, 'connection') as Promise<[Peer]>;
  const channel = new BrowserChannel(url, owner);
  const [peer] = await connected;
  await owner.hears('opened');
  assert.equal(peer.protocol, 'mqtt');
  return { owner, channel, peer };
}

test('bytes go and come, until the server closes', async () => {
  const { owner, channel, peer } = await open();
  const heard = once(peer, 'message');
  channel.write(Uint8Array.of(1, 2, 3));
  assert.deepEqual([...((await heard)[0] as Buffer)], [1, 2, 3]);
  peer.send(Uint8Array.of(1, 2));
  await owner.hears('received 2');
  peer.close();
  await owner.hears('closed');
  channel.write(Uint8Array.of(1));
});

test('what was written is sent before it closes', async () => {
  const { owner, channel, peer } = await open();
  const heard = once(peer, 'message');
  channel.write(Uint8Array.of(1));
  channel.close();
  await heard;
  await owner.hears('closed');
});

test('it tells when a full buffer was taken', async () => {
  const { owner, channel, peer } = await open();
  peer.pause();
  for (let at = 0; at < 200; at++) channel.write(new Uint8Array(65_536));
  assert.ok(channel.unsentBytes > 0);
  peer.resume();
  await owner.hears('drained');
  assert.equal(channel.unsentBytes, 0);
  channel.close();
  await owner.hears('closed');
});

test('[MQTT-6.0.0-1] text ends the connection, and destroying is heard at once and once', async () => {
  const { owner, peer } = await open();
  peer.send('text');
  await owner.hears('closed the server sent text where MQTT has bytes');
  await once(peer, 'close');
  assert.equal(owner.told.filter((what) => what.startsWith('closed')).length, 1);
});

test('nobody is there', async () => {
  const owner = new Owner();
  const closed = new BrowserChannel('ws://127.0.0.1:1/', owner);
  await owner.hears('closed the WebSocket failed');
  closed.destroy();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  assert.deepEqual(owner.told, ['closed the WebSocket failed']);
});

test('only ws:// and wss://, and no password in the address', async () => {
  assert.throws(() => openerOf(new URL('mqtt://host')), { code: 'INVALID' });
  const owner = new Owner();
  const channel = openerOf(new URL(url.replace('//', '//me:secret@')))(owner);
  await owner.hears('opened');
  channel.destroy();
});
