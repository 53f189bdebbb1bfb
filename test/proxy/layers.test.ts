/** PROXY headers in front of what else a listener may have: TLS and WebSockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, Program, run, Scratch } from '../cli/program.ts';
import { started } from '../listeners/broker.ts';
import { connectPacket, Visitor } from '../listeners/visitor.ts';
import { ssl, version2 } from '../vectors/proxy.ts';
import { makeCertificates, startHaproxy, testWithHaproxy } from './haproxy.ts';

/** A request that turns HTTP into WebSocket. */
const UPGRADE = [
  'GET /mqtt HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: mqtt',
  '\r\n',
].join('\r\n');

/** A binary frame of a client, whose mask changes nothing. */
function frame(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const HEADERS: readonly (readonly [version: 1 | 2, header: Buffer, username: string])[] = [
  [1, Buffer.from('PROXY TCP4 192.0.2.5 127.0.0.1 6275 1883\r\n'), ''],
  [2, version2({ tlvs: [ssl({ flags: 7, commonName: 'sensor-7' })] }), ", u'sensor-7'"],
];

for (const [version, header, username] of HEADERS) {
  test(`version ${version} in front of a WebSocket, header and request in one piece`, async () => {
    const port = await freePort();
    const name = version === 2 ? 'use_identity_as_username true\n' : '';
    const lines = `listener ${port} 127.0.0.1\nprotocol websockets\nenable_proxy_protocol ${version}\n${name}`;
    await using broker = await started(lines);
    using client = await Visitor.open({ port, host: '127.0.0.1' });
    client.send(Buffer.concat([header, Buffer.from(UPGRADE)]));
    await client.until((received) => received.includes('\r\n\r\n'));
    assert.match(client.received.toString('latin1'), /^HTTP\/1\.1 101 /);
    client.send(frame(connectPacket('sensor')));
    await client.until((received) => received.includes(Buffer.from('820420020000', 'hex')));
    await broker.program.until(`New connection from 192.0.2.5:6275 on port ${port}.\n`);
    await broker.program.until(
      `New client connected from 192.0.2.5:6275 as sensor (p4, c1, k60${username}).\n`,
    );
  });
}

testWithHaproxy('version 1 in front of TLS: HAProxy passes it on, and the broker ends it', async () => {
  const scratch = new Scratch();
  makeCertificates(scratch, 'sensor-7');
  const [front, back] = [await freePort(), await freePort()];
  const lines = [
    `listener ${back} 127.0.0.1`,
    'enable_proxy_protocol 1',
    ...['cafile ca.pem', 'certfile server.pem', 'keyfile server.key'].map((line) =>
      line.replace(' ', ` ${scratch.path}/`),
    ),
    'require_certificate true',
    'use_identity_as_username true',
    'log_type all',
  ];
  await using broker = await started(lines.join('\n'), { scratch });
  await using haproxy = await startHaproxy(scratch, [
    { port: front, tls: false, server: `127.0.0.1:${back} send-proxy` },
  ]);
  const by = ['-h', 'localhost', '-p', String(front), '-A', '127.0.0.2', '--cafile', scratch.at('ca.pem')];
  const own = ['--cert', scratch.at('client.pem'), '--key', scratch.at('client.key')];
  await using sub = new Program(['mosquitto_sub', ...by, ...own, '-i', 'sub', '-t', 'a/#', '-C', '1']);
  await broker.program.until('Sending SUBACK to sub');
  const pub = await run(['mosquitto_pub', ...by, ...own, '-i', 'pub', '-t', 'a/b', '-m', 'hello', '-q', '1']);
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.result()).stdout, 'hello\n');
  await broker.program.until(
    /New client connected from 127\.0\.0\.2:\d+ as pub \(p4, c1, k60, u'sensor-7'\)\.\n/,
  );
  await broker.program.until(/Client pub negotiated TLSv1\.3 cipher TLS_AES_\w+\n/);
  const without = await run(['mosquitto_pub', ...by, '-i', 'eve', '-t', 'a/b', '-m', 'hello']);
  assert.notEqual(without.code, 0);
  assert.doesNotMatch(broker.program.stderr, /as eve /);
  assert.ok(haproxy.pid > 0);
});
