/** A broker with an ACL file that changes while it runs. */
import { connectTo, Scratch } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import type { Client } from '../conformance/harness/client.ts';
import type { ConnectOptions, Version } from '../conformance/harness/packets.ts';

/** Starts a broker with these lines of configuration; `startZanzara`, `startMosquitto`. */
export type Start = (config: string) => Promise<Running>;

/** It ends with the block that declares it (`await using`). */
export class Guarded implements AsyncDisposable {
  readonly #broker: Running;
  readonly #scratch: Scratch;

  private constructor(broker: Running, scratch: Scratch) {
    this.#broker = broker;
    this.#scratch = scratch;
  }

  /** Starts a broker with these rules, and further lines of configuration. */
  static async start(start: Start, rules: string, config = ''): Promise<Guarded> {
    const scratch = new Scratch();
    const path = scratch.file('acl', rules);
    const types = ['error', 'warning', 'notice', 'information'].map((type) => `log_type ${type}\n`).join('');
    try {
      return new Guarded(await start(`acl_file ${path}\n${types}${config}`), scratch);
    } catch (error) {
      scratch[Symbol.dispose]();
      throw error;
    }
  }

  /** Other rules, which are in force for whatever comes after. */
  async change(rules: string): Promise<void> {
    const { program } = this.#broker;
    this.#scratch.file('acl', rules);
    program.stderr = '';
    program.signal('SIGHUP');
    await program.until('Reloading config.');
  }

  /** Waits until its log, since the last change, has a text. */
  tells(text: string): Promise<void> {
    return this.#broker.program.until(text);
  }

  /** A client with a user name, which is its client identifier too unless another is given. */
  connect(
    username: string | undefined,
    options: ConnectOptions & { version?: Version } = {},
  ): Promise<Client> {
    return connectTo(this.#broker.port, {
      clientId: username ?? 'nobody',
      ...(username !== undefined && { username }),
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }
}
