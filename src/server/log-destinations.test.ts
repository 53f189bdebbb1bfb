import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, afterEach, beforeEach, describe, test } from 'node:test';

import { LOG_TYPES, type LogType } from '../base/log-dialect.ts';
import type { LogLine } from '../base/log.ts';
import { LogDestinations, type LogDestinationOptions } from './log-destinations.ts';

const directory = mkdtempSync(join(tmpdir(), 'zanzara-log-'));
after(() => rmSync(directory, { recursive: true }));

let folder: string;
let stderr: number;
let destinations: LogDestinations;
let reports: string[];
let published: string[];

beforeEach(() => {
  folder = mkdtempSync(join(directory, 'x-'));
  stderr = openSync(join(folder, 'stderr'), 'w');
  reports = [];
  published = [];
});

afterEach(() => {
  destinations.close();
  closeSync(stderr);
});

const line = (text: string, level: LogType = 'notice'): LogLine => ({ level, event: 'serverWarning', text });
const file = (name: string): string => join(folder, name);
const content = (name: string): string => readFileSync(file(name), 'utf8');

/** Destinations that write to our own files, and log their reports as a server would. */
function create(options: Partial<LogDestinationOptions> = {}): LogDestinations {
  destinations = new LogDestinations({
    stderr,
    publish: (topic, payload) => published.push(`${topic} ${payload}`),
    report: (event, text) => {
      reports.push(`${event} ${text}`);
      destinations.write(line(text, event === 'serverError' ? 'error' : 'warning'));
    },
    ...options,
  });
  return destinations;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('standard error', () => {
  test('is where lines go before anything is opened', () => {
    create().write(line('early'));
    destinations.flush();
    assert.equal(content('stderr'), 'early\n');
  });

  test('gets the lines of one turn together at its end, in order', async () => {
    create().open([{ kind: 'stderr' }]);
    for (let index = 0; index < 100; index++) destinations.write(line(`${index}`));
    assert.equal(content('stderr'), '');
    await turn();
    assert.equal(content('stderr'), Array.from({ length: 100 }, (_, index) => `${index}\n`).join(''));
  });

  test('gets nothing once there are other destinations, or none', () => {
    create().write(line('early'));
    destinations.open([]);
    destinations.write(line('nowhere'));
    destinations.flush();
    assert.equal(content('stderr'), 'early\n');
  });
});

describe('a log file', () => {
  const name = 'broker.log';
  const open = (): boolean => destinations.open([{ kind: 'file', path: file(name) }]);

  test('is created for us alone, and appended to', () => {
    create();
    assert.equal(open(), true);
    destinations.write(line('a'));
    destinations.flush();
    assert.equal(statSync(file(name)).mode & 0o777, 0o600);
    open();
    destinations.write(line('b'));
    destinations.close();
    assert.equal(content(name), 'a\nb\n');
  });

  test('that is there keeps its mode', () => {
    writeFileSync(file(name), 'old\n', { mode: 0o644 });
    create();
    open();
    destinations.write(line('new'));
    destinations.flush();
    assert.equal(content(name), 'old\nnew\n');
    assert.equal(statSync(file(name)).mode & 0o777, 0o644);
  });

  test('that was renamed is left at reopen, with all its lines', () => {
    create();
    open();
    destinations.write(line('1'));
    destinations.flush();
    renameSync(file(name), file('old.log'));
    destinations.write(line('2'));
    assert.equal(destinations.reopen(), true);
    destinations.write(line('3'));
    destinations.flush();
    assert.equal(content('old.log'), '1\n2\n');
    assert.equal(content(name), '3\n');
  });

  test('may be a symbolic link only when that is allowed', () => {
    writeFileSync(file('target'), '');
    symlinkSync(file('target'), file(name));
    create();
    assert.equal(open(), false);
    assert.equal(content('target'), '');
    destinations.close();
    create({ allowSymlinks: true });
    assert.equal(open(), true);
    destinations.write(line('through'));
    destinations.flush();
    assert.equal(content('target'), 'through\n');
  });

  test('must be a file', () => {
    mkdirSync(file('directory'));
    const { status } = spawnSync('mkfifo', [file('fifo')]);
    assert.equal(status, 0);
    create();
    for (const path of [file('directory'), file('fifo'), '/dev/null', join(folder, 'no', 'such')]) {
      assert.equal(destinations.open([{ kind: 'file', path }]), false);
      assert.equal(reports.at(-1), `serverError Error: Unable to open log file ${path} for writing.`);
    }
  });

  test('that cannot be opened leaves errors on standard error, and nothing else', () => {
    create();
    const stdout = new PassThrough();
    destinations.close();
    create({ stdout });
    const path = join(folder, 'no', 'such');
    assert.equal(destinations.open([{ kind: 'stdout' }, { kind: 'topic' }, { kind: 'file', path }]), false);
    for (const level of LOG_TYPES) destinations.write(line(level, level));
    destinations.flush();
    assert.equal(content('stderr'), `Error: Unable to open log file ${path} for writing.\nerror\n`);
    assert.equal(stdout.read(), null);
    assert.deepEqual(published, []);
  });

  test('that can be opened again gets all lines again', () => {
    create();
    const path = join(folder, 'later', 'broker.log');
    destinations.open([{ kind: 'file', path }]);
    mkdirSync(join(folder, 'later'));
    assert.equal(destinations.reopen(), true);
    destinations.write(line('back', 'debug'));
    destinations.flush();
    assert.equal(readFileSync(path, 'utf8'), 'back\n');
  });
});

describe('topics', () => {
  test('are those of the levels; debug and internal are never published', () => {
    create().open([{ kind: 'topic' }]);
    for (const level of LOG_TYPES) destinations.write(line(`1: ${level}`, level));
    destinations.flush();
    assert.deepEqual(published, [
      '$SYS/broker/log/I 1: information',
      '$SYS/broker/log/N 1: notice',
      '$SYS/broker/log/W 1: warning',
      '$SYS/broker/log/E 1: error',
      '$SYS/broker/log/M/subscribe 1: subscribe',
      '$SYS/broker/log/M/unsubscribe 1: unsubscribe',
      '$SYS/broker/log/WS 1: websockets',
    ]);
  });

  test('are published to after the turn in which a line was logged', async () => {
    create().open([{ kind: 'topic' }]);
    destinations.write(line('a'));
    assert.deepEqual(published, []);
    await turn();
    assert.deepEqual(published, ['$SYS/broker/log/N a']);
  });

  test('do not get what publishing to them logs, other destinations do', async () => {
    create({
      publish: (topic) => {
        published.push(topic);
        destinations.write(line('dropped'));
      },
    }).open([{ kind: 'topic' }, { kind: 'stderr' }]);
    destinations.write(line('a'));
    await turn();
    await turn();
    assert.deepEqual(published, ['$SYS/broker/log/N']);
    assert.equal(content('stderr'), 'a\ndropped\n');
  });
});

test('the system log gets its facility, and a logger that fails is an error of the log', async () => {
  const logger = file('logger');
  writeFileSync(logger, `#!/bin/sh\nhead -n 1 > ${file('line')}; exit 7\n`, { mode: 0o755 });
  create({ logger }).open([{ kind: 'syslog', facility: 2 }, { kind: 'stderr' }]);
  destinations.write(line('a'));
  destinations.flush();
  while (reports.length === 0) await turn();
  assert.equal(content('line'), '<149>a\n');
  assert.deepEqual(reports, ['serverError Error: Unable to log to syslog: logger ended with 7.']);
});

test('every destination gets the same line', () => {
  const stdout = new PassThrough();
  create({ stdout }).open([
    { kind: 'stderr' },
    { kind: 'stdout' },
    { kind: 'file', path: file('log') },
    { kind: 'topic' },
  ]);
  destinations.write(line('1403334375: é'));
  destinations.flush();
  const expected = '1403334375: é\n';
  assert.equal(content('stderr'), expected);
  assert.equal(content('log'), expected);
  assert.equal(String(stdout.read()), expected);
  assert.deepEqual(published, ['$SYS/broker/log/N 1403334375: é']);
});

test('standard output that nobody reads costs lines, and says how many', async () => {
  const stdout = new PassThrough();
  create({ stdout }).open([{ kind: 'stdout' }, { kind: 'file', path: file('log') }]);
  const long = 'x'.repeat(999);
  for (let index = 0; index < 5000; index++) {
    destinations.write(line(long));
    if (index % 10 === 0) destinations.flush();
  }
  destinations.flush();
  assert.ok(stdout.writableLength < 1.1 * 1024 * 1024);
  let read = '';
  stdout.on('data', (chunk: Buffer) => {
    read += chunk.toString();
  });
  while (reports.length === 0) await turn();
  const lines = read.split('\n').filter((text) => text === long).length;
  assert.deepEqual(reports, [
    `serverWarning Warning: ${5000 - lines} lines of the log were not written to stdout.`,
  ]);
  assert.equal(
    content('log')
      .split('\n')
      .filter((text) => text === long).length,
    5000,
  );
});

test('standard output whose reader has gone is no error', async () => {
  const stdout = new PassThrough();
  create({ stdout }).open([{ kind: 'stdout' }, { kind: 'stderr' }]);
  stdout.destroy(new Error('EPIPE'));
  await turn();
  destinations.write(line('a'));
  await turn();
  assert.equal(content('stderr'), 'a\n');
});
