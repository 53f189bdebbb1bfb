/** Tools run to their end: ours within this process, Debian's as they are. */
import { spawn } from 'node:child_process';
import { main } from '../../../src/cli/commands.ts';
import type { Io } from '../../../src/cli/io.ts';

/** What a tool left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** What it may still do to how it is run. */
  readonly io?: Partial<Io>;
  /** Told what it prints, as it does. */
  readonly onOutput?: (stdout: string) => void;
}

export type ToolName = 'mosquitto_pub' | 'mosquitto_sub' | 'mosquitto_rr';

/** How long a tool may take, milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** No options file of whoever runs the tests counts. */
const ENV = { HOME: '/nonexistent', XDG_CONFIG_HOME: '' };

/** Runs Zanzara under a name, or with `zanzara` and a command as the first argument. */
export async function runOurs(
  name: ToolName | 'zanzara',
  args: readonly string[],
  { stdin = '', env = {}, io = {}, onOutput }: RunOptions = {},
): Promise<Outcome> {
  const stdout: Uint8Array[] = [];
  let stderr = '';
  const code = await withinPatience(
    `${name} ${args.join(' ')}`,
    main(args, {
      stdout: (data) => {
        stdout.push(Buffer.from(data as Uint8Array));
        onOutput?.(Buffer.concat(stdout).toString());
      },
      stderr: (text) => void (stderr += text),
      stdin: async function* input() {
        yield Buffer.from(stdin as Uint8Array);
      },
      env: { ...ENV, ...env },
      name,
      isTerminal: false,
      isInputTerminal: false,
      ...io,
    }),
  );
  return { code, stdout: Buffer.concat(stdout), stderr };
}

/** Runs Debian's tool. */
export async function runTheirs(
  name: ToolName,
  args: readonly string[],
  { stdin = '', env = {} }: RunOptions = {},
): Promise<Outcome> {
  const child = spawn(name, args, { env: { ...process.env, ...ENV, ...env }, timeout: PATIENCE_MS });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined); // it has not read its input: its output tells
  child.stdin.end(stdin);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? -1));
  const code = await promise;
  return { code, stdout: Buffer.concat(stdout), stderr };
}

/** A promise that must settle soon. */
export async function withinPatience<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} has not ended`)), PATIENCE_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
