/** Files that are replaced, and those that can only be overwritten. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { NoBackup, createFile, replaceFile } from './replace-file.ts';

/** Only root can become somebody who does not own what is there. */
const skip = process.getuid?.() === 0 ? false : 'needs root';
const NOBODY = 65_534;

function asNobody(act: () => void): void {
  process.seteuid?.(NOBODY);
  try {
    act();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a file of secrets', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zanzara-replace-'));
    path = join(folder, 'users');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is made once, for its owner', () => {
    createFile(path, 'a\n');
    assert.equal(readFileSync(path, 'utf8'), 'a\n');
    assert.equal(statSync(path).mode & 0o7777, 0o600);
    assert.throws(() => createFile(path, 'b\n'), { code: 'EEXIST' });
    assert.equal(readFileSync(path, 'utf8'), 'a\n');
  });

  test('is replaced by another, so that a reader keeps the one it has', () => {
    createFile(path, 'a\n');
    chmodSync(path, 0o640);
    const { ino } = statSync(path);
    replaceFile(path, 'b\n', 'a\n');
    assert.equal(readFileSync(path, 'utf8'), 'b\n');
    assert.notEqual(statSync(path).ino, ino);
    assert.equal(statSync(path).mode & 0o7777, 0o640);
    assert.deepEqual(readdirSync(folder), ['users']);
  });

  test('that is not there is not made', () => {
    assert.throws(() => replaceFile(path, 'b\n', ''), { code: 'ENOENT' });
    assert.deepEqual(readdirSync(folder), []);
  });

  test('of somebody else is overwritten, and the backup goes', { skip }, () => {
    writeFileSync(path, 'a long text\n');
    chmodSync(path, 0o666);
    chmodSync(folder, 0o777);
    const { ino } = statSync(path);
    asNobody(() => replaceFile(path, 'b\n', 'a long text\n'));
    assert.equal(readFileSync(path, 'utf8'), 'b\n');
    const { ino: after, uid } = statSync(path);
    assert.deepEqual([after, uid], [ino, 0]);
    assert.deepEqual(readdirSync(folder), ['users']);
  });

  test('stays as it is where neither it nor a backup can be made', { skip }, () => {
    writeFileSync(path, 'a\n');
    chownSync(path, NOBODY, NOBODY);
    chmodSync(folder, 0o755);
    asNobody(() => assert.throws(() => replaceFile(path, 'b\n', 'a\n'), NoBackup));
    assert.equal(readFileSync(path, 'utf8'), 'a\n');
    assert.deepEqual(readdirSync(folder), ['users']);
  });
});
