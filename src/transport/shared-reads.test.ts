import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { CAN_SHARE, readShared } from './shared-reads.ts';

/** A socket that a server has accepted, and its other end. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

async function withPairs(count: number, use: (...pairs: Pair[]) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [near] = (await once(server, 'connection')) as [Socket];
    pairs.push({ near, far });
  }
  try {
    await use(...pairs);
  } finally {
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
    server.close();
  }
}

/** All that a socket has read, as it came; resolves `full` when it is so long. */
function collect(
  socket: Socket,
  length: number,
): { readonly chunks: Buffer[]; readonly full: Promise<void> } {
  const chunks: Buffer[] = [];
  const { promise: full, resolve } = Promise.withResolvers<void>();
  let has = 0;
  readShared(socket, (chunk) => {
    chunks.push(chunk);
    has += chunk.length;
    if (has >= length) resolve();
  });
  return { chunks, full };
}

test('this Node can', () => {
  assert.ok(CAN_SHARE);
});

test('what was read stays as it is, however many sockets read after it', async () => {
  await withPairs(20, async (...pairs) => {
    const all = pairs.map(({ near }) => collect(near, 10_000));
    for (let round = 0; round < 100; round++)
      for (const [at, { far }] of pairs.entries()) far.write(Buffer.alloc(100, at));
    await Promise.all(all.map(({ full }) => full));
    for (const [at, { chunks }] of all.entries())
      assert.ok(Buffer.concat(chunks).equals(Buffer.alloc(10_000, at)), `socket ${at}`);
  });
});

test('what is large comes whole and in order', async () => {
  await withPairs(2, async (one, other) => {
    const bytes = Buffer.from(Uint32Array.from({ length: 1_000_000 }, (_, at) => at).buffer);
    const [first, second] = [collect(one.near, bytes.length), collect(other.near, bytes.length)];
    one.far.write(bytes);
    other.far.write(bytes);
    await Promise.all([first.full, second.full]);
    for (const { chunks } of [first, second]) assert.ok(Buffer.concat(chunks).equals(bytes));
  });
});

test('what came before comes first', async () => {
  await withPairs(1, async ({ near, far }) => {
    far.write('before ');
    while (near.readableLength === 0) await new Promise(setImmediate);
    near.unshift('long ');
    const { chunks, full } = collect(near, 'long before and after'.length);
    far.write('and after');
    await full;
    assert.equal(Buffer.concat(chunks).toString(), 'long before and after');
  });
});

test('a socket that is paused reads nothing, and loses nothing', async () => {
  await withPairs(1, async ({ near, far }) => {
    const chunks: Buffer[] = [];
    far.write('before');
    while (near.readableLength === 0) await new Promise(setImmediate);
    readShared(near, (chunk) => {
      chunks.push(chunk);
      near.pause();
    });
    const text = (): string => Buffer.concat(chunks).toString();
    while (text() !== 'before') await new Promise(setImmediate);
    for (const word of [' one', ' two', ' three']) {
      const expected = text() + word;
      await new Promise((resolve) => far.write(word, resolve));
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
      assert.equal(`${text()}${word}`, expected);
      near.resume();
      while (text() !== expected) await new Promise(setImmediate);
    }
  });
});

test('the end comes after all that came before it, also to a socket that was paused', async () => {
  for (const isPaused of [false, true]) {
    await withPairs(1, async ({ near, far }) => {
      const { chunks, full } = collect(near, 5);
      if (isPaused) near.pause();
      const ended = once(near, 'end');
      far.end('12345');
      if (isPaused) for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
      assert.ok(!isPaused || chunks.length === 0);
      near.resume();
      await Promise.all([full, ended]);
      assert.equal(Buffer.concat(chunks).toString(), '12345');
    });
  }
});

test('a socket that is gone is left alone', async () => {
  await withPairs(1, async ({ near }) => {
    near.destroy();
    await once(near, 'close');
    readShared(near, () => assert.fail('nothing can come'));
  });
});
