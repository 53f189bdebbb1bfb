/** The power is cut under a broker: `sync` loses nothing that was acknowledged, `commit` only the end, neither the file. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { readMosquittoDb } from '../../../src/store/mosquitto-db.ts';
import { openSqlite } from '../../../src/store/sqlite-store.ts';
import type { Change } from '../../../src/broker/change.ts';
import { freePort, Scratch } from '../../cli/program.ts';
import { BrokerProcess } from '../broker-process.ts';
import { zanzaraWith } from '../brokers.ts';
import type { Durability } from '../brokers.ts';
import { campaign } from '../campaign.ts';
import { Random } from '../../random.ts';
import { publishNumbers } from './numbers.ts';
import { Disk } from './disk.ts';
import type { Fate } from './disk.ts';
import { readLog, toldRecord } from './log.ts';
import type { Operation } from './log.ts';
import { compileRecorder, logOf, PowerCuts, putFiles, recordedIn } from './recorder.ts';

const SEED = Number(process.env.SEED ?? Math.trunc(Math.random() * 0x7fff_ffff));

/** How long a save may take. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

const library = new Scratch();
after(() => library[Symbol.dispose]());
const recorder = compileRecorder(library.path);
const skip = recorder === undefined ? 'there is no C compiler' : false;

/** What a broker does to its files while a client is told one number after the other. */
async function recorded(durability: Durability, numbers: number): Promise<readonly Operation[]> {
  using scratch = new Scratch();
  const folder = scratch.at('data');
  putFiles(folder, new Map());
  const port = await freePort();
  const { command, config } = zanzaraWith(durability);
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_queued_messages 0', 'user root'];
  const file = scratch.file('broker.conf', [...lines, ...config(`${folder}/`)].join('\n'));
  const broker = new BrokerProcess({
    command: command(file),
    port,
    cwd: scratch.path,
    env: recordedIn(recorder!, folder),
  });
  await broker.listens();
  await publishNumbers(port, numbers, (number) => {
    appendFileSync(logOf(folder), toldRecord(number));
    if (number % SAVE_EVERY === 0) broker.save();
  });
  if (durability === 'interval') await saved(logOf(folder));
  await broker.end('SIGKILL');
  return readLog(readFileSync(logOf(folder)));
}

/** Waits until a save that has numbers is on the disk, whatever else it may lose: on a slow machine the last may be the first. */
async function saved(log: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await setTimeout(50)) {
    const { found } = await afterCut(readLog(readFileSync(log)), 'lost', new Random(SEED), readDatabase);
    if (found.length > 0) return;
  }
  throw new Error('The broker saves nothing');
}

/** Of the numbers: `interval` saves then, the others have nothing to save. */
const SAVE_EVERY = 30;

/** The numbers that wait for the client, in their order. */
function waiting(changes: Iterable<Change>): readonly number[] {
  const payloads = new Map<number, number>();
  const numbers: number[] = [];
  for (const change of changes) {
    if (change.kind === 'message kept')
      payloads.set(change.id, Number.parseInt(new TextDecoder().decode(change.message.payload), 10));
    else if (change.kind === 'delivery') numbers.push(payloads.get(change.delivery.messageId)!);
  }
  return numbers;
}

/** What is found after a power cut behind so many operations, and what the client had been told before it. */
async function afterCut(
  operations: readonly Operation[],
  fate: Fate,
  random: Random,
  read: (folder: string) => Promise<readonly number[]>,
): Promise<{ readonly told: number; readonly found: readonly number[] }> {
  using scratch = new Scratch();
  const disk = new Disk();
  let told = -1;
  for (const operation of operations) {
    disk.apply(operation);
    if (operation.type === 'told') told = operation.number;
  }
  putFiles(scratch.path, disk.afterCut(fate, random));
  return { told, found: await read(scratch.path) };
}

async function readSqlite(folder: string): Promise<readonly number[]> {
  const path = join(folder, 'mosquitto.sqlite3');
  const store = openSqlite({ path, synchronous: 'full', pageSize: 4096 });
  try {
    return waiting(store.load());
  } finally {
    await store.close();
  }
}

async function readDatabase(folder: string): Promise<readonly number[]> {
  const path = join(folder, 'mosquitto.db');
  return existsSync(path) ? waiting(readMosquittoDb(readFileSync(path), Date.now()).changes) : [];
}

/** What becomes of that which was not synced. */
const FATES: readonly Fate[] = ['lost', 'torn', 'torn', 'kept'];
/** Cuts behind any operation, of which there are many. */
const CUTS = Math.round(30 * Number(process.env.ZANZARA_RUNS ?? 1));

describe('a power cut', { skip, concurrency: true }, () => {
  for (const durability of ['sync', 'commit', 'interval'] as const)
    test(`at any moment leaves a beginning: persistence_durability ${durability}`, async () => {
      const random = new Random(SEED);
      const operations = await recorded(durability, 150);
      const read = durability === 'interval' ? readDatabase : readSqlite;
      let lost = 0;
      let most = 0;
      for (let cut = 0; cut < CUTS; cut += 1) {
        const at = cut === 0 ? operations.length : random.between(0, operations.length);
        const fate = random.pick(FATES);
        const { told, found } = await afterCut(operations.slice(0, at), fate, random, read);
        const said = `seed ${SEED}, cut ${cut} behind operation ${at} of ${operations.length}, told ${told}`;
        assert.deepEqual(
          found,
          found.map((_, index) => index + 1),
          said,
        );
        if (found.length < told) lost += 1;
        most = Math.max(most, found.length);
        if (durability === 'sync') assert.ok(found.length >= told, `${said}, found ${found.length}`);
      }
      assert.ok(most > 0, `seed ${SEED}: nothing was ever found`);
      // that of the others shows that this disk does forget
      if (durability !== 'sync') assert.ok(lost > 0, `seed ${SEED}: ${CUTS} cuts, and nothing was lost`);
    });

  test('again and again loses nothing that was acknowledged: persistence_durability sync', async () => {
    const ledger = await campaign({
      ...zanzaraWith('sync'),
      seed: SEED,
      rounds: 3,
      ends: 'kill',
      loadMs: [30, 200],
      judgeEvery: Number.POSITIVE_INFINITY,
      env: (folder) => recordedIn(recorder!, folder),
      whileDead: new PowerCuts().cut,
    });
    assert.equal(ledger.faults, 0, `seed ${SEED}\n${ledger.examples.join('\n')}`);
  });
});
