import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Scratch } from '../../test/cli/program.ts';
import { CertificateWatch } from './certificate-watch.ts';

/** A watch on these paths that has reported the beginning, and counts what it reports from then on. */
function watching(...paths: readonly string[]): { look: () => number } {
  let count = 0;
  const watch = new CertificateWatch(
    () => paths,
    () => count++,
  );
  watch.look();
  watch.look();
  assert.equal(count, 1, 'at first everything counts as changed');
  count = 0;
  return {
    look: () => {
      watch.look();
      return count;
    },
  };
}

describe('a change is reported once, when it has kept still from one look to the next', () => {
  test('a file written again', () => {
    using scratch = new Scratch();
    const file = scratch.file('a.crt', 'one');
    const watch = watching(file);
    assert.equal(watch.look(), 0);
    writeFileSync(file, 'two');
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [0, 1, 1]);
  });

  test('a file renamed into place, with the time and the size of the one before', () => {
    using scratch = new Scratch();
    const [file, next] = [scratch.file('a.crt', 'one'), scratch.file('next', 'two')];
    utimesSync(file, 1, 1);
    utimesSync(next, 1, 1);
    const watch = watching(file);
    renameSync(next, file);
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [0, 1, 1]);
  });

  test('a link that leads elsewhere', () => {
    using scratch = new Scratch();
    scratch.file('1/a.crt', 'one');
    scratch.file('2/a.crt', 'two');
    symlinkSync('1', scratch.at('now'));
    const watch = watching(scratch.at('now/a.crt'));
    symlinkSync('2', scratch.at('soon'));
    renameSync(scratch.at('soon'), scratch.at('now'));
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [0, 1, 1]);
  });

  test('a file that goes and one that comes', () => {
    using scratch = new Scratch();
    const file = scratch.file('a.crt', 'one');
    const watch = watching(file, scratch.at('b.crt'));
    rmSync(file);
    assert.deepEqual([watch.look(), watch.look()], [0, 1]);
    scratch.file('b.crt', 'two');
    assert.deepEqual([watch.look(), watch.look()], [1, 2]);
  });

  test('files in a directory', () => {
    using scratch = new Scratch();
    mkdirSync(scratch.at('ca'));
    const watch = watching(scratch.at('ca'));
    const file = scratch.file('ca/1.pem', 'one');
    assert.deepEqual([watch.look(), watch.look()], [0, 1]);
    writeFileSync(file, 'three');
    assert.deepEqual([watch.look(), watch.look()], [1, 2]);
  });

  test('two files one after the other are one change', () => {
    using scratch = new Scratch();
    const [certificate, key] = [scratch.file('a.crt', 'one'), scratch.file('a.key', 'one')];
    const watch = watching(certificate, key);
    writeFileSync(certificate, 'three');
    assert.equal(watch.look(), 0);
    writeFileSync(key, 'three');
    assert.deepEqual([watch.look(), watch.look(), watch.look()], [0, 1, 1]);
  });
});
