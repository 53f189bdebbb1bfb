/** A run: a broker is killed, starts again and is compared with what clients were told, many times. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, Scratch } from '../cli/program.ts';
import { BrokerProcess } from './broker-process.ts';
import type { Ledger } from './ledger.ts';
import { Random } from '../random.ts';
import { World } from './world.ts';

export interface CampaignOptions {
  /** The command line of the broker, for its configuration file. */
  readonly command: (file: string) => readonly string[];
  /** Lines of configuration, for the folder where it keeps its files. */
  readonly config: (folder: string) => readonly string[];
  readonly seed: number;
  readonly rounds: number;
  /** How it ends: killed, asked to stop, one time in four asked; or it runs on, to see that the test finds nothing then. */
  readonly ends: 'kill' | 'stop' | 'mixed' | 'never';
  /** Milliseconds that clients have before the end. */
  readonly loadMs: readonly [low: number, high: number];
  /** Messages that clients receive before the first end, however slow the machine is; 1 without it. */
  readonly leastReceived?: number;
  /** Rounds after which everything is finished and judged. */
  readonly judgeEvery: number;
  /** Is a will that waits kept when the broker is stopped? */
  readonly keepsWills: boolean;
  /** How long something that must come is waited for, milliseconds; 10,000 without it. Only what is lost uses it up. */
  readonly patienceMs?: number;
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
  /** Is done to the files while the broker is dead. */
  readonly whileDead?: (folder: string, random: Random) => void;
  readonly progress?: (round: number, ledger: Ledger) => void;
}

/** Of a start: that it is killed before it is over. */
const KILLED_AT_START = 0.1;
const START_MS = 250;

/** Runs, and gives the ledger with the counts. */
export async function campaign(options: CampaignOptions): Promise<Ledger> {
  using scratch = new Scratch();
  const random = new Random(options.seed);
  const port = await freePort();
  const folder = scratch.at('data');
  const file = scratch.file(
    'broker.conf',
    [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...COMMON, ...options.config(`${folder}/`)].join(
      '\n',
    ),
  );
  scratch.file('data/.keep', '');
  rmSync(`${folder}/.keep`);
  const start = (): BrokerProcess =>
    new BrokerProcess({
      command: options.command(file),
      port,
      cwd: scratch.path,
      ...(options.env === undefined ? {} : { env: options.env(folder) }),
    });
  return await new Campaign(options, { start, port, folder, random }).run();
}

const PATIENCE_MS = 10_000;

/** No queue is cut: whatever is missing was lost. */
const COMMON = ['max_queued_messages 0', 'log_type error', 'log_type warning', 'user root'];

interface Setting {
  readonly start: () => BrokerProcess;
  readonly port: number;
  readonly folder: string;
  readonly random: Random;
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #setting: Setting;
  readonly #random: Random;
  readonly #world: World;
  readonly #ledger: Ledger;

  constructor(options: CampaignOptions, setting: Setting) {
    this.#options = options;
    this.#setting = setting;
    this.#random = setting.random.fork('campaign');
    this.#world = new World(setting.random, {
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      keepsWills: options.keepsWills,
    });
    this.#ledger = this.#world.ledger;
  }

  async run(): Promise<Ledger> {
    const { rounds, judgeEvery, loadMs, leastReceived = 1, progress } = this.#options;
    let broker = await this.#start();
    for (let round = 1; round <= rounds; round += 1) {
      this.#ledger.round = round;
      await this.#world.load(this.#random.between(...loadMs), round === 1 ? leastReceived : 0);
      broker = await this.#restart(broker);
      if (round % judgeEvery === 0) await this.#world.judge();
      progress?.(round, this.#ledger);
    }
    await this.#world.judge();
    this.#world.close(false);
    await broker.end('SIGTERM');
    await this.#world.closed();
    return this.#ledger;
  }

  /** Starts the broker, and looks at what is retained before any client changes it. */
  async #start(): Promise<BrokerProcess> {
    if (this.#ledger.round > 0 && this.#random.chance(KILLED_AT_START)) {
      const broker = this.#setting.start();
      await sleep(this.#random.between(1, START_MS));
      await this.#kill(broker, 'SIGKILL');
    }
    const broker = this.#setting.start();
    await broker.listens();
    await this.#world.retained.audit(this.#setting.port, this.#world.patienceMs);
    this.#world.open(this.#setting.port);
    return broker;
  }

  async #restart(broker: BrokerProcess): Promise<BrokerProcess> {
    const { ends } = this.#options;
    if (ends === 'never') return broker;
    const stops = ends === 'stop' || (ends === 'mixed' && this.#random.chance(0.25));
    if (broker.isBroken) this.#ledger.fault('broken', `the broker ended by itself: ${broker.output}`);
    this.#world.close(!stops);
    await this.#kill(broker, stops ? 'SIGTERM' : 'SIGKILL');
    await this.#world.closed();
    return await this.#start();
  }

  async #kill(broker: BrokerProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await broker.end(signal);
    this.#ledger.count(signal === 'SIGKILL' ? 'kills' : 'stops');
    this.#options.whileDead?.(this.#setting.folder, this.#random);
  }
}
