/** Files that cannot be used: what is told, and that nothing is changed. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { DEFAULT_LOG_SETTINGS, Log } from '../../src/base/log.ts';
import type { Change } from '../../src/broker/change.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { startBroker } from '../../src/index.ts';
import { Persistence } from '../../src/server/persistence.ts';
import { openSqlite } from '../../src/store/sqlite-store.ts';
import { run, Scratch, zanzara } from '../cli/program.ts';
import { furnish, Place } from './place.ts';

const BROKEN: readonly (readonly [what: string, lines: string, text: RegExp, hint: RegExp])[] = [
  [
    'a directory whose parent is not there',
    'persistence_location HERE/no/where',
    /^Error: The directory \/.*\/no\/where is not there and cannot be made: No such file or directory\.$/,
    /^Make it with 'mkdir -p \/.*\/no\/where', for the user that the broker runs as, \S+, or set persistence_location/,
  ],
  [
    'a file that is no SQLite database',
    'persistence_location HERE\npersistence_file text.sqlite3',
    /^Error: .*text\.sqlite3.* not an SQLite database/,
    /^Move .*text\.sqlite3 away/,
  ],
  [
    'a file that is no database of Mosquitto',
    'persistence_location HERE\npersistence_file other.db',
    /^Error: Unable to restore persistent database\. Unrecognised file format\.$/,
    /\.$/,
  ],
  [
    'the same, in interval mode',
    'persistence_location HERE\npersistence_file other.db\npersistence_durability interval',
    /^Error: Unable to restore persistent database\. Unrecognised file format\.$/,
    /\.$/,
  ],
];

/** One message that waits for one client. */
const QUEUED: readonly Change[] = [
  {
    kind: 'message kept',
    id: 1,
    message: {
      topic: 't',
      payload: new Uint8Array(3),
      qos: 1,
      retain: false,
      properties: {},
      expiresAt: 0,
      publisher: 'p',
      username: undefined,
      port: 0,
    },
  },
  {
    kind: 'session',
    session: {
      clientId: 'somebody',
      username: undefined,
      port: 0,
      expiryInterval: 0xffff_ffff,
      expiresAt: 0,
      willAt: 0,
      seenAt: 0,
    },
  },
  {
    kind: 'delivery',
    key: 1,
    delivery: {
      clientId: 'somebody',
      messageId: 1,
      direction: 'out',
      qos: 1,
      retain: false,
      packetId: 0,
      state: 'waiting',
      identifiers: undefined,
    },
  },
];

/** The lines of a broker in this process that logs to a file. */
async function logOf(scratch: Scratch, lines: string): Promise<string[]> {
  const log = scratch.at('log');
  const config = `listener 0 ${scratch.at('socket')}\nlog_dest file ${log}\npersistence true\n${lines}`;
  await assert.rejects(startBroker({ config }), /The database could not be used; the log says why/);
  return readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => line.replace(/^\d+: /, ''));
}

/** What `--test-config` does about persistence; what it says joins `said`. */
async function check(lines: string, said: string[] = [], first = 'persistence true'): Promise<boolean> {
  const read = parseConfig({ file: 'z.conf', text: `${first}\n${lines}` });
  assert.ok(read.ok);
  const log = new Log(DEFAULT_LOG_SETTINGS, Date.now, ({ text }) => void said.push(text));
  return Persistence.check(read.config, { log, allowSymlinks: false, env: {} });
}

test('a queue that belongs to nobody, as a damaged file may have it, stops the start and stays', async () => {
  using scratch = new Scratch();
  const path = scratch.at('mosquitto.sqlite3');
  const store = openSqlite({ path, synchronous: 'normal', pageSize: 4096 });
  await store.commit(QUEUED);
  await store.close();
  const bytes = readFileSync(path);
  for (let at = bytes.length - 4096; at > 0; at -= 4096) {
    // of the queue: where the table has it, and not where its index has it
    const name = bytes.subarray(at, at + 4096).indexOf('somebody');
    if (bytes[at] !== 0x0d || name < 0) continue;
    bytes.write('S', at + name);
    break;
  }
  writeFileSync(path, bytes);
  for (const durability of ['sync', 'interval']) {
    const log = await logOf(
      scratch,
      `persistence_location ${scratch.path}\npersistence_durability ${durability}`,
    );
    const at = log.findIndex((line) => /damaged \(a queued message belongs to no session\)/.test(line));
    assert.ok(at >= 0, log.join('\n'));
    assert.match(log[at + 1] ?? '', /\.recover/);
    assert.deepEqual(readFileSync(path), bytes);
  }
  assert.equal(existsSync(scratch.at('mosquitto.db')), false);
});

test('a durability without persistence is told: nothing is kept', async () => {
  const said: string[] = [];
  assert.ok(await check('persistence_durability sync', said, 'persistence false'));
  assert.match(said.join('\n'), /Warning: persistence_durability does not count without 'persistence true'/);
});

test('a database that is brought later, and older than an empty store, is told not to be read', async () => {
  await using place = await Place.make('persistence true');
  await place.start();
  await place.stop();
  place.scratch.file('mosquitto.db', '');
  utimesSync(place.at('mosquitto.db'), 0, 0);
  const { stderr } = await place.start();
  assert.match(
    stderr,
    /Warning: .*mosquitto\.db is not read: .*mosquitto\.sqlite3 was there already\. But that is empty\.\n.*: To import/,
  );
  await furnish(place.port);
  await place.stop();
  const again = await place.start();
  assert.doesNotMatch(again.stderr, /is not read/);
});

