#!/usr/bin/env node
/** The program: `zanzara`, and every name it is linked to. */
import { main, programName } from '../commands.ts';

const name = programName(process.argv[1] ?? 'zanzara');
process.title = name;
const code = await main(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
  name,
  isTerminal: process.stdout.isTTY,
});
process.exit(code);
