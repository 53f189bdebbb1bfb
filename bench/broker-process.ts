/** A broker that runs: its process, its port, its configuration. */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from './broker.ts';
import { onCoreOf } from './cores.ts';
import { start, stop } from './processes.ts';

/** How long a broker may take until it listens, milliseconds. */
const PATIENCE_MS = 15_000;

/** The same for every broker: anonymous clients, no log, no change of user. */
const CONFIG = (port: number): string =>
  `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_type none\nuser root\n`;

/** How a broker is started. */
export interface Start {
  /** On a core of its own; so it is unless told otherwise. */
  readonly pinned?: boolean;
  /** Further lines of its configuration. */
  readonly config?: string;
}

export class BrokerProcess implements AsyncDisposable {
  readonly port: number;
  /** Just before the process was made, on the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #clean = (): void => rmSync(this.#folder, { recursive: true, force: true });
  #problem: Error | undefined;

  private constructor(broker: Broker, port: number, { pinned = true, config: more = '' }: Start) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'zanzara-bench-'));
    chmodSync(this.#folder, 0o755);
    process.on('exit', this.#clean);
    const config = join(this.#folder, 'broker.conf');
    writeFileSync(config, CONFIG(port) + more);
    const command = broker.command(config, port);
    this.startedAt = performance.now();
    this.#child = start(pinned ? onCoreOf('broker', command) : command, 'ignore');
    this.#child.once('error', (error) => (this.#problem = error));
    this.#child.once('exit', (code) => (this.#problem ??= new Error(`${broker.name} ended with ${code}.`)));
  }

  /** Starts a broker, without waiting for it. */
  static async start(broker: Broker, how: Start = {}): Promise<BrokerProcess> {
    return new BrokerProcess(broker, await freePort(), how);
  }

  /** Starts a broker, and waits until it listens. */
  static async listening(broker: Broker, how: Start = {}): Promise<BrokerProcess> {
    const running = await BrokerProcess.start(broker, how);
    try {
      await running.listens();
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
    return running;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when a connection was accepted; asks every `everyMs` milliseconds. */
  async listens(everyMs = 20, patienceMs: number = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await accepts(this.port))) {
      if (this.#problem !== undefined) throw this.#problem;
      if (performance.now() > deadline) throw new Error(`Nothing listens on port ${this.port}.`);
      await sleep(everyMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#child);
    process.off('exit', this.#clean);
    this.#clean();
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** A port of the system's choice that was free a moment ago. */
function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
  });
  return promise;
}
