/** What was acknowledged is there when the broker comes back. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { connectTo, freePort } from '../cli/program.ts';
import { expectFurnished, furnish, Place } from './place.ts';

const MODES = [
  ['sync', 'SIGKILL', 'mosquitto.sqlite3'],
  ['commit', 'SIGKILL', 'mosquitto.sqlite3'],
  ['interval', 'SIGTERM', 'mosquitto.db'],
] as const;

describe('a restart', { concurrency: 2 }, () => {
  for (const [mode, signal, name] of MODES)
    test(`${mode}: after ${signal}, retained messages, sessions and queues are there`, async () => {
      await using place = await Place.make(`persistence true\npersistence_durability ${mode}`);
      const first = await place.start();
      assert.match(
        first.stderr,
        new RegExp(`Persistence: ${mode}, .*${name} \\(0 sessions, 0 retained messages\\)\n`),
      );
      assert.doesNotMatch(first.stderr, /Restored/);
      await furnish(place.port);
      await place.stop(signal);
      assert.equal(statSync(place.at(name)).mode & 0o777, 0o600);
      const { stderr } = await place.start();
      assert.match(
        stderr,
        /Restored 5 base messages\n.*Restored 2 retained messages\n.*Restored 2 clients\n/,
      );
      assert.match(stderr, /Restored 4 subscriptions\n.*Restored 6 client messages\n/);
      assert.match(stderr, /\(2 sessions, 2 retained messages\)\n.*: Opening ipv4 listen socket/);
      await expectFurnished(place.port);
      await place.stop();
      const others = ['mosquitto.sqlite3', 'mosquitto.sqlite3-wal', 'mosquitto.db'].filter(
        (one) => one !== name,
      );
      assert.deepEqual(
        others.filter((one) => existsSync(place.at(one))),
        [],
      );
    });

  test('interval: SIGUSR1 saves, and a broker that is killed comes back as it was saved', async () => {
    await using place = await Place.make(
      'persistence true\npersistence_durability interval\nautosave_interval 0',
    );
    const program = await place.start();
    await furnish(place.port);
    program.signal('SIGUSR1');
    await program.until(`Saving in-memory database to ${place.scratch.path}/mosquitto.db.`);
    const later = await connectTo(place.port, { clientId: 'later' });
    while (!existsSync(place.at('mosquitto.db'))) await later.expectNothing();
    await later.publish('kept/later', 'unsaved', { qos: 1, retain: true });
    await place.stop('SIGKILL');
    await place.start();
    await expectFurnished(place.port);
  });

  test('interval: every so many changes, and at the end after the last line', async () => {
    const schedule = 'autosave_interval 2\nautosave_on_changes true';
    await using place = await Place.make(`persistence true\npersistence_durability interval\n${schedule}`);
    const program = await place.start();
    await furnish(place.port);
    await program.until('Saving in-memory database');
    const { code, stderr } = await place.stop();
    assert.equal(code, 0);
    assert.match(stderr, / terminating\n\d+: Saving in-memory database to .*mosquitto\.db\.\n$/);
  });

  test('with per_listener_settings, the rules of its listener count for a client that is not back yet', async () => {
    await using place = await Place.make('');
    const { port } = place;
    const rules = place.scratch.file('rules', 'topic readwrite #\n');
    place.scratch.file(
      'mosquitto.conf',
      `per_listener_settings true\nuser root\n` +
        `listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${rules}\n` +
        `listener ${await freePort()} 127.0.0.1\nallow_anonymous false\n` +
        `persistence true\npersistence_location ${place.scratch.path}\n`,
    );
    await place.start();
    await furnish(port);
    for (let restarts = 0; restarts < 2; restarts++) {
      await place.stop(restarts === 0 ? 'SIGKILL' : 'SIGTERM');
      await place.start();
    }
    const writer = await connectTo(port, { clientId: 'writer', clean: true });
    await writer.publish('of/4/x', 'while it was away', { qos: 1 });
    await writer.publish('of/5/x', 'while it was away', { qos: 1 });
    await writer.disconnect();
    await expectFurnished(port, 'while it was away');
  });

  test('the plugin of Mosquitto: its file, its options', async () => {
    await using place = await Place.make(
      'plugin /usr/lib/mosquitto_persist_sqlite.so\nplugin_opt_sync normal\nplugin_opt_flush_period 5',
    );
    const program = await place.start();
    assert.match(program.stderr, /Persistence: commit, .*mosquitto\.sqlite3 /);
    program.signal('SIGUSR1');
    await program.until(/Nothing to save: .*mosquitto\.sqlite3 has every change that was acknowledged\.\n/);
    await furnish(place.port);
    await place.stop('SIGKILL');
    await place.start();
    await expectFurnished(place.port);
  });
});
