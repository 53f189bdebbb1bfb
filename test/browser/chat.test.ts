/** examples/chat, as docs/client.md has it tried: a page, a program, mosquitto_sub and `zanzara pub` in one room. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { freePort, Program, run, Scratch, zanzara } from '../cli/program.ts';
import { isInstalled } from '../interop/mosquitto.ts';
import { openChromium, skip } from './chromium.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PATIENCE_MS = 30_000;

/** The folder of somebody who has installed the package and copied the example; with ports that are free here. */
async function folder(scratch: Scratch, ports: Readonly<Record<'mqtt' | 'ws', number>>): Promise<void> {
  cpSync(`${ROOT}examples/chat`, scratch.path, { recursive: true });
  const change = (name: string, from: string, to: string): void => {
    const text = readFileSync(scratch.at(name), 'utf8');
    assert.ok(text.includes(from), `${name}: ${from}`);
    writeFileSync(scratch.at(name), text.replace(from, to));
  };
  change('chat.conf', 'listener 1883', `user root\nlistener ${ports.mqtt}`);
  change('chat.conf', 'listener 8080', `listener ${ports.ws}`);
  change('chat.mts', 'mqtt://localhost', `mqtt://localhost:${ports.mqtt}`);
  const exports = { './client': './client.js' };
  scratch.file('node_modules/zanzara/package.json', JSON.stringify({ type: 'module', exports }));
  scratch.file('node_modules/zanzara/client.js', `export * from '${ROOT}src/client/index.ts';\n`);
  await build({
    entryPoints: [`${ROOT}src/client/index.browser.ts`],
    outfile: scratch.at('node_modules/zanzara/dist/client/index.browser.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'silent',
  });
}

test(
  'a page, a program, mosquitto_sub and zanzara pub hear each other',
  { skip: isInstalled ? skip : 'mosquitto-clients is not installed' },
  async () => {
    using scratch = new Scratch();
    const ports = { mqtt: await freePort(), ws: await freePort() };
    await folder(scratch, ports);
    const cwd = scratch.path;
    await using broker = new Program(zanzara('-c', 'chat.conf', '-v'), { cwd });
    await broker.until(/ running\n/);
    const at = ['-h', 'localhost', '-p', `${ports.mqtt}`, '-t', 'chat/room'];

    await using sub = new Program(['mosquitto_sub', ...at]);
    await broker.until('Sending SUBACK to ');
    await using browser = await openChromium();
    const page = await browser.newPage();
    await page.goto(`http://localhost:${ports.ws}/?name=eve`);
    await sub.until('eve is here\n', 'stdout');
    await using ada = new Program([process.execPath, 'chat.mts', 'ada'], { cwd });
    await sub.until('ada is here\n', 'stdout');

    const { code, stderr } = await run(zanzara('pub', ...at, '-m', 'cli: hello'));
    assert.equal(code, 0, stderr);
    await ada.until('cli: hello\n', 'stdout');
    await page.fill('input', 'hello, ada');
    await page.click('button');
    await ada.until('eve: hello, ada\n', 'stdout');
    ada.feed('hello, eve\n');
    assert.deepEqual(await ada.ended, { code: 0, stdout: 'cli: hello\neve: hello, ada\n', stderr: '' });

    await sub.until('ada is gone\n', 'stdout');
    await page.locator('li', { hasText: 'ada is gone' }).waitFor({ timeout: PATIENCE_MS });
    const all = [
      'eve is here',
      'ada is here',
      'cli: hello',
      'eve: hello, ada',
      'ada: hello, eve',
      'ada is gone',
    ];
    assert.deepEqual(await page.locator('li').allTextContents(), all);
    assert.equal(sub.stdout, `${all.join('\n')}\n`);
  },
);
