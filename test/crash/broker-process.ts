/** A broker as a process that is killed, and starts again on the same files. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { canConnect } from '../cli/program.ts';

export interface BrokerOptions {
  readonly command: readonly string[];
  readonly port: number;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where Node keeps the program compiled, so that it starts in a quarter of the time. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/zanzara', import.meta.url));

const PATIENCE_MS = 30_000;
/** What is kept of its output: its last words. */
const LAST_WORDS = 4000;

/** Those that run: a test that is cut off leaves none behind. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class BrokerProcess {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #ended: Promise<void>;
  #output = '';
  #over = false;
  /** Is its end no wonder? */
  #told = false;

  constructor({ command: [program = '', ...args], port, cwd, env }: BrokerOptions) {
    this.#port = port;
    this.#child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk) => (this.#output = `${this.#output}${chunk}`.slice(-LAST_WORDS)));
    running.add(this.#child);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    const over = (): void => {
      running.delete(this.#child);
      this.#over = true;
      resolve();
    };
    this.#child.once('close', over);
    this.#child.once('error', over);
  }

  get output(): string {
    return this.#output;
  }

  /** Did it end without being told to? */
  get isBroken(): boolean {
    return this.#over && !this.#told;
  }

  /** Waits until it takes connections. */
  async listens(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await canConnect(this.#port))) {
      if (this.#over || Date.now() > deadline) throw new Error(`The broker does not start:\n${this.#output}`);
      await sleep(10);
    }
  }

  /** Asks it to save what it has. */
  save(): void {
    this.#child.kill('SIGUSR1');
  }

  /** Ends it, and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.#over) this.#told = true;
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
