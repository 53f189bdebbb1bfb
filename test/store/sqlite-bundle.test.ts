/** The store in a program that was bundled, where its thread stands in a chunk together with other files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { place } from './sqlite-scene.ts';

const STORE = join(import.meta.dirname, '../../src/store/sqlite-store.ts');

test('a bundled program commits and reads', async (t) => {
  const path = place(t);
  const directory = dirname(path);
  writeFileSync(
    join(directory, 'main.mjs'),
    `const { openSqlite } = await import(${JSON.stringify(STORE)});
    for (let time = 0; time < 2; time++) {
      const store = openSqlite({ path: ${JSON.stringify(path)}, synchronous: 'full', pageSize: 4096 });
      console.log([...store.load()].map(({ kind }) => kind).join());
      await store.commit([{ kind: 'session', session: { clientId: 'c', port: 0, expiryInterval: 1, expiresAt: 0, willAt: 0, seenAt: 0 } }]);
      await store.close();
    }`,
  );
  const outdir = join(directory, 'dist');
  await build({
    entryPoints: [join(directory, 'main.mjs')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    outdir,
    chunkNames: 'chunk/[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
  });
  const output = execFileSync(process.execPath, [join(outdir, 'main.mjs')], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(output, '\nsession\n');
});
