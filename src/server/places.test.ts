import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, test } from 'node:test';
import type { ListenerConfig } from '../config/config.ts';
import { parseConfig } from '../config/parse.ts';
import { planOf } from './places.ts';
import type { Surroundings } from './places.ts';

function listener(lines: string): ListenerConfig {
  const result = parseConfig({ file: 'm.conf', text: lines });
  assert.ok(result.ok);
  return result.config.listeners[0]!;
}

const OTHERWISE = { netmask: '', mac: '', internal: false, cidr: null };
const ipv4 = (address: string): NetworkInterfaceInfo => ({ ...OTHERWISE, address, family: 'IPv4' });
const ipv6 = (address: string, scopeid = 0): NetworkInterfaceInfo => ({
  ...OTHERWISE,
  address,
  family: 'IPv6',
  scopeid,
});

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  twins: ['192.0.2.1', '2001:db8::1', '192.0.2.2', '192.0.2.1'],
  '::1': ['::1'],
  '0:0:0:0:0:0:0:1': ['0:0:0:0:0:0:0:1'],
  '192.0.2.2': ['192.0.2.2'],
};

/** A machine with an interface of each kind. */
const MACHINE: Surroundings = {
  lookup: (host) => {
    const found = HOSTS[host];
    if (found === undefined) return Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    return Promise.resolve(found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  },
  addresses: () => ({
    lo: [ipv4('127.0.0.1'), ipv6('::1')],
    eth0: [ipv4('192.0.2.1'), ipv4('192.0.2.2'), ipv6('2001:db8::1'), ipv6('fe80::1', 4)],
    tun0: [ipv4('192.0.2.9')],
  }),
  interfaces: () => ['lo', 'eth0', 'tun0', 'down0'],
};

/** A plan in one line: the addresses, `-` for all of a family, and texts. */
async function planned(lines: string): Promise<string[]> {
  const plan = await planOf(listener(lines), MACHINE);
  if ('error' in plan) return [plan.error];
  return plan.steps.map((step) => {
    if ('warning' in step) return step.warning;
    if ('error' in step) return step.error;
    if ('path' in step.place) return step.place.path;
    return `${step.place.family} ${step.place.host ?? '-'}`;
  });
}

const NO_FAMILY = 'Error creating listener: Address family for hostname not supported.';

const PLANS: readonly (readonly [lines: string, steps: readonly string[]])[] = [
  ['listener 1', ['4 -', '6 -']],
  ['listener 1\nsocket_domain ipv4', ['4 -']],
  ['listener 1\nsocket_domain ipv6', ['6 -']],
  ['listener 1 twins', ['4 192.0.2.1', '6 2001:db8::1', '4 192.0.2.2']],
  ['listener 1 twins\nsocket_domain ipv4', ['4 192.0.2.1', '4 192.0.2.2']],
  ['listener 1 192.0.2.2\nsocket_domain ipv6', [NO_FAMILY]],
  ['listener 1 nobody', ['Error creating listener: Name or service not known.']],
  ['listener 1\nbind_interface lo', ['4 127.0.0.1', '6 ::1']],
  ['listener 1\nbind_interface LO', ['4 127.0.0.1', '6 ::1']],
  ['listener 1\nbind_interface lo\nsocket_domain ipv6', ['6 ::1']],
  ['listener 1\nbind_interface eth0', ['4 192.0.2.1', '4 192.0.2.2', '6 2001:db8::1', '6 fe80::1%eth0']],
  ['listener 1 192.0.2.2\nbind_interface eth0', ['4 192.0.2.2']],
  ['listener 1 0:0:0:0:0:0:0:1\nbind_interface lo', ['6 ::1']],
  [
    'listener 1\nbind_interface tun0',
    ['4 192.0.2.9', 'Warning: Interface tun0 does not support IPv6 configuration.'],
  ],
  [
    'listener 1 ::1\nbind_interface eth0',
    ['Error: Interface address for eth0 does not match specified listener address (::1).'],
  ],
  ['listener 1 ::1\nbind_interface tun0', ['Warning: Interface tun0 does not support IPv6 configuration.']],
  [
    'listener 1\nbind_interface down0',
    [
      'Warning: Interface down0 does not support IPv4 configuration.',
      'Warning: Interface down0 does not support IPv6 configuration.',
    ],
  ],
  ['listener 1\nsocket_domain ipv4\nbind_interface wlan0', ['Error: Interface wlan0 does not exist.']],
  ['listener 0 /run/zanzara.sock', ['/run/zanzara.sock']],
  [`listener 0 /${'ü'.repeat(53)}`, [`/${'ü'.repeat(53)}`]],
  [`listener 0 /${'ü'.repeat(54)}`, [`Error: Path to unix socket is too long "/${'ü'.repeat(54)}".`]],
];

describe('where a listener listens', () => {
  for (const [lines, steps] of PLANS) {
    test(lines.replaceAll('\n', ', '), async () => assert.deepEqual(await planned(lines), steps));
  }

  test('an interface of this machine', async () => {
    const plan = await planOf(listener('listener 1\nsocket_domain ipv4\nbind_interface lo'));
    assert.deepEqual(plan, { steps: [{ place: { port: 1, host: '127.0.0.1', family: 4 } }] });
  });
});
