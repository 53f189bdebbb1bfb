/** What is said when the TLS options of a listener are wrong: Mosquitto's lines, and what to do about it. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { run, zanzara } from '../cli/program.ts';
import { BROKER } from '../interop/mosquitto.ts';
import { EC, openssl, RSA, testWithOpenssl } from './authority.ts';
import { configOf, openTls, stage } from './stage.ts';
import type { Stage } from './stage.ts';

/** A line that replaces the listener's own of that option, or comes on top. */
function withLine({ listener, ...on }: Stage, line: string): Stage {
  const [option = ''] = line.split(' ');
  const others = listener.split('\n').filter((other) => !other.startsWith(`${option} `));
  return { ...on, listener: [...others.filter(Boolean), line, ''].join('\n') };
}

/** What a broker says between its start and its end, when it does not run. */
async function complaint(command: readonly string[], code = 1): Promise<string[]> {
  const ended = await run(command);
  assert.equal(ended.code, code, ended.stderr);
  return ended.stderr
    .split('\n')
    .filter(
      (line) =>
        /^(?:Error|OpenSSL|Warning: [^M]|\S+z\.conf:)/.test(line) && !line.startsWith('Error: No such file'),
    );
}

/** Lines that stand in the configuration, and the option that Zanzara says is wrong with a word of its advice. */
const MISTAKES: readonly (readonly [line: string, advice: RegExp])[] = [
  ['certfile {scratch}/none', /There is no such file\./],
  ['certfile {ca key}', /holds no certificate/],
  ['keyfile {scratch}/none', /There is no such file\./],
  ['keyfile {ca key}', /not that of the first certificate in certfile/],
  ['keyfile {ca}', /no private key that OpenSSL can read/],
  ['cafile {scratch}/none', /There is no such file\./],
  ['cafile {ca key}', /holds no certificate/],
  ['crlfile {scratch}/none', /There is no such file\./],
  ['crlfile {ca}', /no list of revoked certificates/],
  ['ciphers nonsense', /OpenSSL knows none of them/],
  ['ciphers_tls1.3 nonsense', /begin with TLS_/],
  ['tls_version tlsv9', /tlsv1\.1, tlsv1\.2 and tlsv1\.3/],
];

for (const [pattern, advice] of MISTAKES) {
  testWithOpenssl(`${pattern}: as Mosquitto says it, and what is wrong`, async () => {
    const on = await stage();
    using scratch = on.scratch;
    const line = pattern
      .replace('{scratch}', scratch.path)
      .replace('{ca key}', on.root.key)
      .replace('{ca}', on.root.certificate);
    const wrong = withLine(on, line);
    const file = scratch.file('z.conf', configOf(wrong, ''));
    const [ours, theirs] = [
      await complaint(zanzara('-c', file)),
      await complaint([BROKER ?? 'mosquitto', '-c', file]),
    ];
    const at = configOf(wrong, '').split('\n').indexOf(line) + 1;
    assert.deepEqual(
      ours.slice(0, -2),
      theirs.filter((text) => text !== 'Error: Protocol not available'),
    );
    assert.equal(ours.at(-2), `Error found at ${file}:${at}.`);
    const hint = ours.at(-1) ?? '';
    assert.ok(hint.startsWith(`${file}:${at}: `), hint);
    assert.match(hint, advice);
  });
}

testWithOpenssl('all that is wrong is said at once', async () => {
  const on = await stage();
  using scratch = on.scratch;
  const wrong = [`cafile ${scratch.at('none')}`, 'ciphers nonsense', 'tls_version 7'].reduce(withLine, on);
  const lines = await complaint(zanzara('-c', scratch.file('z.conf', configOf(wrong, ''))));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('Error: ')),
    [
      `Error: Unable to load CA certificates. Check cafile "${scratch.at('none')}".`,
      'Error: Unsupported tls_version "7".',
      'Error: Unable to set TLS ciphers. Check cipher list "nonsense".',
    ],
  );
});

testWithOpenssl(
  'keys with a passphrase, certificates that are too weak, directories that are none',
  async () => {
    const on = await stage();
    using scratch = on.scratch;
    const locked = scratch.at('locked.key');
    openssl('pkey', '-in', on.server.key, '-out', locked, '-aes128', '-passout', 'pass:secret');
    const secret = scratch.file('secret.key', readFileSync(on.server.key, 'utf8'));
    chmodSync(locked, 0o644);
    chmodSync(secret, 0o600);
    const weak = on.root.server('weak', { key: [...RSA.slice(0, 3), 'rsa_keygen_bits:1024'] });
    const broken = scratch.file(
      'broken.crt',
      readFileSync(on.server.certificate, 'utf8').replace(/MII/, 'AAA'),
    );
    for (const [lines, text, advice] of [
      [[`keyfile ${locked}`], /Unable to load server key file/, /needs a passphrase/],
      [
        [`certfile ${weak.certificate}`, `keyfile ${weak.key}`],
        /Unable to load server certificate/,
        /ee key too small/,
      ],
      [[`certfile ${broken}`], /Unable to load server certificate/, /OpenSSL does not take it/],
      [
        [`capath ${scratch.at('none')}`],
        /Unable to load CA certificates\. Check capath/,
        /There is no such file/,
      ],
      [[`capath ${on.root.certificate}`], /Check capath/, /is a file and no directory/],
      [[`cafile ${scratch.path}`], /Check cafile/, /It is a directory/],
      ...(process.getuid?.() === 0
        ? [[[`keyfile ${secret}`], /server key file/, /user that the broker runs as/] as const]
        : []),
    ] as const) {
      const wrong = [...lines].reduce(withLine, on);
      const said = await complaint(zanzara('-c', scratch.file('z.conf', configOf(wrong, ''))));
      assert.match(said[0] ?? '', text);
      assert.match(said.at(-1) ?? '', advice);
    }
  },
);

testWithOpenssl('what works and may surprise is a warning', async () => {
  const on = await stage();
  const { root } = on;
  const old = root.server('old', { fromDays: -9, toDays: -8, key: EC });
  const list = root.list('old.crl', { toDays: -2 });
  const lines = [
    `certfile ${old.certificate}`,
    `keyfile ${old.key}`,
    `crlfile ${list}`,
    'require_certificate true',
  ];
  const wrong = lines.reduce(withLine, on);
  const withoutCa = { ...wrong, listener: wrong.listener.replace(/^cafile .*\n/m, '') };
  await using broker = await openTls(withoutCa);
  for (const warning of [
    /^Warning: The certificate in \S+old\.crt has expired \(\d{4}-\d\d-\d\d\): clients will refuse it\.$/m,
    /^Warning: A list in \S+old\.crl is out of date since \d{4}-\d\d-\d\d: /m,
    /^Warning: require_certificate without cafile or capath: /m,
  ])
    assert.match(broker.program.stderr, warning);
});
