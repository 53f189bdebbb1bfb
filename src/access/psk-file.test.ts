/** Pre-shared keys from a file. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/runs.ts';
import { parsePskFile, pskFile } from './psk-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'zanzara-psk-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string): string {
  const path = join(folder, 'keys');
  writeFileSync(path, content);
  chmodSync(path, 0o600);
  return path;
}

/** The keys of a text in hexadecimal digits. */
function keysOf(text: string): Record<string, string> {
  const { keys } = parsePskFile(text, 'keys');
  return Object.fromEntries(Array.from(keys, ([name, key]) => [name, Buffer.from(key).toString('hex')]));
}

test('an identity has the key of its line', () => {
  const read = pskFile(file('# keys\n\ndevice one:00AB12\nodd:abc\r\n tab\t: 01 :x\nno key here\n'), {
    allowSymlinks: false,
  });
  assert.ok(read.ok);
  assert.deepEqual(read.problems, []);
  assert.equal(read.value.name, 'psk_file');
  const key = (identity: string): string | undefined =>
    read.value.pskKey?.(identity) && Buffer.from(read.value.pskKey(identity)!).toString('hex');
  assert.equal(key('device one'), '00ab12', 'zeros in front are part of the key');
  assert.equal(key('odd'), '0abc', 'as Mosquitto reads it');
  assert.equal(key('tab'), '01');
  for (const unknown of ['', 'device', 'Device one', 'no key here', '# keys', '__proto__'])
    assert.equal(key(unknown), undefined, unknown);
});

test('a key that is none takes the file back', () => {
  const content = 'good:01\nempty:\nblank: \nplain:secret\nhalf:0x01\n';
  const path = file(content);
  const read = pskFile(path, { allowSymlinks: false });
  assert.ok(!read.ok);
  assert.deepEqual(
    read.problems.map(({ level, text, line }) => [level, line, text]),
    [
      ['error', 2, 'Error: Empty psk for identity "empty".'],
      ['error', 3, 'Error: Empty psk for identity "blank".'],
      ['error', 4, 'Error: psk for identity "plain" contains non-hexadecimal characters.'],
      ['error', 5, 'Error: psk for identity "half" contains non-hexadecimal characters.'],
    ],
  );
  assert.ok(
    read.problems.every(({ text, hint }) => !`${text}${hint}`.includes('secret')),
    'what may be a key is not told',
  );
});

test('other lines that are wrong are left out', () => {
  const text = `:01\na:02\na:03\n${'i'.repeat(65_536)}:04\nb:${'00'.repeat(32_768)}\nc:05\n`;
  const { problems } = parsePskFile(text, 'keys');
  assert.deepEqual(keysOf(text), { a: '02', c: '05' });
  assert.deepEqual(
    problems.map((problem) => [problem.level, problem.line, problem.text]),
    [
      ['notice', 1, "Warning: Empty username in password file 'keys', ignoring."],
      ['notice', 3, "Error: Duplicate user 'a' in password file 'keys', ignoring."],
      ['notice', 4, "Warning: Invalid line in password file 'keys', username too long."],
      ['notice', 5, "Warning: Invalid line in password file 'keys', password too long."],
    ],
  );
});

test('ten errors are enough', () => {
  assert.equal(parsePskFile('a:x\n'.repeat(1000), 'keys').problems.length, 10);
});

test('a file that is not there is an error', () => {
  const path = join(folder, 'missing');
  const read = pskFile(path, { allowSymlinks: false });
  assert.ok(!read.ok);
  assert.equal(read.problems[0]?.text, `Error: Unable to open pwfile "${path}".`);
});

test('keys that are printed are read as they were; no text is too strange', () => {
  const identity = fc.stringMatching(/^[^\s:#][^\s:]*$/).filter((name) => !/[\t-\r ]/.test(name));
  const key = fc
    .uint8Array({ minLength: 1, maxLength: 64 })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
  const keys = fc.dictionary(identity, key, { noNullPrototype: true });
  const printed = fc.property(keys, (all) => {
    const text = Object.entries(all).map(([name, hex]) => `${name}:${hex}\n`);
    assert.deepEqual(keysOf(text.join('')), all);
  });
  fc.assert(printed, runs('print and parse keys', 200));
  const any = fc.property(fc.array(fc.string()), (lines) => {
    const { keys: found, problems } = parsePskFile(lines.join('\n'), 'keys');
    assert.ok(found.size + problems.length <= lines.join('\n').split('\n').length);
  });
  fc.assert(any, runs('parse any text as keys', 500));
});
