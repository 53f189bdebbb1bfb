/** An installation of Mosquitto becomes one of Zanzara on the same configuration file, and goes back. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { connectTo } from '../cli/program.ts';
import { BROKER, testWithMosquitto } from '../interop/mosquitto.ts';
import { expectFurnished, furnish, Place } from './place.ts';

const mosquitto = (place: Place): readonly string[] => [BROKER ?? 'mosquitto', '-c', place.file];

testWithMosquitto(
  "Debian's mosquitto, then Zanzara: every message and session, and its file stays",
  async () => {
    await using place = await Place.make('persistence true');
    await place.start(mosquitto(place));
    await furnish(place.port);
    await place.stop();
    const before = readFileSync(place.at('mosquitto.db'));
    const { stderr } = await place.start();
    assert.match(stderr, /Imported .*mosquitto\.db into .*mosquitto\.sqlite3; it stays as it is\.\n/);
    assert.match(stderr, /\(2 sessions, 2 retained messages\)/);
    await expectFurnished(place.port);
    await place.stop('SIGKILL');
    assert.deepEqual(readFileSync(place.at('mosquitto.db')), before);
    const again = await place.start();
    assert.doesNotMatch(again.stderr, /Imported|Warning: .*mosquitto\.db/);
    const reader = await connectTo(place.port, { clientId: 'reader-4', clean: false });
    assert.equal(reader.connack?.sessionPresent, true);
    await reader.expectNothing(); // all of it was taken before
    reader.drop();
    await place.stop();
    utimesSync(place.at('mosquitto.db'), new Date(), new Date(Date.now() + 60_000));
    const warned = await place.start();
    assert.match(
      warned.stderr,
      /Warning: .*mosquitto\.db is newer than .*mosquitto\.sqlite3, and is not read\.\n.*move/,
    );
  },
);

testWithMosquitto("Zanzara in sync, then in interval, then Debian's mosquitto", async () => {
  await using place = await Place.make('persistence true');
  await place.start();
  await furnish(place.port);
  await place.stop('SIGKILL');
  place.configure('persistence true\npersistence_durability interval');
  const { stderr } = await place.start();
  assert.match(
    stderr,
    /Took over .*mosquitto\.sqlite3 into .*mosquitto\.db; it is .*mosquitto\.sqlite3\.old from now on\./,
  );
  assert.ok(existsSync(place.at('mosquitto.db')));
  assert.ok(existsSync(place.at('mosquitto.sqlite3.old')));
  assert.ok(!existsSync(place.at('mosquitto.sqlite3')));
  await place.stop();
  place.configure('persistence true');
  await place.start(mosquitto(place));
  await expectFurnished(place.port);
});
