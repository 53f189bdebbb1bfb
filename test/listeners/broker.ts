/** Brokers with listeners of all kinds, as processes. */
import assert from 'node:assert/strict';
import { Program, run, Scratch, zanzara } from '../cli/program.ts';
import type { ProgramOptions } from '../cli/program.ts';

/** A broker that runs. It ends with the block that declares it (`await using`). */
export interface Broker extends AsyncDisposable {
  readonly program: Program;
  /** The folder of its configuration file, which everybody may write to. */
  readonly scratch: Scratch;
  readonly file: string;
}

export interface BrokerOptions extends ProgramOptions {
  readonly scratch?: Scratch;
  /** What stands in front of the command line. */
  readonly wrap?: readonly string[];
}

/** Starts a broker with these lines of configuration, for everybody, and waits until it runs. */
export async function started(
  lines: string,
  { scratch = new Scratch(), wrap = [], ...options }: BrokerOptions = {},
): Promise<Broker> {
  const file = scratch.file('z.conf', `${lines}\nallow_anonymous true\n`);
  const program = new Program([...wrap, ...zanzara('-c', file)], options);
  const dispose = async (): Promise<void> => {
    await program[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  };
  try {
    await program.until(/ running\n/);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { program, scratch, file, [Symbol.asyncDispose]: dispose };
}

/** Starts a broker whose listeners cannot be opened, and gives what it says. */
export async function refused(lines: string): Promise<string[]> {
  using scratch = new Scratch();
  const { code, stderr } = await run(zanzara('-c', scratch.file('z.conf', `${lines}\n`)));
  assert.equal(code, 1, stderr);
  return body(stderr);
}

/** The lines of a log between its start and its end, without their times. */
export function body(log: string): string[] {
  const lines = log.split('\n').map((line) => line.replace(/^\d{10}: /, ''));
  const from = lines.findIndex((line) => line.startsWith('Config loaded'));
  const to = lines.findIndex((line) => / (?:running|terminating)$/.test(line));
  return lines.slice(from + 1, to);
}
