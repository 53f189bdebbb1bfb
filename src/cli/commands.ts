/** Which command runs: by the first argument, or by the name the program was started under. */
import { basename } from 'node:path';
import { VERSION } from '../server/version.ts';
import { broker } from './broker.ts';
import type { Command, Io } from './io.ts';

/** The sub-commands of `zanzara`. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([['broker', broker]]);

/** Names under which the program is one command and no other. */
const NAMES: ReadonlyMap<string, Command> = new Map([['mosquitto', broker]]);

/** Runs the command that the arguments or the program's name ask for, and gives its exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const named = NAMES.get(io.name);
  if (named !== undefined) return named(argv, io);
  const [word, ...rest] = argv;
  if (word === undefined || word.startsWith('-')) return broker(argv, io);
  const command = COMMANDS.get(word);
  if (command !== undefined) return command(rest, io);
  io.stderr(
    `Error: Unknown command '${word}'. Zanzara ${VERSION} has: ${[...COMMANDS.keys()].join(', ')}. ` +
      `'zanzara --help' shows the options of the broker.\n`,
  );
  return 3;
}

/** The name a program was started under: of the link, not of the file that it leads to. */
export function programName(path: string): string {
  return basename(path).replace(/\.[jt]s$/, '');
}
