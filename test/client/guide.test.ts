/** docs/client.md says what is so: its programs are checked and run, and its reference is complete. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, Program, run, Scratch, zanzara } from '../cli/program.ts';
import { SocksProxy } from '../cli/tools/socks-proxy.ts';
import { Authority, testWithOpenssl } from '../tls/authority.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GUIDE = readFileSync(`${ROOT}docs/client.md`, 'utf8');

interface Example {
  /** The heading above it. */
  readonly title: string;
  readonly code: string;
  /** What it prints, where the page says it. */
  readonly output: string | undefined;
}

const examples: readonly Example[] = [
  ...GUIDE.matchAll(/^```ts\n([^]*?)^```\n(?:\n```text\n([^]*?)^```\n)?/gm),
].map(({ 1: code = '', 2: output, index }) => {
  const title = [...GUIDE.slice(0, index).matchAll(/^## (.*)$/gm)].at(-1)?.[1] ?? '';
  return { title, code, output };
});

describe('its programs', { concurrency: 2 }, () => {
  let scratch: Scratch;
  let broker: Program;
  let proxy: SocksProxy;
  const ports: Record<'tcp' | 'tls' | 'psk' | 'ws', number> = { tcp: 0, tls: 0, psk: 0, ws: 0 };

  before(async () => {
    scratch = new Scratch();
    proxy = await SocksProxy.start();
    for (const name of ['tcp', 'tls', 'psk', 'ws'] as const) ports[name] = await freePort();
    const root = Authority.root(scratch);
    const { certificate, key } = root.server();
    copyFileSync(root.certificate, scratch.at('ca.crt'));
    const keys = scratch.file('keys', 'lamp:00112233445566778899aabbccddeeff\n');
    const lines = [
      `listener ${ports.tcp} 127.0.0.1\nallow_anonymous true`,
      `listener ${ports.tls} 127.0.0.1\ncertfile ${certificate}\nkeyfile ${key}`,
      `listener ${ports.psk} 127.0.0.1\npsk_hint a`,
      `listener 0 ${scratch.at('mqtt.sock')}`,
      `listener ${ports.ws} 127.0.0.1\nprotocol websockets`,
    ];
    broker = new Program(
      zanzara('-c', scratch.file('broker.conf', `user root\npsk_file ${keys}\n${lines.join('\n')}\n`)),
    );
    await broker.listens(ports.ws);
  });
  after(async () => {
    await broker.stop();
    await proxy[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  /** As its reader would have it, at the broker of this test. */
  const runnable = (code: string): string =>
    code
      .replaceAll("'zanzara/client'", `'${ROOT}src/client/index.ts'`)
      .replaceAll('mqtt://localhost', `mqtt://localhost:${ports.tcp}`)
      .replaceAll('mqtts://localhost:8883', `mqtts://localhost:${ports.tls}`)
      .replaceAll('mqtts://localhost:8884', `mqtts://localhost:${ports.psk}`)
      .replaceAll('/run/mqtt.sock', scratch.at('mqtt.sock'))
      .replaceAll('port: 1080', `port: ${proxy.port}`)
      .replaceAll('ws://localhost:8080', `ws://localhost:${ports.ws}`);

  for (const [at, { title, code, output }] of examples.entries())
    testWithOpenssl(`${at}: ${title}`, async () => {
      const file = scratch.file(`${at}/example.ts`, runnable(code));
      const { code: status, stdout, stderr } = await run([process.execPath, file], { cwd: scratch.path });
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
      if (output !== undefined) assert.equal(stdout, output);
    });

  test('have no type errors', async () => {
    using types = new Scratch();
    for (const [at, { code }] of examples.entries()) types.file(`${at}.ts`, code);
    const compilerOptions = {
      paths: { 'zanzara/client': [`${ROOT}src/client/index.ts`] },
      typeRoots: [`${ROOT}node_modules/@types`],
      isolatedDeclarations: false,
      declaration: false,
    };
    const config = types.file(
      'tsconfig.json',
      JSON.stringify({ extends: `${ROOT}tsconfig.json`, compilerOptions, include: ['*.ts'] }),
    );
    types.file('package.json', '{"type":"module"}');
    const { code, stdout } = await run([
      process.execPath,
      `${ROOT}node_modules/typescript/bin/tsc`,
      '-p',
      config,
    ]);
    assert.equal(code, 0, stdout);
  });
});

/** Members of an interface or a class: those that are not private, nor begin with a bracket. */
function membersOf(path: string, name: string): string[] {
  const source = readFileSync(`${ROOT}src/client/${path}`, 'utf8');
  const [, body = ''] =
    new RegExp(`(?:interface|class) ${name}\\b[^{]*\\{\\n([^]*?)\\n\\}`).exec(source) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly |get |async )*([a-z]\w*)(?:<.*>)?\??[(:]/gm)]
    .map(([, member]) => member!)
    .filter((member) => member !== 'constructor');
}

/** Not for programs. */
const INTERNAL = new Set(['start', 'push', 'end', 'isOverrun']);

test('its reference is complete', () => {
  const reference = GUIDE.slice(GUIDE.indexOf('## Reference'));
  for (const [path, name] of [
    ['options.ts', 'ClientOptions'],
    ['options.ts', 'PublishOptions'],
    ['options.ts', 'RequestOptions'],
    ['options.ts', 'CloseOptions'],
    ['options.ts', 'WillOptions'],
    ['options.ts', 'Authentication'],
    ['open.ts', 'TransportOptions'],
    ['backoff.ts', 'BackoffOptions'],
    ['subscription.ts', 'SubscribeOptions'],
    ['subscription.ts', 'Subscription'],
    ['message.ts', 'Message'],
    ['message.ts', 'Published'],
    ['events.ts', 'ClientEvents'],
    ['client.ts', 'Client'],
  ] as const) {
    const members = membersOf(path, name).filter((member) => !INTERNAL.has(member));
    assert.ok(members.length > 0, name);
    for (const member of members) assert.match(reference, new RegExp(`\\b${member}\\b`), `${name}.${member}`);
  }
  const codes = [...readFileSync(`${ROOT}src/client/error.ts`, 'utf8').matchAll(/^ {2}\| '(\w+)'/gm)];
  assert.ok(codes.length > 5);
  for (const [, code = ''] of codes) assert.ok(GUIDE.includes(`| \`${code}\` |`), code);
});
