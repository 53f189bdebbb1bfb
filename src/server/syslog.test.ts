import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, mock, test } from 'node:test';

import { LOG_TYPES } from '../base/log-dialect.ts';
import { Syslog } from './syslog.ts';

const directory = mkdtempSync(join(tmpdir(), 'zanzara-syslog-'));
after(() => rmSync(directory, { recursive: true }));

let folder: string;
let failures: string[];
beforeEach(() => {
  folder = mkdtempSync(join(directory, 'x-'));
  failures = [];
});

const failed = (why: string): void => {
  failures.push(why);
};

/** A `logger` that does what the shell says. */
function fake(script: string): string {
  const path = join(folder, 'logger');
  writeFileSync(path, `#!/bin/sh\ncd ${folder}\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function content(name: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

const count = (name: string): number => content(name).length;

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise(setImmediate);
}

/** What `logger` is given for a line of every level. */
async function given(facility?: number): Promise<string[]> {
  const command = fake('echo "$@" > arguments; cat > lines; touch ended');
  const syslog = new Syslog({ facility, command, failed });
  for (const level of LOG_TYPES) syslog.write({ level, event: 'starting', text: `1: ${level}` });
  syslog.flush();
  syslog.finish();
  await until(() => existsSync(join(folder, 'ended')));
  return content('lines').trim().split('\n');
}

test('lines have the facility daemon and the severity of their level', async () => {
  assert.deepEqual(await given(), [
    '<30>1: information',
    '<29>1: notice',
    '<28>1: warning',
    '<27>1: error',
    '<31>1: debug',
    '<29>1: subscribe',
    '<29>1: unsubscribe',
    '<31>1: websockets',
    '<27>1: internal',
  ]);
  assert.match(content('arguments'), /--tag=mosquitto/u);
  assert.ok(content('arguments').includes(`--id=${process.pid} --prio-prefix`));
  assert.deepEqual(failures, []);
});

test('log_facility 7 is local7', async () => {
  assert.equal((await given(7))[0], '<190>1: information');
});

test('a logger that is not there is told, once, and lines are still taken', async () => {
  const syslog = new Syslog({ command: join(folder, 'nothing'), failed });
  await until(() => failures.length > 0);
  for (let index = 0; index < 10_000; index++) {
    syslog.write({ level: 'notice', event: 'starting', text: 'x'.repeat(999) });
    syslog.flush();
  }
  assert.match(failures.join(), /ENOENT/u);
  syslog.finish();
});

test('a logger that ends is started again, but not for ever', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  const command = fake('echo >> starts; exit 3');
  const syslog = new Syslog({ command, failed });
  for (let starts = 1; starts <= 4; starts++) {
    await until(() => count('starts') === starts);
    // the pause begins when the exit is noticed, which is some turns later
    for (let turn = 0; turn < 1000 && count('starts') === starts; turn++) {
      mock.timers.tick(1000);
      await new Promise(setImmediate);
    }
  }
  assert.equal(count('starts'), 4);
  assert.deepEqual(failures, ['logger ended with 3']);
  syslog.finish();
});

test('a logger that was started again gets the lines of the meantime', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  const command = fake('if [ -e once ]; then cat > lines; touch ended; else touch once; fi');
  const syslog = new Syslog({ command, failed });
  await until(() => failures.length > 0);
  syslog.write({ level: 'notice', event: 'starting', text: 'meanwhile' });
  syslog.flush();
  mock.timers.tick(60_000);
  syslog.finish();
  await until(() => existsSync(join(folder, 'ended')));
  assert.equal(content('lines'), '<29>meanwhile\n');
});
