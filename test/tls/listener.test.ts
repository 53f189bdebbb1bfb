/** TLS listeners and real clients: who gets in, who does not, and what the log says. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import mqtt from 'mqtt';
import { freePort, Program } from '../cli/program.ts';
import { bundle, RSA, testWithOpenssl } from './authority.ts';
import { dial, dialled, openTls, publish, showing, stage, trusting } from './stage.ts';

testWithOpenssl("mosquitto's clients over TLS: version and cipher are in the log", async () => {
  const on = await stage();
  await using broker = await openTls(on);
  await using sub = new Program([
    'mosquitto_sub',
    ...trusting(on),
    '-i',
    'sub',
    '-t',
    'a/#',
    '-C',
    '1',
    '-V',
    '5',
  ]);
  await broker.program.until('Sending SUBACK to sub');
  const pub = await publish(...trusting(on));
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.result()).stdout, 'hello\n');
  await broker.program.until('Client pub negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384\n');
});

testWithOpenssl('MQTT.js over mqtts and large messages', async () => {
  const on = await stage();
  await using broker = await openTls(on);
  const ca = readFileSync(on.root.certificate);
  const client = await mqtt.connectAsync(`mqtts://localhost:${on.port}`, {
    ca: [ca],
    ALPNProtocols: ['mqtt'],
  });
  await client.subscribeAsync('big', { qos: 1 });
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  client.on('message', (_topic, message) => resolve(message));
  const payload = Buffer.alloc(700_000, 'x');
  await client.publishAsync('big', payload, { qos: 1 });
  assert.ok(payload.equals(await promise));
  await client.endAsync();
  assert.ok(broker.program.pid > 0);
});

testWithOpenssl('WebSockets over TLS, with a client certificate', async () => {
  const on = await stage();
  const sensor = on.root.issue('sensor');
  const lines = 'protocol websockets\nrequire_certificate true\nuse_identity_as_username true';
  await using broker = await openTls(on, lines);
  const [ca, cert, key] = [on.root.certificate, sensor.certificate, sensor.key].map((path) =>
    readFileSync(path),
  );
  const url = `wss://localhost:${on.port}`;
  const client = await mqtt.connectAsync(url, { ca: [ca!], cert: cert!, key: key! });
  await client.publishAsync('a', 'b', { qos: 1 });
  await client.endAsync();
  await broker.program.until(
    /New client connected from .*, u'sensor'\)\.\nNo will .*\nClient \S+ negotiated TLSv1\.3 /,
  );
  await assert.rejects(
    mqtt.connectAsync(url, { ca: [ca!], reconnectPeriod: 0, connectTimeout: 30_000 }, false),
  );
  await broker.program.until('peer did not return a certificate');
});

testWithOpenssl('client certificates: names of users, and refusals with their alert', async () => {
  const on = await stage();
  const { root, port, scratch } = on;
  const good = root.issue('good', { subject: '/C=DE/O=Example, Ltd/CN=sensor 7' });
  const [expired, revoked] = [root.issue('expired', { fromDays: -9, toDays: -8 }), root.issue('revoked')];
  const early = root.issue('early', { fromDays: 5 });
  const middle = root.authority('middle');
  const below = middle.issue('below');
  const chain = {
    ...below,
    certificate: bundle(scratch, 'chain.crt', below.certificate, middle.certificate),
  };
  root.revoke(revoked);
  const lists = bundle(scratch, 'lists.crl', root.list(), middle.list());
  await using broker = await openTls(
    on,
    `require_certificate true\nuse_subject_as_username true\ncrlfile ${lists}`,
  );
  for (const [who, name] of [
    [good, 'CN=sensor 7,O=Example\\\\, Ltd,C=DE'],
    [chain, 'CN=below'],
  ] as const) {
    const pub = await publish(...trusting(on), ...showing(who), '-u', 'somebody', '-P', 'else');
    assert.equal(pub.code, 0, pub.stderr);
    await broker.program.until(new RegExp(`as pub \\(p4, c1, k60, u'${name}'\\)\\.\n`));
  }
  for (const [who, alert, problem] of [
    [expired, 45, 'certificate has expired (CN=expired)'],
    [revoked, 44, 'certificate revoked (CN=revoked)'],
    [early, 42, 'certificate is not yet valid (CN=early)'],
  ] as const) {
    for (const version of ['-tls1_2', '-tls1_3'])
      await dialled(
        port,
        new RegExp(`SSL alert number ${alert}\n`),
        version,
        '-cert',
        who.certificate,
        '-key',
        who.key,
      );
    await broker.program.until(`: ${problem}\n`);
  }
  await dialled(port, /SSL alert number 116\n/, '-tls1_3');
  await dialled(port, /SSL alert number 40\n/, '-tls1_2');
  await broker.program.until(
    'OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate\n',
  );
  const log = broker.program.stderr;
  assert.match(
    log,
    /New connection from (\S+) on port \d+\.\nOpenSSL Error\[0\]: error:0A000086:SSL routines::certificate verify failed\n\t\1: certificate has expired \(CN=expired\)\nClient 127\.0\.0\.1 \[\1\] disconnected: Protocol error\.\n/,
  );
  assert.equal((await broker.program.stop()).code, 0);
});

testWithOpenssl('the common name as user name', async () => {
  const on = await stage();
  const named = on.root.issue('named', { subject: '/CN=first/CN=second' });
  const nameless = on.root.issue('nameless', { subject: '/O=Example' });
  await using broker = await openTls(on, 'require_certificate true\nuse_identity_as_username true');
  assert.equal((await publish(...trusting(on), ...showing(named))).code, 0);
  await broker.program.until("u'first'");
  assert.notEqual((await publish(...trusting(on), ...showing(nameless))).code, 0);
  await broker.program.until('Sending CONNACK to pub (0, 4)\n');
});

testWithOpenssl('authorities of a directory, and of a file beside it', async () => {
  const on = await stage();
  const { scratch, server, port } = on;
  const second = on.root.authority('second');
  const lone = second.issue('lone');
  scratch.file('authorities/README', 'no certificate');
  scratch.file('authorities/root.pem', readFileSync(on.root.certificate, 'utf8'));
  symlinkSync('root.pem', scratch.at('authorities/12345678.0'));
  scratch.file('authorities/second.pem', readFileSync(second.certificate, 'utf8'));
  const listener = `listener ${port} 127.0.0.1\ncapath ${scratch.at('authorities')}\ncertfile ${server.certificate}\nkeyfile ${server.key}\n`;
  await using broker = await openTls({ ...on, listener }, 'require_certificate true');
  assert.equal((await publish(...trusting(on), ...showing(lone))).code, 0);
  assert.ok(broker.program.pid > 0);
});

testWithOpenssl('without require_certificate nobody is asked for one', async () => {
  const on = await stage();
  await using broker = await openTls(on);
  const output = await dial(on.port, /Verify return code/, '-tls1_2');
  assert.match(output, /No client certificate CA names sent/);
  assert.doesNotMatch(output, /Requested Signature Algorithms/);
  const stranger = on.root.issue('any', { fromDays: -9, toDays: -8 });
  assert.equal((await publish(...trusting(on), ...showing(stranger))).code, 0);
  assert.ok(broker.program.pid > 0);
});

testWithOpenssl('versions: tls_version is the lowest, tlsv1.3 the only one', async () => {
  for (const [line, accepted, refused] of [
    ['', ['-tls1_2', '-tls1_3'], ['-tls1_1']],
    ['tls_version tlsv1.3', ['-tls1_3'], ['-tls1_2']],
    ['tls_version tlsv1.1\nciphers DEFAULT@SECLEVEL=0', ['-tls1_1', '-tls1_2', '-tls1_3'], []],
  ] as const) {
    const on = await stage();
    await using broker = await openTls(on, line);
    const weak = ['-cipher', 'DEFAULT@SECLEVEL=0'];
    for (const version of accepted)
      await dialled(
        on.port,
        /New, TLSv1\.\d, Cipher is [A-Z]/,
        ...(version === '-tls1_1' ? weak : []),
        version,
      );
    for (const version of refused) {
      await dialled(on.port, /SSL alert number 70\n/, ...weak, version);
      await broker.program.until('OpenSSL Error[0]: error:0A000102:SSL routines::unsupported protocol\n');
    }
    if (line.includes('tlsv1.1'))
      assert.match(broker.program.stderr, /^Warning: TLS 1\.1 .*\nWarning: .*SECLEVEL=0/m);
  }
});

testWithOpenssl('ciphers: the server chooses, of its own lists', async () => {
  const on = await stage();
  const lists =
    'ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384\nciphers_tls1.3 TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
  await using broker = await openTls(on, lists);
  const client = ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256'];
  await dialled(on.port, /Cipher is ECDHE-ECDSA-AES128-GCM-SHA256\n/, '-tls1_2', ...client);
  const suites = ['-ciphersuites', 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256'];
  await dialled(on.port, /Cipher is TLS_CHACHA20_POLY1305_SHA256\n/, '-tls1_3', ...suites);
  await dialled(on.port, /SSL alert number 40\n/, '-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305');
  await broker.program.until('OpenSSL Error[0]: error:0A0000C1:SSL routines::no shared cipher\n');
});

testWithOpenssl('an RSA certificate with forward secrecy for every client', async () => {
  const on = await stage();
  const server = on.root.server('rsa', { key: RSA });
  const listener = `listener ${on.port} 127.0.0.1\ncertfile ${server.certificate}\nkeyfile ${server.key}\n`;
  await using broker = await openTls({ ...on, listener });
  await dialled(on.port, /(?:Server|Peer) Temp Key: DH/, '-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384');
  assert.equal((await publish(...trusting(on))).code, 0);
  assert.ok(broker.program.pid > 0);
});

testWithOpenssl('MQTT without TLS on a TLS port, and TLS on a plain one', async () => {
  const on = await stage();
  const plain = await freePort();
  await using broker = await openTls(on, `listener ${plain} 127.0.0.1`);
  assert.notEqual((await publish('-p', String(on.port))).code, 0);
  await broker.program.until(
    /^New connection from (\S+) on port \d+\.\nOpenSSL Error\[0\]: error:0A00010B:SSL routines::wrong version number\nClient 127\.0\.0\.1 \[\1\] disconnected: Protocol error\.\n/m,
  );
  assert.notEqual((await publish(...trusting({ ...on, port: plain }))).code, 0);
  await broker.program.until(
    /^Client from (\S+) appears to be using TLS to connect to a non-TLS listener\.\nClient 127\.0\.0\.1 \[\1\] disconnected: malformed packet\.\n/m,
  );
});

testWithOpenssl('a client that does not trust us says why', async () => {
  const on = await stage();
  await using broker = await openTls(on);
  const wrong = ['-h', 'localhost', '-p', String(on.port), '--cafile', on.server.certificate];
  assert.notEqual((await publish(...wrong)).code, 0);
  await broker.program.until('OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca\n');
});

testWithOpenssl('sessions are resumed; not where dates do not count', async () => {
  const on = await stage();
  const other = await freePort();
  const second = on.listener.replace(String(on.port), String(other));
  const lines = `${second}require_certificate true\ndisable_client_cert_date_checks true`;
  await using broker = await openTls(on, lines);
  const old = on.root.issue('old', { fromDays: -9, toDays: -8 });
  const own = { cert: readFileSync(old.certificate), key: readFileSync(old.key) };
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    assert.equal(await resumes({ port: on.port, maxVersion: version }), true, version);
    assert.equal(await resumes({ port: other, maxVersion: version, ...own }), false, version);
  }
  assert.ok(broker.program.pid > 0);
});

/** Whether a second connection goes on with the session of the first. */
async function resumes(options: ConnectionOptions): Promise<boolean> {
  const first = connect({ ...options, rejectUnauthorized: false });
  let session: Buffer | undefined;
  first.on('session', (next) => (session = next));
  await exchange(first);
  const second = connect({ ...options, ...(session && { session }), rejectUnauthorized: false });
  return exchange(second);
}

