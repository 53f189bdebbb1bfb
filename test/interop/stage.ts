/** A stage for mosquitto's clients: the same play is given at two brokers, and what the clients say is compared. */
import { Program } from '../cli/program.ts';
import type { Ended, Running } from '../cli/program.ts';

/** Everything about a message that mosquitto_sub can tell, except the time. */
export const EVERYTHING = '%t|%p|q%q|r%r|m%m|%l bytes|%C|%D|expires %E|%F|%P|%R|%S|alias %A';

/** One play at one broker. Its topics and client identifiers are its own. */
export class Stage {
  /** Begins every topic of this play. */
  readonly topic: string;
  readonly #broker: Running;
  readonly #title: string;
  readonly #subscriptions = new Map<string, number>();
  readonly #players = new Map<string, Program>();
  readonly #ended: [name: string, ended: Ended][] = [];

  constructor(broker: Running, title: string) {
    this.#broker = broker;
    this.#title = title.replaceAll(/\W+/g, '-');
    this.topic = `t/${this.#title}`;
  }

  /** Starts mosquitto_sub, and waits until it has subscribed to all that it was told to with `-t`. */
  async sub(name: string, ...args: readonly string[]): Promise<void> {
    const id = this.#id(name);
    this.#players.set(name, new Program(['mosquitto_sub', '-p', this.#port, '-i', id, ...args]));
    for (const filter of args.filter((_, at) => args[at - 1] === '-t')) await this.#subscribed(id, filter);
  }

  /** Runs mosquitto_pub to its end. */
  async pub(...args: readonly string[]): Promise<void> {
    await this.pipe('', ...args);
  }

  /** Runs mosquitto_pub with this standard input. */
  async pipe(stdin: string, ...args: readonly string[]): Promise<void> {
    const program = new Program(['mosquitto_pub', '-p', this.#port, ...args]).feed(stdin);
    this.#ended.push(['pub', await program.result()]);
  }

  /** Starts mosquitto_rr, which ends when it has an answer. */
  rr(name: string, ...args: readonly string[]): void {
    this.#players.set(name, new Program(['mosquitto_rr', '-p', this.#port, '-i', this.#id(name), ...args]));
  }

  /** Waits until a client has ended by itself, as with `-C`. */
  async end(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#ended.push([name, await this.#take(name).result()]);
  }

  /** Waits until a client has printed a text. */
  async hears(name: string, text: string): Promise<void> {
    await this.#players.get(name)?.until(text, 'stdout');
  }

  /** Ends a client before it can say goodbye. */
  async kill(name: string): Promise<void> {
    this.#ended.push([name, await this.#take(name).stop('SIGKILL')]);
  }

  /** What every client said, in the order in which they ended. */
  get said(): readonly (readonly [name: string, ended: Ended])[] {
    return this.#ended.map(([name, { code, stdout, stderr }]) => [
      name,
      // seconds may have passed between PUBLISH and delivery
      { code, stdout: stdout.replaceAll(/expires (?:100|[5-9]\d)\b/g, 'expires 100'), stderr },
    ]);
  }

  /** Ends those that are still there. */
  async clear(): Promise<void> {
    await Promise.all([...this.#players.values()].map((player) => player.stop('SIGKILL')));
  }

  /** The broker's log has a line of it, and one more than when it was asked last. */
  async #subscribed(id: string, filter: string): Promise<void> {
    const line = `: ${RegExp.escape(id)} \\d ${RegExp.escape(filter)}\n`;
    const times = (this.#subscriptions.get(line) ?? 0) + 1;
    this.#subscriptions.set(line, times);
    await this.#broker.program.until(new RegExp(`(?:${line}[^]*?){${times}}`));
  }

  get #port(): string {
    return `${this.#broker.port}`;
  }

  #id(name: string): string {
    return `${this.#title}-${name}`;
  }

  #take(name: string): Program {
    const player = this.#players.get(name);
    if (player === undefined) throw new Error(`${name} is not on the stage`);
    this.#players.delete(name);
    return player;
  }
}

/** A play of mosquitto's clients. */
export type Play = (stage: Stage) => Promise<void>;

/** Gives the play at a broker: what the clients said. */
export async function give(play: Play, title: string, broker: Running): Promise<Stage['said']> {
  const stage = new Stage(broker, title);
  try {
    await play(stage);
    return stage.said;
  } finally {
    await stage.clear();
  }
}
