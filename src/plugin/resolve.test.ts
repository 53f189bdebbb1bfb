import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Scratch } from '../../test/cli/program.ts';
import { pluginFile } from './resolve.ts';

test('a file, from the first folder that has it', () => {
  using scratch = new Scratch();
  const here = scratch.file('here/a.ts', '');
  scratch.file('there/a.ts', '');
  const other = scratch.file('there/deep/b.mjs', '');
  const folders = [scratch.at('here'), scratch.at('there')];
  assert.equal(pluginFile('a.ts', folders), here);
  assert.equal(pluginFile('./a.ts', folders), here);
  assert.equal(pluginFile('../there/deep/b.mjs', folders), other);
  assert.equal(pluginFile('deep/b.mjs', folders), other);
  assert.equal(pluginFile(other, folders), other);
  assert.equal(pluginFile('c.ts', folders), undefined);
  assert.equal(pluginFile(`${other}/x`, folders), undefined);
});

test('the file that a folder is for', () => {
  using scratch = new Scratch();
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'index.ts'],
    [undefined, 'index.mjs'],
    ['{"main":"main.js"}', 'main.js'],
    ['{"exports":"./x.js","main":"main.js"}', './x.js'],
    ['{"exports":{".":"./x.js"}}', './x.js'],
    ['{"exports":{".":{"types":"./t.d.ts","import":"./x.js"},"./sub":"./y.js"}}', './x.js'],
    ['{"exports":{"require":"./c.cjs","default":"./x.js"}}', './x.js'],
    ['{"exports":{".":{"node":{"import":"./x.js"}}}}', './x.js'],
    ['{"exports":{".":[{"browser":"./b.js"},"./x.js"]}}', './x.js'],
    ['{"exports":{"require":"./c.cjs"},"main":"x.js"}', 'x.js'],
    ['{"name":"no-entry"}', 'index.js'],
    ['[]', 'index.js'],
    ['not json', 'index.js'],
  ];
  for (const [at, [content, file]] of cases.entries()) {
    if (content !== undefined) scratch.file(`${at}/package.json`, content);
    const expected = scratch.file(`${at}/${file}`, '');
    assert.equal(pluginFile(`./${at}`, [scratch.path]), expected, content ?? file);
  }
  scratch.file('empty/package.json', '{"main":"gone.js"}');
  assert.equal(pluginFile('empty', [scratch.path]), undefined);
});

test('an installed package, in a folder or above', () => {
  using scratch = new Scratch();
  const near = scratch.file('a/b/node_modules/ban/index.js', '');
  const far = scratch.file('node_modules/@scope/ban/index.ts', '');
  const folders = [scratch.at('elsewhere'), scratch.at('a/b')];
  assert.equal(pluginFile('ban', folders), near);
  assert.equal(pluginFile('@scope/ban', folders), far);
  assert.equal(pluginFile('ban', [scratch.at('a')]), undefined);
  assert.equal(pluginFile('./ban', folders), undefined);
  const folder = scratch.file('a/b/ban/index.ts', '');
  assert.equal(pluginFile('ban', folders), folder, 'a folder of that name is nearer');
  assert.equal(dirname(folder), scratch.at('a/b/ban'));
});
