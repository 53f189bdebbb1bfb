/** `zanzara db-dump`: what stands in a `mosquitto.db`, in the lines of `mosquitto_db_dump`. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { dbDump } from '../../src/cli/db-dump.ts';
import { readMosquittoDb } from '../../src/store/mosquitto-db.ts';
import { openSqlite } from '../../src/store/sqlite-store.ts';
import { bytesOf } from '../vectors/mosquitto-db/bytes.ts';
import { FILES, NOW } from '../vectors/mosquitto-db/files.ts';
import { run, Scratch, zanzara } from './program.ts';
import type { Ended } from './program.ts';

function vector(name: string): Uint8Array {
  return bytesOf(...FILES.find((file) => file.name === name)!.bytes);
}

/** What the command prints, without a process of its own. */
async function dump(...argv: readonly string[]): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const code = await dbDump(argv, {
    stdout: (data) => void (stdout += String(data)),
    stderr: (text) => void (stderr += text),
    stdin: () => {
      throw new Error('it reads nothing');
    },
    env: {},
    name: 'zanzara',
    isTerminal: false,
    isInputTerminal: false,
  });
  return { code, stdout, stderr };
}

/** What it prints of these bytes. */
async function dumpOf(bytes: Uint8Array, ...options: readonly string[]): Promise<Ended> {
  using scratch = new Scratch();
  const path = scratch.at('mosquitto.db');
  writeFileSync(path, bytes);
  return dump(...options, path);
}

const CONFIG =
  'DB_CHUNK_CFG:\n\tLength: 16\n\tShutdown: 1\n\tDB ID size: 8\n\tLast DB ID: 1327095219670047\n';

const DUMP = `Mosquitto DB dump
CRC: 0
DB version: 6
${CONFIG}DB_CHUNK_BASE_MSG:
	Length: 40
	Store ID: 1327095219670047
	Source Port: 0
	Source MID: 1
	Topic: r/1
	QoS: 1
	Retain: 1
	Payload Length: 1
	Expiry Time: 0
	Payload: x
DB_CHUNK_BASE_MSG:
	Length: 71
	Store ID: 18446744073709551615
	Source Port: 1883
	Source MID: 7
	Topic: q/ä
	QoS: 2
	Retain: 0
	Payload Length: 5
	Expiry Time: 1767312000
	Payload: hello
	Properties:
		Payload format indicator: 1
		Content type: t
		Response topic: r
		Correlation data: 6364
		User property: k , v
DB_CHUNK_CLIENT:
	Length: 30
	Client ID: dur
	Username: eve
	Listener port: 1883
	Last MID: 4
	Session expiry time: 1767312000
	Session expiry interval: 86400
DB_CHUNK_CLIENT_MSG:
	Length: 19
	Client ID: dur
	Store ID: 18446744073709551615
	MID: 7
	QoS: 2
	Retain: 0
	Direction: 0
	State: 7
	Dup: 0
DB_CHUNK_CLIENT_MSG:
	Length: 19
	Client ID: dur
	Store ID: 18446744073709551615
	MID: 3
	QoS: 2
	Retain: 0
	Direction: 1
	State: 9
	Dup: 1
DB_CHUNK_CLIENT_MSG:
	Length: 23
	Client ID: dur
	Store ID: 18446744073709551615
	MID: 4
	QoS: 2
	Retain: 1
	Direction: 1
	State: 11
	Dup: 0
	Subscription identifier: 300
DB_CHUNK_SUB:
	Length: 18
	Client ID: dur
	Topic: q/#
	QoS: 2
	Subscription ID: 300
	Options: 0x2C
DB_CHUNK_RETAIN:
	Length: 8
	Store ID: 1327095219670047
`;

