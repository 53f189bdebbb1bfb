import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import { includedNames } from './files.ts';
import { readConfig } from './read.ts';

const home = mkdtempSync(join(tmpdir(), 'zanzara-config-'));
after(() => rmSync(home, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(home, name), text);
  return join(home, name);
}

const lines = (file: string): string[] => readConfig(file).diagnostics.flatMap(formatDiagnostic);

test('include_dir takes .conf files, sorted by byte, upper case next to lower', () => {
  const names = ['b.conf', '.conf', 'a.conf', 'A.conf', '.x.conf', 'B.CONF', 'aB.conf', 'Ab.conf', 'a.conf~'];
  assert.deepEqual(includedNames(names), ['.x.conf', 'A.conf', 'Ab.conf', 'a.conf', 'aB.conf', 'b.conf']);
  const odd = ['10.conf', '9.conf', '_.conf', 'é.conf', 'z.conf', '1.conf'];
  assert.deepEqual(includedNames(odd), ['1.conf', '10.conf', '9.conf', 'z.conf', '_.conf', 'é.conf']);
});

test('a file and its directory are read from disk', () => {
  mkdirSync(join(home, 'conf.d', 'sub.d'), { recursive: true });
  write('conf.d/b.conf', 'max_keepalive 2\n');
  write('conf.d/a.conf', 'max_keepalive 1\nsys_interval 1\n');
  write('conf.d/readme', 'not read\n');
  const result = readConfig(write('main.conf', `include_dir ${join(home, 'conf.d')}\n`));
  assert.ok(result.ok);
  assert.deepEqual([result.config.global.max_keepalive, result.config.global.sys_interval], [2, 1]);
});

test('a directory in include_dir whose name fits is an error', () => {
  mkdirSync(join(home, 'odd.d', 'x.conf'), { recursive: true });
  const result = readConfig(write('odd.conf', `include_dir ${join(home, 'odd.d')}\n`));
  assert.equal(
    result.diagnostics.at(-1)?.text,
    `Error: Config file '${join(home, 'odd.d')}/x.conf' is a directory.`,
  );
});

test('a file that cannot be read', () => {
  const nowhere = join(home, 'nowhere.conf');
  const [first, second] = lines(nowhere);
  assert.equal(first, `Error: Unable to open config file '${nowhere}'.`);
  assert.equal(second, `${nowhere}: No such file or directory`);
  assert.equal(lines(home)[0], `Error: Config file '${home}' is a directory.`);
});

test('without a file there are the defaults', () => {
  const result = readConfig();
  assert.ok(result.ok);
  assert.equal(result.config.file, undefined);
  assert.ok(result.config.localOnly);
});
