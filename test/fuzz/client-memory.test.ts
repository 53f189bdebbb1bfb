/** What bad servers make a client keep: no more than its bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Packet } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { FakeServer, publish } from '../client/fake-server.ts';
import { runs } from '../runs.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
/** Packets of a flood: 50,000 in `npm test`, with the warm-up all identifiers; two millions in the long form. */
const { numRuns: FLOOD } = runs('packets of a hostile server', 50_000);

/** Bytes of the heap and of the buffers outside of it, with the garbage collected. */
async function memory(): Promise<number> {
  for (let turns = 0; turns < 3; turns++) {
    collect();
    await turn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A client, and how much it keeps more after a flood: packets are sent a thousand at a time. */
async function growth(
  flood: (at: number) => Packet,
  options: ClientOptions = {},
): Promise<{ grown: number; client: Client }> {
  const server = new FakeServer();
  const client = await server.client({ reconnect: false, ...options });
  const send = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 1000) {
      const packets = Array.from({ length: 1000 }, (_, more) =>
        encode(flood(at + more), server.last.version),
      );
      server.last.sendBytes(Buffer.concat(packets));
      await server.last.take();
    }
  };
  await send(0, 20_000);
  const before = await memory();
  await send(20_000, 20_000 + FLOOD);
  return { grown: (await memory()) - before, client };
}

const text = 'x'.repeat(200);
const ack = (type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number): Packet => ({
  type,
  packetId,
  reasonCode: 0,
  properties: NO_PROPERTIES,
});
/** All identifiers, over and over. */
const identifier = (at: number): number => 1 + (at % 65_535);

const FLOODS: Readonly<Record<string, (at: number) => Packet>> = {
  'messages for nobody': (at) => publish(`t/${at}`, text, { qos: 1, packetId: identifier(at) }),
  'the same message of QoS 2': (at) => publish('t', text, { qos: 2, packetId: 7, dup: at > 0 }),
  'messages under ever other topics and aliases': (at) =>
    publish(`${text}/${at}`, '', { properties: { topicAlias: 1 + (at % 64) } }),
  'acknowledgements of nothing': (at) =>
    ack((['puback', 'pubrec', 'pubrel', 'pubcomp'] as const)[at % 4]!, identifier(at)),
  'answers to nothing': (at) => ({
    type: at % 2 === 0 ? 'suback' : 'unsuback',
    packetId: identifier(at),
    reasonCodes: [0],
    properties: NO_PROPERTIES,
  }),
  PINGRESP: () => ({ type: 'pingresp' }),
};

for (const [what, flood] of Object.entries(FLOODS))
  test(`${what}: nothing is kept`, async () => {
    const { grown, client } = await growth(flood);
    assert.ok(client.connected, 'the connection was not lost');
    await client.close();
    assert.ok(grown < 2 * MIB, `${grown} bytes`);
  });

test('QoS 2 that is never released: identifiers are kept, and messages are not', async () => {
  const { grown, client } = await growth((at) =>
    publish('t', 'x'.repeat(1000), { qos: 2, packetId: identifier(at), dup: at >= 65_535 }),
  );
  assert.ok(client.connected);
  await client.close();
  assert.ok(grown < 10 * MIB, `${grown} bytes`);
});

test('a subscription that nobody reads: its buffer is kept, and what may wait unread', async () => {
  const server = new FakeServer();
  const client = await server.client({ reconnect: false });
  const subscribed = client.subscribe('t');
  await server.last.grant();
  const subscription = await subscribed;
  const before = await memory();
  const chunk = Buffer.concat(Array.from({ length: 1000 }, () => encode(publish('t', text), 5)));
  for (let sent = 0; sent < 100 * MIB; sent += chunk.length) server.last.sendBytes(Uint8Array.from(chunk));
  const grown = (await memory()) - before;
  assert.equal(client.connected, false, 'the transport did not wait: the connection was given up');
  assert.ok(grown < 20 * MIB, `${grown} bytes`);
  assert.equal((await subscription.next()).value?.topic, 't');
});

test('a subscription that nobody reads, and an answer that never comes: what may be kept, and no more', async () => {
  const server = new FakeServer();
  const client = await server.client({ reconnect: false });
  const subscribed = client.subscribe('t');
  await server.last.grant();
  const subscription = await subscribed;
  void client.publish('out', '', { qos: 1 });
  const before = await memory();
  const chunk = Buffer.concat(Array.from({ length: 1000 }, () => encode(publish('t', text), 5)));
  for (let sent = 0; sent < 100 * MIB; sent += chunk.length) server.last.sendBytes(Uint8Array.from(chunk));
  const grown = (await memory()) - before;
  assert.equal(client.connected, true);
  assert.ok(grown < 50 * MIB, `${grown} bytes`);
  assert.ok(subscription.dropped > 0);
  await client.close({ drain: 0 });
});

test('a huge packet that is announced and never comes', async () => {
  const server = new FakeServer();
  const clients: Client[] = [];
  const before = await memory();
  for (let at = 0; at < 1000; at++) {
    const client = await server.client({ reconnect: false });
    server.last.sendBytes(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x1e, 0, 1, 0x61, 0)); // 62 MiB
    clients.push(client);
  }
  const grown = (await memory()) - before;
  for (const client of clients) await client.close();
  assert.ok(grown < 20 * MIB, `${grown} bytes`);
});

test('a server that accepts and closes, for ever', async () => {
  const server = new FakeServer();
  const client = new Client(server.open, { startOffline: true, reconnect: { minimum: 0, maximum: 0 } });
  await client.start();
  void client.publish('t', text);
  void client.subscribe('t', () => {});
  const visit = async (): Promise<void> => {
    const [connection] = server.connections.splice(0);
    if (connection !== undefined) {
      await connection.accept();
      connection.breaks();
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  };
  for (let at = 0; at < 100; at++) await visit();
  const before = await memory();
  for (let at = 0; at < 300; at++) await visit();
  const grown = (await memory()) - before;
  await client.close();
  assert.ok(grown < MIB, `${grown} bytes`);
});
