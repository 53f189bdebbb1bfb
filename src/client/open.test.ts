import assert from 'node:assert/strict';
import { test } from 'node:test';
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
