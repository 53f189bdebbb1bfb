/** Listeners on addresses, families, names and interfaces, and those that cannot be opened. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { canConnect, freePort, Scratch } from '../cli/program.ts';
import { body, refused, started } from './broker.ts';
import { enter } from './visitor.ts';

/** Containers often have no ::1. */
const without6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1')
  ? false
  : 'this machine has no ::1';

describe('listeners', { concurrency: 4 }, () => {
  test('IPv4 and IPv6 at the same port', { skip: without6 }, async () => {
    const port = await freePort();
    await using broker = await started(`listener ${port}`);
    using four = await enter({ port, host: '127.0.0.1' }, 'four');
    using six = await enter({ port, host: '::1' }, 'six');
    await four.pinged();
    await six.pinged();
    assert.deepEqual(body(broker.program.stderr), [
      `Opening ipv4 listen socket on port ${port}.`,
      `Opening ipv6 listen socket on port ${port}.`,
    ]);
    await broker.program.until(/New connection from 127\.0\.0\.1:\d+ on port/);
    await broker.program.until(/New connection from ::1:\d+ on port/);
  });

  test('a name that has several addresses, and one of them twice', { skip: without6 }, async () => {
    const scratch = new Scratch();
    const port = await freePort();
    const names = scratch.file(
      'names.mjs',
      `import dns from 'node:dns/promises';
      import { syncBuiltinESMExports } from 'node:module';
      dns.lookup = async (host) => [['127.0.0.1', 4], ['::1', 6], ['127.0.0.2', 4], ['::1', 6]]
        .map(([address, family]) => ({ address, family }));
      syncBuiltinESMExports();`,
    );
    const env = { NODE_OPTIONS: `--import ${names}` };
    await using broker = await started(`listener ${port} several.invalid`, { scratch, env });
    assert.deepEqual(body(broker.program.stderr), [
      `Opening ipv4 listen socket on port ${port}.`,
      `Opening ipv6 listen socket on port ${port}.`,
      `Opening ipv4 listen socket on port ${port}.`,
    ]);
    for (const host of ['127.0.0.1', '::1', '127.0.0.2']) assert.equal(await canConnect(port, host), true);
    assert.equal(await canConnect(port, '127.0.0.3'), false);
  });

  for (const [domain, here, elsewhere] of [
    ['ipv4', '127.0.0.1', '::1'],
    ['ipv6', '::1', '127.0.0.1'],
  ] as const) {
    test(`socket_domain ${domain} is one family only`, { skip: without6 }, async () => {
      const port = await freePort();
      await using broker = await started(`listener ${port}\nsocket_domain ${domain}`);
      assert.deepEqual(body(broker.program.stderr), [`Opening ${domain} listen socket on port ${port}.`]);
      assert.equal(await canConnect(port, here), true);
      assert.equal(await canConnect(port, elsewhere), false);
    });
  }

  test('bind_interface is the addresses of that interface', async () => {
    const port = await freePort();
    await using broker = await started(`listener ${port}\nbind_interface lo\nsocket_domain ipv4`);
    assert.deepEqual(body(broker.program.stderr), [`Opening ipv4 listen socket on port ${port}.`]);
    assert.equal(await canConnect(port, '127.0.0.1'), true);
    assert.equal(
      await canConnect(port, '127.0.0.2'),
      false,
      'an address that reaches this machine, and is not of lo',
    );
  });

  test('an interface that is not there, and a host that is not on it', async () => {
    const port = await freePort();
    const opening = `Opening ipv4 listen socket on port ${port}.`;
    assert.deepEqual(await refused(`listener ${port}\nbind_interface nowhere0`), [
      opening,
      'Error: Interface nowhere0 does not exist.',
    ]);
    assert.deepEqual(await refused(`listener ${port} 127.0.0.2\nbind_interface lo`), [
      opening,
      'Error: Interface address for lo does not match specified listener address (127.0.0.2).',
    ]);
  });

  test('a name that nobody knows, and one that is of the other family', async () => {
    const port = await freePort();
    assert.deepEqual(await refused(`listener ${port} 127.0.0.1\nsocket_domain ipv6`), [
      'Error creating listener: Address family for hostname not supported.',
    ]);
    const [line = '', ...rest] = await refused(`listener ${port} nobody.invalid`);
    assert.match(
      line,
      /^Error creating listener: (?:Name or service not known|Temporary failure in name resolution)\.$/,
    );
    assert.deepEqual(rest, []);
  });

  test(
    'a port that is taken for one family only: the other is not left open',
    { skip: without6 },
    async () => {
      const port = await freePort();
      const server = createServer();
      await new Promise<void>((resolve) => server.listen({ port, host: '::', ipv6Only: true }, resolve));
      try {
        assert.deepEqual(await refused(`listener ${port}`), [
          `Opening ipv4 listen socket on port ${port}.`,
          `Opening ipv6 listen socket on port ${port}.`,
          'Error: Address already in use',
          `Port ${port} is taken, perhaps by another broker. Stop it, or choose another port with -p or in the configuration file.`,
        ]);
      } finally {
        server.close();
      }
    },
  );

  test('an address of another machine', async () => {
    assert.deepEqual(await refused('listener 1883 203.0.113.99'), [
      'Opening ipv4 listen socket on port 1883.',
      'Error: Cannot assign requested address',
    ]);
  });

  const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  test(
    'a port that may not be opened',
    { skip: lowest < 2 && 'this machine lets everybody open every port' },
    async () => {
      const lines = await refused('listener 1 127.0.0.1');
      assert.deepEqual(lines.slice(0, 4), [
        'Opening ipv4 listen socket on port 1.',
        'Error: Permission denied',
        'If you are trying to bind to a privileged port (<1024), try using setcap and do not start the broker as root:',
        "    sudo setcap 'CAP_NET_BIND_SERVICE=+ep /usr/sbin/mosquitto'",
      ]);
    },
  );
});
