/** What `sub` loads before it is subscribed: little, or it would start slowly. Measured by bench/sub-start-up.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

/** Modules that a file loads when it is loaded, over all steps: files, and modules of Node's and of packages. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, specifier = ''] of text.matchAll(
    /^(?:import|export)(?! type)\b[^;'"]*\sfrom\s+'([^']+)'/gm,
  )) {
    if (!specifier.startsWith('.')) seen.add(specifier);
    else {
      const path = join(dirname(file), specifier);
      if (!seen.has(path)) loadedBy(path, seen);
    }
  }
  return seen;
}

const MOST = 75;

for (const tool of ['sub', 'pub', 'rr']) {
  test(`${tool} loads neither the broker nor what a plain connection does not need`, () => {
    const loaded = loadedBy(`src/cli/${tool}.ts`, loadedBy('src/cli/bin/zanzara.ts'));
    const heavy =
      /^(?:ws|socks|jose|node:(?:tls|http|https|crypto|sqlite|worker_threads|child_process|zlib|util))$|^src\/(?:broker|config|transport|access|store|admin|plugin)\//;
    assert.deepEqual(
      [...loaded].filter((name) => heavy.test(name)),
      [],
    );
    assert.ok(loaded.size <= MOST, `${loaded.size} modules`);
    assert.ok(loaded.size > 40, 'the walk finds them');
  });
}
