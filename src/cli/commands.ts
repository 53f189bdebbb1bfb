/** Which command runs: by the first argument, or by the name the program was started under. */
import { basename } from 'node:path';
import { VERSION } from '../server/version.ts';
import type { CommandName } from './command-list.ts';
import type { Command, Io } from './io.ts';

/** Loads a command when it is to run: `sub` is subscribed before the broker's code would be read. */
type Load = () => Promise<Command>;

const loadBench: Load = async () => (await import('./bench.ts')).bench;
const loadHelp: Load = async () => (await import('./help.ts')).help;
const loadBroker: Load = async () => (await import('./broker.ts')).broker;

const loadPub = tool(async () => (await import('./pub.ts')).pub);
const loadSub = tool(async () => (await import('./sub.ts')).sub);
const loadRr = tool(async () => (await import('./rr.ts')).rr);

const loadDbDump = tool(async () => (await import('./db-dump.ts')).dbDump);
const loadPasswd: Load = async () => (await import('./passwd.ts')).passwd;
const loadLinkTools: Load = async () => (await import('./link-tools.ts')).linkTools;

const LOADS: Readonly<Record<CommandName, Load>> = {
  bench: loadBench,
  broker: loadBroker,
  'db-dump': loadDbDump,
  help: loadHelp,
  'link-tools': loadLinkTools,
  passwd: loadPasswd,
  pub: loadPub,
  rr: loadRr,
  sub: loadSub,
};

/** The sub-commands of `zanzara`. */
const COMMANDS: ReadonlyMap<string, Load> = new Map(Object.entries(LOADS));

/** Names under which the program is one command and no other. */
const NAMES: ReadonlyMap<string, Load> = new Map([
  ['mosquitto', loadBroker],
  ['mosquitto_db_dump', loadDbDump],
  ['mosquitto_passwd', loadPasswd],
  ['mosquitto_pub', loadPub],
  ['mosquitto_rr', loadRr],
  ['mosquitto_sub', loadSub],
]);

/** Runs the command that the arguments or the program's name ask for, and gives its exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const topic = helpTopic(argv, io.name);
  const load = topic === undefined ? asked(argv, io.name) : COMMANDS.get(topic);
  if (load !== undefined && topic !== undefined) {
    await (
      await load()
    )(['--help'], io);
    return 0; // whoever asks by this name has no script that expects the 1 of Mosquitto's tools
  }
  if (load !== undefined) return (await load())(isNamed(argv, io.name) ? argv.slice(1) : argv, io);
  io.stderr(
    `Error: Unknown command '${topic ?? argv[0]}'. Zanzara ${VERSION} has: ${[...COMMANDS.keys()].join(', ')}. ` +
      `'zanzara help' says what they are for, 'zanzara --help' shows the options of the broker.\n`,
  );
  return 3;
}

/** Whether it is the broker that runs. */
export function isBroker(argv: readonly string[], name: string): boolean {
  return asked(argv, name) === loadBroker;
}

/** By the program's name, or by the first argument; undefined if there is no such command. */
function asked(argv: readonly string[], name: string): Load | undefined {
  const named = NAMES.get(name);
  if (named !== undefined) return named;
  return isNamed(argv, name) ? COMMANDS.get(argv[0] ?? '') : loadBroker;
}

/** The command that `zanzara help COMMAND` names; undefined if none is asked for. */
function helpTopic([word, topic]: readonly string[], name: string): string | undefined {
  return word === 'help' && !NAMES.has(name) && topic?.startsWith('-') === false ? topic : undefined;
}

/** Whether the first argument is the name of a command. */
function isNamed([word = '-']: readonly string[], name: string): boolean {
  return !NAMES.has(name) && !word.startsWith('-');
}

/** A tool ends when all that it wrote was read; the broker does not wait for whoever reads its log. */
function tool(load: Load): Load {
  return async () => {
    const command = await load();
    return async (argv, io) => {
      const code = await command(argv, io);
      await io.drained?.();
      return code;
    };
  };
}

/** The name a program was started under: of the link, not of the file that it leads to. */
export function programName(path: string): string {
  return basename(path).replace(/\.[jt]s$/, '');
}
