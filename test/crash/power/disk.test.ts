/** The disk that the power cuts are made on: what it keeps, and that it does forget. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../random.ts';
import { Disk } from './disk.ts';
import type { Fate } from './disk.ts';
import type { Operation } from './log.ts';

const random = new Random(1);

function write(inode: number, offset: number, text: string): Operation {
  return { type: 'written', inode, offset, data: new TextEncoder().encode(text) };
}

function after(fate: Fate, operations: readonly Operation[]): Record<string, string> {
  const disk = new Disk(new Map([['there', new TextEncoder().encode('old')]]));
  for (const operation of operations) disk.apply(operation);
  const files = [...disk.afterCut(fate, random)];
  return Object.fromEntries(files.map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
}

describe('a disk after a power cut', () => {
  const operations: readonly Operation[] = [
    { type: 'opened', inode: 1, name: 'there' },
    write(1, 0, 'new'),
    { type: 'synced', inode: 1 },
    write(1, 3, '!'),
    { type: 'created', inode: 2, name: 'made' },
    write(2, 0, 'content'),
    { type: 'synced', inode: 2 },
  ];

  test('has lost what was not synced, also the name of a file whose folder was not', () => {
    assert.deepEqual(after('lost', operations), { there: 'new' });
    assert.deepEqual(after('lost', [...operations, { type: 'folder synced' }]), {
      there: 'new',
      made: 'content',
    });
  });

  test('may have kept everything', () => {
    assert.deepEqual(after('kept', operations), { there: 'new!', made: 'content' });
  });

  test('a file that takes the place of another is one or the other', () => {
    const replaced: readonly Operation[] = [...operations, { type: 'renamed', from: 'made', to: 'there' }];
    assert.deepEqual(after('lost', replaced), { there: 'new' });
    assert.deepEqual(after('kept', replaced), { there: 'content' });
    const kept = new Set(Array.from({ length: 50 }, () => JSON.stringify(after('torn', replaced))));
    assert.ok(kept.has('{"there":"content"}') && kept.size > 2, [...kept].join(' '));
  });

  test('may have some sectors of a write', () => {
    const long = 'x'.repeat(2000);
    const found = new Set(
      Array.from(
        { length: 60 },
        () => after('torn', [{ type: 'opened', inode: 1, name: 'there' }, write(1, 100, long)])['there'],
      ),
    );
    assert.ok(found.size > 5);
    for (const text of found) assert.match(text!, /^old/);
  });

  test('has lost a truncation, or not', () => {
    const cut: readonly Operation[] = [
      { type: 'opened', inode: 1, name: 'there' },
      { type: 'truncated', inode: 1, size: 1 },
    ];
    assert.deepEqual(after('lost', cut), { there: 'old' });
    assert.deepEqual(after('kept', cut), { there: 'o' });
  });
});
