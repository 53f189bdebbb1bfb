import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { COMPILED } from '../../compiled.ts';

/** The brokers that the scripts know how to start. */
export type BrokerName = 'zanzara' | 'mosquitto';

/** A broker process under test. */
export interface Broker {
  readonly name: BrokerName;
  readonly port: number;
  readonly pid: number;
  /** Is the process still there? */
  readonly running: boolean;
  /** What it printed: its last words when it died. */
  readonly output: string;
  /** Did it get a signal, so that it is no wonder when it ends? */
  readonly signalled: boolean;
  /** Resolves with its exit code when it has ended; -1 when a signal killed it. */
  readonly exited: Promise<number>;
  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it with SIGTERM, or SIGKILL when it does not go. */
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL('../../../src/cli/bin/zanzara.ts', import.meta.url));

/** Command line of each broker, for a configuration file. */
const commands: Record<BrokerName, (file: string) => readonly [string, ...string[]]> = {
  zanzara: (file) => [process.execPath, entry, '-c', file],
  mosquitto: (file) => [mosquittoPath, '-c', file],
};

/** Debian has it where an ordinary PATH does not look. `MOSQUITTO` names another one. */
const mosquittoPath =
  process.env['MOSQUITTO'] ?? ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(runs) ?? 'mosquitto';

/** Is Debian's mosquitto there to be asked? */
export function mosquittoInstalled(): boolean {
  return runs(mosquittoPath);
}

/** The processes that run: none is left behind when the suite ends, however it ends. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

function runs(path: string): boolean {
  return spawnSync(path, ['-h']).error === undefined;
}

/** How often a start is tried: somebody may take the port between choosing and using it. */
const attempts = 5;

/** Starts a broker on a free port of 127.0.0.1 with these further lines of configuration. */
export async function startBroker(name: BrokerName, config: string): Promise<Broker> {
  let output = '';
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const broker = launch(name, await freePort(), config);
    if (await accepts(broker)) return broker;
    output = broker.output;
    await broker.stop();
  }
  throw new Error(`${name} does not start: ${output}`);
}

function launch(name: BrokerName, port: number, config: string): Broker {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  chmodSync(folder, 0o755); // mosquitto gives up root before it reads some files
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\n${config}\n`);
  const [command, ...args] = commands[name](file);
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, env });
  return new Process(name, port, child, folder);
}

class Process implements Broker {
  readonly name: BrokerName;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly exited: Promise<number>;
  #output = '';
  #signalled = false;

  constructor(name: BrokerName, port: number, child: ChildProcess, folder: string) {
    this.name = name;
    this.port = port;
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.exited = promise;
    const ended = (): void => {
      children.delete(child);
      rmSync(folder, { recursive: true, force: true });
      resolve(child.exitCode ?? -1);
    };
    child.once('exit', ended);
    child.once('error', ended);
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on(
        'data',
        (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-10_000)),
      );
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get output(): string {
    return this.#output;
  }

  get signalled(): boolean {
    return this.#signalled;
  }

  signal(signal: NodeJS.Signals): void {
    this.#signalled = true;
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.running) this.signal('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await this.exited;
    clearTimeout(timer);
  }
}

/** Waits until the broker takes connections; false when it died instead. */
async function accepts(broker: Broker): Promise<boolean> {
  for (let waited = 0; waited < 30_000 && broker.running; waited += 20) {
    if (await canConnect(broker.port)) return broker.running;
    await sleep(20);
  }
  return false;
}

function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true));
  socket.once('error', () => resolve(false));
  void promise.then(() => socket.destroy());
  return promise;
}

/** A port below those that the kernel gives to outgoing connections, so that no client of a script can hold it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
