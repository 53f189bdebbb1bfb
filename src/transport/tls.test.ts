import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after } from 'node:test';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { Scratch } from '../../test/cli/program.ts';
import { runs } from '../../test/runs.ts';
import { Authority, testWithOpenssl } from '../../test/tls/authority.ts';
import { dial } from '../../test/tls/stage.ts';
import type { KeyPair } from '../../test/tls/authority.ts';
import type { Handshake } from './arrival.ts';
import { judge } from './client-certificates.ts';
import { Handshakes } from './handshakes.ts';
import { RevocationLists } from './revocation.ts';
import { authoritiesOf, contextOf } from './secure-context.ts';
import type { TlsSettings } from './secure-context.ts';
import { Tls } from './tls.ts';
import type { PreSharedKeys, TlsTerms } from './tls.ts';

const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());

const PATIENCE_MS = 30_000;

/** Made once, when the first test needs them. */
let made: ReturnType<typeof makeCertificates> | undefined;
const pki = (): ReturnType<typeof makeCertificates> => (made ??= makeCertificates());

function makeCertificates() {
  const root = Authority.root(scratch);
  const [server, client, revoked] = [
    root.server(),
    root.issue('client', { subject: '/O=Test/CN=me' }),
    root.issue('revoked'),
  ];
  const expired = root.issue('expired', { fromDays: -9, toDays: -8 });
  const stranger = Authority.root(scratch, 'other').issue('stranger');
  root.revoke(revoked);
  return { root, server, client, revoked, expired, stranger, list: root.list() };
}

const text = (path: string): string => readFileSync(path, 'utf8');

interface Wanted {
  readonly certificates?: boolean;
  readonly ignoresDates?: boolean;
  readonly preSharedKeys?: PreSharedKeys;
}

function terms({ certificates = false, ignoresDates = false, preSharedKeys }: Wanted = {}): TlsTerms {
  const { server, root, list } = pki();
  const withCertificate = preSharedKeys === undefined;
  const settings: TlsSettings = {
    version: undefined,
    ciphers: 'DEFAULT',
    cipherSuites: undefined,
    certificate: withCertificate ? text(server.certificate) : undefined,
    key: withCertificate ? text(server.key) : undefined,
    authorities: withCertificate ? [{ option: 'cafile', pem: text(root.certificate) }] : [],
    revoked: undefined,
    sessionIdContext: 'test',
    resumesSessions: withCertificate,
  };
  const rules = {
    authorities: authoritiesOf(settings),
    revocations: new RevocationLists(text(list)),
    ignoresDates,
  };
  return {
    context: contextOf(settings),
    clientCertificates: certificates ? rules : undefined,
    preSharedKeys,
  };
}

/** A port with TLS, and all that comes of its handshakes. */
class Rig implements AsyncDisposable {
  readonly tls: Tls;
  readonly handshakes: Handshakes;
  /** One list for each socket, in the order they came. */
  readonly results: Handshake[][] = [];
  readonly received: string[] = [];
  /** When a socket is taken. */
  takes: (socket: Socket, take: () => void) => void = (_socket, take) => take();
  readonly #server = createServer((socket) => this.takes(socket, () => this.#accept(socket)));
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<() => void>();
  port = 0;

  private constructor(wanted: Wanted, most: number) {
    this.handshakes = new Handshakes(most);
    this.tls = new Tls(terms(wanted), { handshakes: this.handshakes, keyLog: undefined });
  }

  static async open(wanted: Wanted = {}, most = 100): Promise<Rig> {
    const rig = new Rig(wanted, most);
    rig.#server.listen(0, '127.0.0.1');
    await once(rig.#server, 'listening');
    rig.port = (rig.#server.address() as AddressInfo).port;
    return rig;
  }

  #accept(socket: Socket): void {
    const results: Handshake[] = [];
    const at = this.results.push(results) - 1;
    let hasReturned = false;
    const stream = this.tls.wrap(socket, (handshake) => {
      assert.ok(hasReturned, 'not before wrap has returned');
      if (results.length === 0) assert.equal(this.received[at], undefined, 'before any bytes');
      results.push(handshake);
      this.#tell();
    });
    hasReturned = true;
    this.#sockets.add(stream);
    stream.on('error', () => undefined); // told by 'close'
    stream.on('close', () => {
      this.#sockets.delete(stream);
      this.#tell();
    });
    stream.on('data', (chunk: Buffer) => {
      this.received[at] = `${this.received[at] ?? ''}${chunk.toString()}`;
      this.#tell();
      stream.write('heard');
    });
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Waits until something is the case on our side. */
  async until(isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      assert.ok(Date.now() < deadline, JSON.stringify(this.results));
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, deadline - Date.now());
      this.#watchers.add(resolve);
      await promise;
      clearTimeout(timer);
      this.#watchers.delete(resolve);
    }
  }

