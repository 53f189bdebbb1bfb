/** TLS-PSK: keys instead of certificates. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { testWithOpenssl } from './authority.ts';
import { dialled, openTls, publish, stage } from './stage.ts';
import type { Stage } from './stage.ts';

const KEY = '00112233445566778899aabbccddeeff';

async function pskStage(lines = ''): Promise<Stage & { readonly keys: string }> {
  const on = await stage();
  const keys = on.scratch.file('keys', `me:${KEY}\nother:0123456789\n`);
  return {
    ...on,
    keys,
    listener: `psk_file ${keys}\nlistener ${on.port} 127.0.0.1\npsk_hint a hint\n${lines}`,
  };
}

const psk = ({ port }: Stage, identity: string, key = KEY): string[] =>
  `-p ${port} --psk-identity ${identity} --psk ${key}`.split(' ');

testWithOpenssl('an identity and its key let in, and are the user name', async () => {
  const on = await pskStage('use_identity_as_username true\n');
  await using broker = await openTls(on);
  const pub = await publish(...psk(on, 'me'), '-u', 'somebody', '-P', 'else');
  assert.equal(pub.code, 0, pub.stderr);
  await broker.program.until("as pub (p4, c1, k60, u'me').");
  await broker.program.until(/Client pub negotiated TLSv1\.3 cipher TLS_\w+_SHA256\n/);
});

testWithOpenssl('an unknown identity, a wrong key and no key are refused', async () => {
  const on = await pskStage();
  await using broker = await openTls(on);
  for (const [args, error] of [
    [psk(on, 'you'), /OpenSSL Error\[0\]: error:0A000076:SSL routines::no suitable signature algorithm\n/],
    [psk(on, 'me', '00'), /OpenSSL Error\[0\]: error:0A0000FD:SSL routines::binder does not verify\n/],
    [['-p', String(on.port)], /OpenSSL Error\[0\]: error:0A00010B:SSL routines::wrong version number\n/],
  ] as const) {
    assert.notEqual((await publish(...args)).code, 0);
    await broker.program.until(error);
  }
  assert.match(
    broker.program.stderr,
    /Client 127\.0\.0\.1 \[127\.0\.0\.1:\d+\] disconnected: Protocol error\.\n/,
  );
  assert.doesNotMatch(broker.program.stderr, /New client connected/);
});

testWithOpenssl('TLS 1.2: the hint is sent, and alerts tell what is wrong', async () => {
  const on = await pskStage();
  await using broker = await openTls(on);
  const known = ['-tls1_2', '-psk_identity', 'me', '-psk'];
  await dialled(on.port, /PSK identity hint: a hint\n/, ...known, KEY);
  await dialled(
    on.port,
    /Cipher is ECDHE-PSK-CHACHA20-POLY1305\n/,
    ...known,
    KEY,
    '-cipher',
    'ECDHE-PSK-CHACHA20-POLY1305',
  );
  await dialled(on.port, /SSL alert number 20\n/, ...known, 'ff');
  await dialled(on.port, /SSL alert number 115\n/, '-tls1_2', '-psk_identity', 'you', '-psk', KEY);
  assert.ok(broker.program.pid > 0);
});

testWithOpenssl('versions and ciphers of a listener with keys', async () => {
  const on = await pskStage('tls_version tlsv1.3\nciphers_tls1.3 TLS_AES_128_GCM_SHA256\n');
  await using broker = await openTls(on);
  await dialled(on.port, /SSL alert number 70\n/, '-tls1_2', '-psk_identity', 'me', '-psk', KEY);
  await dialled(on.port, /Cipher is TLS_AES_128_GCM_SHA256\n/, '-tls1_3', '-psk_identity', 'me', '-psk', KEY);
  assert.ok(broker.program.pid > 0);
});

testWithOpenssl('SIGHUP: keys change for those who come', async () => {
  const on = await pskStage();
  await using broker = await openTls(on);
  assert.equal((await publish(...psk(on, 'me'))).code, 0);
  writeFileSync(on.keys, 'me:aabb\n');
  broker.program.signal('SIGHUP');
  assert.equal((await publish(...psk(on, 'me', 'aabb'))).code, 0);
  assert.notEqual((await publish(...psk(on, 'me'))).code, 0);
});

testWithOpenssl('a listener with keys asks for no certificate', async () => {
  const on = await pskStage('require_certificate true\n');
  await using broker = await openTls(on);
  assert.match(broker.program.stderr, /^Warning: require_certificate has no effect with psk_hint: /m);
  assert.equal((await publish(...psk(on, 'me'))).code, 0);
});

testWithOpenssl('without a file of keys nobody gets in', async () => {
  const on = await stage();
  const without = { ...on, listener: `listener ${on.port} 127.0.0.1\npsk_hint h\n` };
  await using broker = await openTls(without);
  assert.notEqual((await publish(...psk(on, 'me'))).code, 0);
  assert.doesNotMatch(broker.program.stderr, /New client connected/);
});
