/** The manual page is that of the options as they are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { passwdManual } from './manual.ts';
import { PASSWD_OPTIONS, passwdUsage } from './options.ts';

test('man/zanzara-passwd.1 is up to date: node src/cli/passwd/manual.ts', () => {
  const page = new URL('../../../man/zanzara-passwd.1', import.meta.url);
  assert.equal(readFileSync(page, 'utf8'), passwdManual());
});

test('usage and manual page have every option', () => {
  for (const { name } of PASSWD_OPTIONS) {
    assert.ok(passwdUsage('x').includes(`\n ${name} : `), name);
    assert.match(passwdManual(), new RegExp(`^\\.BI? ${name.replaceAll('-', '\\\\-')}(?: |$)`, 'm'), name);
  }
});
