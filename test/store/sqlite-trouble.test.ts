/** What may go wrong with the file of the store, and what becomes of what was kept. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { BatchWriter } from '../../src/store/sqlite-batch.ts';
import type { Batch } from '../../src/store/sqlite-batch.ts';
import { connectWriter } from '../../src/store/sqlite-connection.ts';
import { writeChange } from '../../src/store/sqlite-statements.ts';
import { storeErrorOf } from '../../src/store/sqlite-trouble.ts';
import { SqliteWriter } from '../../src/store/sqlite-writer.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { retained } from '../contract/store/retained.ts';
import { open, place, rows, sql, topics } from './sqlite-scene.ts';

const NOBODY = 65_534;
const WAIT = { signal: AbortSignal.timeout(150_000) };

/** Whether it is a StoreError with advice whose text is like this. */
function says(message: RegExp, hint = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  };
}

/** Nothing is forbidden to root: so as someone else. */
function asNobody(work: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

/** A store with some messages, as it is on the disk while the broker runs: what a crash leaves. */
async function crashed(t: TestContext, messages: number): Promise<{ path: string; ends: number[] }> {
  const path = place(t);
  const copy = place(t);
  const store = open(path);
  const ends: number[] = [];
  for (let id = 1; id <= messages; id++) {
    await store.commit(retained(id, `t/${String(id).padStart(4, '0')}`, new Uint8Array(1000)));
    ends.push(statSync(`${path}-wal`).size);
  }
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
  await store.close();
  return { path: copy, ends };
}

function child(
  t: TestContext,
  path: string,
  what: string,
  limit?: string,
): { process: ChildProcess; line(): Promise<string> } {
  const words = [process.execPath, join(import.meta.dirname, 'sqlite-child.ts'), path, what];
  const [command, ...rest] = limit === undefined ? words : ['prlimit', `--fsize=${limit}`, ...words];
  const started = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void started.kill('SIGKILL'));
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
  return {
    process: started,
    line: async () => {
      const next = await lines.next();
      return next.done === true ? '' : next.value;
    },
  };
}

/** One message that fits and one that does not. */
function smallAndLarge(): Batch {
  const gathered = new BatchWriter();
  for (const change of [...retained(1, 'small'), ...retained(2, 'large', new Uint8Array(500_000))])
    writeChange(change, gathered);
  return gathered.take();
}

test('a full disk: the commit is rejected whole, and succeeds when there is room', async (t) => {
  const path = place(t);
  await open(path).close();
  const database = connectWriter(path, 'full');
  database.exec('PRAGMA max_page_count=60');
  const writer = new SqliteWriter(database);
  const whole = { isFirst: true, isLast: true };
  for (let time = 0; time < 2; time++) {
    assert.throws(
      () => writer.write(smallAndLarge(), whole),
      (error) => says(/test\.sqlite3: the disk is full/, /Make room/)(storeErrorOf(error, path, 'write')),
    );
    assert.deepEqual(rows(path, 'SELECT * FROM base_msgs'), []);
  }
  database.exec('PRAGMA max_page_count=1000');
  writer.write(smallAndLarge(), whole);
  writer.close();
  const store = open(path);
  assert.deepEqual(topics(store), ['large', 'small']);
  await store.close();
});

test('a disk that cannot be written to: the store recovers by itself', async (t) => {
  const path = place(t);
  const writer = child(t, path, 'fill', '300000:unlimited');
  assert.match(await writer.line(), /^rejected Unable to write the store .*: input\/output error .* limits/);
  spawnSync('prlimit', ['--pid', String(writer.process.pid), '--fsize=unlimited:unlimited']);
  let line: string;
  do line = await writer.line();
  while (line.startsWith('rejected'));
  assert.match(line, /^kept \d+$/);
  const store = open(path);
  assert.equal(topics(store).length, Number(line.slice(5)));
  await store.close();
});

test('a directory or a file that is read-only is named', async (t) => {
  const path = place(t);
  await open(path).close();
  chownSync(path, process.geteuid?.() === 0 ? NOBODY : -1, -1);
  chmodSync(dirname(path), 0o555); // nobody may write there, not even its owner
  asNobody(() =>
    assert.throws(
      () => open(path),
      says(/test\.sqlite3: (?:access is denied|it is read-only)/, /must be able to write/),
    ),
  );
  asNobody(() =>
    assert.throws(() => open(join(dirname(path), 'sub/dir/new.sqlite3')), says(/ENOENT|EACCES/)),
  );
  chmodSync(dirname(path), 0o777);
  chmodSync(`${path}-lock`, 0o666);
  chmodSync(path, 0o444);
  asNobody(() =>
    assert.throws(
      () => open(path),
      says(/test\.sqlite3: (?:access is denied|it is read-only)/, /must be able to write/),
    ),
  );
});

