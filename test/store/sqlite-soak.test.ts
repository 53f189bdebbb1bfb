/** Under a steady load the file stays as large as what is in it; a great queue that was delivered gives its room back. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import type { Change } from '../../src/broker/change.ts';
import { runs } from '../runs.ts';
import { BatchWriter } from '../../src/store/sqlite-batch.ts';
import type { Batch } from '../../src/store/sqlite-batch.ts';
import { connectWriter } from '../../src/store/sqlite-connection.ts';
import { writeChange } from '../../src/store/sqlite-statements.ts';
import { SqliteWriter } from '../../src/store/sqlite-writer.ts';
import { open, place, rows } from './sqlite-scene.ts';

const WHOLE = { isFirst: true, isLast: true };

/** A message that one of ten clients is to get. */
function queued(id: number): Change[] {
  const message = {
    topic: `t/${id % 100}`,
    payload: new Uint8Array(200 + (id % 7) * 300),
    qos: 1,
    retain: false,
    properties: {},
    expiresAt: 0,
    publisher: 'p',
    username: undefined,
    port: 1883,
  } as const;
  const delivery = {
    clientId: `c${id % 10}`,
    messageId: id,
    direction: 'out',
    qos: 1,
    retain: false,
    packetId: 1,
    state: 'published',
    identifiers: undefined,
  } as const;
  return [
    { kind: 'message kept', id, message },
    { kind: 'delivery', key: id, delivery },
  ];
}

const done = (id: number): Change[] => [
  { kind: 'delivery done', key: id },
  { kind: 'message forgotten', id },
];

function batchOf(changes: readonly Change[]): Batch {
  const batch = new BatchWriter();
  for (const change of changes) writeChange(change, batch);
  return batch.take();
}

const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index);
const pages = (path: string): number => Number(rows(path, 'PRAGMA page_count')[0]?.page_count);

test('a steady load: neither the file nor its log grows', async (t) => {
  const path = place(t);
  await open(path).close();
  const writer = new SqliteWriter(connectWriter(path, 'off'));
  const sizes: number[] = [];
  const logs: number[] = [];
  const { numRuns } = runs('soak', 100);
  for (let round = 0; round < numRuns; round++) {
    const begun = range(round * 100 + 1, 100);
    writer.write(batchOf([...begun.flatMap(queued), ...begun.flatMap((id) => done(id - 100))]), WHOLE);
    writer.tidy();
    sizes.push(pages(path));
    logs.push(statSync(`${path}-wal`).size);
  }
  writer.close();
  const early = Math.max(...sizes.slice(0, numRuns / 4));
  const late = Math.max(...sizes.slice(numRuns / 4));
  assert.ok(late <= early * 1.5, `pages: ${early}, later ${late}`);
  assert.ok(Math.max(...logs) < 16 * 1024 * 1024, `log: ${Math.max(...logs)} bytes`);
});

test('a great queue that was delivered gives its room back', async (t) => {
  const path = place(t);
  await open(path).close();
  const writer = new SqliteWriter(connectWriter(path, 'off'));
  writer.write(batchOf(range(1, 10_000).flatMap(queued)), WHOLE);
  const full = pages(path);
  writer.write(batchOf(range(1, 9_990).flatMap(done)), WHOLE);
  let steps = 1;
  while (writer.tidy()) steps++;
  writer.close();
  assert.ok(full > 3000, `${full} pages`);
  assert.ok(steps > 1 && steps < 100, `${steps} steps`);
  const left = pages(path);
  assert.ok(left < full / 2, `${left} of ${full} pages are left`);
  assert.equal(statSync(path).size, left * 4096);
  assert.deepEqual(rows(path, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
});
