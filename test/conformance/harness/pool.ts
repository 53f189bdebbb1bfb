import { startBroker, type Broker, type BrokerName } from './broker.ts';

/** One broker process per configuration, for all the scripts that ask for it, until the last of them is done. */
export class Pool {
  /** How many scripts have failed. */
  failures = 0;
  readonly #name: BrokerName;
  readonly #started = new Map<string, Promise<Broker>>();
  readonly #users = new Map<string, number>();
  readonly #deaths: string[] = [];

  constructor(name: BrokerName) {
    this.#name = name;
  }

  /** Announces a script, so that the pool knows when the last one is done. */
  reserve(config: string): void {
    this.#users.set(config, (this.#users.get(config) ?? 0) + 1);
  }

  /** The broker with this configuration; a new one when it has died, which is written down. */
  async take(config: string): Promise<Broker> {
    const known = await this.#started.get(config);
    if (known?.running) return known;
    this.#mourn(known);
    if (known || !this.#started.has(config)) this.#started.set(config, startBroker(this.#name, config));
    return this.take(config);
  }

  /** A script is done; its broker stops when no other wants it. */
  async release(config: string): Promise<void> {
    const users = (this.#users.get(config) ?? 1) - 1;
    this.#users.set(config, users);
    const broker = await this.#started.get(config);
    this.#mourn(broker);
    if (broker && (users === 0 || !broker.running)) {
      this.#started.delete(config);
      await broker.stop();
    }
  }

  /** Stops whatever still runs: brokers of scripts that were left out. */
  async close(): Promise<void> {
    const brokers = await Promise.allSettled(this.#started.values());
    for (const broker of brokers) if (broker.status === 'fulfilled') await broker.value.stop();
  }

  #mourn(broker: Broker | undefined): void {
    if (!broker || broker.running || broker.signalled) return;
    this.#deaths.push(`${this.#name} died:\n${broker.output}`);
  }

  /** The last words of the brokers that died under a script. */
  get deaths(): readonly string[] {
    return [...new Set(this.#deaths)];
  }
}