test('a file that another program writes to: the commit is rejected, and succeeds afterwards', async (t) => {
  const path = place(t);
  const store = open(path);
  await store.commit(retained(1, 'a'));
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(
    store.commit(retained(2, 'b')),
    says(/locked by another program/, /end it.*tries again by itself/),
  );
  other.close();
  await store.commit(retained(2, 'b'));
  assert.deepEqual(topics(store), ['a', 'b']);
  await store.close();
});

test('a program that reads does not stand in the way, and sees whole commits', async (t) => {
  const path = place(t);
  const store = open(path);
  await store.commit(retained(1, 'a'));
  const reader = new DatabaseSync(path, { readOnly: true });
  const count = (): unknown => reader.prepare('SELECT count(*) AS all_rows FROM retains').get()?.all_rows;
  reader.exec('BEGIN');
  assert.equal(count(), 1);
  await store.commit(retained(2, 'b'));
  assert.equal(count(), 1);
  reader.exec('COMMIT');
  assert.equal(count(), 2);
  reader.close();
  await store.close();
});

test('a file that was moved away is not written to', async (t) => {
  const path = place(t);
  const store = open(path);
  await store.commit(retained(1, 'a'));
  renameSync(path, `${path}.moved`);
  for (let time = 0; time < 2; time++)
    await assert.rejects(
      store.commit(retained(2, 'b')),
      says(/moved, deleted or replaced/, /Put the same file back/),
    );
  assert.ok(!existsSync(path));
  renameSync(`${path}.moved`, path);
  await store.commit(retained(2, 'b'));
  assert.deepEqual(topics(store), ['a', 'b']);
  await store.close();
});

test('a second broker is refused, until the first has ended, however it ended', async (t) => {
  const path = place(t);
  const store = open(path);
  assert.throws(
    () => open(path),
    says(new RegExp(`is in use by another broker \\(process ${process.pid}\\)`), /Stop that broker/),
  );
  await store.close();
  const other = child(t, path, 'hold');
  assert.equal(await other.line(), 'held');
  assert.throws(() => open(path), says(new RegExp(`\\(process ${other.process.pid}\\)`)));
  other.process.kill('SIGKILL');
  await once(other.process, 'exit', WAIT);
  const next = open(path);
  assert.deepEqual(topics(next), ['t/1']);
  await next.close();
});

test('a lock file that a power cut has torn is no reason to refuse', async (t) => {
  const path = place(t);
  const store = open(path);
  await store.commit(retained(1, 'a'));
  await store.close();
  const whole = readFileSync(`${path}-lock`);
  const torn = [
    new Uint8Array(4096),
    whole.subarray(0, 512),
    whole.subarray(0, 2048),
    Buffer.alloc(700, 'x'),
  ];
  for (const bytes of torn) {
    writeFileSync(`${path}-lock`, bytes);
    const again = open(path);
    assert.deepEqual(topics(again), ['a']);
    assert.throws(() => open(path), says(/in use by another broker/, /Stop that broker/));
    await again.close();
  }
});

test('a damaged page stops the start, with advice', async (t) => {
  const path = place(t);
  const store = open(path);
  for (let id = 1; id <= 200; id++) await store.commit(retained(id, `t/${id}`, new Uint8Array(500)));
  await store.close();
  const bytes = readFileSync(path);
  // Pages of tables and of indices alike
  bytes.fill(0xff, 20 * 4096, 40 * 4096);
  writeFileSync(path, bytes);
  assert.throws(
    () => {
      const opened = open(path);
      t.after(() => opened.close());
      topics(opened);
    },
    says(/the file is damaged/, /\.recover \| sqlite3/),
  );
});

/** A store of twenty retained messages, of which a table or an index has lost all of its own. */
async function robbed(t: TestContext, name: string): Promise<string> {
  const path = place(t);
  const store = open(path);
  for (let id = 1; id <= 20; id++) await store.commit(retained(id, `t/${id}`));
  await store.close();
  const [{ rootpage } = {}] = rows(path, `SELECT rootpage FROM sqlite_schema WHERE name = '${name}'`);
  const bytes = readFileSync(path);
  bytes.writeUInt16BE(0, (Number(rootpage) - 1) * 4096 + 3); // https://sqlite.org/fileformat.html: how many there are
  writeFileSync(path, bytes);
  return path;
}

