import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { optionsManual } from './document.ts';
import { optionNames } from './options.ts';

test('docs/options.md is what the table prints', () => {
  const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
  assert.equal(page, optionsManual(), 'run: node src/config/document.ts');
});

test('the manual has a row for every option', () => {
  const manual = optionsManual();
  for (const name of optionNames) assert.ok(manual.includes(`\n| \`${name}\` |`), name);
});
