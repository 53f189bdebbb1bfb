/** `mosquitto.db` on the disk: how it is replaced, and what is not in it. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Change, KeptMessage } from '../../src/broker/change.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import { readDbFile, readMosquittoDb, saveMosquittoDb } from '../../src/store/mosquitto-db.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { Scratch } from '../cli/program.ts';
import { bytesOf } from '../vectors/mosquitto-db/bytes.ts';
import { FILES, NOW } from '../vectors/mosquitto-db/files.ts';
import { plain } from './plain.ts';

const STOPPING = { stopping: true };
const { changes: STATE } = readMosquittoDb(
  bytesOf(...FILES.find(({ name }) => name === 'version 6')!.bytes),
  NOW,
);

function message(topic: string, qos: 0 | 1 | 2 = 1): KeptMessage {
  return {
    topic,
    payload: Buffer.from('x'),
    qos,
    retain: true,
    properties: NO_PROPERTIES,
    expiresAt: 0,
    publisher: '',
    username: undefined,
    port: 0,
  };
}

describe('mosquitto.db on the disk', () => {
  test('a file takes the place of the one before, for its owner alone', async () => {
    using scratch = new Scratch();
    const path = scratch.file('mosquitto.db', 'the one before');
    scratch.file('mosquitto.db.new', 'of a run that was cut off');
    await saveMosquittoDb(path, STATE, STOPPING);
    assert.deepEqual(readdirSync(scratch.path), ['mosquitto.db']);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { counts } = readMosquittoDb(readDbFile(path), NOW);
    assert.deepEqual(counts, { messages: 2, retained: 1, clients: 1, subscriptions: 1, clientMessages: 3 });
    assert.equal(readFileSync(path)[39], 1, 'it was written at the end');
    await saveMosquittoDb(path, [], { stopping: false });
    assert.deepEqual(plain(readMosquittoDb(readDbFile(path), NOW).changes), []);
    assert.equal(readFileSync(path)[39], 0);
  });

  test('the state is that of the call, whatever happens until it is written', async () => {
    using scratch = new Scratch();
    const path = scratch.at('mosquitto.db');
    let taken = 0;
    const counted = function* (): Generator<Change> {
      for (const change of STATE) {
        taken++;
        yield change;
      }
    };
    const saved = saveMosquittoDb(path, counted(), STOPPING);
    assert.equal(taken, [...STATE].length);
    await saved;
  });

  test('what goes wrong is told in the words of Mosquitto, and the file before stays', async () => {
    using scratch = new Scratch();
    const absent = scratch.at('absent/mosquitto.db');
    await rejects(
      absent,
      `Error saving in-memory database, unable to open ${absent}.new for writing, error No such file or directory`,
    );
    const path = scratch.at('mosquitto.db');
    mkdirSync(path);
    writeFileSync(scratch.at('mosquitto.db/x'), '');
    await rejects(path, `Error during saving in-memory database ${path}: Illegal operation on a directory.`);
    assert.deepEqual(readdirSync(scratch.path), ['mosquitto.db']);
    const other = scratch.file('other.db', 'the one before');
    mkdirSync(`${other}.new`);
    await rejects(
      other,
      `Error saving in-memory database, unable to remove stale tmp file ${other}.new, error `,
    );
    assert.equal(readFileSync(other, 'utf8'), 'the one before');
  });

  test('$SYS and wills are not kept, but messages that wait for somebody are', async () => {
    using scratch = new Scratch();
    const path = scratch.at('mosquitto.db');
    const session = {
      clientId: 'c',
      username: undefined,
      port: 0,
      expiryInterval: 3600,
      expiresAt: 0,
      willAt: 0,
      seenAt: 0,
    };
    const delivery = {
      clientId: 'c',
      messageId: 2,
      direction: 'out',
      qos: 1,
      retain: false,
      packetId: 0,
      state: 'waiting',
      identifiers: undefined,
    } as const;
    const before = Date.now();
    await saveMosquittoDb(
      path,
      [
        { kind: 'message kept', id: 1, message: message('$SYS/broker/uptime') },
        { kind: 'message kept', id: 2, message: message('$SYS/broker/version') },
        { kind: 'message kept', id: 3, message: message('$other', 2) },
        { kind: 'retained', topic: '$SYS/broker/uptime', id: 1 },
        { kind: 'retained', topic: '$SYS/broker/version', id: 2 },
        { kind: 'retained', topic: '$other', id: 3 },
        { kind: 'session', session },
        { kind: 'delivery', key: 1, delivery },
        { kind: 'delivery', key: 2, delivery: { ...delivery, clientId: 'gone' } },
        { kind: 'will', clientId: 'c', will: { ...message('w'), payload: Buffer.from('gone') } },
      ],
      STOPPING,
    );
    const changes = plain(readMosquittoDb(readDbFile(path), NOW).changes);
    const kept = changes.flatMap((change) => (change.kind === 'message kept' ? [change.message] : []));
    assert.deepEqual(
      kept.map(({ topic, retain }) => [topic, retain]),
      [
        ['$SYS/broker/version', false],
        ['$other', true],
      ],
    );
    assert.deepEqual(
      changes.flatMap((change) => (change.kind === 'retained' ? [change.topic] : [])),
      ['$other'],
    );
    const sessions = changes.flatMap((change) => (change.kind === 'session' ? [change.session] : []));
    assert.deepEqual(
      sessions.map(({ clientId }) => clientId),
      ['c'],
    );
    const { expiresAt } = sessions[0]!;
    assert.ok(expiresAt >= before + 3_600_000 && expiresAt <= Date.now() + 3_601_000, 'it is connected');
  });

  test('there is no state of things that are taken away', async () => {
    using scratch = new Scratch();
    const path = scratch.at('mosquitto.db');
    const taken = saveMosquittoDb(path, [{ kind: 'message forgotten', id: 1 }], STOPPING);
    await assert.rejects(taken, TypeError);
  });
});

async function rejects(path: string, text: string): Promise<void> {
  await assert.rejects(saveMosquittoDb(path, STATE, STOPPING), (error) => {
    assert.ok(error instanceof StoreError);
    assert.ok(error.message.startsWith(text), error.message);
    assert.match(error.hint, /is as it was/);
    return true;
  });
}
