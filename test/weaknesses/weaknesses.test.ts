/** The table of weaknesses is whole, and what it names is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WEAKNESSES } from './table.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('forty weaknesses of other brokers', () => {
  test('are all in the table, in order', () => {
    assert.deepEqual(
      WEAKNESSES.map(({ number }) => number),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
  });

  for (const { number, id, broker, what, answer } of WEAKNESSES) {
    test(`${number}. ${id} (${broker}): ${what}`, () => {
      if ('notApplicable' in answer) {
        assert.match(answer.notApplicable, /^[A-Z].{20,}\.$/, 'it is said why not');
        return;
      }
      assert.ok(answer.tests.length > 0);
      for (const [file, title] of answer.tests) {
        const path = join(ROOT, file);
        assert.ok(existsSync(path), `${file} is not there`);
        assert.ok(readFileSync(path, 'utf8').includes(title), `${file} has no test “${title}”`);
      }
    });
  }
});
