import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../config/parse.ts';
import { placesOf } from './persistence-places.ts';
import type { Places } from './persistence-places.ts';

const PLUGIN = 'plugin mosquitto_persist_sqlite.so';

function places(text: string, env: Readonly<Record<string, string>> = {}): Places | undefined {
  const read = parseConfig({ file: 'm.conf', text });
  assert.ok(read.ok, `${read.diagnostics.at(-1)?.text}`);
  return placesOf(read.config, env);
}

test('nothing is kept unless the configuration says so', () => {
  assert.equal(places(''), undefined);
  assert.equal(places('persistence_location /s\npersistence_durability commit'), undefined);
});

test('persistence true: two files of one name, in the directory', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['', 'mosquitto.sqlite3', 'mosquitto.db'],
    ['persistence_location /var/lib/m', '/var/lib/m/mosquitto.sqlite3', '/var/lib/m/mosquitto.db'],
    ['persistence_location /s/', '/s/mosquitto.sqlite3', '/s//mosquitto.db'],
    ['persistence_file state', 'state.sqlite3', 'state'],
    ['persistence_file a.b.c', 'a.b.sqlite3', 'a.b.c'],
    ['persistence_location /s\npersistence_file x.sqlite3', '/s/x.sqlite3', undefined],
    ['persistence_location /s\npersistence_file sub/x.db', '/s/sub/x.sqlite3', '/s/sub/x.db'],
  ];
  for (const [lines, path, mosquittoDb] of cases) {
    const found = places(`persistence true\n${lines}`, { MOSQUITTO_PERSISTENCE_LOCATION: '/elsewhere' });
    assert.deepEqual(
      [found?.sqlite?.path, found?.mosquittoDb, found?.durability],
      [path, mosquittoDb, 'sync'],
    );
  }
});

test('interval: a database whose name is that of SQLite files has nothing beside it', () => {
  const found = places('persistence true\npersistence_durability interval\npersistence_file x.sqlite3');
  assert.deepEqual([found?.mosquittoDb, found?.sqlite], ['x.sqlite3', undefined]);
});

test('durability is what SQLite waits for', () => {
  for (const [durability, synchronous] of [
    ['sync', 'full'],
    ['commit', 'normal'],
    ['interval', 'full'],
  ]) {
    const found = places(`persistence true\npersistence_durability ${durability}`);
    assert.deepEqual([found?.durability, found?.sqlite?.synchronous], [durability, synchronous]);
  }
});

test('the plugin: where, and how safely', () => {
  const place = 'persistence_location /s';
  const cases: readonly (readonly [string, string, string, string])[] = [
    [PLUGIN, 'mosquitto.sqlite3', 'sync', 'full'],
    [`${place}\n${PLUGIN}\nplugin_opt_db_file /x.db`, '/s/mosquitto.sqlite3', 'sync', 'full'],
    [`persistence_file f\n${PLUGIN}\nplugin_opt_db_file /x/y.db`, '/x/y.db', 'sync', 'full'],
    [`${place}\n${PLUGIN}\nplugin_opt_sync extra`, '/s/mosquitto.sqlite3', 'sync', 'extra'],
    [`${place}\n${PLUGIN}\nplugin_opt_sync off`, '/s/mosquitto.sqlite3', 'commit', 'off'],
    [`persistence_durability sync\n${PLUGIN}\nplugin_opt_sync normal`, 'mosquitto.sqlite3', 'sync', 'full'],
    [`persistence_durability sync\n${PLUGIN}\nplugin_opt_sync extra`, 'mosquitto.sqlite3', 'sync', 'extra'],
    [
      `persistence_durability commit\n${PLUGIN}\nplugin_opt_sync full`,
      'mosquitto.sqlite3',
      'commit',
      'normal',
    ],
  ];
  for (const [text, path, durability, synchronous] of cases) {
    const found = places(text);
    assert.deepEqual(
      [found?.sqlite?.path, found?.durability, found?.sqlite?.synchronous, found?.mosquittoDb],
      [path, durability, synchronous, undefined],
      text,
    );
  }
  const env = { MOSQUITTO_PERSISTENCE_LOCATION: '/env' };
  assert.equal(places(`${place}\n${PLUGIN}`, env)?.sqlite?.path, '/env/mosquitto.sqlite3');
  assert.equal(places(`${PLUGIN}\nplugin_opt_page_size 8192`)?.sqlite?.pageSize, 8192);
});