/** Sends a CONNECT, waits for the CONNACK, before which tickets come, and says whether a session was resumed. */
async function exchange(client: TLSSocket): Promise<boolean> {
  client.write(Buffer.from('100e00044d5154540402000000026162', 'hex'));
  await once(client, 'data');
  const isReused = client.isSessionReused();
  client.destroy();
  return isReused;
}

testWithOpenssl('--tls-keylog: secrets in a file of our own', async () => {
  const on = await stage();
  const path = on.scratch.at('keys');
  await using broker = await openTls(on, '', ['--tls-keylog', path]);
  assert.match(
    broker.program.stderr,
    new RegExp(
      `^TLS key logging to '${path}' enabled for all listeners\\.\nTLS key logging is for DEBUGGING only\\.\n`,
      'm',
    ),
  );
  assert.equal(statSync(path).mode & 0o777, 0o600);
  for (const version of ['-tls1_2', '-tls1_3']) await dialled(on.port, /Verify return code/, version);
  const lines = readFileSync(path, 'utf8');
  for (const label of ['CLIENT_RANDOM', 'CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'])
    assert.match(lines, new RegExp(`^${label} [0-9a-f]{64} [0-9a-f]{64,96}$`, 'm'));
});

testWithOpenssl('--tls-keylog: nothing is written where others could read it', async () => {
  const on = await stage();
  const target = on.scratch.at('target');
  symlinkSync(target, on.scratch.at('link'));
  await using broker = await openTls(on, '', ['--tls-keylog', on.scratch.at('link')]);
  await broker.program.until('Error: keylog file must not be a symbolic link\n');
  assert.equal((await publish(...trusting(on))).code, 0);
  assert.equal(existsSync(target), false);
});

