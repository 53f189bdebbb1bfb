#!/usr/bin/env -S node --max-semi-space-size=4 --no-maglev --v8-pool-size=1
/**
 * The program: `zanzara`, and every name it is linked to. `--max-semi-space-size=4` keeps the young generation of the
 * heap small: what a tick makes is garbage by its end, and a small one stays in the cache and out of resident memory.
 * `--no-maglev`: what that compiler makes, TurboFan makes again a moment later. Without it a broker with little to do needs
 * less CPU and memory in its first minutes and its slowest messages are faster; it starts 20 ms later. Only at the start:
 * set when the program runs, the flag makes things worse. `--v8-pool-size=1`: one thread that compiles and collects is
 * enough, and each one keeps a megabyte and a half of what it once needed.
 */
import { isatty } from 'node:tty';
import { isBroker, main, programName } from '../commands.ts';

const name = programName(process.argv[1] ?? 'zanzara');
// It overwrites the command line, which is that of a tool to keep: ps shows it, and tool/raw-argument.ts reads it
if (isBroker(process.argv.slice(2), name)) process.title = name;
// Who reads our output may leave: that is no reason to fail
const readerGone = new AbortController();
process.stdout.on('error', () => readerGone.abort());
process.stderr.on('error', () => {});
/** The callback of a write comes after those of all writes before it, also when they fail. */
const drained = (): Promise<void> => new Promise((resolve) => void process.stdout.write('', () => resolve()));
const code = await main(process.argv.slice(2), {
  stdout: (data) => process.stdout.write(data),
  drained,
  readerGone: readerGone.signal,
  stderr: (text) => void process.stderr.write(text),
  stdin: () => process.stdin,
  env: process.env,
  name,
  isTerminal: process.stdout.isTTY,
  isErrorTerminal: isatty(2),
  isInputTerminal: isatty(0),
  setRawMode: (isRaw) => {
    if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
  },
});
process.exit(code);
