/** `acl_file` as a backend: the file as it is on disk, and what a chain makes of its answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DEFAULT_LOG_SETTINGS, Log, SILENT } from '../base/log.ts';
import type { MessageView, Principal } from '../broker/access.ts';
import { aclFile } from './acl-file.ts';
import type { AclFileOptions } from './acl-file.ts';
import type { Backend } from './backend.ts';
import { AccessChain } from './chain.ts';

const folder = mkdtempSync(join(tmpdir(), 'zanzara-acl-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'acl');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function load(text: string, options: Partial<AclFileOptions> = {}): Backend {
  const read = aclFile(file(text), { allowSymlinks: false, log: SILENT, ...options });
  assert.ok(read.ok, JSON.stringify(read.problems));
  return read.value;
}

const MESSAGE: MessageView = { payload: new Uint8Array(), qos: 0, retain: false, properties: {} };
const BOB: Principal = { clientId: 'c1', username: 'bob' };

test('acl_file answers for both directions, and is never undecided', () => {
  const backend = load('user bob\ntopic read in/#\ntopic write out/#\n');
  assert.equal(backend.name, 'acl_file');
  for (const [topic, publish, receive] of [
    ['in/a', 'deny', 'allow'],
    ['out/a', 'allow', 'deny'],
    ['else', 'deny', 'deny'],
  ] as const) {
    assert.equal(backend.mayPublish?.(BOB, topic, MESSAGE), publish, topic);
    assert.equal(backend.mayReceive?.(BOB, topic, MESSAGE), receive, topic);
  }
});

test('acl_file lets everybody subscribe and unsubscribe: what may be received is asked at delivery', () => {
  const backend = load('');
  for (const filter of ['#', '$SYS/#', '$share/g/#', 'a']) {
    assert.equal(backend.maySubscribe?.(BOB, filter, 2), 'allow');
    assert.equal(backend.mayUnsubscribe?.(BOB, filter), 'allow');
  }
});

test('acl_file has no say in who comes in and who stays', () => {
  const answered = Object.keys(load('')).filter((key) => key !== 'name');
  assert.deepEqual(answered.toSorted(), ['mayPublish', 'mayReceive', 'maySubscribe', 'mayUnsubscribe']);
});

test('a file without rules denies everything, and says so', () => {
  const path = file('# nothing yet\n');
  const read = aclFile(path, { allowSymlinks: false, log: SILENT });
  assert.ok(read.ok);
  assert.deepEqual(
    read.problems.map(({ level, text }) => [level, text]),
    [['warning', `Warning: No rules in acl_file "${path}".`]],
  );
  const chain = new AccessChain([read.value]);
  for (const who of [BOB, { clientId: 'c1' }]) {
    assert.equal(chain.mayPublish(who, 'a', MESSAGE), false);
    assert.equal(chain.mayReceive(who, 'a', MESSAGE), false);
    assert.equal(chain.maySubscribe(who, '#', 0), true);
  }
});

test('a file with a mistake is an error that says where', () => {
  const path = file('topic a\n\ntopics b\n');
  const read = aclFile(path, { allowSymlinks: false, log: SILENT });
  assert.ok(!read.ok);
  assert.deepEqual(
    read.problems.map(({ level, text, file: at, line }) => [level, text, at, line]),
    [['error', `Error: Invalid line in acl_file "${path}": topics.`, path, 3]],
  );
});

test('a file that is not there is an error in the words of Mosquitto', () => {
  const path = join(folder, 'missing');
  const read = aclFile(path, { allowSymlinks: false, log: SILENT });
  assert.ok(!read.ok);
  assert.equal(read.problems[0]?.text, `Error: Unable to open acl_file "${path}".`);
});

test('a link is read only if links are allowed', () => {
  const link = join(folder, 'link');
  symlinkSync(file('topic a'), link);
  assert.ok(!aclFile(link, { allowSymlinks: false, log: SILENT }).ok);
  assert.ok(aclFile(link, { allowSymlinks: true, log: SILENT }).ok);
});

test('permissions that let others read are told of beside the rules', () => {
  const path = file('topic a');
  writeFileSync(join(folder, 'open'), 'pattern read a', { mode: 0o604 });
  assert.deepEqual(aclFile(path, { allowSymlinks: false, log: SILENT }).problems, []);
  const { problems } = aclFile(join(folder, 'open'), { allowSymlinks: false, log: SILENT });
  assert.match(problems[0]?.text ?? '', /world readable/);
  assert.match(problems.at(-1)?.text ?? '', /does not contain '%c' or '%u'/);
});

test('the log is told of a client that a pattern denies for its name', () => {
  const lines: string[] = [];
  const log = new Log({ ...DEFAULT_LOG_SETTINGS, timestamp: false }, Date.now, ({ level, text }) =>
    lines.push(`${level}: ${text}`),
  );
  const backend = load('pattern read a/%u', { log });
  const who: Principal = { clientId: 'c1', username: '+' };
  for (const topic of ['a/x', 'a/y']) assert.equal(backend.mayReceive?.(who, topic, MESSAGE), 'deny');
  assert.deepEqual(lines, ['notice: ACL denying access to client with dangerous username "+"']);
});