testWithOpenssl('a peer that does not finish its handshake holds nobody up', async () => {
  const on = await stage();
  await using broker = await openTls(on);
  const silent = connectPlain(on.port, '127.0.0.1');
  silent.on('error', () => undefined); // the broker ends first
  await broker.program.until(/New connection from /);
  assert.equal((await publish(...trusting(on))).code, 0);
  assert.equal((await broker.program.stop()).code, 0);
  silent.destroy();
});

testWithOpenssl('peers that come and go at once leave nothing behind', async () => {
  const on = await stage();
  await using broker = await openTls(on);
  const leave: readonly ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end(Buffer.from([22, 3, 1, 0, 5])),
    (socket) => socket.end('no TLS'),
    (socket) => {
      socket.write(Buffer.alloc(300_000, 22));
      socket.resetAndDestroy();
    },
  ];
  const gone = Array.from({ length: 60 }, async (_, at) => {
    const socket = connectPlain(on.port, '127.0.0.1');
    socket.on('error', () => undefined); // the broker may be quicker
    socket.resume();
    await once(socket, 'connect');
    leave[at % leave.length]!(socket);
    await once(socket, 'close');
  });
  await Promise.all(gone);
  assert.equal((await publish(...trusting(on))).code, 0);
  assert.equal((await broker.program.stop()).code, 0);
  const count = (pattern: RegExp): number => broker.program.stderr.match(pattern)?.length ?? 0;
  assert.equal(count(/^New connection from /gm), count(/^Client \S+ \[\S+\] disconnected/gm));
});
