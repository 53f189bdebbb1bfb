/** `passwd` run to its end: ours within this process, Debian's as it is. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parsePasswordHash, verifyPassword } from '../../../src/access/password-hash.ts';
import { main } from '../../../src/cli/commands.ts';
import type { Io } from '../../../src/cli/io.ts';
import type { Ended } from '../program.ts';

/** What a run is given besides its arguments. */
export interface Given {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly io?: Partial<Io>;
}

/** Runs ours under the name of Mosquitto's. */
export async function ours(
  args: readonly string[],
  { stdin = '', env = {}, io }: Given = {},
): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const code = await main(args, {
    stdout: (data) => void (stdout += data.toString()),
    stderr: (text) => void (stderr += text),
    stdin: async function* input() {
      yield Buffer.from(stdin as Uint8Array);
    },
    env,
    name: 'mosquitto_passwd',
    isTerminal: false,
    isInputTerminal: false,
    ...io,
  });
  return { code, stdout, stderr };
}

/** Runs Debian's. */
export async function theirs(args: readonly string[], { stdin = '' }: Given = {}): Promise<Ended> {
  const child = spawn('mosquitto_passwd', args, { timeout: 30_000 });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined); // it has not read its input: its output tells
  child.stdin.end(stdin);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? -1));
  return { code: await promise, stdout, stderr };
}

/** Whether a line `user:hash` of a file is of this password. */
export async function isPasswordOf(
  file: string,
  user: string,
  password: string | Uint8Array,
): Promise<boolean> {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${user}:`));
  const hash = parsePasswordHash(line?.slice(user.length + 1) ?? '');
  return hash !== undefined && verifyPassword(hash, Buffer.from(password as Uint8Array));
}
