/** The manual page is that of the options as they are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dumpManual } from './manual.ts';

test('man/zanzara-db-dump.1 is up to date: node src/cli/db-dump/manual.ts', () => {
  const page = new URL('../../../man/zanzara-db-dump.1', import.meta.url);
  assert.equal(readFileSync(page, 'utf8'), dumpManual());
});
