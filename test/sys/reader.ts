/** A client that reads `$SYS` as it changes. */
import { connectTo } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';
import type { Client } from '../conformance/harness/client.ts';

/** How long a change may take, in milliseconds. Generous: only what fails uses it up. */
const PATIENCE_MS = 30_000;

export class SysReader implements AsyncDisposable {
  /** The last value of each topic. */
  readonly values: Map<string, string> = new Map();
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The value of a counter, as of the last message about it. */
  count(name: string): number {
    return Number(this.values.get(`$SYS/broker/${name}`));
  }

  /** Seconds, as of the last message about them. The first message of an update. */
  get uptime(): number {
    return Number.parseInt(this.values.get('$SYS/broker/uptime') ?? '', 10);
  }

  /** Reads on until something is true. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error(`not so: ${what}\n${[...this.values].join('\n')}`);
      const { topic, payload } = await this.#client.expect({ type: 'publish' });
      this.values.set(topic, payload);
    }
  }

  /** Waits until all these counters have these values. */
  async hears(expected: Readonly<Record<string, number>>): Promise<void> {
    const others = (): string[] =>
      Object.entries(expected).flatMap(([name, value]) =>
        this.count(name) === value ? [] : [`${name} ${value}`],
      );
    try {
      await this.until('all counters', () => others().length === 0);
    } catch (error) {
      throw new Error(`never seen: ${others().join(', ')}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.drop();
  }
}

/** Subscribes to all of `$SYS`, and reads until it was updated since the broker started. */
export async function readSys({ port }: Running): Promise<SysReader> {
  const client = await connectTo(port, { clientId: 'reader', keepAlive: 0 });
  client.send(client.p.subscribe(1, [['$SYS/#', 0]]));
  await client.expect({ type: 'suback', packetId: 1 });
  const reader = new SysReader(client);
  await reader.until('most topics are there', () => reader.values.size > 50 && reader.uptime >= 1);
  return reader;
}
