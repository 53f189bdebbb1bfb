/** Keys on a terminal, lines of a pipe, and the terminal given back whatever happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Io } from './io.ts';
import { Interrupted, SecretPrompt } from './secret-prompt.ts';

interface Stage {
  readonly prompt: SecretPrompt;
  /** What was shown, and when the terminal was switched. */
  readonly shown: string[];
}

function stage(chunks: readonly (string | Promise<string>)[], isInputTerminal: boolean): Stage {
  const shown: string[] = [];
  const io: Io = {
    stdout: () => true,
    stderr: () => {},
    stdin: async function* input() {
      for (const chunk of chunks) yield Buffer.from(await chunk, 'latin1');
    },
    env: {},
    name: 'zanzara',
    isTerminal: false,
    isInputTerminal,
    setRawMode: (isRaw) => shown.push(isRaw ? '<raw>' : '<as before>'),
  };
  return { prompt: new SecretPrompt(io, (text) => shown.push(text)), shown };
}

async function typed(...chunks: readonly string[]): Promise<string> {
  const { prompt } = stage(chunks, true);
  using _ = prompt;
  return Buffer.from(await prompt.ask('? ')).toString('latin1');
}

test('keys of a terminal', async () => {
  for (const [keys, line] of [
    ['abc\r', 'abc'],
    ['abc\nmore', 'abc'],
    ['abc', 'abc'],
    ['abc\u0004more\r', 'abc'],
    ['ab\u007fc\u0008d\r', 'ad'],
    ['\u007fa\r', 'a'],
    ['a\u00c3\u00a9\u007fb\r', 'ab'],
    ['abc\u0015d\r', 'd'],
    ['\r', ''],
    ['', ''],
  ] as const) {
    assert.equal(await typed(keys), line, JSON.stringify(keys));
    assert.equal(await typed(...keys.split('')), line, 'one by one');
  }
});

test('a terminal is raw while it is asked, between two questions too', async () => {
  const { prompt, shown } = stage(['a\rb', '\r'], true);
  assert.equal((await prompt.ask('1? ')).length, 1);
  assert.equal((await prompt.ask('2? ')).length, 1);
  prompt[Symbol.dispose]();
  assert.deepEqual(shown, ['<raw>', '1? ', '\n', '2? ', '\n', '<as before>']);
});

test('a pipe is read by lines, and no terminal is touched', async () => {
  const { prompt, shown } = stage(['on', 'e\r\ntwo\nthr', 'ee'], false);
  const lines = [await prompt.ask('1'), await prompt.ask('2'), await prompt.ask('3'), await prompt.ask('4')];
  prompt[Symbol.dispose]();
  assert.deepEqual(
    lines.map((line) => Buffer.from(line).toString()),
    ['one', 'two', 'three', ''],
  );
  assert.deepEqual(shown, ['1', '\n', '2', '\n', '3', '\n', '4']);
});

test('what has no end is not kept', async () => {
  const { prompt } = stage(['x'.repeat(200_000)], false);
  using _ = prompt;
  assert.equal((await prompt.ask('')).length, 65_537);
  assert.equal((await typed('x'.repeat(200_000))).length, 65_536);
});

test('Ctrl-C and signals interrupt, and nothing of it stays', async () => {
  const before = process.listenerCount('SIGTERM');
  for (const key of ['\u0003', '\u001c']) {
    const { prompt, shown } = stage([`ab${key}`], true);
    await assert.rejects(prompt.ask('? '), Interrupted);
    prompt[Symbol.dispose]();
    assert.equal(shown.at(-1), '<as before>');
  }
  const never = Promise.withResolvers<string>();
  const { prompt, shown } = stage(['ab', never.promise], true);
  const asked = prompt.ask('? ');
  process.kill(process.pid, 'SIGTERM');
  await assert.rejects(asked, Interrupted);
  prompt[Symbol.dispose]();
  assert.equal(shown.at(-1), '<as before>');
  assert.equal(process.listenerCount('SIGTERM'), before);
});
