import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Scratch } from '../../test/cli/program.ts';
import { LOG_TYPES } from '../base/log-dialect.ts';
import { DEFAULT_LOG_SETTINGS, Log } from '../base/log.ts';
import { loadPlugins } from './load.ts';
import type { PluginSource } from './load.ts';
import type { PluginOption } from './plugin.ts';

/** A folder with plugins, and what the log says of them. */
class Place implements Disposable {
  readonly scratch: Scratch = new Scratch();
  readonly lines: string[] = [];
  readonly log: Log = new Log(
    { ...DEFAULT_LOG_SETTINGS, types: new Set(LOG_TYPES), timestamp: false },
    Date.now,
    ({ text }) => this.lines.push(text),
  );

  load(...sources: readonly PluginSource[]): ReturnType<typeof loadPlugins> {
    const workingDirectory = this.scratch.path;
    return loadPlugins(sources, { log: this.log, workingDirectory, configFile: 'etc/mosquitto.conf' });
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}

function source(path: string, line = 3, options: readonly PluginOption[] = []): PluginSource {
  return {
    path,
    options,
    setAt: new Map([['plugin', { file: 'm.conf', line }]]),
    auth_plugin_deny_special_chars: true,
    plugin_timeout: 5,
  };
}

test('plugins are loaded in their order, from the working folder or that of the configuration', async () => {
  using place = new Place();
  place.scratch.file(
    'one.ts',
    `export default (context: { options: unknown }) => ({
       name: 'one', version: JSON.stringify(context.options), tick() {}, control: { '$CONTROL/one/v1': () => {} } })`,
  );
  place.scratch.file('etc/two.js', "export default { name: 'two', messageIn: () => 'allow' }");
  const sources = [
    source('one.ts', 1, [
      { key: 'key', value: 'a' },
      { key: 'key', value: 'b' },
    ]),
    source(' two.js '),
    source('/usr/lib/mosquitto_acl_file.so'),
  ];
  const read = await place.load(...sources);
  assert.ok(read.ok);
  assert.deepEqual(
    [...read.value].map(([key, { name, controlTopics }]) => [sources.indexOf(key), name, controlTopics]),
    [
      [0, 'one', ['$CONTROL/one/v1']],
      [1, 'two', []],
    ],
  );
  assert.deepEqual(place.lines, [
    'Loading plugin: one.ts',
    "Plugin one has registered to receive 'tick' events.",
    "Plugin one has registered to receive 'control' events on topic $CONTROL/one/v1.",
    'Plugin one version [{"key":"key","value":"a"},{"key":"key","value":"b"}] loaded.',
    'Loading plugin:  two.js ',
    "Plugin two has registered to receive 'message-in' events.",
    'Plugin two loaded.',
  ]);
});

test('one that cannot be used is told at its line, and those before it are closed', async () => {
  using place = new Place();
  const closed = mock.fn();
  (globalThis as { closed?: unknown }).closed = closed;
  place.scratch.file('good.js', "export default { name: 'good', close: () => globalThis.closed() }");
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['syntax.js', 'export default {', /SyntaxError/],
    ['throws.js', "throw new Error('at import')", /Error: at import/],
    ['enum.ts', "enum E { A }\nexport default { name: 'e' }", /enum/],
    ['imports.js', "import 'no-such-package'", /Cannot find package 'no-such-package'/],
    ['silent.js', 'export const plugin = 1', /it has no default export: write 'export default'/],
    ['null.js', 'export default null', /it is null and not a plugin/],
    ['typo.js', "export default { name: 'n', mesageIn() {} }", /did you mean 'messageIn'\?/],
    ['fails.js', "export default () => { throw new TypeError('no option') }", /TypeError: no option/],
    ['rejects.js', "export default async () => { throw new Error('later') }", /Error: later/],
    ['class.js', 'export default class {}', /Class constructor/],
  ];
  for (const [file, code, reason] of cases) {
    place.scratch.file(file, code);
    closed.mock.resetCalls();
    const read = await place.load(source('good.js', 2), source(file, 5));
    assert.ok(!read.ok, file);
    const [problem, ...others] = read.problems;
    assert.deepEqual(others, []);
    assert.equal(problem?.text, `Error: Unable to load plugin "${file}".`);
    assert.deepEqual([problem?.file, problem?.line], ['m.conf', 5]);
    const hint = problem?.hint ?? '';
    assert.match(hint, reason);
    assert.ok(hint.startsWith(`${file}: `) && hint.endsWith('.'), hint);
    assert.equal(closed.mock.callCount(), 1);
  }
});

test('paths that lead nowhere, and libraries of Mosquitto, are refused by name', async () => {
  using place = new Place();
  place.scratch.file('native.so', '\x7fELF');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['gone.ts', /there is no such file, folder or installed package, from .* or .*\/etc\./],
    ['/usr/lib/x/mosquitto_dynamic_security.so', /Zanzara does not have dynamic security yet/],
    ['mosquitto_sparkplug_aware.so', /does not have Sparkplug awareness yet/],
    ['./native.so', /C interface of Mosquitto.*TypeScript or JavaScript modules, see docs\/plugins\.md/],
    ['plugin.so.1.2', /C interface/],
    ['plugin.dll', /C interface/],
  ];
  for (const [path, reason] of cases) {
    const read = await place.load(source(path));
    assert.ok(!read.ok, path);
    assert.match(read.problems[0]?.hint ?? '', reason);
  }
});

test('one that is given is not imported', async () => {
  using place = new Place();
  const given = { ...source('plugins[0]'), setAt: new Map(), given: { name: 'given' } };
  const read = await place.load(given);
  assert.ok(read.ok);
  assert.deepEqual(place.lines, ['Plugin given loaded.']);
  const wrong = await place.load({ ...given, given: { name: '' } });
  assert.ok(!wrong.ok);
  assert.equal(wrong.problems[0]?.file, 'plugins[0]');
  assert.match(wrong.problems[0]?.hint ?? '', /^it has no name/);
});

test('one that never gets ready is not waited for forever', async (context) => {
  using place = new Place();
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const loading = place.load({ ...source('plugins[0]'), given: () => new Promise(() => {}) });
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  context.mock.timers.tick(30_000);
  const read = await loading;
  assert.ok(!read.ok);
  assert.match(read.problems[0]?.hint ?? '', /it was not ready after 30 s/);
});
