import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { after, describe, mock, test } from 'node:test';
import fc from 'fast-check';
import { ssl, version2 } from '../../test/vectors/proxy.ts';
import type { LogEvents } from '../base/log-events.ts';
import { LIMITS } from '../broker/limits.ts';
import { Anteroom } from './anteroom.ts';
import type { Arrival } from './arrival.ts';
import { ProxyReader } from './proxy-protocol.ts';
import type { ProxyRules } from './proxy-protocol.ts';

const PROXY = { address: '10.0.0.1', port: 4000 };
const CLIENT = { address: '192.0.2.5', port: 6275 };
const LINE = Buffer.from('PROXY TCP4 192.0.2.5 127.0.0.1 6275 1883\r\n');
const LAX: ProxyRules = { version: 1, requireTls: false, requireCertificate: false };

const lobbies: Lobby[] = [];

/** A listener that has room for so many sockets, and what happens in it. */
class Lobby {
  taken = 0;
  readonly arrivals: Arrival[] = [];
  readonly refusals: LogEvents['proxyRefused'][] = [];
  readonly anteroom: Anteroom;
  readonly #reader: ProxyReader;

  constructor(rules: Partial<ProxyRules> = {}, room: number = Infinity) {
    this.anteroom = new Anteroom({
      take: () => this.taken < room && ++this.taken > 0,
      free: () => this.taken--,
    });
    lobbies.push(this);
    this.#reader = new ProxyReader(this.anteroom, { ...LAX, ...rules }, (refusal) =>
      this.refusals.push(refusal),
    );
  }

  /** A socket comes in; what is written to it is what the proxy sends. */
  visit(): PassThrough {
    const socket = new PassThrough();
    this.#reader.read(socket as unknown as Socket, PROXY, (arrival) => this.arrivals.push(arrival));
    return socket;
  }
}

