/** Command-line flags from a table: parsing, help, and complaints. */
import { parseArgs } from 'node:util';

export interface Flag {
  /** What its value is called in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly about: string;
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
}

export interface Program {
  readonly usage: string;
  readonly about: string;
  readonly flags: Readonly<Record<string, Flag>>;
}

/** What the operator did wrong; printed without a stack. */
export class UsageError extends Error {}

/** What was given on the command line. */
export class Flags {
  readonly #given: Readonly<Record<string, unknown>>;

  constructor(given: Readonly<Record<string, unknown>>) {
    this.#given = given;
  }

  has(name: string): boolean {
    return this.#given[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#given[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** All values of a flag that may be given several times. */
  texts(name: string): readonly string[] {
    const value = this.#given[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A number above 0. */
  number(name: string, otherwise: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    if (!(Number(value) > 0)) throw new UsageError(`--${name} is a number above 0, not "${value}".`);
    return Number(value);
  }

  /** Some of the known names, in their order; all of them when the flag is not given. */
  some(name: string, known: readonly string[]): readonly string[] {
    const wanted = this.text(name)?.split(',');
    const unknown = wanted?.find((one) => !known.includes(one));
    if (unknown !== undefined)
      throw new UsageError(`--${name}: "${unknown}" is none of ${known.join(', ')}.`);
    return wanted === undefined ? known : known.filter((one) => wanted.includes(one));
  }
}

/** The command as one would type it. */
export function commandLine(program: string, argv: readonly string[]): string {
  const words = argv.map((word) => (/[\s'"]/.test(word) ? `'${word}'` : word));
  return [program, ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
}

/** Reads the command line; prints the help and ends when that is asked for. */
export function readFlags(program: Program, argv: readonly string[]): Flags {
  const options = Object.fromEntries(
    Object.entries({ ...program.flags, help: HELP }).map(([name, { value, multiple = false }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple },
    ]),
  );
  const flags = new Flags(parsed(() => parseArgs({ args: [...argv], options }).values));
  if (!flags.has('help')) return flags;
  process.stdout.write(help(program));
  process.exit(0);
}

/** Runs a program; what the operator did wrong becomes one line and the exit code 2. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

const HELP: Flag = { about: 'this' };

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${(error as Error).message} See --help.`);
  }
}

function help({ usage, about, flags }: Program): string {
  const lines = Object.entries({ ...flags, help: HELP }).map(
    ([name, flag]) => `  ${`--${name} ${flag.value ?? ''}`.padEnd(24)} ${flag.about}\n`,
  );
  return `${usage}\n\n${about}\n\n${lines.join('')}`;
}
