import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bridgeClientIds, type Config } from './config.ts';
import { runs } from '../../test/runs.ts';
import { formatDiagnostic, type Diagnostic } from './diagnostic.ts';
import type { FileSource } from './files.ts';
import { withLocalPorts } from './local-only.ts';
import { knownWords } from './options.ts';
import { parseConfig } from './parse.ts';

function read(text: string | Uint8Array, files?: FileSource): Config {
  const result = parseConfig({ file: 'm.conf', text }, files);
  assert.ok(result.ok, `${result.diagnostics.at(-1)?.text}`);
  return result.config;
}

function refusal(text: string | Uint8Array, files?: FileSource): Diagnostic {
  const result = parseConfig({ file: 'm.conf', text }, files);
  const last = result.diagnostics.at(-1);
  assert.ok(!result.ok && last !== undefined, 'a configuration that should have been refused');
  assert.equal(last.level, 'error');
  return last;
}

function texts(config: Config, level: Diagnostic['level']): string[] {
  return config.diagnostics.filter((diagnostic) => diagnostic.level === level).map(({ text }) => text);
}

/** A directory `/d` with these files. */
function directory(files: Record<string, string>): FileSource {
  return {
    list: (path) => (path === '/d' ? Object.keys(files) : undefined),
    read: (path) => files[path.slice('/d/'.length)] ?? { trouble: 'cannot be opened', reason: 'gone' },
  };
}

const keepalive = (word: string): number => read(`max_keepalive ${word}`).global.max_keepalive;
const allowed = (text: string): boolean[] => read(text).listeners.map((each) => each.allow_anonymous);
const aclFiles = (text: string): (string | undefined)[] => read(text).listeners.map((each) => each.acl_file);
const addresses = (config: Config): string[] =>
  config.listeners.map(({ port, host, unixPath }) => unixPath ?? `${host ?? '*'}:${port}`);

test('a comment starts in the first column only', () => {
  assert.equal(read('#foo\n# bar\nmax_keepalive 7').global.max_keepalive, 7);
  const { text, hint } = refusal(' # a comment');
  assert.equal(text, "Error: Unknown configuration variable '#'.");
  assert.equal(hint, 'A comment must start in the first column.');
});

test('blank lines, lines of spaces and a missing last newline are nothing', () => {
  assert.equal(read('\n   \n\r\n\nmax_keepalive 7').global.max_keepalive, 7);
});

test('lines may end with CR LF', () => {
  const { global } = read('pid_file /run/a.pid\r\nmax_keepalive 7\r\n');
  assert.equal(global.pid_file, '/run/a.pid');
  assert.equal(global.max_keepalive, 7);
});

test('spaces separate, however many, and may stand first; a TAB does not', () => {
  assert.equal(read('   max_keepalive     7   ').global.max_keepalive, 7);
  const { text, hint } = refusal('max_keepalive\t7');
  assert.equal(text, "Error: Unknown configuration variable 'max_keepalive\t7'.");
  assert.match(hint ?? '', /TAB/);
});

test('numbers are decimal, hexadecimal or octal, with blanks before', () => {
  assert.deepEqual(['10', '0x1F', '010', '+7', '\t7', '0', '-0'].map(keepalive), [10, 31, 8, 7, 7, 0, 0]);
  for (const word of ['08', '0x', '1e3', '7\t', '1_000']) {
    assert.equal(refusal(`max_keepalive ${word}`).text, "Error: 'max_keepalive' value not a number.");
  }
});

test('a byte order mark makes the first option unknown', () => {
  const { text, hint } = refusal('\ufeffport 1883');
  assert.equal(text, "Error: Unknown configuration variable '\ufeffport'.");
  assert.match(hint ?? '', /byte order mark/);
});

test('a NUL ends its line and no other, with a warning', () => {
  const config = read('pid_file a\0b\nmax_keepalive 7\n');
  assert.equal(config.global.pid_file, 'a');
  assert.equal(config.global.max_keepalive, 7);
  assert.deepEqual(texts(config, 'warning'), ['Warning: A NUL byte ends this line, the rest is ignored.']);
});

