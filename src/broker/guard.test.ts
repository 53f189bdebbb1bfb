import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from '../../test/broker/rig.ts';
import { Guard } from './guard.ts';
import { LIMITS } from './limits.ts';

describe('the door', () => {
  test('connection_rate: whoever comes too often is sent away before anything is made for it', () => {
    const rig = new Rig({ listener: { connectionRate: 3 } });
    const come = (address: string): boolean => rig.accept(rig.listener, address) !== undefined;
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => come('10.0.0.1')),
      [true, true, true, false, false],
    );
    assert.equal(come('10.0.0.2'), true);
    assert.equal(rig.broker.connections.size, 4);
    assert.equal(rig.listener.connections, 4);
    rig.advance(1000);
    assert.equal(come('10.0.0.1'), true);
  });

  test('connection_rate: a network of IPv6 comes together, peers of a Unix socket are not counted', () => {
    const rig = new Rig({ listener: { connectionRate: 1 } });
    assert.ok(rig.accept(rig.listener, '2001:db8::1'));
    assert.equal(rig.accept(rig.listener, '2001:db8::2'), undefined);
    for (let i = 0; i < 5; i++) assert.ok(rig.accept(rig.listener, '/run/zanzara.sock'));
  });

  test('connection_rate_total: all listeners together, unless each has a guard of its own', () => {
    const rig = new Rig({ listener: { connectionRateTotal: 2 } });
    const { settings } = rig.listener;
    const other = { settings, connections: 0, guard: rig.guard };
    const apart = { settings, connections: 0, guard: new Guard() };
    assert.ok(rig.accept(rig.listener, '10.0.0.1'));
    assert.ok(rig.accept(other, '10.0.0.2'));
    assert.equal(rig.accept(other, '10.0.0.3'), undefined);
    assert.ok(rig.accept(apart, '10.0.0.4'));
  });

  test('the log names a peer that was denied once a minute, and not too many of them', () => {
    const rig = new Rig({ listener: { connectionRateTotal: 1 } });
    rig.open();
    for (let i = 0; i < 5; i++) rig.accept(rig.listener, '10.0.0.9');
    const [line, ...more] = rig.logged('connectionDenied');
    assert.deepEqual([line?.address, line?.why, more.length], ['10.0.0.9', 'connection rate exceeded', 0]);
    for (let i = 0; i < LIMITS.deniedPeersLogged * 2; i++) rig.accept(rig.listener, `10.1.0.${i}`);
    assert.equal(rig.logged('connectionDenied').length, LIMITS.deniedPeersLogged);
    rig.advance(60_000);
    rig.open(rig.listener, '10.0.0.8');
    rig.accept(rig.listener, '10.0.0.9');
    assert.equal(rig.logged('connectionDenied').length, LIMITS.deniedPeersLogged + 1);
  });

  test('nothing is counted where nothing is limited', () => {
    const rig = new Rig({ listener: { maxPendingConnections: 0 } });
    for (let i = 0; i < 1000; i++) assert.ok(rig.accept());
    assert.deepEqual(rig.logged('connectionDenied'), []);
  });
});
