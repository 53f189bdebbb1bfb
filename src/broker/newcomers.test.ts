import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import type { Client } from '../../test/broker/client.ts';
import { LIMITS } from './limits.ts';

/** The first bytes of a CONNECT of 100,000 bytes, and more of it. */
const BEGUN = Uint8Array.of(0x10, 0x9c, 0x8d, 0x06, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0xff, 0xff);

function drip(client: Client, bytes: number): void {
  client.wire.receive(Uint8Array.from(BEGUN));
  for (let sent = BEGUN.length; sent < bytes; sent += 10_000)
    client.wire.receive(new Uint8Array(Math.min(10_000, bytes - sent)).fill(0x61));
}

describe('connections that are not let in yet', () => {
  test('are counted until their CONNECT is accepted, or they have gone', () => {
    const rig = new Rig();
    const { newcomers } = rig.guard;
    const [first, second] = [rig.open(), rig.open()];
    assert.equal(newcomers.all.size, 2);
    first.connect('first');
    assert.equal(newcomers.all.size, 1);
    second.cut();
    assert.equal(newcomers.all.size, 0);
    assert.equal(newcomers.bytes, 0);
  });

  test('one that has been silent for five seconds makes room for another [SlowITe]', () => {
    const rig = new Rig({ listener: { maxPendingConnections: 3 } });
    const silent = [rig.open(), rig.open(), rig.open()];
    rig.advance(LIMITS.newcomerPatienceMs);
    rig.connect('honest');
    assert.deepEqual(
      silent.map((client) => client.closed),
      [true, false, false],
    );
    assert.equal(rig.logged('clientDisconnected')[0]?.cause, 'server busy');
  });

  test('before that the one that comes is sent away, and the log says it once a minute', () => {
    const rig = new Rig({ listener: { maxPendingConnections: 2 } });
    rig.open();
    rig.open();
    for (let i = 0; i < 5; i++) assert.equal(rig.accept(), undefined);
    const [denied, ...more] = rig.logged('connectionDenied');
    assert.equal(denied?.why, 'too many pending connections');
    assert.deepEqual(more, []);
    rig.advance(60_000);
    assert.ok(rig.accept(), 'they have run out of time');
  });

  test('one that waits for us is not closed for another', async () => {
    const rig = new Rig({ listener: { maxPendingConnections: 1 } });
    rig.access.hold('connect');
    const slow = rig.open();
    slow.connect('slow');
    rig.advance(10_000);
    assert.equal(rig.accept(), undefined);
    rig.access.answer();
    await rig.settle();
    slow.expect('connack', { reasonCode: 0 });
    assert.ok(rig.accept());
  });

  test('one that goes on with its authentication is as good as new', () => {
    const rig = new Rig({ listener: { maxPendingConnections: 2 } });
    const talking = rig.open();
    const silent = rig.open();
    rig.advance(4000);
    talking.connect('talking', { properties: { authenticationMethod: 'TEST' } });
    rig.advance(1000);
    assert.ok(rig.accept());
    assert.deepEqual([talking.closed, silent.closed], [false, true]);
  });

  test('make room for others when max_connections is reached, of their listener alone', () => {
    const rig = new Rig({ listener: { maxConnections: 2 } });
    const elsewhere = rig.open(rig.listen());
    const client = rig.connect('client');
    const silent = rig.open();
    rig.advance(LIMITS.newcomerPatienceMs - 1);
    assert.equal(rig.accept(), undefined);
    rig.advance(1);
    rig.connect('another');
    assert.deepEqual([client.closed, silent.closed, elsewhere.closed], [false, true, false]);
    assert.equal(rig.accept(), undefined, 'those that were let in stay');
  });

  test('and when global_max_connections is', () => {
    const rig = new Rig({ settings: { globalMaxConnections: 2 } });
    const silent = [rig.open(), rig.open()];
    rig.advance(LIMITS.newcomerPatienceMs);
    rig.connect('one');
    rig.connect('other');
    assert.ok(silent.every(({ closed }) => closed));
    assert.equal(rig.accept(), undefined);
  });

  test('0 is no limit', () => {
    const rig = new Rig({ listener: { maxPendingConnections: 0 } });
    for (let i = 0; i < 11_000; i++) assert.ok(rig.accept());
  });

  test('together may send so much: beyond it those close that have sent more than a little', () => {
    const rig = new Rig({ log: false });
    const greedy = Array.from({ length: 1000 }, () => rig.open());
    const modest = rig.open();
    for (const client of greedy) drip(client, 90_000);
    const left = greedy.filter((client) => !client.closed);
    assert.ok(left.length >= 700, `${left.length} of them fit`);
    assert.ok(rig.guard.newcomers.bytes <= LIMITS.newcomerBytes);
    modest.connect('modest');
    modest.expect('connack', { reasonCode: 0 });
    rig.advance(20_000);
    assert.equal(rig.guard.newcomers.bytes, 0);
  });
});
