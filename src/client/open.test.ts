import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocksProxy } from '../../test/cli/tools/socks-proxy.ts';
import { openerOf } from './open.ts';

for (const [url, problem] of [
  ['http://host', /no scheme of MQTT/],
  ['mqtt+unix:///100%.sock', /hexadecimal/],
  ['mqtt+unix://run/mqtt.sock', /whole path: mqtt\+unix:\/\/\/run/],
  ['unix://', /whole path/],
] as const)
  test(`${url} is no way to a server`, async () => {
    await assert.rejects(openerOf(new URL(url), {}), { code: 'INVALID', message: problem });
  });

test('a pre-shared key is of hexadecimal digits, or it is told at once', async () => {
  const url = new URL('mqtts://host');
  for (const key of ['', 'xyz', '0x12'])
    await assert.rejects(openerOf(url, { psk: { identity: 'me', key } }), { code: 'INVALID' });
  for (const key of ['abc', 'ABCD', Uint8Array.of(1)]) await openerOf(url, { psk: { identity: 'me', key } });
});

test('keys and certificates are for schemes with TLS: nothing goes out in the clear because of a letter', async () => {
  const psk = { identity: 'me', key: 'abc' };
  for (const [url, secure] of [
    ['mqtt://host', 'mqtts://'],
    ['tcp://host', 'mqtts://'],
    ['ws://host', 'wss://'],
    ['mqtt+unix:///run/mqtt.sock', 'mqtts://'],
    ['unix:///run/mqtt.sock', 'mqtts://'],
  ] as const) {
    for (const options of [{ tls: {} }, { psk }, { tls: { ca: '' }, psk }])
      await assert.rejects(openerOf(new URL(url), options), {
        code: 'INVALID',
        message: new RegExp(`^${RegExp.escape(url.replace(/\/\/.*/, '//'))} .* ${secure}$`),
      });
    await openerOf(new URL(url), { tls: undefined as never, psk: undefined as never });
  }
});

for (const scheme of ['mqtt', 'ws'])
  test(`${scheme}: names of hosts are asked for as DNS has them`, { timeout: 20_000 }, async () => {
    await using server = await SocksProxy.start({ refuses: true });
    const proxy = { host: '127.0.0.1', port: server.port };
    for (const host of ['b\u00fccher.test', 'BU\u0308CHER.test', 'b%C3%BCcher.test', 'plain_name.test']) {
      const open = await openerOf(new URL(`${scheme}://${host}:1`), { proxy });
      const { promise, resolve } = Promise.withResolvers<void>();
      open({ opened: () => {}, received: () => {}, drained: () => {}, closed: () => resolve() });
      await promise;
    }
    const name = 'xn--bcher-kva.test:1';
    assert.deepEqual(server.asked, [name, name, name, 'plain_name.test:1']);
  });

test('what no host can be called is told at once', async () => {
  await assert.rejects(openerOf(new URL('mqtt://\u00fc%20'), {}), {
    code: 'INVALID',
    message: /no name of a host/,
  });
  await assert.rejects(openerOf(new URL('mqtt://100%'), {}), { code: 'INVALID', message: /hexadecimal/ });
});
