import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after as afterAll, test } from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import type { FileSource } from './files.ts';
import { parseConfig } from './parse.ts';
import { diskFiles } from './read.ts';

const oracle = spawnSync('mosquitto', ['-h'], { encoding: 'utf8', timeout: 30_000 });
const version = /mosquitto version (\S+)/.exec(oracle.stdout ?? '')?.[1];
const skip = version?.startsWith('2.0') ? false : 'mosquitto 2.0 is not installed';

const home = mkdtempSync(join(tmpdir(), 'zanzara-oracle-'));
afterAll(() => rmSync(home, { recursive: true }));

/**
 * Files that both refuse in the same words; `end_of_test` marks those that have no other error. Not in it is
 * what 2.1 changed: options 2.0 does not know, numbers are read whole (`7x` was 7), an option out of its
 * section is named, a second `acl_file`, `certfile` and the like replaces the first, some names and texts.
 */
const broken: readonly string[] = [
  // Lines
  'foo',
  'foo bar baz',
  'max_qoss 1',
  'Listener 23001',
  ' # a comment',
  'max_keepalive\t60',
  '\ufeffmax_keepalive 60',
  '# comment\n\n\r\n   \nfoo',
  'sys_interval 5\r\nfoo\r\n',
  'max_inflight_messages 10 # comment\nfoo',
  'pid_file a\tb',
  'pid_file \t/x\t\npid_file y',
  'pid_file \u0085',
  // Booleans
  'persistence',
  'persistence yes',
  'persistence True',
  'retained_persistence maybe',
  'log_timestamp 2',
  // Numbers
  'max_inflight_messages',
  'max_inflight_messages 65536',
  'max_keepalive 65536',
  'message_size_limit 268435456',
  'message_size_limit -1',
  'sys_interval 65536',
  'sys_interval -1',
  'log_facility 8',
  'memory_limit -1',
  // Strings
  'pid_file',
  'pid_file   ',
  'persistence_file a\npersistence_file b',
  'log_timestamp_format a\nlog_timestamp_format b',
  // Words
  'log_dest',
  'log_dest paper',
  'log_dest file',
  'log_dest file a\nlog_dest file b',
  'log_type info',
  'persistent_client_expiration 5',
  'persistent_client_expiration 0d',
  'persistent_client_expiration xd',
  // Listeners
  'listener 0',
  'listener 0 # path',
  'listener 65536',
  'port 0',
  'port 65536',
  'bind_address',
  'listener 23001\nmax_qos 3',
  'listener 23001\nmaximum_qos -1',
  'listener 23001\nmax_topic_alias 65536',
  'listener 23001\nprotocol http',
  'listener 23001\nsocket_domain ipv5',
  'listener 23001\nrequire_certificate yes',
  'listener 23001\npsk_hint h\ncertfile c',
  // Security
  'allow_anonymous maybe',
  'password_file a\nper_listener_settings true',
  // Bridges
  'connection',
  'connection a\nconnection a',
  'connection a\naddress',
  'connection a\ntopic',
  'connection a\ntopic t up',
  'connection a\ntopic t # comment',
  'connection a\ntopic t out 3',
  'connection a\ntopic t out -1',
  'connection a\ntopic t out 0 l/#',
  'connection a\ntopic t out 0 l/ r/+',
  'connection a\ntopic "" out 0 l',
  'connection a\ntopic # out 0 l',
  'connection a\ntopic + out 0 "" r',
  'connection a\nbridge_protocol_version 5',
  'connection a\nbridge_protocol_version mqttv50 # comment',
  'connection a\nkeepalive_interval 65536',
  'connection a\nrestart_timeout 5 4',
  'connection a\nstart_type manual',
  'connection a\nstart_type never',
  'connection a\nbridge_max_packet_size',
  'connection a\nremote_clientid a\nclientid b',
  'connection a\nlocal_clientid a\nlocal_clientid b',
  'connection a\nremote_password',
  'connection a\ntry_private x',
];

/** Every file ends with this line, so that the broker never gets as far as to open a port. */
const end = '\nend_of_test 1\n';

/** 2.0 puts fewer names into quotes than 2.1, and others into double ones. */
const withoutQuotes = (line: string): string => line.replaceAll(/['"]/g, '');

/** The first error, and the lines that say where it was found. */
const firstError = (lines: readonly string[]): string[] => {
  const first = lines.findIndex((line) => line.startsWith('Error'));
  const after = lines.slice(first + 1).filter((line) => line.startsWith('Error found at'));
  return [lines[first] ?? '', ...after].map(withoutQuotes);
};

function errorOfMosquitto(file: string, text: string): string[] {
  writeFileSync(join(home, file), text);
  const { stderr } = spawnSync('mosquitto', ['-c', file], { encoding: 'utf8', timeout: 30_000, cwd: home });
  return firstError(stderr.split('\n').map((line) => line.replace(/^\d+: /, '')));
}

for (const text of broken) {
  test(`as mosquitto ${version}: ${JSON.stringify(text)}`, { skip }, () => {
    const file = 'broken.conf';
    const ours = parseConfig({ file, text: text + end });
    assert.deepEqual(
      firstError(ours.diagnostics.flatMap(formatDiagnostic)),
      errorOfMosquitto(file, text + end),
    );
  });
}

test(`as mosquitto ${version}: an error in the second file of a directory`, { skip }, () => {
  mkdirSync(join(home, 'conf.d'));
  writeFileSync(join(home, 'conf.d', 'b.conf'), 'sys_interval 5\nfoo\n');
  writeFileSync(join(home, 'conf.d', 'Z.conf'), 'bar\n');
  writeFileSync(join(home, 'conf.d', 'a.conf'), 'sys_interval 4\n');
  const files: FileSource = {
    list: (directory) => diskFiles.list(join(home, directory)),
    read: (file) => diskFiles.read(join(home, file)),
  };
  const text = '\ninclude_dir conf.d\n';
  const ours = parseConfig({ file: 'main.conf', text }, files);
  assert.deepEqual(
    firstError(ours.diagnostics.flatMap(formatDiagnostic)),
    errorOfMosquitto('main.conf', text),
  );
});
