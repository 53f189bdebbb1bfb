import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from './config.ts';
import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostic } from './diagnostic.ts';
import { parseConfig } from './parse.ts';
import { persistSqliteOf } from './persist-sqlite.ts';

const PLUGIN = 'plugin /usr/lib/mosquitto_persist_sqlite.so';

function read(text: string): Config {
  const result = parseConfig({ file: 'm.conf', text });
  assert.ok(result.ok, `${result.diagnostics.at(-1)?.text}`);
  return result.config;
}

function refusal(text: string): Diagnostic {
  const result = parseConfig({ file: 'm.conf', text });
  assert.ok(!result.ok, text);
  return result.diagnostics.at(-1)!;
}

test('the plugin is known by the name of its file, however it is loaded', () => {
  const defaults = { dbFile: undefined, sync: undefined, pageSize: 4096 };
  const file = 'mosquitto_persist_sqlite.so';
  for (const line of [PLUGIN, `plugin ${file}`, `global_plugin ./${file} `, `plugin_load p ../${file}`])
    assert.deepEqual(persistSqliteOf(read(line).plugins), defaults, line);
  for (const line of ['', `plugin other_${file}`, `plugin ${file}.ts`])
    assert.equal(persistSqliteOf(read(line).plugins), undefined, line);
});

test('what it is told: the last word counts', () => {
  const text = `${PLUGIN}\nplugin_opt_db_file /a b\nplugin_opt_sync off\nauth_opt_sync extra\nplugin_opt_page_size 8192\nplugin_opt_flush_period 0`;
  assert.deepEqual(persistSqliteOf(read(text).plugins), { dbFile: '/a b', sync: 'extra', pageSize: 8192 });
});

test('what it cannot be told is refused at its line', () => {
  for (const [key, value] of [
    ['sync', 'yes'],
    ['sync', 'FULL'],
    ['flush_period', '-1'],
    ['flush_period', '5s'],
    ['page_size', '0'],
    ['page_size', 'big'],
  ]) {
    const { level, text, file, line, hint } = refusal(`${PLUGIN}\n\nplugin_opt_${key} ${value}`);
    assert.deepEqual(
      [level, text, file, line],
      ['error', `Error: Invalid 'plugin_opt_${key}' value (${value}).`, 'm.conf', 3],
    );
    assert.match(hint ?? '', /^Allowed after /);
  }
});

test('what does nothing is pointed out at its line', () => {
  const text = `${PLUGIN}\nplugin_opt_syncs full\nplugin_opt_page_size 5000\nautosave_interval 5\nautosave_on_changes true`;
  assert.deepEqual(read(text).diagnostics.flatMap(formatDiagnostic), [
    "Warning: 'plugin_opt_syncs' has no effect.",
    'm.conf:2: The plugin knows plugin_opt_db_file, plugin_opt_sync, plugin_opt_flush_period, plugin_opt_page_size.',
    'Warning: SQLite has no pages of 5000 bytes, 4096 is used.',
    'm.conf:3: Allowed: a number of bytes: a power of two from 512 to 65536.',
    "'autosave_interval' is not needed: every change is stored at once. It counts with 'persistence_durability interval'.",
    "'autosave_on_changes' is not needed: every change is stored at once. It counts with 'persistence_durability interval'.",
  ]);
  assert.equal(persistSqliteOf(read(text).plugins)?.pageSize, 4096);
  assert.deepEqual(
    read('persistence true\nautosave_interval 5\npersistence_durability interval').diagnostics,
    [],
  );
  assert.deepEqual(read('autosave_interval 5').diagnostics, []);
});

test('one store at a time', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    [`persistence true\n${PLUGIN}`, 'Error: `persistence true` cannot be used with a persistence plugin.', 1],
    [
      `${PLUGIN}\npersistence_durability interval`,
      'Error: `persistence_durability interval` cannot be used with a persistence plugin.',
      2,
    ],
    [`${PLUGIN}\n${PLUGIN}`, 'Error: Only one persistence plugin can be used.', 2],
  ];
  for (const [text, error, line] of cases) {
    const refused = refusal(text);
    assert.deepEqual([refused.text, refused.line], [error, line]);
  }
  read(`persistence false\n${PLUGIN}\npersistence_durability commit`);
});
