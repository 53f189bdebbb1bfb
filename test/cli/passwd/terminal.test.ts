/** `passwd` on a terminal: nothing that is typed is seen, and the terminal is given back as it was. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Scratch, zanzara } from '../program.ts';
import { isPasswordOf } from './run.ts';

const PATIENCE_MS = 30_000;

/** What a terminal that shows what is typed says of itself; printed when `passwd` has ended. */
const GIVEN_BACK = /(?:^|\s)echo(?:\s|$)/m;

/** Runs it on a terminal of its own, and types each answer when its question is there. */
async function onTerminal(
  args: readonly string[],
  answers: readonly (readonly [question: string, keys: string])[],
): Promise<{ code: number; screen: string }> {
  const command = zanzara('passwd', ...args).map((word) => `'${word}'`);
  // `stty` afterwards: the terminal is the one `passwd` had
  const script = `${command.join(' ')}; code=$?; stty -a; exit $code`;
  const child = spawn('script', ['-qec', script, '/dev/null'], { timeout: PATIENCE_MS });
  let screen = '';
  let read = 0;
  let next = 0;
  child.stdin.on('error', () => undefined); // it has ended: the exit code tells
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    const [question, keys] = answers[next] ?? [];
    const at = question === undefined ? -1 : screen.indexOf(question, read);
    if (question === undefined || at < 0) return;
    read = at + question.length;
    next++;
    child.stdin.write(keys!);
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? -1));
  return { code: await promise, screen };
}

describe('passwd on a terminal', () => {
  test('asks twice, shows nothing, and takes corrections', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    const { code, screen } = await onTerminal(
      ['-c', file, 'bob'],
      [
        ['Password: ', 'wrong\u0015sécé\u007fret!\u007f\r'],
        ['Reenter password: ', 'sécret\r'],
      ],
    );
    assert.equal(code, 0, screen);
    assert.match(screen, /^Password: \r\nReenter password: \r\nAdding password for user bob\r\n/);
    assert.ok(await isPasswordOf(file, 'bob', 'sécret'));
    assert.match(screen, GIVEN_BACK);
  });

  test('Ctrl-C gives the terminal back, and nothing was written', async () => {
    using scratch = new Scratch();
    const file = scratch.at('users');
    const { code, screen } = await onTerminal(
      ['-c', file, 'bob'],
      [
        ['Password: ', 'secret\r'],
        ['Reenter password: ', 'sec\u0003'],
      ],
    );
    assert.equal(code, 0, screen); // as Mosquitto
    assert.doesNotMatch(screen, /sec/);
    assert.match(screen, GIVEN_BACK);
    assert.ok(!existsSync(file));
  });
});
