import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from './network.ts';

const NETWORKS: readonly (readonly [string, string])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::192.0.2.1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3:3:4:5:6', '2001:db8:1:3::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['fe80::2%eth1', 'fe80:0:0:0::/64'],
];

for (const [address, network] of NETWORKS) {
  test(`${address} is of ${network}`, () => {
    assert.equal(networkOf({ address, port: 50_000 }), network);
  });
}

test('a peer of a Unix socket is of none', () => {
  assert.equal(networkOf({ address: '/run/m.sock', port: 0 }), undefined);
});

test('what is no address is a network all the same, and nothing is thrown', () => {
  for (const address of ['', ':', ':::', 'x::y::z', '1:2', '::1.2', '%', '1:2:3:4:5:6:7:8:9:a']) {
    assert.equal(typeof networkOf({ address, port: 1 }), 'string', address);
  }
});