test('strings are UTF-8 of at most 65535 bytes', () => {
  const bad = Uint8Array.from([...Buffer.from('pid_file a'), 0xc3, 0x28]);
  assert.equal(refusal(bad).text, 'Error: Malformed UTF-8 in configuration.');
  assert.equal(refusal('pid_file a\ufffeb').text, 'Error: Malformed UTF-8 in configuration.');
  assert.equal(read(`pid_file ${'x'.repeat(65_535)}`).global.pid_file?.length, 65_535);
  assert.equal(refusal(`pid_file ${'x'.repeat(65_536)}`).text, "Error: 'pid_file' value too long.");
});

test('words after a value are ignored with a warning, a comment silently', () => {
  assert.deepEqual(read('max_keepalive 7 # seconds').diagnostics, []);
  assert.deepEqual(texts(read('max_keepalive 7 seconds'), 'warning'), [
    "Warning: Text after the 'max_keepalive' value is ignored (seconds).",
  ]);
  assert.deepEqual(addresses(read('listener 1884 #home')), ['*:1884']);
});

test('the nearest name is suggested for an unknown option', () => {
  assert.deepEqual(formatDiagnostic(refusal('\nmax_keepaliv 5')), [
    "Error: Unknown configuration variable 'max_keepaliv'.",
    'Error found at m.conf:2.',
    "m.conf:2: Did you mean 'max_keepalive'?",
  ]);
  assert.equal(refusal('Listener 1883').hint, "Did you mean 'listener'?");
  assert.match(refusal('max_qos=1').hint ?? '', /without '='/);
  assert.equal(refusal('xyzzy').hint, 'No option has a name like this.');
});

test('reading stops at the first error', () => {
  const result = parseConfig({ file: 'm.conf', text: 'foo\nbar\n' });
  assert.deepEqual(
    result.diagnostics.map(({ line }) => line),
    [1],
  );
});

test('a listener option needs a listener, unless it creates the default one', () => {
  const { text, hint } = refusal('cafile c');
  assert.equal(text, "Error: The 'cafile' option requires a listener to be defined first.");
  assert.match(hint ?? '', /listener 1883/);
  assert.equal(
    refusal('max_qos 1\naccept_protocol_versions 5').text,
    "Error: The 'accept_protocol_versions' option requires a listener to be defined first.",
  );
  const config = read('max_qos 1\nmax_connections 5');
  assert.deepEqual(texts(config, 'information'), [
    "Creating default listener due to 'max_qos' option.",
    "It is best practice to define a 'listener' first. Using the 'max_qos' option without a listener will be disabled in the future.",
  ]);
});

test('without a listener line the broker is local only, and options of the default listener count', () => {
  const config = read('max_qos 1');
  assert.ok(config.localOnly);
  assert.deepEqual(addresses(config), ['127.0.0.1:1883', '::1:1883']);
  assert.deepEqual(
    config.listeners.map(({ max_qos, allow_anonymous }) => [max_qos, allow_anonymous]),
    [
      [1, true],
      [1, true],
    ],
  );
  assert.deepEqual(addresses(read('socket_domain ipv6')), ['::1:1883']);
});

test('-p counts in local only mode and nowhere else', () => {
  const ports = (text: string): string[] => addresses(withLocalPorts(read(text), [1, 2]));
  assert.deepEqual(ports(''), ['127.0.0.1:1', '::1:1', '127.0.0.1:2', '::1:2']);
  assert.deepEqual(ports('listener 1884'), ['*:1884']);
  assert.deepEqual(addresses(withLocalPorts(read(''), [])), ['127.0.0.1:1883', '::1:1883']);
});

test('port and bind_address set the default listener, which then is no longer local', () => {
  const config = read('port 1884\nbind_address localhost');
  assert.equal(config.localOnly, false);
  assert.deepEqual(addresses(config), ['localhost:1884']);
  assert.deepEqual(texts(config, 'warning'), [
    'Warning: Default listener port specified multiple times. Only the latest will be used.',
  ]);
  assert.deepEqual(texts(config, 'notice'), [
    "The 'port' option is now deprecated and will be removed in version 3.0. Please use 'listener' instead.",
    "The 'bind_address' option is now deprecated and will be removed in version 3.0. ",
  ]);
});

test('an option of the default listener before a listener line opens 1883 too', () => {
  assert.deepEqual(addresses(read('max_qos 1\nlistener 1884')), ['*:1883', '*:1884']);
});

