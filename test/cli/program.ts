/** The program as its users meet it: a process with arguments, output, signals and an exit code. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { COMPILED } from '../compiled.ts';
import { Client } from '../conformance/harness/client.ts';
import type { ConnectOptions, Version } from '../conformance/harness/packets.ts';

/** How long anything may take, in milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

/** The file that Node runs. */
export const ENTRY: string = fileURLToPath(new URL('../../src/cli/bin/zanzara.ts', import.meta.url));

/** The command line of Zanzara with these arguments. */
export function zanzara(...args: readonly string[]): readonly string[] {
  return [process.execPath, ENTRY, ...args];
}

/** What a process left behind. `code` is -1 when a signal killed it. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Nobody reads its standard output: what it prints there piles up. */
  readonly isUnread?: boolean;
}

/** Those that have not ended: a test run that is cut off leaves none behind. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A process under test. It ends with the block that declares it (`await using`). */
export class Program implements AsyncDisposable {
  /** What it printed on each stream so far. */
  stdout = '';
  stderr = '';
  /** Resolves when it has ended and all of its output is here. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #over = false;

  constructor([command = '', ...args]: readonly string[], { cwd, env, isUnread }: ProgramOptions = {}) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd,
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, ...env },
    });
    this.#child.stdin?.on('error', () => undefined); // gone before it read its input: its output tells
    if (isUnread !== true)
      this.#child.stdout
        ?.setEncoding('utf8')
        .on('data', (text: string) => this.#tell(() => (this.stdout += text)));
    this.#child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#tell(() => (this.stderr += text)));
    running.add(this.#child);
    const { promise, resolve, reject } = Promise.withResolvers<Ended>();
    this.#child.once('error', reject);
    this.#child.once('close', (code) => {
      running.delete(this.#child);
      this.#tell(() => (this.#over = true));
      resolve({ code: code ?? -1, stdout: this.stdout, stderr: this.stderr });
    });
    this.ended = promise;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Gives it all of its standard input. */
  feed(text: string): this {
    this.#child.stdin?.end(text);
    return this;
  }

  /** Goes away as a reader of its output. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until one of its streams contains a text, and fails when it ends first. */
  async until(text: string | RegExp, stream: 'stdout' | 'stderr' = 'stderr'): Promise<void> {
    const found = (): boolean =>
      typeof text === 'string' ? this[stream].includes(text) : text.test(this[stream]);
    const deadline = Date.now() + PATIENCE_MS;
    while (!found()) {
      if (this.#over || Date.now() > deadline) throw new Error(`No ${text} on its ${stream}:\n${this.#all}`);
      await this.#change(deadline - Date.now());
    }
  }

  /** Waits until it takes connections. */
  async listens(port: number, host = '127.0.0.1'): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await canConnect(port, host))) {
      if (this.#over || Date.now() > deadline) throw new Error(`It does not listen:\n${this.#all}`);
      await sleep(20);
    }
  }

  /** Asks it to end, and waits for that. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.signal(signal);
    return this.result();
  }

  /** Waits for its end; kills it when that does not come. */
  result(): Promise<Ended> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    return this.ended.finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) await this.stop();
  }

  get #all(): string {
    return `${this.stdout}\n${this.stderr}`;
  }

  #tell(change: () => void): void {
    change();
    for (const watcher of this.#watchers) watcher();
  }

  #change(within: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, within);
    this.#watchers.add(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#watchers.delete(resolve);
    });
  }
}

/** Runs a process to its end. */
export function run(command: readonly string[], options?: ProgramOptions): Promise<Ended> {
  return new Program(command, options).feed('').result();
}

/** A folder for the files of one test. Everybody may write there: a broker started as root does not stay root. */
export class Scratch implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'zanzara-'));

  constructor() {
    chmodSync(this.path, 0o777);
  }

  /** The path of a file in it, which need not exist. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file, and gives its path. */
  file(name: string, text: string): string {
    const path = this.at(name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A broker that takes connections on 127.0.0.1. */
export interface Running extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly scratch: Scratch;
  /** Its configuration file. */
  readonly file: string;
  /** The first lines of that file: the listener. */
  readonly listener: string;
}

/** Starts a broker with these lines of configuration below a listener for everybody on 127.0.0.1. */
export async function startBroker(
  commandFor: (file: string) => readonly string[],
  config: string,
  options: ProgramOptions = {},
): Promise<Running> {
  const scratch = new Scratch();
  const port = await freePort();
  const listener = `listener ${port} 127.0.0.1\nallow_anonymous true\n`;
  const file = scratch.file('mosquitto.conf', `${listener}${config}\n`);
  const program = new Program(commandFor(file), { cwd: scratch.path, ...options });
  const dispose = async (): Promise<void> => {
    await program[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  };
  try {
    await program.listens(port);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { program, port, scratch, file, listener, [Symbol.asyncDispose]: dispose };
}

/** Starts Zanzara so. */
export function startZanzara(
  config: string,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<Running> {
  return startBroker((file) => zanzara('-c', file, ...args), config, options);
}

/** A client of 127.0.0.1 that has seen its CONNACK 0. */
export async function connectTo(
  port: number,
  { version = 4, ...options }: ConnectOptions & { readonly version?: Version } = {},
): Promise<Client> {
  const client = await Client.open(port, version, options.clientId ?? '', PATIENCE_MS);
  client.send(client.p.connect(options));
  await client.accepted();
  return client;
}

/** Does anybody take connections there? */
export function canConnect(port: number, host = '127.0.0.1'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, host, () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** The ports that tests may use: below those that the system gives to clients. Each process has a hundred of them. */
const FIRST_PORT = 10_000;
const BLOCKS = 100;
const BLOCK_PORTS = 100;

/** Says to the other processes of the test runner which ports are taken, by listening on the first of them. */
let block: Promise<number> | undefined;
let given = 0;

/** A port that nobody listens on, and that no other process of the test runner is given meanwhile. */
export async function freePort(): Promise<number> {
  block ??= freeBlock();
  const first = await block;
  for (;;) {
    given = (given % (BLOCK_PORTS - 1)) + 1;
    const port = first + given;
    if (await canListen(port)) return port;
  }
}

async function freeBlock(): Promise<number> {
  for (let attempts = 0; attempts < BLOCKS * 10; attempts++) {
    const first = FIRST_PORT + BLOCK_PORTS * Math.floor(Math.random() * BLOCKS);
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    server.once('error', () => resolve(false));
    server.listen(first, '127.0.0.1', () => resolve(true));
    server.unref();
    if (await promise) return first;
  }
  throw new Error('no block of ports is free');
}

function canListen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, () => server.close(() => resolve(true)));
  return promise;
}
