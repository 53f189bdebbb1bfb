import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCapabilities, missingCapabilities } from './capabilities.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseConfig } from './parse.ts';

function missing(text: string, have: Iterable<string> = []): Diagnostic[] {
  const result = parseConfig({ file: 'm.conf', text });
  assert.ok(result.ok, `${result.diagnostics.at(-1)?.text}`);
  return missingCapabilities(result.config, new Set(have));
}

test('one error for each ability, at the line that asks first', () => {
  const errors = missing('listener 1\ncertfile c\nkeyfile k\ncafile a\nlistener 2\ncertfile c\nkeyfile k');
  assert.deepEqual(
    errors.map(({ level, text, file, line }) => [level, text, file, line]),
    [['error', "Error: 'certfile' needs TLS, which this version of Zanzara does not have yet.", 'm.conf', 2]],
  );
  assert.deepEqual(missing('listener 1\ncertfile c\nkeyfile k\ncafile a', ['tls']), []);
});

test('defaults and switched-off options ask for nothing', () => {
  const text = `persistence false\nenable_control_api false\nmax_inflight_messages 20\nuser mosquitto
log_dest stderr\nlog_type none\nautosave_interval 5\npersistence_location /var/lib\nlistener 1
protocol mqtt\nrequire_certificate false\nlog_timestamp true`;
  assert.deepEqual(missing(text, ['log_type']), []);
});

test('an option that stands alone is named itself', () => {
  assert.deepEqual(
    missing('check_retain_source true').map(({ text }) => text),
    ["Error: 'check_retain_source' has no effect in this version of Zanzara yet."],
  );
  assert.deepEqual(missing('check_retain_source true', ['check_retain_source']), []);
});

test('some values of an option ask for more than others', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['listener 1\nprotocol websockets', ['websockets']],
    ['listener 1\nprotocol http_api', ['http api']],
    ['listener 0 /tmp/s', ['unix sockets']],
    [
      'log_dest syslog\nlog_dest file /x\nlog_dest dlt\nlog_dest topic',
      ['syslog', 'log files', 'dlt', 'log topics'],
    ],
    ['log_dest stdout', []],
    ['persistence true\npersistence_file f', ['persistence']],
    ['connection b\naddress h\ntopic t\nround_robin true\nbridge_cafile c', ['bridges', 'bridge tls']],
    ['plugin /p\nplugin_opt_key v\nplugin_timeout 9', ['plugins']],
    ['listener 1\npsk_hint h\npsk_file p', ['psk']],
    ['listener 1\nlistener_allow_anonymous false', ['listener_allow_anonymous']],
    ['acl_file a\npassword_file p', ['acl files', 'password files']],
    ['jwt_public_key_file k\njwt_issuer i', ['jwt']],
    ['http_auth_url https://h/\nhttp_auth_cache 5', ['web services']],
    ['listener 1\nenable_proxy_protocol 1', ['proxy protocol']],
  ];
  for (const [text, abilities] of cases) {
    assert.equal(missing(text).length, abilities.length, text);
    assert.deepEqual(missing(text, abilities), [], text);
    for (const ability of abilities) assert.ok(allCapabilities.has(ability), ability);
  }
});

test('with every ability nothing is missing', () => {
  const text = `persistence true\nlog_dest dlt\nlistener 1\nprotocol websockets\nmount_point m/
connection b\naddress h\ntopic t\nbridge_identity i\nbridge_psk 00\nplugin /p\nsys_interval 3`;
  assert.ok(missing(text).length > 5);
  assert.deepEqual(missing(text, allCapabilities), []);
});