test('options belong to the listener above them', () => {
  const config = read('listener 1\nmax_qos 0\nlistener 0 /tmp/s\nmax_qos 1\nlistener 3 ::1');
  assert.deepEqual(addresses(config), ['*:1', '/tmp/s', '::1:3']);
  assert.deepEqual(
    config.listeners.map(({ max_qos }) => max_qos),
    [0, 1, 2],
  );
});

test('anonymous clients: not where a listener is declared, unless it or the file says so', () => {
  assert.deepEqual(allowed(''), [true, true]);
  assert.deepEqual(allowed('allow_anonymous false'), [false, false]);
  assert.deepEqual(allowed('listener 1'), [false]);
  assert.deepEqual(allowed('listener 1\nallow_anonymous true\nlistener 2'), [true, true]);
  assert.deepEqual(allowed('allow_anonymous true\nlistener 1\nlistener_allow_anonymous false'), [false]);
  assert.deepEqual(allowed('per_listener_settings true\nlistener 1\nallow_anonymous true\nlistener 2'), [
    true,
    false,
  ]);
});

test('security options count for all listeners, or for one with per_listener_settings', () => {
  assert.deepEqual(aclFiles('listener 1\nlistener 2\nacl_file a'), ['a', 'a']);
  assert.deepEqual(aclFiles('per_listener_settings true\nlistener 1\nacl_file a\nlistener 2'), [
    'a',
    undefined,
  ]);
  assert.equal(
    refusal('per_listener_settings true\nacl_file a').text,
    "Error: The 'acl_file' option requires a listener to be defined first.",
  );
});

test('the prefix of given identifiers is inherited', () => {
  const config = read('auto_id_prefix a-\nlistener 1\nlistener 2\nlistener_auto_id_prefix b-');
  assert.deepEqual(
    config.listeners.map((listener) => listener.auto_id_prefix),
    ['a-', 'b-'],
  );
});

test('per_listener_settings comes first and stays', () => {
  assert.equal(
    refusal('password_file p\nper_listener_settings true').text,
    'Error: per_listener_settings must be set before any other security settings.',
  );
  assert.equal(
    refusal('plugin /p.so\nper_listener_settings true').text,
    'Error: per_listener_settings must be set before any other security settings.',
  );
  const config = read(
    'per_listener_settings true\nper_listener_settings false\nlistener 1\nallow_anonymous true',
  );
  assert.ok(config.global.per_listener_settings);
  assert.ok(
    texts(config, 'notice').includes(
      "You are using the 'allow_anonymous' option with 'per_listener_settings true'. Please replace this with 'listener_allow_anonymous'.",
    ),
  );
});

test('certificates and keys exclude each other', () => {
  const listener = 'Error: Cannot use both certificate and psk encryption in a single listener.';
  assert.equal(refusal('listener 1\npsk_hint h\ncertfile c').text, listener);
  assert.equal(refusal('listener 1\npsk_hint h\ncafile c').text, listener);
  assert.equal(refusal('listener 1\ncertfile c\npsk_file p').text, listener);
  assert.equal(
    refusal('connection b\nbridge_capath c\nbridge_psk 00').text,
    "Error: 'bridge_psk': Cannot use both certificate and identity encryption in a single bridge.",
  );
});

test('checks over several lines', () => {
  const both = 'Error: Both certfile and keyfile must be provided to enable a TLS listener.';
  const cases: readonly (readonly [string, string, number])[] = [
    ['listener 1\n\ncertfile c', both, 3],
    ['listener 1\nkeyfile c', both, 2],
    ['listener 1\ncafile c', 'Error: cafile specified without certfile and keyfile.', 2],
    ['listener 1\ncapath c', 'Error: capath specified without certfile and keyfile.', 2],
    [
      'listener 1\nenable_proxy_protocol 2\nuse_subject_as_username true',
      'Error: use_subject_as_username cannot be used with `enable_proxy_protocol 2`.',
      3,
    ],
    [
      'listener 1\nenable_proxy_protocol 2\ncertfile c\nkeyfile k',
      'Error: certfile and keyfile cannot be used with `enable_proxy_protocol 2`.',
      3,
    ],
    ['\nconnection b', 'Error: Invalid bridge configuration: no remote addresses defined.', 2],
    ['connection b\naddress h', 'Error: Invalid bridge configuration: no topics defined.', 1],
    [
      'connection a\naddress h\ntopic t\nlocal_clientid x\nconnection b\naddress h\ntopic t\nlocal_clientid x',
      "Error: Bridge local_clientid 'x' is not unique. Try changing or setting the local_clientid value for one of the bridges.",
      8,
    ],
  ];
  for (const [text, expected, line] of cases) {
    const problem = refusal(text);
    assert.equal(problem.text, expected);
    assert.equal(problem.line, line, expected);
    assert.ok(problem.hint);
  }
});

