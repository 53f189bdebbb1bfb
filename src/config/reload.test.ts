import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from './config.ts';
import { withLocalPorts } from './local-only.ts';
import { parseConfig } from './parse.ts';
import { compareForReload, type Reload } from './reload.ts';

function read(text: string): Config {
  const result = parseConfig({ file: 'm.conf', text });
  assert.ok(result.ok, `${result.diagnostics.at(-1)?.text}`);
  return result.config;
}

const reload = (before: string, after: string): Reload => compareForReload(read(before), read(after));

const tls = (name: string): string => `listener 1\ncertfile ${name}\nkeyfile ${name}`;
const withAcl = (file: string): string =>
  `per_listener_settings true\nlistener 1\nacl_file ${file}\nlistener 2`;
const bridge = (name: string, topic: string): string => `connection ${name}\naddress h\ntopic ${topic}\n`;

test('a file that says the same changes nothing', () => {
  const text = 'listener 1\nmax_qos 1\nconnection b\naddress h\ntopic t\nplugin /p';
  const { changed, notApplied } = reload(text, `# a comment\n${text}`);
  assert.deepEqual([changed, notApplied], [[], []]);
});

test('global options take effect, also those that Mosquitto forgets', () => {
  const after = 'max_inflight_messages 5\nmax_keepalive 9\nallow_anonymous true\nlistener 1';
  const { config, changed, notApplied } = reload('listener 1', after);
  assert.deepEqual(changed, ['max_inflight_messages', 'max_keepalive', 'allow_anonymous']);
  assert.deepEqual(notApplied, []);
  assert.equal(config.global.max_inflight_messages, 5);
  assert.equal(config.listeners[0]?.allow_anonymous, true);
});

test('an option that left the file goes back to its default', () => {
  const { config, changed } = reload('max_keepalive 9\nlistener 1\nmax_qos 0', 'listener 1');
  assert.deepEqual(changed, ['max_keepalive', 'listener 1: max_qos']);
  assert.equal(config.global.max_keepalive, 0);
  assert.equal(config.listeners[0]?.max_qos, 2);
});

test('what needs a restart keeps its value, and the operator is told where', () => {
  const { config, changed, notApplied } = reload(
    'user a\nlistener 1',
    'user b\nlistener 1\nbind_interface lo',
  );
  assert.deepEqual(changed, []);
  assert.equal(config.global.user, 'a');
  assert.equal(config.listeners[0]?.bind_interface, undefined);
  assert.deepEqual(
    notApplied.map(({ level, text, line }) => [level, text, line]),
    [
      ['warning', "Warning: 'user' changed, which a reload cannot bring into force.", 1],
      [
        'warning',
        "Warning: 'listener 1: bind_interface' changed, which a reload cannot bring into force.",
        3,
      ],
    ],
  );
});

test('a listener that is added refuses the whole file', () => {
  const running = read('max_keepalive 1\nlistener 1');
  const { config, changed, notApplied } = compareForReload(
    running,
    read('max_keepalive 2\nlistener 1\nlistener 2'),
  );
  assert.equal(config, running);
  assert.deepEqual(changed, []);
  assert.deepEqual(
    notApplied.map(({ level, text, line }) => [level, text, line]),
    [
      [
        'error',
        'Error: It is not currently possible to add/remove listeners when reloading the config file.',
        3,
      ],
    ],
  );
});

test('another host or path is another listener', () => {
  for (const [before, after] of [
    ['listener 1', 'listener 1 localhost'],
    ['listener 1 a', 'listener 1 b'],
    ['listener 0 /a', 'listener 0 /b'],
  ] as const) {
    assert.equal(reload(before, after).notApplied[0]?.level, 'error', `${before}, ${after}`);
  }
});

test('a listener that left the file stays, under the rules of the file', () => {
  const before = 'acl_file old\nlistener 1\nlistener 2\nlistener_allow_anonymous true\nmax_qos 1';
  const { config, notApplied } = reload(before, 'acl_file new\nlistener 1');
  assert.deepEqual(
    config.listeners.map(({ port, acl_file, allow_anonymous, max_qos }) => [
      port,
      acl_file,
      allow_anonymous,
      max_qos,
    ]),
    [
      [1, 'new', false, 2],
      [2, 'new', true, 1],
    ],
  );
  assert.deepEqual(
    notApplied.map(({ level, text }) => [level, text]),
    [['warning', 'Warning: The listener 2 is no longer in the config file. It stays open.']],
  );
});

test('a file without any listener does not open the broker to everybody', () => {
  const { config } = reload('password_file p\nlistener 1', '');
  assert.equal(config.localOnly, false);
  assert.deepEqual(
    config.listeners.map(({ port, allow_anonymous }) => [port, allow_anonymous]),
    [[1, false]],
  );
});

test('in local only mode the ports of -p stay', () => {
  const running = withLocalPorts(read(''), [5]);
  const { config, changed, notApplied } = compareForReload(running, read('max_qos 1\nallow_anonymous false'));
  assert.deepEqual(notApplied, []);
  assert.deepEqual(changed, ['allow_anonymous', 'listener 5 127.0.0.1: max_qos', 'listener 5 ::1: max_qos']);
  assert.deepEqual(
    config.listeners.map(({ port, max_qos, allow_anonymous }) => [port, max_qos, allow_anonymous]),
    [
      [5, 1, false],
      [5, 1, false],
    ],
  );
});

test('per_listener_settings refuses the whole file', () => {
  const running = read('listener 1\nacl_file a');
  const { config, notApplied } = compareForReload(
    running,
    read('per_listener_settings true\nlistener 1\nacl_file b'),
  );
  assert.equal(config, running);
  assert.equal(
    notApplied[0]?.text,
    "Error: 'per_listener_settings' cannot be changed when reloading the config file.",
  );
});

test('certificates are exchanged, but TLS is not turned on or off', () => {
  assert.deepEqual(reload(tls('a'), tls('b')).changed, ['listener 1: certfile', 'listener 1: keyfile']);
  const { config, changed, notApplied } = reload('listener 1', `${tls('a')}\nmax_qos 0`);
  assert.deepEqual(changed, ['listener 1: max_qos']);
  assert.equal(config.listeners[0]?.certfile, undefined);
  assert.equal(notApplied.length, 2);
});

test('security options of one listener', () => {
  const { config, changed } = reload(withAcl('a'), withAcl('b'));
  assert.deepEqual(changed, ['listener 1: acl_file']);
  assert.deepEqual(
    config.listeners.map(({ acl_file }) => acl_file),
    ['b', undefined],
  );
});

test('bridges are rebuilt; plugins wait for a restart', () => {
  const { config, changed, notApplied } = reload(
    `${bridge('a', 't')}${bridge('b', 't')}plugin /p`,
    `${bridge('a', 'u')}${bridge('c', 't')}plugin /q`,
  );
  assert.deepEqual(changed, ['connection a', 'connection b', 'connection c']);
  assert.deepEqual(
    config.bridges.map(({ name }) => name),
    ['a', 'c'],
  );
  assert.equal(config.plugins[0]?.path, '/p');
  assert.deepEqual(
    notApplied.map(({ text }) => text),
    ["Warning: 'plugin' changed, which a reload cannot bring into force."],
  );
});
