import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { FdLines } from './log-fd.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const directory = mkdtempSync(join(tmpdir(), 'zanzara-fd-'));
after(() => rmSync(directory, { recursive: true }));

let pipes = 0;

/** A pipe of which neither end waits. */
function pipe(): { reader: number; writer: number } {
  const path = join(directory, `pipe-${pipes++}`);
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  return { reader: openSync(path, O_RDONLY | O_NONBLOCK), writer: openSync(path, O_WRONLY | O_NONBLOCK) };
}

/** Everything that is in the pipe now. */
function drain(reader: number): string {
  const chunk = Buffer.alloc(1024 * 1024);
  try {
    return chunk.toString('utf8', 0, readSync(reader, chunk));
  } catch {
    return ''; // EAGAIN: nothing there
  }
}

/** Reads until `done`, letting timers run. */
async function drainUntil(reader: number, done: (text: string) => boolean): Promise<string> {
  let text = drain(reader);
  while (!done(text)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    text += drain(reader);
  }
  return text;
}

const LONG = 'x'.repeat(999);

describe('lines to a descriptor', () => {
  test('that is full for a while arrive all the same, in order and whole', async () => {
    const { reader, writer } = pipe();
    const lines = new FdLines(writer, () => assert.fail('nothing is dropped'));
    const expected = Array.from({ length: 500 }, (_, index) => `${index} ${LONG}`);
    for (const text of expected) {
      lines.write({ text });
      lines.flush();
    }
    const read = await drainUntil(reader, (text) => text.endsWith(`${expected.at(-1)}\n`));
    assert.deepEqual(read.split('\n'), [...expected, '']);
    closeSync(reader);
    closeSync(writer);
  });

  test('that stays full are dropped beyond a limit, and counted', async () => {
    const { reader, writer } = pipe();
    const dropped: number[] = [];
    const lines = new FdLines(writer, (count) => dropped.push(count));
    const total = 10_000;
    for (let index = 0; index < total; index++) {
      lines.write({ text: LONG });
      lines.flush();
    }
    assert.deepEqual(dropped, []);
    const read = await drainUntil(reader, () => dropped.length > 0);
    const arrived = `${read}${drain(reader)}`.split('\n');
    assert.equal(arrived.pop(), '');
    assert.ok(arrived.every((text) => text === LONG));
    assert.deepEqual(dropped, [total - arrived.length]);
    closeSync(reader);
    closeSync(writer);
  });

  test('that has no reader are forgotten', () => {
    const { reader, writer } = pipe();
    const lines = new FdLines(writer, () => assert.fail('nobody to tell'));
    closeSync(reader);
    for (let index = 0; index < 10_000; index++) lines.write({ text: LONG });
    lines.flush();
    lines.write({ text: LONG });
    lines.finish();
    closeSync(writer);
  });

  test('that is closed are forgotten', () => {
    const { reader, writer } = pipe();
    closeSync(writer);
    closeSync(reader);
    const lines = new FdLines(writer, () => assert.fail('nobody to tell'));
    lines.write({ text: 'x' });
    lines.finish();
  });

  test('that is full are out after finish as far as there is room', () => {
    const { reader, writer } = pipe();
    const lines = new FdLines(writer, () => {});
    for (let index = 0; index < 100; index++) lines.write({ text: LONG });
    lines.flush();
    const first = drain(reader);
    lines.finish();
    assert.equal(`${first}${drain(reader)}`, `${LONG}\n`.repeat(100));
    closeSync(reader);
    closeSync(writer);
  });
});

/** Runs `code` in a process of its own, with `destinations` to log to and a `line` to log. */
function run(code: string, stdio: 'pipe' | number): { stderr: string; signal: string | null } {
  const module = new URL('log-destinations.ts', import.meta.url).href;
  const script = `
    const { LogDestinations } = await import(${JSON.stringify(module)});
    const destinations = new LogDestinations({ publish() {}, report() {} });
    const line = (text) => destinations.write({ level: 'notice', event: 'serverWarning', text });
    ${code}`;
  const options = { stdio: ['ignore', stdio, 'pipe'] as const, encoding: 'utf8' as const };
  const result = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    ...options,
    stdio: [...options.stdio],
  });
  return { stderr: result.stderr, signal: result.signal };
}

describe('a process', () => {
  test('that is killed a turn later has written all its lines to standard error', () => {
    const { stderr, signal } = run(
      `for (let index = 0; index < 50; index++) line(index);
       setImmediate(() => setImmediate(() => process.kill(process.pid, 'SIGKILL')));`,
      'pipe',
    );
    assert.equal(signal, 'SIGKILL');
    assert.equal(stderr, Array.from({ length: 50 }, (_, index) => `${index}\n`).join(''));
  });

  test('that exits at once has written them too', () => {
    const { stderr } = run(`line('last words'); process.exit(0);`, 'pipe');
    assert.equal(stderr, 'last words\n');
  });

  test('that fails has written them too', () => {
    const { stderr } = run(`line('last words'); setTimeout(() => { throw new Error('oops'); });`, 'pipe');
    assert.match(stderr, /^last words$/mu);
    assert.match(stderr, /oops/u);
  });

  test('goes on when its standard output is a pipe that nobody reads', () => {
    const { reader, writer } = pipe();
    const { stderr } = run(
      `destinations.open([{ kind: 'stdout' }]);
       for (let turn = 0; turn < 1000; turn++) {
         for (let index = 0; index < 10; index++) line('x'.repeat(999));
         await new Promise(setImmediate);
       }
       destinations.open([{ kind: 'stderr' }]);
       line('still here');
       process.exit(0);`,
      writer,
    );
    assert.equal(stderr, 'still here\n');
    assert.ok(drain(reader).startsWith(`${LONG}\n`));
    closeSync(reader);
    closeSync(writer);
  });
});