for (const table of ['base_msgs', 'retains'])
  test(`a page of ${table} that has lost its rows stops the start`, async (t) => {
    const store = open(await robbed(t, table));
    t.after(() => store.close());
    assert.throws(() => topics(store), says(/damaged \(0 of 20 rows are left in \w+\)/, /\.recover/));
  });

test('what only a damaged index calls superfluous is not removed', async (t) => {
  const path = await robbed(t, 'retains_storeid');
  assert.throws(() => open(path), says(/the file is damaged/, /\.recover/));
  assert.equal(rows(path, 'SELECT topic FROM base_msgs NOT INDEXED').length, 20);
});

test('after a crash every page is looked at: also those that loading does not read', async (t) => {
  const { path } = await crashed(t, 60);
  sql(path, 'PRAGMA wal_checkpoint(TRUNCATE)');
  const root = rows(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'client_msgs_client_id'")[0]
    ?.rootpage;
  const bytes = readFileSync(path);
  bytes.fill(0xff, (Number(root) - 1) * 4096, Number(root) * 4096);
  writeFileSync(path, bytes);
  writeFileSync(`${path}-wal`, 'a log that holds nothing');
  assert.throws(() => open(path), says(/the file is damaged/, /\.recover/));
});

test('a log that was cut off or damaged is read up to the last whole commit before', async (t) => {
  const { path, ends } = await crashed(t, 30);
  const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  const chances = [0, 0.2, 0.5, 0.9, 1].map((part) => Math.floor((log.length - 1) * part));
  for (const at of chances) {
    for (const isCut of [true, false]) {
      writeFileSync(path, file);
      writeFileSync(`${path}-wal`, log);
      if (isCut) truncateSync(`${path}-wal`, at);
      else writeFileSync(`${path}-wal`, log.with(at, log[at]! ^ 0xff));
      const store = open(path);
      const whole = ends.filter((end) => end <= at).length;
      assert.deepEqual(
        topics(store),
        Array.from({ length: whole }, (_, id) => `t/${String(id + 1).padStart(4, '0')}`),
      );
      await store.close();
    }
  }
});

test('a file that is no database, a directory, and a log without its file are refused', (t) => {
  const path = place(t);
  writeFileSync(
    path,
    'mosquitto db, or anything else that is long enough to be read as a header of a hundred bytes'.repeat(3),
  );
  assert.throws(() => open(path), says(/not an SQLite database/, /Move .* away/));
  const folder = place(t);
  mkdirSync(folder);
  assert.throws(() => open(folder), says(/the file cannot be opened/));
  const lost = place(t);
  writeFileSync(`${lost}-wal`, 'commits');
  assert.throws(() => open(lost), says(/missing or empty, but its log .*-wal is there/, /move .*-wal away/));
  assert.ok(existsSync(`${lost}-wal`));
});

test('an empty file is a new store, and that is told', async (t) => {
  const path = place(t);
  writeFileSync(path, '');
  const store = open(path);
  assert.equal(store.isNew, true);
  assert.deepEqual(store.notes, [`The store ${path} was there, but nothing was in it.`]);
  await store.close();
});

test('until the first commit a store is new, whatever became of the program', async (t) => {
  const path = place(t);
  for (let time = 0; time < 2; time++) {
    const store = open(path);
    assert.equal(store.isNew, true);
    await store.close();
  }
  const store = open(path);
  await store.commit([]);
  await store.close();
  const again = open(path);
  assert.equal(again.isNew, false);
  await again.close();
});

test('every file is for its owner alone, whatever the umask', async (t) => {
  const path = join(dirname(place(t)), 'made', 'test.sqlite3');
  const umask = process.umask(0);
  t.after(() => process.umask(umask));
  const store = open(path);
  await store.commit(retained(1, 'a'));
  const modes = ['', '-wal', '-shm', '-lock'].map((suffix) =>
    (statSync(path + suffix).mode & 0o777).toString(8),
  );
  assert.deepEqual(modes, ['600', '600', '600', '600']);
  assert.equal((statSync(dirname(path)).mode & 0o777).toString(8), '770');
  await store.close();
  assert.ok(!existsSync(`${path}-wal`), 'a store that was closed has no log');
});
