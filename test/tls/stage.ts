/** A broker process with TLS, and clients of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort, Program, run, Scratch, zanzara } from '../cli/program.ts';
import type { Ended } from '../cli/program.ts';
import { Authority } from './authority.ts';
import type { KeyPair } from './authority.ts';

/** How long `openssl s_client` may take, milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** A folder with an authority and a server's certificate, and a port. */
export interface Stage {
  readonly scratch: Scratch;
  readonly root: Authority;
  readonly server: KeyPair;
  readonly port: number;
  /** The lines of a listener with TLS on that port. */
  readonly listener: string;
}

export async function stage(): Promise<Stage> {
  const scratch = new Scratch();
  const root = Authority.root(scratch);
  const server = root.server();
  const port = await freePort();
  return { scratch, root, server, port, listener: listenerLines(port, root, server) };
}

/** A listener with a certificate, and the authority of its clients. */
export function listenerLines(
  port: number,
  { certificate: authority }: KeyPair,
  { certificate, key }: KeyPair,
): string {
  return [
    `listener ${port} 127.0.0.1`,
    `cafile ${authority}`,
    `certfile ${certificate}`,
    `keyfile ${key}`,
    '',
  ].join('\n');
}

/** A broker that runs. It ends with the block that declares it (`await using`), and the folder of its stage with it. */
export interface TlsBroker extends AsyncDisposable {
  readonly program: Program;
  /** Its configuration file. */
  readonly file: string;
}

/** What stands in the configuration file of a broker with a stage's listener. */
export function configOf({ listener }: Stage, lines: string): string {
  return `log_type all\nlog_timestamp false\nallow_anonymous true\n${listener}${lines}\n`;
}

/** Starts a broker with these lines below the listener of a stage; everything is logged, without times. */
export async function openTls(on: Stage, lines = '', args: readonly string[] = []): Promise<TlsBroker> {
  const { scratch } = on;
  const file = scratch.file('z.conf', configOf(on, lines));
  const program = new Program(zanzara('-c', file, ...args), { cwd: scratch.path });
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
  return { program, file, [Symbol.asyncDispose]: dispose };
}

/** The arguments of mosquitto's clients that lead to a stage and trust it. */
export function trusting({ port, root }: Stage): string[] {
  return ['-h', 'localhost', '-p', String(port), '--cafile', root.certificate];
}

export function showing({ certificate, key }: KeyPair): string[] {
  return ['--cert', certificate, '--key', key];
}

/** Publishes something with mosquitto's client. */
export function publish(...args: readonly string[]): Promise<Ended> {
  return run(['mosquitto_pub', '-i', 'pub', '-t', 'a/b', '-m', 'hello', '-q', '1', ...args]);
}

/** What `openssl s_client` prints; it stays until it has seen `until`, or the connection ends. */
export async function dial(port: number, until: RegExp, ...args: readonly string[]): Promise<string> {
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], { stdio: 'pipe' });
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  let output = '';
  const hear = (chunk: Buffer): void => {
    output += chunk.toString();
    if (until.test(output)) child.stdin.end();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.stdin.on('error', () => undefined); // it has ended already
  await once(child, 'close');
  clearTimeout(timer);
  return output;
}

/** Like `dial`, and fails unless it was seen. */
export async function dialled(port: number, seen: RegExp, ...args: readonly string[]): Promise<void> {
  assert.match(await dial(port, seen, ...args), seen, args.join(' '));
}
