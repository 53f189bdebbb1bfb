/** Files of secrets: what is read, what is refused, what is said of their permissions. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSensitiveFile } from './sensitive-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'zanzara-secret-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const read = (path: string, allowSymlinks = false): ReturnType<typeof readSensitiveFile> =>
  readSensitiveFile(path, { allowSymlinks });

test('a file that only its owner reads comes without a word', () => {
  assert.deepEqual(read(file('plain', 'grün:1\n')), { ok: true, value: 'grün:1\n', problems: [] });
  assert.deepEqual(read(file('empty', '')), { ok: true, value: '', problems: [] });
});

test('a byte order mark is not part of the text', () => {
  assert.deepEqual(read(file('bom', '\uFEFFa:1')), { ok: true, value: 'a:1', problems: [] });
});

test('what others may read is told in the words of Mosquitto', () => {
  for (const mode of [0o604, 0o602, 0o601]) {
    const path = file('open', 'a:1', mode);
    const { ok, problems } = read(path);
    assert.ok(ok);
    assert.deepEqual(
      problems.map(({ level, text }) => [level, text]),
      [
        [
          'warning',
          `Warning: File ${path} has world readable permissions. Future versions will refuse to load this file.`,
        ],
        ['warning', `To fix this, use \`chmod 0700 ${path}\`.`],
      ],
    );
  }
});

test('a file of another user and group is told', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  const path = file('theirs', 'a:1');
  chownSync(path, 1, 1);
  const future = 'Future versions will refuse to load this file.';
  assert.deepEqual(
    read(path).problems.map(({ text }) => text),
    [
      `Warning: File ${path} owner is not root. ${future}To fix this, use \`chown root ${path}\`.`,
      `Warning: File ${path} group is not root. ${future}`,
    ],
  );
});

test('a link is refused unless links are allowed', () => {
  const link = join(folder, 'link');
  symlinkSync(file('target', 'a:1'), link);
  const refused = read(link);
  assert.ok(!refused.ok);
  assert.match(refused.problems[0]?.hint ?? '', /symbolic link/);
  assert.deepEqual(read(link, true), { ok: true, value: 'a:1', problems: [] });
});

test('a folder and a pipe are no files, and nobody waits for them', () => {
  const directory = join(folder, 'directory');
  mkdirSync(directory);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [directory, pipe, '/dev/zero']) {
    const { ok, problems } = read(path);
    assert.ok(!ok);
    assert.deepEqual(problems, [{ level: 'error', text: `Error: ${path} is not a file.`, file: path }]);
  }
});

test('a file that is not there is an error, in the words of its kind', () => {
  const path = join(folder, 'missing');
  const hint = 'No such file or directory.';
  const general = { level: 'error', text: `Error: Unable to open "${path}".`, file: path, hint };
  assert.deepEqual(read(path), { ok: false, problems: [general] });
  const unopened = `Error: Unable to open pwfile "${path}".`;
  const own = readSensitiveFile(path, { allowSymlinks: false, unopened });
  assert.deepEqual(own, { ok: false, problems: [{ ...general, text: unopened }] });
});

/** Lines in the encoding of old: one byte a character. */
function latin(...lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.join('\n'), 'latin1');
}

test('the line that is no UTF-8 is named', () => {
  const lines: readonly (readonly [Uint8Array, number])[] = [
    [latin('gr\xfcn:1'), 1],
    [latin('a:1', 'gr\xfcn:1', 'b:\xff', ''), 2],
    [latin('a:1', '', '\xc3'), 3],
  ];
  for (const [content, line] of lines) {
    const { ok, problems } = read(file('encoding', content));
    assert.ok(!ok);
    assert.equal(problems[0]?.line, line);
    assert.equal(problems[0]?.level, 'error');
  }
});
