import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { openOutbox } from './file-outbox.ts';
import type { Outbox, OutboxMessage } from './outbox.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-outbox-'));
  path = join(folder, 'outbox.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function message(text: string, difference: Partial<OutboxMessage> = {}): OutboxMessage {
  return { topic: 'a/b', payload: Buffer.from(text), qos: 1, retain: false, properties: {}, ...difference };
}

/** What is in it, briefly. */
const told = (outbox: Outbox): unknown[] =>
  [...outbox.load()].map(({ key, message: { payload }, progress }) => [
    key,
    Buffer.from(payload).toString(),
    progress,
  ]);

for (const durable of [false, true])
  test(`keeps messages, their order and how far they have come; ${durable ? '' : 'not '}durable`, async () => {
    const first = await openOutbox(path, { durable });
    const keys = ['one', 'two', 'three', 'four'].map((text) => first.put(message(text, { qos: 2 })));
    first.progress(keys[0]!, { packetId: 7, isReceived: false });
    first.progress(keys[1]!, { packetId: 8, isReceived: false });
    first.progress(keys[1]!, { packetId: 8, isReceived: true });
    first.delete(keys[2]!);
    const expected = [
      [keys[0], 'one', { packetId: 7, isReceived: false }],
      [keys[1], 'two', { packetId: 8, isReceived: true }],
      [keys[3], 'four', undefined],
    ];
    assert.deepEqual(told(first), expected);
    first.close();
    const second = await openOutbox(path);
    assert.deepEqual(told(second), expected);
    second.put(message('five'));
    assert.equal(told(second).length, 4);
    second.close();
  });

test('keeps all that makes a message', async () => {
  const outbox = await openOutbox(path);
  const whole = message('', {
    topic: 'ä/漢',
    payload: Uint8Array.of(0, 255),
    qos: 2,
    retain: true,
    properties: {
      contentType: 'x',
      correlationData: Uint8Array.of(1),
      userProperties: [
        ['a', 'b'],
        ['a', 'c'],
      ],
    },
  });
  outbox.put(whole);
  const [entry] = outbox.load();
  assert.deepEqual(structuredClone(entry!.message), whole); // bytes are bytes
  outbox.close();
});

test('nobody else may read it, and nobody else may have it open', async () => {
  const outbox = await openOutbox(path);
  outbox.put(message('secret'));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await assert.rejects(openOutbox(path), {
    code: 'INVALID',
    message: /outbox\.db cannot be opened: .*locked/,
  });
  outbox.close();
  (await openOutbox(path)).close();
});

test('what is no outbox is left alone', async () => {
  writeFileSync(path, 'something else, which is long enough to be no database'.repeat(20));
  await assert.rejects(openOutbox(path), { code: 'INVALID', message: /not a database/ });
  const other = join(folder, 'other.db');
  const database = new DatabaseSync(other);
  database.exec('CREATE TABLE things (name TEXT)');
  database.close();
  await assert.rejects(openOutbox(other), { code: 'INVALID', message: /another database/ });
  await assert.rejects(openOutbox(join(folder, 'no', 'folder')), { code: 'INVALID', message: /ENOENT/ });
});
