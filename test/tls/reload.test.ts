/** New certificates in a broker that runs: by SIGHUP, and by themselves. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program } from '../cli/program.ts';
import { testWithOpenssl } from './authority.ts';
import type { KeyPair } from './authority.ts';
import { configOf, openTls, publish, showing, stage, trusting } from './stage.ts';
import type { Stage } from './stage.ts';

const PATIENCE_MS = 30_000;

/** Whose certificate the broker shows to a client that comes now. */
async function nameOf(port: number): Promise<string | undefined> {
  const client: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(client, 'secureConnect');
  const { subject } = client.getPeerCertificate();
  client.destroy();
  return subject.CN as string;
}

/** Waits until the broker shows another certificate. */
async function untilNamed(port: number, name: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let shown = await nameOf(port); shown !== name; shown = await nameOf(port)) {
    assert.ok(Date.now() < deadline, `it still shows ${shown}`);
    await sleep(50);
  }
}

/** The stage with a server's certificate in two files that can be replaced. */
async function replaceable(): Promise<Stage & { readonly own: KeyPair }> {
  const on = await stage();
  const own = { certificate: on.scratch.at('own.crt'), key: on.scratch.at('own.key') };
  replace(own, on.root.server('one'));
  const listener = `listener ${on.port} 127.0.0.1\ncafile ${on.root.certificate}\ncertfile ${own.certificate}\nkeyfile ${own.key}\n`;
  return { ...on, own, listener };
}

function replace(old: KeyPair, next: KeyPair): void {
  for (const file of ['certificate', 'key'] as const) {
    copyFileSync(next[file], `${old[file]}.new`);
    chmodSync(`${old[file]}.new`, 0o644);
    renameSync(`${old[file]}.new`, old[file]);
  }
}

testWithOpenssl('SIGHUP: new certificates for those who come; those who are there stay', async () => {
  const on = await replaceable();
  await using broker = await openTls(on);
  await using sub = new Program(['mosquitto_sub', ...trusting(on), '-i', 'sub', '-t', 'a/#', '-C', '1']);
  await broker.program.until('Sending SUBACK to sub');
  assert.equal(await nameOf(on.port), 'one');
  replace(on.own, on.root.server('two'));
  broker.program.signal('SIGHUP');
  assert.equal(await nameOf(on.port), 'two'); // in force before the next connection is served
  assert.equal((await publish(...trusting(on))).code, 0);
  assert.equal((await sub.result()).stdout, 'hello\n');
});

testWithOpenssl('SIGHUP: a broken file leaves the old certificate, and is named', async () => {
  const on = await replaceable();
  await using broker = await openTls(on);
  const { certificate, key } = on.own;
  const good = readFileSync(certificate, 'utf8');
  writeFileSync(certificate, good.slice(0, 100));
  broker.program.signal('SIGHUP');
  await broker.program.until(
    `Error when reloading certificate '${certificate}' or key '${key}'.\nError: Unable to load server certificate "${certificate}". Check certfile.\nOpenSSL Error[0]: `,
  );
  await broker.program.until(new RegExp(`^${broker.file}:\\d+: .*certificate`, 'm'));
  assert.equal(await nameOf(on.port), 'one');
  replace(on.own, { certificate: on.root.server('two').certificate, key });
  broker.program.signal('SIGHUP');
  await broker.program.until(
    'OpenSSL Error[0]: error:05800074:x509 certificate routines::key values mismatch\n',
  );
  assert.equal(await nameOf(on.port), 'one');
  writeFileSync(certificate, good);
  broker.program.signal('SIGHUP');
  assert.equal((await publish(...trusting(on))).code, 0);
});

testWithOpenssl('SIGHUP: lists, authorities, demands and versions', async () => {
  const on = await replaceable();
  const client = on.root.issue('client');
  const other = on.root.authority('other').issue('lone');
  const list = on.root.list('list.crl');
  await using broker = await openTls(on, `require_certificate true\ncrlfile ${list}`);
  const isAccepted = async (...args: readonly string[]): Promise<boolean> =>
    (await publish(...trusting(on), ...args)).code === 0;
  const reload = (lines: string): void => {
    writeFileSync(broker.file, configOf(on, lines));
    broker.program.signal('SIGHUP');
  };
  assert.equal(await isAccepted(...showing(client)), true);
  on.root.revoke(client);
  on.root.list('list.crl');
  broker.program.signal('SIGHUP');
  assert.equal(await isAccepted(...showing(client)), false);
  reload('require_certificate true');
  assert.equal(await isAccepted(...showing(client)), true);
  assert.equal(await isAccepted(...showing(other)), false);
  assert.equal(await isAccepted(), false);
  reload('');
  assert.equal(await isAccepted(), true);
  reload('tls_version tlsv1.3');
  await broker.program.until(/(?:Reloading config\.[^]*){4}/);
  await assert.rejects(async () => {
    const old = connect({
      port: on.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
    });
    await once(old, 'secureConnect');
  });
});

testWithOpenssl('tls_reload_on_change: files renamed into place', async () => {
  const on = await replaceable();
  await using broker = await openTls(on, 'tls_reload_on_change true');
  assert.equal(await nameOf(on.port), 'one');
  replace(on.own, on.root.server('two'));
  await untilNamed(on.port, 'two');
  writeFileSync(on.own.certificate, 'nothing');
  await broker.program.until(
    `Error: Unable to load server certificate "${on.own.certificate}". Check certfile.`,
  );
  assert.equal(await nameOf(on.port), 'two');
  replace(on.own, on.root.server('three'));
  await untilNamed(on.port, 'three');
});

testWithOpenssl('tls_reload_on_change: a directory that is exchanged by its link', async () => {
  const on = await stage();
  const { scratch, root, port } = on;
  for (const name of ['one', 'two']) {
    const { certificate, key } = root.server(name);
    mkdirSync(scratch.at(`..${name}`));
    copyFileSync(certificate, scratch.at(`..${name}/tls.crt`));
    copyFileSync(key, scratch.at(`..${name}/tls.key`));
    chmodSync(scratch.at(`..${name}/tls.key`), 0o644);
  }
  // As a secret is mounted in a container: each file is a link through ..data, which is replaced as one
  symlinkSync('..one', scratch.at('..data'));
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(`..data/${file}`, scratch.at(file));
  const listener = `listener ${port} 127.0.0.1\ncertfile ${scratch.at('tls.crt')}\nkeyfile ${scratch.at('tls.key')}\n`;
  await using broker = await openTls({ ...on, listener }, 'tls_reload_on_change true');
  assert.equal(await nameOf(port), 'one');
  symlinkSync('..two', scratch.at('..data_tmp'));
  renameSync(scratch.at('..data_tmp'), scratch.at('..data'));
  await untilNamed(port, 'two');
  assert.doesNotMatch(broker.program.stderr, /Error/);
});

testWithOpenssl('tls_reload_on_change can be turned on by a reload', async () => {
  const on = await replaceable();
  await using broker = await openTls(on);
  writeFileSync(broker.file, configOf(on, 'tls_reload_on_change true'));
  broker.program.signal('SIGHUP');
  await broker.program.until('Reloading config.');
  replace(on.own, on.root.server('two'));
  await untilNamed(on.port, 'two');
});