describe('db-dump', () => {
  test('prints each chunk with its fields', async () => {
    assert.deepEqual(await dumpOf(vector('version 6')), { code: 0, stdout: DUMP, stderr: '' });
    const old = await dumpOf(vector('version 3'));
    assert.match(old.stdout, /^Mosquitto DB dump\nCRC: 0\nDB version: 3\nDB_CHUNK_CFG:\n\tLength: 10\n/);
    assert.match(old.stdout, /\nDB_CHUNK_CLIENT:\n\tLength: 15\n\tClient ID: dur\n\tLast MID: 4\n/);
  });

  test('--stats counts the chunks of each kind', async () => {
    const { code, stdout } = await dumpOf(vector('version 6'), '--stats');
    assert.equal(code, 0);
    assert.equal(
      stdout,
      [
        'DB_CHUNK_CFG:        1',
        'DB_CHUNK_BASE_MSG:   2',
        'DB_CHUNK_CLIENT_MSG: 3',
        'DB_CHUNK_RETAIN:     1',
        'DB_CHUNK_SUB:        1',
        'DB_CHUNK_CLIENT:     1\n',
      ].join('\n'),
    );
  });

  test('--client-stats counts for each client', async () => {
    const { code, stdout } = await dumpOf(vector('version 6'), '--client-stats');
    assert.deepEqual([code, stdout], [0, `SC: 1 SS: 18 MC: 3 MS: ${19 + 19 + 23 + 3 * 71}   dur\n`]);
  });

  test('--json prints one object, and says which message is which', async () => {
    const { code, stdout } = await dumpOf(vector('version 6'), '--json');
    assert.equal(code, 0);
    assert.ok(stdout.includes('"storeid":18446744073709551615,')); // more than a number of JavaScript holds
    const storeid = Number('18446744073709551615');
    const delivery = { clientid: 'dur', storeid, qos: 2, direction: 1, 'subscription-identifier': 0 };
    assert.deepEqual(JSON.parse(stdout), {
      'base-messages': [
        {
          storeid: 1_327_095_219_670_047,
          'expiry-time': 0,
          'source-mid': 1,
          'source-port': 0,
          qos: 1,
          retain: 1,
          topic: 'r/1',
          clientid: 'pubx',
          payload: 'eA==',
        },
        {
          storeid,
          'expiry-time': 1_767_312_000,
          'source-mid': 7,
          'source-port': 1883,
          qos: 2,
          retain: 0,
          topic: 'q/ä',
          clientid: 'pubx',
          username: 'bob',
          payload: 'aGVsbG8=',
          properties: [
            { identifier: 'payload-format-indicator', value: 1 },
            { identifier: 'content-type', value: 't' },
            { identifier: 'response-topic', value: 'r' },
            { identifier: 'correlation-data', value: '6364' },
            { identifier: 'user-property', name: 'k', value: 'v' },
          ],
        },
      ],
      clients: [
        {
          clientid: 'dur',
          username: 'eve',
          'session-expiry-time': 1_767_312_000,
          'session-expiry-interval': 86_400,
          'last-mid': 4,
          'listener-port': 1883,
        },
      ],
      'client-messages': [
        { ...delivery, mid: 7, state: 7, 'retain-dup': 0, direction: 0 },
        { ...delivery, mid: 3, state: 9, 'retain-dup': 1 },
        { ...delivery, mid: 4, state: 11, 'retain-dup': 16, 'subscription-identifier': 300 },
      ],
      'retained-messages': [{ storeid: 1_327_095_219_670_047 }],
      subscriptions: [{ clientid: 'dur', topic: 'q/#', qos: 2, options: 0x2c, identifier: 300 }],
    });
    const nothing = await dumpOf(vector('a header alone'), '--json');
    assert.deepEqual(JSON.parse(nothing.stdout).clients, []);
  });

  test('prints what is whole of a damaged file, and fails', async () => {
    const whole = vector('version 6');
    const cut = await dumpOf(whole.subarray(0, whole.length - 3));
    assert.equal(cut.code, 1);
    assert.equal(cut.stdout, DUMP.slice(0, DUMP.indexOf('DB_CHUNK_RETAIN')));
    assert.equal(
      cut.stderr,
      `Error: Corrupt persistent database.\nError: Corrupt persistent database: the file ends within the chunk at byte ${whole.length - 16}.\n`,
    );
    const json = await dumpOf(whole.subarray(0, whole.length - 3), '--json');
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.stdout).subscriptions.length, 1);
    const property = bytesOf(
      '00b500 "mosquitto db" 00000000 00000006',
      '00000002 00000023  0000000000000000 0000000000000000 00000000 0001 0000 0000 0001 0000 01 01 "a" 0163',
    );
    assert.match((await dumpOf(property)).stderr, /\nproperty 99 in PUBLISH at byte 23\.\n$/);
    const size = await dumpOf(
      bytesOf('00b500 "mosquitto db" 00000000 00000002', '0001 0000000a 01 04 00000000 00000000'),
    );
    const incompatible = 'Error: Incompatible database configuration (dbid size is 4 bytes, expected 8)\n';
    assert.deepEqual([size.code, size.stderr], [1, incompatible]);
  });

  test('goes on behind what it does not know', async () => {
    const { code, stdout, stderr } = await dumpOf(
      bytesOf(
        '00b500 "mosquitto db" 00000000 00000009',
        '00000007 00000001 00',
        '00000004 00000008 0100000000000000',
      ),
    );
    assert.equal(code, 0);
    assert.ok(stdout.endsWith('DB_CHUNK_RETAIN:\n\tLength: 8\n\tStore ID: 1\n'));
    assert.equal(
      stderr,
      'Warning: mosquitto_db_dump does not support this DB version, continuing but expecting errors.\n' +
        'Warning: Unsupported chunk "7" of length 1 in persistent database file at position 23. Ignoring.\n',
    );
  });

  test('nothing in a file reaches the terminal as a command', async () => {
    const bytes = bytesOf(
      '00b500 "mosquitto db" 00000000 00000006',
      '00000005 00000011  00000000 0001 0004 00 00 0000 "c" 1b5b326a',
    );
    assert.ok((await dumpOf(bytes)).stdout.includes('\tTopic: \\x1b[2j\n'));
  });

  test('says what is wrong', async () => {
    const usage = 'Usage: db_dump [--stats | --client-stats | --json] <mosquitto db filename>\n';
    for (const argv of [[], ['a', 'b'], ['--json'], ['--wrong', 'a'], ['--json', 'a', 'b']])
      assert.deepEqual(await dump(...argv), { code: 1, stdout: '', stderr: usage });
    const help = await dump('--help');
    assert.ok(help.code === 0 && help.stdout.startsWith(usage));
    using scratch = new Scratch();
    const absent = await dump(scratch.at('absent'));
    assert.deepEqual(absent, {
      code: 1,
      stdout: '',
      stderr: `Error: Unable to open ${scratch.at('absent')}. No such file or directory.\n`,
    });
    assert.match((await dump(scratch.path)).stderr, /^Error: Unable to open .* Is a directory\.\n$/);
    const wrong = await dumpOf(Buffer.from('a text'));
    assert.deepEqual([wrong.code, wrong.stderr], [1, 'Error: Unrecognised file format.\n']);
  });

  test('prints a store in a file of SQLite, and leaves it as it is', async () => {
    using scratch = new Scratch();
    const path = scratch.at('mosquitto.sqlite3');
    const store = openSqlite({ path, synchronous: 'off', pageSize: 4096 });
    await store.commit([...readMosquittoDb(vector('version 6'), NOW).changes]);
    const live = await dump('--stats', path);
    await store.close();
    const before = readdirSync(scratch.path);
    const rest = await dump(path);
    assert.deepEqual([live.code, live.stderr, rest.code, rest.stderr], [0, '', 0, '']);
    assert.match(live.stdout, /BASE_MSG: {3}2\nDB_CHUNK_CLIENT_MSG: 3\nDB_CHUNK_RETAIN: {5}1\n/);
    assert.match(rest.stdout, /\tTopic: q\/ä\n/);
    assert.deepEqual(readdirSync(scratch.path), before);
  });

  test('is a command of the program, and a program of its own name', async () => {
    using scratch = new Scratch();
    const path = scratch.at('mosquitto.db');
    writeFileSync(path, vector('version 6'));
    const { code, stdout } = await run(zanzara('db-dump', path));
    assert.deepEqual([code, stdout], [0, DUMP]);
  });
});
