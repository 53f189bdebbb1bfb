/** The ways to a broker: Unix sockets, TLS, WebSocket, proxies, addresses of this machine. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Authority, openssl, testWithOpenssl } from '../../tls/authority.ts';
import { Program, Scratch, freePort, run, zanzara } from '../program.ts';
import { FakeBroker } from './fake-broker.ts';
import { SocksProxy } from './socks-proxy.ts';
import { runOurs, runTheirs } from './tool-run.ts';
import type { Outcome, RunOptions } from './tool-run.ts';

const MESSAGE = ['-t', 'a', '-m', 'x', '-q', '1'];
const KEY = '00112233445566778899aabbccddeeff';

function pub(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return runOurs('mosquitto_pub', [...args, ...MESSAGE], options);
}

/** What a call ends with, and the first line of what it says. */
async function ending(args: readonly string[]): Promise<readonly [code: number, error: string]> {
  const { code, stderr } = await pub(args);
  return [code, stderr.split('\n')[0] ?? ''];
}

const TLS_ERROR = 'Error: A TLS error occurred.';
const NO_TLS = 'Unable to connect (A TLS error occurred.).';

describe('a broker with every kind of listener', () => {
  const scratch = new Scratch();
  const ports = { plain: 0, tls: 0, known: 0, psk: 0, ws: 0, wss: 0 };
  let root: Authority | undefined;
  let program: Program | undefined;
  const ca = (): string => root?.certificate ?? '';
  const at = (name: keyof typeof ports, host = 'localhost'): string[] => [
    '-h',
    host,
    '-p',
    String(ports[name]),
  ];

  before(async () => {
    root = Authority.root(scratch);
    const { certificate, key } = root.server('server', {
      extensions: ['basicConstraints=CA:FALSE', 'subjectAltName=DNS:localhost'],
    });
    for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort();
    const files = `cafile ${ca()}\ncertfile ${certificate}\nkeyfile ${key}\n`;
    const config = [
      `listener ${ports.plain} 127.0.0.1\n`,
      `listener ${ports.tls} 127.0.0.1\n${files}`,
      `listener ${ports.known} 127.0.0.1\n${files}require_certificate true\n`,
      `listener ${ports.ws} 127.0.0.1\nprotocol websockets\n`,
      `listener ${ports.wss} 127.0.0.1\nprotocol websockets\n${files}`,
      `listener ${ports.psk} 127.0.0.1\npsk_hint hint\n`,
      `listener 0 ${scratch.at('socket')}\n`,
    ].join('');
    const keys = scratch.file('keys', `me:${KEY}\n`);
    const file = scratch.file('mosquitto.conf', `allow_anonymous true\npsk_file ${keys}\n${config}`);
    program = new Program(zanzara('-c', file), { cwd: scratch.path });
    await program.until(/ running\n/); // all listeners are open
  });

  after(async () => {
    await program?.[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  test('a Unix socket', async () => {
    assert.deepEqual(await ending(['--unix', scratch.at('socket')]), [0, '']);
    assert.deepEqual(await ending(['--unix', scratch.at('none')]), [1, 'Error: No such file or directory']);
  });

  test('WebSocket', async () => {
    assert.deepEqual(await ending([...at('ws'), '--ws']), [0, '']);
    assert.deepEqual(await ending(['-L', `ws://localhost:${ports.ws}/b`]), [0, '']);
    const [code] = await ending([...at('plain'), '--ws']);
    assert.equal(code, 1, 'a broker that does not speak it');
  });

  testWithOpenssl('WebSocket over TLS', async () => {
    assert.deepEqual(await ending([...at('wss'), '--ws', '--cafile', ca()]), [0, '']);
    assert.deepEqual(await ending([...at('wss', '127.0.0.1'), '--ws', '--cafile', ca()]), [1, NO_TLS]);
  });

  testWithOpenssl('certificates: whom to trust, and for which name', async () => {
    const folder = scratch.at('authorities');
    mkdirSync(folder);
    symlinkSync(ca(), `${folder}/one.pem`);
    openssl('rehash', folder);
    const calls: readonly (readonly string[])[] = [
      [...at('tls'), '--cafile', ca()],
      [...at('tls'), '--capath', folder],
      [...at('tls', '127.0.0.1'), '--cafile', ca(), '--insecure'],
      [...at('tls'), '--cafile', ca(), '--tls-version', 'tlsv1.3'],
      [...at('tls'), '--cafile', ca(), '--tls-version', 'tlsv1.4'],
      [...at('tls'), '--cafile', ca(), '--ciphers', 'none'],
      [...at('tls'), '--cafile', root?.key ?? ''],
      [...at('tls'), '--cafile', scratch.at('none')],
      [...at('tls')],
    ];
    for (const call of calls) {
      const theirs = await runTheirs('mosquitto_pub', [...call, ...MESSAGE]);
      const error = theirs.stderr.split('\n')[0];
      assert.deepEqual(await ending(call), [theirs.code, error], call.join(' '));
    }
    // mosquitto_pub may end with 8 as well: whichever of its two ways to connect notices first
    assert.deepEqual(await ending([...at('tls', '127.0.0.1'), '--cafile', ca()]), [1, NO_TLS]);
    const noTls = [...at('plain'), '--cafile', ca()];
    assert.deepEqual(await ending(noTls), [8, TLS_ERROR]);
    assert.deepEqual(await ending([...noTls, '--no-tls']), [0, '']);
  });

  testWithOpenssl('the reason stands below', async () => {
    const { stderr } = await pub([...at('tls', '127.0.0.1'), '--cafile', ca()]);
    assert.match(stderr, /\nReason: .*127\.0\.0\.1 is not in the cert's list/);
  });

  testWithOpenssl(
    'a certificate that is missing: TLS 1.3 says so late, and nobody tries for ever',
    async () => {
      const to = [...at('known'), '--cafile', ca(), '-t', 'a'];
      const lost = [7, 'Error: The connection was lost.\nReason: tlsv13 alert certificate required\n'];
      for (const [tool, ...more] of [['mosquitto_sub'], ['mosquitto_pub', '-n']] as const) {
        const { code, stderr } = await runOurs(tool, [...to, ...more]);
        assert.deepEqual([code, stderr], lost);
      }
    },
  );

  testWithOpenssl('the authorities of the system', async () => {
    const env = { SSL_CERT_FILE: ca() };
    for (const more of [['--tls-use-os-certs'], ['-L', `mqtts://localhost:${ports.tls}/a`]]) {
      const { code, stderr } = await run(zanzara('pub', ...at('tls'), ...MESSAGE, ...more), { env });
      assert.deepEqual([code, stderr], [0, '']);
    }
    assert.deepEqual(await ending([...at('tls'), '--tls-use-os-certs']), [1, NO_TLS]);
  });

  testWithOpenssl('--tls-keylog writes the secrets', async () => {
    const file = scratch.at('secrets');
    await pub([...at('tls'), '--cafile', ca(), '--tls-keylog', file]);
    assert.match(readFileSync(file, 'utf8'), /^CLIENT_TRAFFIC_SECRET_0 [\da-f]+ [\da-f]+$/m);
  });

  test('pre-shared keys', async () => {
    const to = [...at('psk'), '--psk-identity', 'me', '--psk'];
    assert.deepEqual(await ending([...to, KEY]), [0, '']);
    assert.deepEqual(await ending([...to, 'abcd']), [8, TLS_ERROR]);
    assert.deepEqual(await ending([...to, 'xyz']), [1, 'Error: Problem setting TLS-PSK options.']);
  });

  test('what Node has not', async () => {
    const to = [...at('tls'), '--tls-use-os-certs'];
    const engine = 'Error: Problem setting TLS engine, is pkcs11 a valid engine?';
    assert.deepEqual(await ending([...to, '--tls-engine', 'pkcs11']), [1, engine]);
  });

  testWithOpenssl('through a proxy, which looks up the name: plain, TLS, WebSocket', async () => {
    await using proxy = await SocksProxy.start({ user: 'me:se:cret' });
    const through = ['--proxy', proxy.url('me:se%3Acret')];
    assert.deepEqual(await ending([...at('plain', 'broker.invalid'), ...through]), [0, '']);
    assert.deepEqual(await ending([...at('tls'), '--cafile', ca(), ...through]), [0, '']);
    assert.deepEqual(await ending([...at('ws', 'broker.invalid'), '--ws', ...through]), [0, '']);
    assert.deepEqual(await ending([...at('wss'), '--ws', '--cafile', ca(), ...through]), [0, '']);
    assert.deepEqual(proxy.asked, [
      `broker.invalid:${ports.plain}`,
      `localhost:${ports.tls}`,
      `broker.invalid:${ports.ws}`,
      `localhost:${ports.wss}`,
    ]);
    const wrong = await ending([...at('plain'), '--proxy', proxy.url('me:wrong')]);
    assert.deepEqual(wrong, [1, 'Unable to connect (Proxy error.).']);
  });
});

test('a proxy that refuses, or is not there', async () => {
  await using proxy = await SocksProxy.start({ refuses: true });
  const to = ['-h', 'broker.invalid', '-p', '1'];
  assert.deepEqual(await ending([...to, '--proxy', proxy.url()]), [1, 'Unable to connect (Proxy error.).']);
  const nobody = `socks5h://127.0.0.1:${await freePort()}`;
  assert.deepEqual(await ending([...to, '--proxy', nobody]), [1, 'Error: Connection refused']);
});

test('-A chooses the address to come from', async () => {
  await using broker = await FakeBroker.start();
  const addresses: (string | undefined)[] = [];
  await using other = await FakeBroker.start((packet, { socket }) => {
    if (packet.type === 'connect') addresses.push(socket.remoteAddress);
    return false;
  });
  assert.deepEqual(await ending([...other.address, '-A', '127.0.0.9']), [0, '']);
  assert.deepEqual(addresses, ['127.0.0.9']);
  assert.deepEqual(await ending([...broker.address, '-A', '192.0.2.1']), [
    1,
    'Error: Cannot assign requested address',
  ]);
  const unknown = await ending([...broker.address, '-A', 'no.such.name.invalid']);
  assert.deepEqual(unknown, [1, 'Unable to connect (Lookup error.).']);
});

test('a name that nobody knows', async () => {
  assert.deepEqual(await ending(['-h', 'no.such.name.invalid']), [1, 'Unable to connect (Lookup error.).']);
  assert.deepEqual(await ending(['-h', '']), [1, 'Unable to connect (Lookup error.).']);
});

test('a port that there is not', async () => {
  const url = ['-L', 'mqtt://127.0.0.1:65536/a'];
  assert.deepEqual(await ending(url), [1, 'Unable to connect (Invalid input.).']);
});
