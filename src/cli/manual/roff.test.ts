/** What is written of a page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from './page.ts';
import { roff } from './roff.ts';

/** The lines of a page below the heading of its only part. */
function written(part: Omit<Page['parts'][number], 'title'>): string[] {
  const parts = [{ title: 'TEXT', ...part }];
  const page = { name: 'x', chapter: 1, summary: 'y', calls: [], parts, seeAlso: [] } as const;
  return roff(page).split('.SH "TEXT"\n')[1]!.trimEnd().split('\n');
}

test('what roff would take for its own is escaped', () => {
  assert.deepEqual(written({ paragraphs: [".so it's a -x \\n ^ ~ \u221E"] }), [
    '\\&.so it\\(aqs a \\-x \\en \\(ha \\(ti \\[u221E]',
  ]);
  assert.deepEqual(written({ entries: [{ term: '--', value: 'say "x"', text: '"y"' }] }), [
    '.TP',
    '.BI "\\-\\-" " say \\(dqx\\(dq"',
    '"y"',
  ]);
});

test('a sentence begins a line, and a long one goes on in the next', () => {
  const words = 'word '.repeat(20).trim();
  assert.deepEqual(written({ paragraphs: [`One. Two, e.g. **Three.** \`four\`. ${words}`, 'Last'] }), [
    'One.',
    'Two, e.g.',
    '\\fBThree.\\fR \\fBfour\\fR. word word word word word word word word word word',
    'word word word word word word word word word word',
    '.PP',
    'Last',
  ]);
});

test('a line that is wrapped in front of a dot does not begin with it', () => {
  assert.deepEqual(written({ paragraphs: [`${'w'.repeat(78)} .conf`] }), ['w'.repeat(78), '\\&.conf']);
});
