/** Memory before authentication: what peers send who are nobody yet. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { startZanzara } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import { heard } from './heard.ts';

const MIB = 1024 * 1024;
const skip = process.platform === 'linux' ? false : 'memory of another process is read from /proc';

/** Virtual and resident memory of the broker, bytes. */
function memoryOf({ program }: Running): { virtual: number; resident: number } {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { virtual: field('VmSize'), resident: field('VmRSS') };
}

/** Sends a beginning and then junk, up to so many bytes or until the broker closes. Resolves with the bytes that went out. */
function pour({ port }: Running, beginning: Uint8Array, most: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(port, '127.0.0.1');
  const piece = Buffer.alloc(64 * 1024, 0x61);
  let sent = beginning.length;
  const more = (): void => {
    while (sent < most && !socket.destroyed) {
      sent += piece.length;
      if (!socket.write(piece)) return;
    }
    socket.end();
  };
  socket.once('connect', () => {
    socket.write(beginning);
    more();
  });
  socket.on('drain', more);
  socket.on('error', () => undefined); // the broker has closed
  socket.on('close', () => resolve(sent - socket.writableLength));
  return promise;
}

/** The beginning of a CONNECT, with its length as it is encoded. */
function connectOf(...length: readonly number[]): Uint8Array {
  return Uint8Array.of(0x10, ...length);
}

/** A first packet of this type that announces 100 MB. */
function announce(type: number): Uint8Array {
  const flags = type === 6 || type === 8 || type === 10 ? 2 : 0;
  return Uint8Array.of((type << 4) | flags, 0x80, 0xc2, 0xd7, 0x2f);
}

describe('before authentication', { concurrency: 2, skip }, () => {
  test('14 times 100 MB of junk as a first packet: the socket goes at the first byte, and memory stays', async () => {
    await using broker = await startZanzara('');
    await pour(broker, announce(3), MIB);
    const before = memoryOf(broker);
    for (let type = 2; type <= 15; type++) {
      const sent = await pour(broker, announce(type), 100 * MIB);
      assert.ok(sent < 50 * MIB, `type ${type}: it went on reading, ${sent} bytes`);
    }
    const after = memoryOf(broker);
    assert.ok(
      after.virtual - before.virtual < 20 * MIB,
      `virtual memory grew by ${after.virtual - before.virtual}`,
    );
    assert.ok(
      after.resident - before.resident < 20 * MIB,
      `memory grew by ${after.resident - before.resident}`,
    );
  });

  test('a CONNECT over 100,000 bytes is refused when its length is read, not when it has come', async () => {
    await using broker = await startZanzara('');
    await pour(broker, connectOf(0x9d, 0x8d, 0x06), MIB);
    const before = memoryOf(broker);
    for (let i = 0; i < 10; i++) {
      assert.ok((await pour(broker, connectOf(0x9d, 0x8d, 0x06), 100 * MIB)) < 50 * MIB); // 100,001 bytes
      assert.ok((await pour(broker, connectOf(0xff, 0xff, 0xff, 0x7f), 100 * MIB)) < 50 * MIB);
    }
    const grown = memoryOf(broker).resident - before.resident;
    assert.ok(grown < 20 * MIB, `memory grew by ${grown}`);
    assert.equal(broker.program.stderr.includes('oversize packet'), true);
  });

  test('three hundred CONNECTs that are never finished cost what they have sent', async () => {
    await using broker = await startZanzara('');
    await pour(broker, announce(3), MIB);
    const before = memoryOf(broker);
    const begun = Uint8Array.of(0x10, 0x9c, 0x8d, 0x06, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0xff, 0xff);
    const sockets = Array.from({ length: 300 }, () => {
      const socket = connect(broker.port, '127.0.0.1');
      socket.on('error', () => undefined); // they are cut in the end
      socket.write(begun);
      return socket;
    });
    await heard(broker.program, 'New connection from', 301);
    const grown = memoryOf(broker).resident - before.resident;
    for (const socket of sockets) socket.destroy();
    assert.ok(grown < 30 * MIB, `memory grew by ${grown}`);
  });
});