/** Lets streams tell what they have to tell. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

describe('sockets with a PROXY header', () => {
  after(() => lobbies.forEach(({ anteroom }) => anteroom.close()));

  test('who has come is whom the header names, and the rest is left to read', async () => {
    const lobby = new Lobby();
    const socket = lobby.visit();
    assert.equal(lobby.taken, 1);
    socket.write(Buffer.concat([LINE, Buffer.from('CONNECT')]));
    await settled();
    assert.deepEqual(lobby.arrivals, [{ peer: CLIENT, identity: undefined }]);
    assert.equal(lobby.taken, 0, 'the place is free for the connection');
    assert.equal(String(socket.read()), 'CONNECT');
    assert.deepEqual(
      socket.eventNames().filter((name) => ['readable', 'close', 'error'].includes(String(name))),
      [],
    );
  });

  test('UNKNOWN leaves the address of the proxy', async () => {
    const lobby = new Lobby();
    lobby.visit().write('PROXY UNKNOWN\r\n');
    await settled();
    assert.deepEqual(lobby.arrivals, [{ peer: PROXY, identity: undefined }]);
  });

  test('however it is cut into pieces, nothing is lost', async () => {
    const header = version2({ tlvs: [ssl({ flags: 7, version: 'TLSv1.3', commonName: 'sensor' })] });
    const wire = Buffer.concat([header, Buffer.from('CONNECT and more')]);
    const cuts = fc.array(fc.nat(wire.length), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const lobby = new Lobby({ version: 2 });
        const socket = lobby.visit();
        let from = 0;
        for (const to of places.toSorted((a, b) => a - b)) {
          socket.write(wire.subarray(from, to));
          from = to;
          await new Promise(setImmediate);
        }
        socket.write(wire.subarray(from));
        await settled();
        const [arrival] = lobby.arrivals;
        assert.equal(arrival?.identity?.certificate?.commonName, 'sensor');
        let rest = '';
        socket.on('data', (chunk: Buffer) => (rest += String(chunk)));
        await settled();
        assert.equal(rest, 'CONNECT and more');
      }),
      { numRuns: 50 },
    );
  });

  test('a header that is not one costs the socket, and the log says why', async () => {
    const lobby = new Lobby();
    const socket = lobby.visit();
    socket.write(Buffer.from([0x10]));
    await settled();
    assert.ok(socket.destroyed);
    assert.deepEqual([lobby.taken, lobby.arrivals], [0, []]);
    assert.deepEqual(lobby.refusals, [
      { ...PROXY, version: 1, why: 'corrupt header', detail: 'it does not begin as a header' },
    ]);
  });

  test('LOCAL closes without a word, and so does a socket on which nothing comes', async () => {
    const lobby = new Lobby({ version: 2 });
    const asked = lobby.visit();
    asked.write(version2({ command: 0x20 }));
    const silent = lobby.visit();
    silent.destroy();
    const ended = lobby.visit();
    ended.end();
    await settled();
    assert.ok(asked.destroyed);
    assert.ok(ended.destroyed);
    assert.deepEqual([lobby.taken, lobby.arrivals, lobby.refusals], [0, [], []]);
  });

  test('a header that is cut off is told of', async () => {
    const lobby = new Lobby();
    const socket = lobby.visit();
    socket.end(LINE.subarray(0, 20));
    await settled();
    assert.equal(lobby.taken, 0);
    assert.deepEqual(lobby.refusals, [
      { ...PROXY, version: 1, why: 'corrupt header', detail: 'it ended too early' },
    ]);
  });

  test('a socket that fails does no harm', async () => {
    const lobby = new Lobby();
    lobby.visit().destroy(new Error('reset'));
    await settled();
    assert.equal(lobby.taken, 0);
  });

  test('what is demanded of a client behind version 2', async () => {
    const cases: readonly (readonly [
      Partial<ProxyRules>,
      Parameters<typeof version2>[0],
      string | undefined,
    ])[] = [
      [{ requireTls: true }, {}, 'client without TLS'],
      [{ requireTls: true }, { tlvs: [ssl({ flags: 0 })] }, 'client without TLS'],
      [{ requireTls: true }, { tlvs: [ssl({ flags: 1 })] }, undefined],
      [{ requireCertificate: true }, {}, 'client without certificate'],
      [{ requireCertificate: true }, { tlvs: [ssl({ flags: 1 })] }, 'client without certificate'],
      [{ requireCertificate: true }, { tlvs: [ssl({ flags: 7, verify: 1 })] }, 'client without certificate'],
      [{ requireCertificate: true }, { tlvs: [ssl({ flags: 5 })] }, undefined],
    ];
    for (const [rules, header, why] of cases) {
      const lobby = new Lobby({ version: 2, ...rules });
      const socket = lobby.visit();
      socket.write(version2(header));
      await settled();
      assert.deepEqual(lobby.refusals, why === undefined ? [] : [{ ...CLIENT, version: 2, why }]);
      assert.equal(lobby.arrivals.length, why === undefined ? 1 : 0);
      assert.equal(socket.destroyed, why !== undefined);
    }
  });

  test('version 1 cannot tell of TLS, so it is not asked', async () => {
    const lobby = new Lobby({ requireTls: true, requireCertificate: true });
    lobby.visit().write(LINE);
    await settled();
    assert.equal(lobby.arrivals.length, 1);
  });

  test('who waits takes a place; without one a socket goes at once', async () => {
    const lobby = new Lobby({}, 2);
    const [first, second, third] = [lobby.visit(), lobby.visit(), lobby.visit()];
    assert.deepEqual(
      [first, second, third].map((socket) => socket.destroyed),
      [false, false, true],
    );
    first.destroy();
    await settled();
    assert.equal(lobby.visit().destroyed, false);
  });

  test('a header comes in time, or not at all: drops that keep coming do not help', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const lobby = new Lobby();
      const slow = lobby.visit();
      const silent = lobby.visit();
      for (let second = 1; second < LIMITS.proxyHeaderSeconds; second++) {
        slow.write(LINE.subarray(second - 1, second));
        await settled();
        mock.timers.tick(1000);
      }
      assert.deepEqual([slow.destroyed, silent.destroyed], [false, false]);
      mock.timers.tick(1000);
      assert.deepEqual([slow.destroyed, silent.destroyed], [true, true]);
      assert.equal(lobby.taken, 0);
      assert.deepEqual(lobby.refusals, [
        { ...PROXY, version: 1, why: 'no header in time' },
        { ...PROXY, version: 1, why: 'no header in time' },
      ]);
      const quick = lobby.visit();
      quick.write(LINE);
      await settled();
      mock.timers.tick(LIMITS.proxyHeaderSeconds * 1000);
      assert.equal(quick.destroyed, false);
    } finally {
      mock.timers.reset();
    }
  });

  test('when too many wait, the one that has waited longest goes', () => {
    const lobby = new Lobby();
    const sockets = Array.from({ length: LIMITS.waitingProxyHeaders + 2 }, () => lobby.visit());
    assert.deepEqual(
      sockets.flatMap((socket, at) => (socket.destroyed ? [at] : [])),
      [0, 1],
    );
    assert.equal(lobby.taken, LIMITS.waitingProxyHeaders);
    assert.deepEqual(
      lobby.refusals.map(({ why }) => why),
      ['too many wait', 'too many wait'],
    );
    lobby.anteroom.close();
    assert.ok(sockets.every((socket) => socket.destroyed));
    assert.equal(lobby.taken, 0);
  });
});