const TEXT = `no database ${' '.repeat(4000)}`;

for (const [what, lines, text, hint] of BROKEN)
  test(`${what} is refused, and left as it is`, async () => {
    using scratch = new Scratch();
    const file = scratch.at('other.db');
    for (const name of ['text.sqlite3', 'other.db']) scratch.file(name, TEXT);
    const config = lines.replaceAll('HERE', scratch.path);
    const log = await logOf(scratch, config);
    const at = log.findIndex((line) => text.test(line));
    assert.ok(at >= 0, log.join('\n'));
    assert.match(log[at + 1] ?? '', hint);
    assert.equal(log[at + 2], "Error: Couldn't open database.");
    assert.equal(readFileSync(file, 'utf8'), TEXT);
    assert.equal(await check(config), false);
  });

test('a place where nothing is yet is good, and stays empty when it is only looked at', async () => {
  using scratch = new Scratch();
  for (const durability of ['sync', 'interval']) {
    const lines = `persistence_durability ${durability}\npersistence_location`;
    assert.equal(await check(`${lines} ${scratch.path}`), true);
    assert.equal(await check(`${lines} ${scratch.at('new')}`), true);
    assert.equal(await check(`${lines} ${scratch.at('new/newer')}`), false);
  }
  assert.deepEqual(readdirSync(scratch.path), []);
});

test('a store that another broker has open is refused: exit code 1', async () => {
  await using place = await Place.make('persistence true');
  const { pid } = await place.start();
  const { code, stderr } = await run(zanzara('-c', place.file));
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`mosquitto\\.sqlite3 is in use by another broker \\(process ${pid}\\)\\.\n`),
  );
  assert.match(stderr, /: Error: Couldn't open database\.\n.* terminating\n$/);
});

test('interval: a broker that cannot listen writes nothing', async () => {
  await using place = await Place.make('persistence true\npersistence_durability interval');
  await place.start();
  await furnish(place.port);
  await place.stop();
  const before = readFileSync(place.at('mosquitto.db'));
  const config = `listener 0 ${place.at('no/such/socket')}\nlog_dest file ${place.at('log')}\npersistence true\npersistence_durability interval\npersistence_location ${place.scratch.path}`;
  await assert.rejects(startBroker({ config }), /No listener could be opened/);
  assert.match(readFileSync(place.at('log'), 'utf8'), /Restored 2 clients/);
  assert.deepEqual(readFileSync(place.at('mosquitto.db')), before);
});

test('interval: what cannot be saved is told, and saved when it can be', async () => {
  using scratch = new Scratch();
  const place = scratch.at('state');
  const log = scratch.at('log');
  const config = `listener 0 ${scratch.at('socket')}\nlog_dest file ${log}\npersistence true\npersistence_durability interval\npersistence_location ${place}`;
  const broker = await startBroker({ config });
  rmdirSync(place);
  await broker.stop();
  assert.match(
    readFileSync(log, 'utf8'),
    /Saving in-memory database to .*\n.*Error saving in-memory database, unable to open .*mosquitto\.db\.new for writing, error No such file or directory\n.*\n/i,
  );
});

test('interval: a link does not stand for the database', async () => {
  using scratch = new Scratch();
  scratch.file('real.db', '');
  symlinkSync(scratch.at('real.db'), scratch.at('link.db'));
  const lines = `persistence_durability interval\npersistence_location ${scratch.path}\npersistence_file link.db`;
  const log = await logOf(scratch, lines);
  assert.match(log.join('\n'), /Error: Unable to open ".*link\.db"\.\nThis is a symbolic link/);
  assert.equal(await check(lines), false);
});

test('embedded: the directory is made, the files are private, whoever else may read an old one is told', async () => {
  using scratch = new Scratch();
  const place = scratch.at('state');
  const config = `listener 0 ${scratch.at('socket')}\nallow_anonymous true\nlog_dest none\npersistence true\npersistence_location ${place}`;
  const broker = await startBroker({ config });
  assert.equal(statSync(place).mode & 0o007, 0);
  for (const name of readdirSync(place)) assert.equal(statSync(`${place}/${name}`).mode & 0o777, 0o600, name);
  await assert.rejects(startBroker({ config }), /database could not be used; the log says why/);
  await broker.stop();
  assert.ok(existsSync(`${place}/mosquitto.sqlite3`));
  assert.ok(!existsSync(`${place}/mosquitto.sqlite3-wal`));
  scratch.file('mosquitto.db', '');
  chmodSync(scratch.at('mosquitto.db'), 0o644);
  const log = scratch.at('log');
  const again = await startBroker({
    config: `listener 0 ${scratch.at('socket')}\nlog_dest file ${log}\npersistence true\npersistence_location ${scratch.path}`,
  });
  await again.stop();
  assert.match(readFileSync(log, 'utf8'), /Warning: File .*mosquitto\.db has world readable permissions\./);
  assert.match(readFileSync(log, 'utf8'), /Warning: Persistence file is empty\./);
});