  get open(): number {
    return this.#sockets.size;
  }

  client(options: ConnectionOptions = {}): TLSSocket {
    const ca = options.pskCallback === undefined ? [text(pki().root.certificate)] : [];
    return connect({ port: this.port, host: '127.0.0.1', ca, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const asClient = ({ certificate, key }: KeyPair): ConnectionOptions => ({
  cert: text(certificate),
  key: text(key),
});

/** Says something, and waits for the answer; rejects with what goes wrong. */
async function talk(client: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.on('error', reject);
  client.on('close', () => reject(new Error('closed')));
  client.once('data', () => resolve());
  client.write('hello');
  await promise;
}

/** Says something where nobody should listen, and gives the error that the client sees. */
async function refusalOf(client: TLSSocket): Promise<string> {
  try {
    await talk(client);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  } finally {
    client.destroy();
  }
}

testWithOpenssl('a handshake is told once, before bytes come, with version and cipher', async () => {
  await using rig = await Rig.open();
  for (const [version, cipher] of [
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
    ['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ] as const) {
    const client = rig.client({ minVersion: version, maxVersion: version });
    await talk(client);
    client.end();
    const results = rig.results.at(-1);
    assert.deepEqual(results, [{ secured: true, identity: { tls: { version, cipher } } }]);
  }
  assert.deepEqual(rig.received, ['hello', 'hello']);
  await rig.until(() => rig.open === 0);
  assert.equal(rig.handshakes.underWay, 0);
});

testWithOpenssl('a certificate becomes an identity, also when a session is resumed', async () => {
  await using rig = await Rig.open({ certificates: true });
  const { raw } = new X509Certificate(text(pki().client.certificate));
  let session: Buffer | undefined;
  for (const isResumed of [false, true]) {
    const client = rig.client({
      ...asClient(pki().client),
      // Node takes sessions of others only where it does not verify the server
      ...(session && { session, rejectUnauthorized: false }),
    });
    client.on('session', (next: Buffer) => (session = next));
    await talk(client);
    assert.equal(client.isSessionReused(), isResumed);
    const [handshake] = rig.results.at(-1)!;
    assert.ok(handshake?.secured);
    const { certificate } = handshake.identity;
    assert.deepEqual(
      { ...certificate, raw: Buffer.from(certificate?.raw ?? []) },
      { commonName: 'me', subject: 'CN=me,O=Test', raw },
    );
    client.end();
  }
});

testWithOpenssl('other terms end the sessions that began before', async () => {
  await using rig = await Rig.open({ certificates: true });
  const first = rig.client(asClient(pki().client));
  let session: Buffer | undefined;
  first.on('session', (next: Buffer) => (session = next));
  await talk(first);
  rig.tls.terms = terms({ certificates: true });
  const second = rig.client({ ...asClient(pki().client), session: session!, rejectUnauthorized: false });
  await talk(second);
  assert.equal(second.isSessionReused(), false);
  first.write('still there');
  await rig.until(() => rig.received[0]?.includes('still there') === true);
  first.end();
  second.end();
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  testWithOpenssl(`${version}: a client is told what is wrong with its certificate`, async () => {
    await using rig = await Rig.open({ certificates: true });
    const { expired, revoked, stranger } = pki();
    for (const [who, alert, problem] of [
      [expired, /alert certificate expired/, /^certificate has expired \(CN=expired\)$/],
      [revoked, /alert certificate revoked/, /^certificate revoked \(CN=revoked\)$/],
      [stranger, /alert unknown ca/, /^unable to .* \(CN=stranger\)$/],
    ] as const) {
      const client = rig.client({ ...asClient(who), minVersion: version, maxVersion: version });
      assert.match(await refusalOf(client), alert);
      const results = rig.results.at(-1)!;
      assert.equal(results.length, 1);
      const [handshake] = results;
      assert.ok(handshake?.secured === false);
      assert.deepEqual(handshake.errors, ['error:0A000086:SSL routines::certificate verify failed']);
      assert.match(handshake.detail ?? '', problem);
    }
    const none = rig.client({ minVersion: version, maxVersion: version });
    assert.match(await refusalOf(none), /alert (?:handshake failure|certificate required)/);
    assert.deepEqual(rig.received.filter(Boolean), []);
    await rig.until(() => rig.open === 0);
    assert.equal(rig.handshakes.underWay, 0);
  });
}

testWithOpenssl('the alert leaves first, however fast the answer comes', async () => {
  await using rig = await Rig.open({ certificates: true });
  rig.takes = (socket, take) => {
    // Its first bytes are here before TLS is, and its next ones before anything else is done
    socket.once('readable', () => {
      setImmediate(() => {
        take();
        process.nextTick(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200));
      });
    });
  };
  for (const [version, alert] of [
    ['-tls1_2', 40],
    ['-tls1_3', 116],
  ] as const) {
    const expected = new RegExp(`SSL alert number ${alert}\n`);
    assert.match(await dial(rig.port, expected, version), expected);
  }
  await rig.until(() => rig.open === 0);
  assert.equal(rig.handshakes.underWay, 0);
  assert.deepEqual(
    rig.results.map((results) => results.map(({ secured }) => secured)),
    [[false], [false]],
  );
});

testWithOpenssl('where dates do not count, everything else does', async () => {
  await using rig = await Rig.open({ certificates: true, ignoresDates: true });
  const { expired, revoked, stranger } = pki();
  const client = rig.client(asClient(expired));
  await talk(client);
  client.end();
  assert.match(await refusalOf(rig.client(asClient(revoked))), /alert certificate revoked/);
  assert.match(await refusalOf(rig.client(asClient(stranger))), /alert unknown ca/);
});

testWithOpenssl('a certificate that Node does not say it has verified is refused', () => {
  const { client, root } = pki();
  const certificate = new X509Certificate(text(client.certificate));
  const rules = {
    authorities: [new X509Certificate(text(root.certificate))],
    revocations: undefined,
    ignoresDates: false,
  };
  const fake = (ssl: object | null): TLSSocket =>
    ({
      ssl,
      getPeerX509Certificate: () => certificate,
      getPeerCertificate: () => ({}),
    }) as unknown as TLSSocket;
  assert.equal(judge(fake({ verifyError: () => null }), rules, Date.now()).believed, true);
  for (const ssl of [
    null,
    {},
    { verifyError: () => undefined },
    { verifyError: () => false },
    { verifyError: 1 },
  ])
    assert.equal(judge(fake(ssl), rules, Date.now()).believed, false, JSON.stringify(ssl));
  const broken = fake({
    verifyError: () => {
      throw new Error('no');
    },
  });
  assert.equal(judge(broken, rules, Date.now()).believed, false);
});

testWithOpenssl('a session whose certificate has expired meanwhile is refused', () => {
  const { client, root } = pki();
  const certificate = new X509Certificate(text(client.certificate));
  const rules = {
    authorities: [new X509Certificate(text(root.certificate))],
    revocations: undefined,
    ignoresDates: false,
  };
  const resumed = {
    ssl: { verifyError: () => null },
    getPeerX509Certificate: () => certificate,
  } as unknown as TLSSocket;
  const later = certificate.validToDate.getTime() + 1;
  assert.equal(judge(resumed, rules, later).believed, false);
});

testWithOpenssl('no more handshakes are under way than there are places', async () => {
  await using rig = await Rig.open({}, 2);
  const silent = [connectPlain(rig.port, '127.0.0.1'), connectPlain(rig.port, '127.0.0.1')];
  await rig.until(() => rig.handshakes.underWay === 2);
  await assert.rejects(talk(rig.client()));
  const problem = 'too many TLS handshakes under way';
  assert.deepEqual(rig.results.at(-1), [{ secured: false, problem, errors: [] }]);
  silent[0]!.destroy();
  await rig.until(() => rig.handshakes.underWay === 1);
  const client = rig.client();
  await talk(client);
  client.end();
  silent[1]!.destroy();
  await rig.until(() => rig.open === 0);
  assert.equal(rig.handshakes.underWay, 0);
});

testWithOpenssl(
  'whatever a peer sends instead of a handshake, nothing is thrown and nothing stays',
  async () => {
    await using rig = await Rig.open({ certificates: true });
    const record = fc
      .uint8Array({ maxLength: 80 })
      .map((body) => Buffer.from([22, 3, 1, 0, body.length, ...body]));
    const hello = fc
      .uint8Array({ maxLength: 80 })
      .map((body) => Buffer.from([22, 3, 1, 0, body.length + 4, 1, 0, 0, body.length, ...body]));
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      record,
      hello,
      fc.constant(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(junk, { minLength: 1, maxLength: 4 }), async (chunks) => {
        const socket = connectPlain(rig.port, '127.0.0.1');
        socket.on('error', () => undefined); // it may well be reset
        socket.resume();
        for (const chunk of chunks) socket.write(chunk);
        socket.end();
        await once(socket, 'close');
      }),
      runs('TLS junk', 150),
    );
    await rig.until(() => rig.open === 0);
    assert.equal(rig.handshakes.underWay, 0);
    assert.ok(rig.results.flat().every(({ secured }) => !secured));
    assert.ok(rig.results.every((results) => results.length <= 1));
  },
);

testWithOpenssl('a handshake that stalls makes room for another', async (t) => {
  await using rig = await Rig.open({}, 1);
  const silent = connectPlain(rig.port, '127.0.0.1');
  await rig.until(() => rig.handshakes.underWay === 1);
  const later = performance.now() + 6000;
  t.mock.method(performance, 'now', () => later);
  const client = rig.client();
  await talk(client);
  client.end();
  const problem = 'too many TLS handshakes under way';
  assert.deepEqual(rig.results[0], [{ secured: false, problem, errors: [] }]);
  silent.destroy();
});

testWithOpenssl('a stream that breaks after its handshake says so', async () => {
  await using rig = await Rig.open();
  const socket = connectPlain(rig.port, '127.0.0.1');
  const client = rig.client({ socket });
  await talk(client);
  socket.write(Buffer.from([23, 3, 3, 0, 20, ...Array.from({ length: 20 }, () => 7)]));
  await rig.until(() => rig.open === 0);
  const [, broken] = rig.results[0]!;
  assert.ok(broken?.secured === false);
  assert.equal(broken.problem, 'Protocol error');
  assert.match(broken.errors[0] ?? '', /^error:0A000119:SSL routines::decryption failed or bad record mac$/);
  client.destroy();
});

testWithOpenssl('a peer that goes in the middle just ends the stream', async () => {
  await using rig = await Rig.open();
  for (const leave of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
    const socket = connectPlain(rig.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(Buffer.from([22, 3, 1]));
    await rig.until(() => rig.open === 1);
    leave(socket);
    await rig.until(() => rig.open === 0);
    assert.deepEqual(rig.results.at(-1), []);
  }
});

testWithOpenssl('renegotiation is refused', async () => {
  await using rig = await Rig.open();
  const client = rig.client({ maxVersion: 'TLSv1.2' });
  await talk(client);
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  client.on('error', resolve);
  client.renegotiate({}, resolve);
  assert.match(String(await promise), /no renegotiation/i);
  client.destroy();
});

testWithOpenssl('protocols and names that a client asks for', async () => {
  await using rig = await Rig.open();
  for (const [offered, taken] of [
    [['mqtt'], 'mqtt'],
    [['h2', 'mqtt'], 'mqtt'],
    [['x-amzn-mqtt-ca'], 'x-amzn-mqtt-ca'],
    [['h2', 'http/1.1'], 'http/1.1'],
    [['anything'], 'anything'],
    [undefined, false],
  ] as const) {
    const client = rig.client({ ...(offered && { ALPNProtocols: [...offered] }), servername: 'localhost' });
    await talk(client);
    assert.equal(client.alpnProtocol, taken);
    client.end();
  }
  const client = rig.client({ servername: 'somebody.else.example', checkServerIdentity: () => undefined });
  await talk(client);
  client.end();
});

const KEY = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

function pskClient(identity: string, psk: Uint8Array): ConnectionOptions {
  return {
    pskCallback: () => ({ identity, psk }),
    ciphers: 'PSK:TLS_AES_128_GCM_SHA256',
    checkServerIdentity: () => undefined,
  };
}

testWithOpenssl('a pre-shared key proves an identity; no other does, and none throws', async () => {
  const keys: Readonly<Record<string, Uint8Array>> = { me: KEY, long: Buffer.alloc(2000, 1) };
  const keyOf = (identity: string): Uint8Array | undefined => {
    if (identity === 'trouble') throw new Error('no');
    return keys[identity];
  };
  await using rig = await Rig.open({ preSharedKeys: { hint: 'a hint', keyOf } });
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { minVersion: version, maxVersion: version };
    const client = rig.client({ ...pskClient('me', KEY), ...versions });
    await talk(client);
    const [handshake] = rig.results.at(-1)!;
    assert.ok(handshake?.secured);
    assert.equal(handshake.identity.pskIdentity, 'me');
    assert.equal(handshake.identity.tls?.version, version);
    client.end();
    for (const [identity, key] of [
      ['you', KEY],
      ['me', Buffer.alloc(16)],
      ['long', KEY],
      ['trouble', KEY],
    ] as const) {
      assert.notEqual(await refusalOf(rig.client({ ...pskClient(identity, key), ...versions })), 'none');
      await rig.until(() => rig.handshakes.underWay === 0);
      assert.ok(
        rig.results.at(-1)!.every(({ secured }) => !secured),
        `${version} ${identity}`,
      );
    }
  }
});
