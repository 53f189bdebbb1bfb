/** The snippets of the README, as a new user would paste them: each is run, against a broker where it needs one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, run, Scratch, startZanzara } from '../cli/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Where the package's entries are in the sources. */
const ENTRIES: Readonly<Record<string, string>> = {
  zanzara: 'src/index.ts',
  'zanzara/client': 'src/client/index.ts',
  'zanzara/mosquitto': 'src/client/mosquitto.ts',
};

const snippets = README.matchAll(/```ts\n([^]*?)```/g)
  .map(([, code]) => code!)
  .toArray();

/** What each prints, by the entry that it imports. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  zanzara: /127\.0\.0\.1/,
  'zanzara/client': /^greeting\/world hello\n$/,
  'zanzara/mosquitto': /^greeting\/world hello\n$/,
};

/** A snippet that runs here: the package's sources, and a port of its own. */
function runnable(code: string, port: number): string {
  return code
    .replaceAll(/from '(zanzara[^']*)'/g, (_, entry: string) => `from '${join(ROOT, ENTRIES[entry]!)}'`)
    .replaceAll('mqtt://localhost', `mqtt://127.0.0.1:${port}`)
    .replaceAll("'localhost', 1883", `'127.0.0.1', ${port}`)
    .replaceAll('listener 1883', `listener ${port}`);
}

test('there is one snippet for each way to use it', () => {
  assert.deepEqual(
    snippets.map((code) => /from '(.*)'/.exec(code)?.[1]),
    Object.keys(PRINTED),
  );
});

for (const code of snippets) {
  const entry = /from '(.*)'/.exec(code)?.[1] ?? '';
  test(`${entry}: the snippet does what it says`, async () => {
    using scratch = new Scratch();
    await using broker = entry === 'zanzara' ? undefined : await startZanzara('');
    const file = scratch.file('snippet.ts', runnable(code, broker?.port ?? (await freePort())));
    const ended = await run([process.execPath, file]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, PRINTED[entry]!);
  });
}
