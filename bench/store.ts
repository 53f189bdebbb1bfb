/**
 * What the store in SQLite costs: microseconds of CPU a change and a stored message, in the thread of the broker and in
 * that of the store; and how long a large one takes to load.
 *
 *     node bench/store.ts [--rounds 300] [--retained 100000] [--queued 100000] [--synchronous full] [--directory DIR]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Change, KeptMessage } from '../src/broker/change.ts';
import { openSqlite } from '../src/store/sqlite-store.ts';
import type { SqliteStore } from '../src/store/sqlite-store.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '300' },
    retained: { type: 'string', default: '100000' },
    queued: { type: 'string', default: '100000' },
    synchronous: { type: 'string', default: 'full' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const rounds = Number(values.rounds);
/** Messages of one commit: what a busy broker gathers while the one before is written. */
const BATCH = 200;
/** Rounds before it counts. */
const WARM_UP = 30;
/** Queued messages of one session. */
const QUEUE = 100;

const directory = mkdtempSync(join(values.directory, 'zanzara-bench-'));
const path = join(directory, 'bench.sqlite3');
/** Payloads as the broker keeps them: views into a slab. */
const slab = new Uint8Array(16 * 1024);

function open(): SqliteStore {
  const { synchronous } = values;
  if (synchronous !== 'off' && synchronous !== 'normal' && synchronous !== 'full' && synchronous !== 'extra')
    throw new Error(`--synchronous ${synchronous}: off, normal, full or extra`);
  return openSqlite({ path, synchronous, pageSize: 4096 });
}

function message(id: number, topic: string, retain: boolean): Change {
  const at = (id % 200) * 64;
  const kept: KeptMessage = {
    topic,
    payload: slab.subarray(at, at + 64),
    qos: 1,
    retain,
    properties: {},
    expiresAt: 0,
    publisher: `publisher-${id % 10}`,
    username: undefined,
    port: 1883,
  };
  return { kind: 'message kept', id, message: kept };
}

function delivery(key: number, messageId: number, clientId: string, packetId: number): Change {
  const state = packetId === 0 ? 'waiting' : 'published';
  return {
    kind: 'delivery',
    key,
    delivery: {
      clientId,
      messageId,
      direction: 'out',
      qos: 1,
      retain: false,
      packetId,
      state,
      identifiers: undefined,
    },
  };
}

/** A round of a broker under load: messages come in, and those of the round before are acknowledged. */
function round(number: number): Change[] {
  const changes: Change[] = [];
  for (let index = 0; index < BATCH; index++) {
    const id = number * BATCH + index + 1;
    changes.push(message(id, `site/building/floor/room/${index}`, false));
    changes.push(delivery(id, id, `subscriber-${index % 10}`, index + 1));
  }
  for (let index = 0; index < BATCH; index++) {
    if (number === 0) break;
    const id = (number - 1) * BATCH + index + 1;
    changes.push({ kind: 'delivery done', key: id }, { kind: 'message forgotten', id });
  }
  return changes;
}

const micros = ({ user, system }: { user: number; system: number }): number => user + system;
const say = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(46)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit}`);

async function steady(): Promise<void> {
  const store = open();
  const all = Array.from({ length: rounds + WARM_UP }, (_, number) => round(number));
  let [process0, thread0, time0] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
  for (const [number, changes] of all.entries()) {
    if (number === WARM_UP)
      [process0, thread0, time0] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
    await store.commit(changes);
  }
  const here = micros(process.threadCpuUsage(thread0));
  const there = micros(process.cpuUsage(process0)) - here;
  const time = performance.now() - time0;
  const messages = rounds * BATCH;
  say('broker thread, a change', here / messages / 4, 'µs CPU');
  say('broker thread, a stored QoS 1 message', here / messages, 'µs CPU');
  say('store thread, a stored QoS 1 message', there / messages, 'µs CPU');
  say(`a commit of ${BATCH} messages`, time / rounds, 'ms');
  say('stored and acknowledged', (messages / time) * 1000, 'messages/s');
  say('file', statSync(path).size / 1024, 'KiB');
  say('log', statSync(`${path}-wal`).size / 1024, 'KiB');
  await store.close();
}

async function large(): Promise<void> {
  rmSync(path);
  let store = open();
  const [retained, queued] = [Number(values.retained), Number(values.queued)];
  const sessions = Math.ceil(queued / QUEUE);
  let changes: Change[] = [];
  const full = async (): Promise<void> => {
    await store.commit(changes);
    changes = [];
  };
  for (let index = 0; index < sessions; index++) {
    const session = {
      clientId: `subscriber-${index}`,
      username: undefined,
      port: 1883,
      expiryInterval: 0xffff_ffff,
      expiresAt: 0,
      willAt: 0,
      seenAt: 0,
    };
    changes.push({ kind: 'session', session });
  }
  for (let id = 1; id <= retained; id++) {
    const topic = `site/${id % 100}/room/${id}/temperature`;
    changes.push(message(id, topic, true), { kind: 'retained', topic, id });
    if (changes.length >= 20_000) await full();
  }
  for (let key = 1; key <= queued; key++) {
    const id = retained + Math.ceil(key / sessions);
    if (key % sessions === 1) changes.push(message(id, 'site/alarm', false));
    changes.push(delivery(key, id, `subscriber-${key % sessions}`, 0));
    if (changes.length >= 20_000) await full();
  }
  await full();
  await store.close();
  const [time0, cpu0] = [performance.now(), process.cpuUsage()];
  store = open();
  let count = 0;
  for (const _ of store.load()) count++;
  say(`load: ${retained} retained, ${queued} queued`, performance.now() - time0, 'ms');
  say('', micros(process.cpuUsage(cpu0)) / 1000, 'ms CPU');
  say('', count, 'changes');
  say('file', statSync(path).size / 1024 / 1024, 'MiB');
  await store.close();
}

try {
  console.log(`Node ${process.version}, synchronous=${values.synchronous}`);
  await steady();
  await large();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
