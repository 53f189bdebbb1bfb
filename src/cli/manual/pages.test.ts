/** The manual pages: their files are those of the tables, and what they say is so. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { optionNames } from '../../config/options.ts';
import { BROKER_OPTIONS } from '../broker-arguments.ts';
import { EXIT } from '../broker-exit.ts';
import { COMMAND_TEXTS } from '../command-list.ts';
import { LINKS } from '../link-tools.ts';
import { manualFile, PAGES } from './pages.ts';
import { roff } from './roff.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A formatter and how it is asked for warnings. Their absence is no fault: pages are plain text. */
const CRITICS = [
  { program: 'man', args: ['--warnings', '-l', '-Tutf8'], shows: 'standard error' },
  { program: 'mandoc', args: ['-Tlint'], shows: 'standard output' },
] as const;

/** All terms of a page. */
function termsOf(name: string): readonly string[] {
  const page = PAGES.find((one) => one.name === name);
  return page?.parts.flatMap(({ entries = [] }) => entries.map(({ term }) => term)) ?? [];
}

/** Names that stand in sources in a certain way. */
function namesIn(files: readonly string[], pattern: RegExp): string[] {
  const texts = files.map((file) => readFileSync(`${ROOT}${file}`, 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!));
}

for (const page of PAGES) {
  const file = manualFile(page);
  test(`${file} is up to date: node src/cli/manual/pages.ts`, () => {
    assert.equal(readFileSync(`${ROOT}${file}`, 'utf8'), roff(page));
  });
}

for (const { program, args, shows } of CRITICS) {
  test(`${program} shows all pages without a warning`, (t) => {
    if (spawnSync(program, ['--version']).error !== undefined) {
      t.skip(`${program} is not installed`);
      return;
    }
    for (const page of PAGES) {
      const { stderr, stdout } = spawnSync(program, [...args, `${ROOT}${manualFile(page)}`], {
        encoding: 'utf8',
      });
      assert.equal(shows === 'standard error' ? stderr : stdout + stderr, '', page.name);
    }
  });
}

test('a package has all pages, and no other', () => {
  const { man } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { man: string[] };
  const files = PAGES.map(manualFile);
  assert.deepEqual(man, files);
  assert.deepEqual(
    readdirSync(`${ROOT}man`)
      .map((file) => `man/${file}`)
      .toSorted(),
    files.toSorted(),
  );
});

test('pages that are named exist: in pages, in helps, in messages', () => {
  const pages = new Set(PAGES.map(({ name, chapter }) => `${name}(${chapter})`));
  const sources = globSync('src/cli/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
  const named = namesIn(sources, /\b((?:zanzara|mosquitto)[a-z_.-]*\(\d\))/g);
  assert.ok(named.length > PAGES.length);
  assert.deepEqual(
    [...new Set(named)].filter((name) => !pages.has(name)),
    [],
  );
  assert.deepEqual(
    PAGES.flatMap(({ seeAlso }) => seeAlso).filter((name) => !pages.has(name)),
    [],
  );
});

test('the overview has every command, and each command its page', () => {
  const commands = Object.keys(COMMAND_TEXTS);
  assert.deepEqual(
    termsOf('zanzara').filter((term) => !/^\d+$/.test(term)),
    commands,
  );
});

test('the page of the broker has its options, exit codes, signals and variables', () => {
  const terms = termsOf('zanzara-broker');
  const words = new Set(terms.flatMap((term) => term.split(', ')));
  const server = globSync('src/server/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
  const wanted = [
    ...BROKER_OPTIONS.flatMap(({ names }) => names),
    ...Object.values(EXIT).map(String),
    ...namesIn(['src/cli/broker.ts'], /process\.on\('(SIG\w+)'/g),
    ...namesIn([...server, 'src/cli/broker.ts'], /(?:env\[|readId\()'(\w+)'/g),
  ];
  assert.deepEqual(
    wanted.filter((word) => !words.has(word)),
    [],
  );
});

test('the page of the configuration has every option', () => {
  const terms = new Set(termsOf('zanzara.conf'));
  assert.deepEqual(
    optionNames.filter((name) => !terms.has(name)),
    [],
  );
});

test('the page of link-tools has every link', () => {
  const terms = new Set(termsOf('zanzara-link-tools'));
  assert.deepEqual(
    LINKS.filter(([name]) => !terms.has(name)),
    [],
  );
});
