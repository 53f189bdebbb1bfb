import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TOGETHER } from './together.ts';

test('npm test leaves out what runs here, and nothing else', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly scripts: { readonly test: string };
  };
  const layers = Object.values(TOGETHER).flat().toSorted();
  assert.ok(scripts.test.includes(`"src/!(${layers.join('|')})/**/*.test.ts" "test/**/*.test.ts"`));
});
