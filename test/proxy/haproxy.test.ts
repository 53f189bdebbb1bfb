/** HAProxy in front: it ends TLS, knows the client's certificate, and tells the broker who comes. */
import assert from 'node:assert/strict';
import { freePort, Program, run, Scratch } from '../cli/program.ts';
import { started } from '../listeners/broker.ts';
import { makeCertificates, startHaproxy, testWithHaproxy } from './haproxy.ts';

/** An address that clients come from, which is not that of HAProxy. */
const CLIENT = '127.0.0.2';

/** Arguments of mosquitto's clients that lead to a port of HAProxy. */
const by = (port: number): string[] => ['-h', 'localhost', '-p', String(port), '-A', CLIENT];

testWithHaproxy('send-proxy: the log shows where clients come from', async () => {
  const scratch = new Scratch();
  const [front, back] = [await freePort(), await freePort()];
  const path = scratch.at('z.sock');
  const [frontToPath] = [await freePort()];
  const lines = `listener ${back} 127.0.0.1\nenable_proxy_protocol 1\nlistener 0 ${path}\nenable_proxy_protocol 2\nlog_type all`;
  await using broker = await started(lines, { scratch });
  await using haproxy = await startHaproxy(scratch, [
    { port: front, tls: false, server: `127.0.0.1:${back} send-proxy` },
    { port: frontToPath, tls: false, server: `unix@${path} send-proxy-v2` },
  ]);
  await using sub = new Program(['mosquitto_sub', ...by(front), '-i', 'sub', '-t', 'a/#', '-C', '1']);
  await broker.program.until('Sending SUBACK to sub');
  const pub = await run([
    'mosquitto_pub',
    ...by(frontToPath),
    '-i',
    'pub',
    '-t',
    'a/b',
    '-m',
    'hello',
    '-q',
    '2',
  ]);
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.result()).stdout, 'hello\n');
  assert.match(broker.program.stderr, new RegExp(`New connection from ${CLIENT}:\\d+ on port ${back}\\.`));
  assert.match(broker.program.stderr, new RegExp(`New client connected from ${CLIENT}:\\d+ as sub `));
  assert.match(broker.program.stderr, new RegExp(`New client connected from ${CLIENT}:\\d+ as pub `));
  assert.ok(haproxy.pid > 0);
});

testWithHaproxy('send-proxy-v2-ssl-cn: the certificate says who the client is', async () => {
  const scratch = new Scratch();
  makeCertificates(scratch, 'sensor-7');
  const [front, frontWithAll, frontWithout, back] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const lines = [
    `listener ${back} 127.0.0.1`,
    'enable_proxy_protocol 2',
    'use_identity_as_username true',
    'require_certificate true',
    'proxy_protocol_v2_require_tls true',
    'log_type all',
  ];
  await using broker = await started(lines.join('\n'), { scratch });
  const server = `127.0.0.1:${back}`;
  await using haproxy = await startHaproxy(scratch, [
    { port: front, tls: true, server: `${server} send-proxy-v2-ssl-cn check check-send-proxy inter 100ms` },
    {
      port: frontWithAll,
      tls: true,
      server: `${server} send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c`,
    },
    { port: frontWithout, tls: false, server: `${server} send-proxy-v2-ssl-cn` },
  ]);
  const trust = ['--cafile', scratch.at('ca.pem')];
  const own = ['--cert', scratch.at('client.pem'), '--key', scratch.at('client.key')];
  await using sub = new Program([
    'mosquitto_sub',
    ...by(front),
    ...trust,
    ...own,
    '-i',
    'sub',
    '-t',
    'a/#',
    '-C',
    '1',
  ]);
  await broker.program.until('Sending SUBACK to sub');
  const publish = [
    'mosquitto_pub',
    '-i',
    'pub',
    '-t',
    'a/b',
    '-m',
    'hello',
    '-u',
    'somebody else',
    '-P',
    'x',
  ];
  const pub = await run([...publish, ...by(frontWithAll), ...trust, ...own]);
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.result()).stdout, 'hello\n');

  const name = "u'sensor-7'";
  const log = (): string => broker.program.stderr;
  assert.match(
    log(),
    new RegExp(`New client connected from ${CLIENT}:\\d+ as sub \\(p4, c1, k60, ${name}\\)\\.`),
  );
  assert.match(
    log(),
    new RegExp(`New client connected from ${CLIENT}:\\d+ as pub \\(p4, c1, k60, ${name}\\)\\.`),
  );
  assert.match(log(), /Client sub negotiated TLSv1\.3 cipher unknown\n/);
  assert.match(log(), /Client pub negotiated TLSv1\.3 cipher TLS_AES_\w+\n/);

  const anonymous = await run([...publish, ...by(front), ...trust]);
  assert.notEqual(anonymous.code, 0);
  await broker.program.until(
    new RegExp(`Connection from ${CLIENT}:\\d+ rejected, client did not provide a certificate\\.`),
  );
  const plain = await run([...publish, ...by(frontWithout)]);
  assert.notEqual(plain.code, 0);
  await broker.program.until(
    new RegExp(`Connection from ${CLIENT}:\\d+ rejected, client did not connect using TLS\\.`),
  );
  assert.doesNotMatch(log(), /corrupt/, 'HAProxy asks whether the broker is there, and that leaves no word');
  assert.ok(haproxy.pid > 0);
});
