/** The architecture, executable: layers, purity, names, dead files. The layer table is that of docs/ARCHITECTURE.md. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { VERSION } from '../src/server/version.ts';

/** What each layer may import besides itself. Lowest first. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  topic: ['base'],
  flow: ['protocol', 'base'],
  broker: ['flow', 'topic', 'protocol', 'base'],
  client: ['flow', 'topic', 'protocol', 'base'],
  transport: ['broker', 'base'],
  access: ['broker', 'topic', 'protocol', 'base'],
  plugin: ['access', 'broker', 'topic', 'protocol', 'base'],
  store: ['broker', 'flow', 'topic', 'protocol', 'base'],
  config: ['base'],
  server: ['plugin', 'transport', 'access', 'store', 'config', 'broker', 'flow', 'topic', 'protocol', 'base'],
  cli: ['server', 'client', 'config', 'access', 'store', 'protocol', 'topic', 'base'],
};

/** Layers that touch nothing: no `node:` module, no clock, no timer, no process. */
const PURE: ReadonlySet<string> = new Set(['base', 'protocol', 'topic', 'flow', 'broker']);

/** Node modules and packages that a layer that is not pure may touch. */
const MAY_TOUCH: Readonly<Record<string, readonly string[]>> = {
  client: ['node:net', 'node:tls', 'node:fs', 'node:path', 'node:url', 'node:sqlite', 'ws', 'socks'],
  transport: [
    'node:net',
    'node:tls',
    'node:fs',
    'node:path',
    'node:http',
    'node:crypto',
    'node:stream',
    'ws',
  ],
  access: ['node:fs', 'node:crypto', 'node:path', 'node:http', 'node:https', 'jose'],
  plugin: ['node:path', 'node:url', 'node:fs', 'node:async_hooks'],
  store: ['node:sqlite', 'node:fs', 'node:path', 'node:url', 'node:worker_threads'],
  config: ['node:fs', 'node:path'],
};

const GLOBALS = /\b(?:setTimeout|setInterval|setImmediate|Date\.now|performance|process\.|console|fetch)\b/;

/** Files that are started or imported from outside. */
const ENTRIES: ReadonlySet<string> = new Set([
  'src/index.ts',
  'src/client/index.ts',
  'src/client/index.browser.ts',
  'src/client/mosquitto.ts',
  'src/protocol/index.ts',
  'src/cli/bin/zanzara.ts',
  'src/cli/manual/pages.ts',
  'src/config/document.ts',
]);

const FORBIDDEN_NAMES =
  /(?:^|\/)(?:utils?|helpers?|common|core|misc|types|manager)(?:\.ts$|\/)|Manager|Impl\b/;

const sources = globSync('src/**/*.ts')
  .filter((file) => !file.endsWith('.test.ts'))
  .toSorted();

interface Source {
  readonly file: string;
  readonly layer: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly string[];
}

function parse(file: string): Source {
  const text = readFileSync(file, 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const statements = /^(?:import|export)\b[^;'"]*\sfrom\s+'([^']+)'|\bimport\s*\(?'([^']+)'/gm;
  const imports = [...code.matchAll(statements)].map(([, one, other]) => one ?? other!);
  const [, layer = ''] = file.split('/');
  return { file, layer: layer.endsWith('.ts') ? 'index' : layer, text, code, imports };
}

const all = sources.map(parse);

test('every folder of src is a layer', () => {
  const layers = new Set(all.map(({ layer }) => layer));
  layers.delete('index');
  assert.deepEqual(
    [...layers].filter((layer) => LAYERS[layer] === undefined),
    [],
  );
});

test('imports go downward only', () => {
  const wrong = all.flatMap(({ file, layer, imports }) =>
    imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => join(dirname(file), specifier).split('/')[1]!)
      .filter((to) => to !== layer && layer !== 'index' && !LAYERS[layer]?.includes(to))
      .map((to) => `${file} imports ${to}/`),
  );
  assert.deepEqual(wrong, []);
});

test('the layers themselves have no cycle', () => {
  const names = Object.keys(LAYERS);
  for (const [at, name] of names.entries()) {
    for (const below of LAYERS[name]!)
      assert.ok(names.indexOf(below) < at, `${name} may import ${below}, which stands above it`);
  }
});

test('the core is pure, and others touch only what they may', () => {
  const wrong = all.flatMap(({ file, layer, imports, code }) => {
    const outside = imports.filter((specifier) => !specifier.startsWith('.'));
    if (PURE.has(layer))
      return [...outside, ...(GLOBALS.exec(code) ?? [])].map((what) => `${file} touches ${what}`);
    const allowed = MAY_TOUCH[layer];
    return allowed === undefined
      ? []
      : outside.filter((what) => !allowed.includes(what)).map((what) => `${file} touches ${what}`);
  });
  assert.deepEqual(wrong, []);
});

test('Buffer is known to one file of the core', () => {
  const wrong = all.filter(
    ({ file, layer, code }) => PURE.has(layer) && file !== 'src/protocol/bytes.ts' && /\bBuffer\b/.test(code),
  );
  assert.deepEqual(
    wrong.map(({ file }) => file),
    [],
  );
});

test('no file is dead', () => {
  const imported = new Set(
    all.flatMap(({ file, imports }) => imports.map((to) => normalize(join(dirname(file), to)))),
  );
  assert.deepEqual(
    sources.filter((file) => !imported.has(file) && !ENTRIES.has(file)),
    [],
  );
});

test('names are true: no drawers for odds and ends', () => {
  assert.deepEqual(
    sources.filter((file) => FORBIDDEN_NAMES.test(file)),
    [],
  );
  assert.deepEqual(
    sources.filter((file) => !/^[a-z0-9.-]+$/.test(basename(file))),
    [],
  );
});

test('every file says in its first line what it is', () => {
  const silent = all.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text));
  assert.deepEqual(
    silent.map(({ file }) => file),
    [],
  );
});

test('no empty catch', () => {
  assert.deepEqual(
    all.filter(({ code }) => /catch\s*(?:\([^)]*\))?\s*\{\s*\}/.test(code)).map(({ file }) => file),
    [],
  );
});

test('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(VERSION, version);
});

test('docs/ARCHITECTURE.md has the layer table of this test', () => {
  const page = readFileSync('docs/ARCHITECTURE.md', 'utf8');
  for (const [layer, below] of Object.entries(LAYERS)) {
    const row = `| \`${layer}/\` | ${below.length === 0 ? '–' : below.join(', ')} |`;
    assert.ok(page.includes(row), `docs/ARCHITECTURE.md lacks the row ${row}`);
  }
});

test('nothing tells where it was made', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
  // Written so that this file does not tell it either
  const telling = /\/wor[k]\/|\/roo[t]\/|registry[.]npmj[s]|"resolve[d]"/;
  const wrong = tracked.filter((file) => telling.test(readFileSync(file, 'utf8')));
  assert.deepEqual(wrong, []);
});
