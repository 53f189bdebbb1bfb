/** The examples of docs/authentication.md, so that they are what is tested. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { freePort, Program, run, zanzara } from '../cli/program.ts';
import type { Ended, Scratch } from '../cli/program.ts';

const page = readFileSync(new URL('../../docs/authentication.md', import.meta.url), 'utf8');

/** The text of the example of this name. */
export function example(name: string): string {
  const blocks = [...page.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const text = blocks.find((block) => new RegExp(`^(?://|#) example: ${name}\n`).test(block));
  assert.ok(text, `docs/authentication.md has no example "${name}"`);
  return text;
}

/** A broker with a configuration of its own. It ends with the block that declares it (`await using`). */
export class Broker implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly scratch: Scratch;
  readonly file: string;

  private constructor(program: Program, port: number, scratch: Scratch, file: string) {
    this.program = program;
    this.port = port;
    this.scratch = scratch;
    this.file = file;
  }

  /**
   * Starts it. The listener of the page is on a free port, and what the page has in `/etc/mosquitto` is in `scratch`,
   * which goes with the broker.
   */
  static async start(scratch: Scratch, config: string): Promise<Broker> {
    const port = await freePort();
    const text = inPlace(config, scratch, port);
    const file = scratch.file('mosquitto.conf', text);
    const program = new Program(zanzara('-c', file));
    const broker = new Broker(program, port, scratch, file);
    try {
      await program.listens(port);
    } catch (error) {
      await broker[Symbol.asyncDispose]();
      throw error;
    }
    return broker;
  }

  /** Brings another configuration, or other files, into force. */
  async reload(config?: string): Promise<void> {
    if (config !== undefined) this.scratch.file('mosquitto.conf', inPlace(config, this.scratch, this.port));
    this.program.stderr = '';
    this.program.signal('SIGHUP');
    await this.program.until('Reloading config.');
  }

  /** One of mosquitto's clients, run to its end. */
  mosquitto(program: 'mosquitto_pub' | 'mosquitto_sub', ...args: readonly string[]): Promise<Ended> {
    return run([program, '-h', '127.0.0.1', '-p', `${this.port}`, ...args]);
  }

  /** A subscriber that stays until the block ends that declares it. */
  subscriber(...args: readonly string[]): Program {
    return new Program(['mosquitto_sub', '-h', '127.0.0.1', '-p', `${this.port}`, ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    this.scratch[Symbol.dispose]();
  }
}

function inPlace(config: string, scratch: Scratch, port: number): string {
  return config
    .replaceAll('/etc/mosquitto/', `${scratch.path}/`)
    .replace('listener 1883 127.0.0.1', `listener ${port} 127.0.0.1`);
}
