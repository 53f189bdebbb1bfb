/** The usage and the manual page have the options as they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwdManual } from './manual.ts';
import { PASSWD_OPTIONS, passwdUsage } from './options.ts';

test('usage and manual page have every option', () => {
  const options = passwdManual().parts.find(({ title }) => title === 'OPTIONS');
  assert.deepEqual(
    options?.entries?.map(({ term }) => term),
    PASSWD_OPTIONS.map(({ name }) => name),
  );
  for (const { name } of PASSWD_OPTIONS) assert.ok(passwdUsage('x').includes(`\n ${name} : `), name);
});