test('bridge identifiers are made from the host and the connection', () => {
  const [bridge] = read('connection b\naddress h\ntopic t').bridges;
  assert.ok(bridge);
  assert.deepEqual(bridgeClientIds(bridge, 'host'), { remote: 'host.b', local: 'local.host.b' });
  const remote = { ...bridge, remote_clientid: 'r' };
  assert.deepEqual(bridgeClientIds(remote, 'host'), { remote: 'r', local: 'local.r' });
});

test('a bridge topic that is there already is skipped', () => {
  const config = read('connection b\naddress h\ntopic t\ntopic t');
  assert.deepEqual(texts(config, 'information'), ["Duplicate bridge topic 't', skipping"]);
});

test('an insecure bridge is pointed out', () => {
  const config = read('connection b\naddress h\ntopic t\nbridge_insecure true');
  assert.deepEqual(texts(config, 'warning'), ["Warning: Bridge 'b' using insecure mode."]);
});

test('plugins and what they are told', () => {
  const config = read(
    'plugin /a b.so\nplugin_opt_key  v 1 \nauth_opt_key w\nauth_plugin_deny_special_chars false\n' +
      'plugin_load name /c.so\nlistener 1\nplugin_use name\nplugin_opt_key z',
  );
  const seen = config.plugins.map(({ path, name, global, options }) => ({ path, name, global, options }));
  assert.deepEqual(seen, [
    {
      path: '/a b.so',
      name: undefined,
      global: true,
      options: [
        { key: 'key', value: 'v 1 ' },
        { key: 'key', value: 'w' },
      ],
    },
    { path: '/c.so', name: 'name', global: false, options: [{ key: 'key', value: 'z' }] },
  ]);
  assert.equal(config.plugins[0]?.auth_plugin_deny_special_chars, false);
  assert.deepEqual(config.listeners[0]?.plugins, [config.plugins[1]]);
});

test('plugin options need a plugin', () => {
  assert.equal(
    refusal('plugin_opt_key v').text,
    "Error: The 'plugin_opt_key' option requires plugin/global_plugin/plugin_load to be defined first.",
  );
  assert.equal(
    refusal('auth_plugin_deny_special_chars true').text,
    'Error: An auth_plugin_deny_special_chars option exists in the config file without a plugin.',
  );
  assert.equal(refusal('plugin /p\nplugin_opt_key').text, "Error: Empty 'key' value in configuration.");
});

test('with per_listener_settings a plugin belongs to its listener, a global_plugin to all', () => {
  const config = read('per_listener_settings true\nglobal_plugin /g\nlistener 1\nplugin /p');
  assert.deepEqual(
    config.plugins.map(({ path, global }) => [path, global]),
    [
      ['/g', true],
      ['/p', false],
    ],
  );
  assert.deepEqual(config.listeners[0]?.plugins, [config.plugins[1]]);
  assert.equal(
    refusal('per_listener_settings true\nplugin /p').text,
    "Error: The 'plugin' option requires a listener to be defined first.",
  );
});

test('options without effect are named', () => {
  const config = read('dhparamfile /dh\nretry_interval 20\nwebsockets_log_level 9\nmessage_size_limit 5');
  assert.deepEqual(texts(config, 'warning'), [
    'Warning: dhparamfile is no longer required.',
    "Warning: The 'retry_interval' option is no longer available.",
    "Warning: The 'websockets_log_level' option is no longer available.",
  ]);
  assert.deepEqual(texts(config, 'notice'), [
    'Note: It is recommended to replace `message_size_limit` with `max_packet_size`.',
  ]);
});

