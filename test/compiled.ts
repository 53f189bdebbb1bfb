/** The program compiled once, for all the processes of it that tests start. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * `NODE_COMPILE_CACHE` of the processes that tests start: with it they start with a third of the work. Absolute, for
 * they run in folders of their own. Those that begin as root and go on as somebody else only read it.
 */
export const COMPILED: string = fileURLToPath(new URL('../node_modules/.cache/zanzara', import.meta.url));

/** Layers of which a broker loads modules only where its configuration asks for them, which is as somebody else. */
const LAYERS = fileURLToPath(new URL('../src/{access,plugin,server,store,transport}', import.meta.url));
/** Thread of its own; cannot be imported. */
const THREAD = 'sqlite-thread.ts';

/** What `node --test-global-setup` calls first: fills the cache as who starts the tests, and lets everybody read it. */
export function globalSetup(): void {
  const modules = globSync(`${LAYERS}/*.ts`).filter(
    (file) => !file.endsWith('.test.ts') && !file.endsWith(THREAD),
  );
  const load = 'for (const file of process.argv.slice(1)) await import(file)';
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', load, ...modules],
    { env: { ...process.env, NODE_COMPILE_CACHE: COMPILED }, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  for (const file of globSync(`${COMPILED}/*/*`)) chmodSync(file, 0o644);
}