test('included files are read in order and start without a section', () => {
  const files = directory({ 'b.conf': 'sys_interval 2', 'a.conf': 'sys_interval 1\nlog_type debug' });
  const config = read('log_type error\ninclude_dir /d\nmax_keepalive 9', files);
  assert.equal(config.global.sys_interval, 2);
  assert.equal(config.global.max_keepalive, 9);
  assert.deepEqual(config.global.log_type, ['error', 'debug']);
  assert.deepEqual(texts(config, 'information'), [
    "Loading config file '/d/a.conf'",
    "Loading config file '/d/b.conf'",
  ]);
  assert.deepEqual(config.setAt.get('sys_interval'), { file: '/d/b.conf', line: 1 });
  const lost = directory({ 'a.conf': 'cafile c' });
  assert.match(refusal('listener 1\ninclude_dir /d', lost).text, /'cafile' option requires a listener/);
});

test('a listener of an included file does not carry over, but the default listener does', () => {
  const files = directory({
    'a.conf': 'listener 2\n',
    'b.conf': 'max_qos 1\n',
    'c.conf': 'max_connections 3',
  });
  const config = read('listener 1\ninclude_dir /d\nmax_qos 0', files);
  assert.deepEqual(
    config.listeners.map(({ port, max_qos, max_connections }) => [port, max_qos, max_connections]),
    [
      [1, 0, -1],
      [2, 2, -1],
      [1883, 1, 3],
    ],
  );
});

test('an error in an included file names both files', () => {
  const files = directory({ 'a.conf': 'max_qos 9' });
  assert.deepEqual(formatDiagnostic(refusal('\ninclude_dir /d', files)), [
    "Error: 'max_qos' must be between 0 and 2 inclusive.",
    "Error found at '/d/a.conf:1'.",
    'Error found at m.conf:2.',
    "/d/a.conf:1: Allowed after 'max_qos': a whole number from 0 to 2.",
  ]);
});

test('include_dir stands in the main file only, and its files must open', () => {
  const nested = directory({ 'a.conf': 'include_dir /d' });
  assert.equal(
    refusal('include_dir /d', nested).text,
    'Error: The include_dir option is only valid in the main configuration file.',
  );
  const closed: FileSource = {
    list: () => ['a.conf'],
    read: () => ({ trouble: 'is a directory', reason: '' }),
  };
  const problem = refusal('include_dir /d', closed);
  assert.equal(problem.text, "Error: Config file '/d/a.conf' is a directory.");
  assert.equal(problem.line, 1);
});

test('a second file is read on top of the first', () => {
  const result = parseConfig([
    { file: 'a', text: 'max_keepalive 1\nsys_interval 5\nlistener 1' },
    { file: 'b', text: 'max_keepalive 2' },
  ]);
  assert.ok(result.ok);
  assert.equal(result.config.file, 'b');
  assert.deepEqual([result.config.global.max_keepalive, result.config.global.sys_interval], [2, 5]);
});

test('what is set can be told from what is default', () => {
  const config = read('max_keepalive 0\nlistener 1\nmaximum_qos 2');
  assert.ok(config.setAt.has('max_keepalive') && !config.setAt.has('sys_interval'));
  assert.deepEqual(config.listeners[0]?.setAt.get('max_qos'), { file: 'm.conf', line: 3 });
});

test('no passwords in what is told', () => {
  const { text, hint } = refusal('connection b\nremote_password first\nremote_password second');
  assert.doesNotMatch(`${text}${hint}`, /first|second/);
  assert.match(hint ?? '', /m\.conf:2/);
});

test('no bytes make the parser throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseConfig({ file: 'c', text: bytes });
    }),
  );
});

test('no lines made of options and odd values make the parser throw', () => {
  const word = fc.constantFrom(...knownWords, 'plugin_opt_key', 'listener', 'connection');
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('1', '-1', 'true', '"', '"" out 0 a b', '"a b" in 9', '1883', '# x', '99999999999', ''),
  );
  const line = fc.tuple(word, value).map(([name, rest]) => `${name} ${rest}`);
  const sections = 'listener 1\nconnection b\naddress h\ntopic t\nplugin /p\n';
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, inSections) => {
      const text = (inSections ? sections : '') + lines.join('\n');
      const result = parseConfig({ file: 'c', text }, directory({ 'a.conf': text }));
      assert.equal(result.ok, !result.diagnostics.some(({ level }) => level === 'error'));
      for (const diagnostic of result.diagnostics) formatDiagnostic(diagnostic);
    }),
    runs('lines of a configuration', 50),
  );
});
