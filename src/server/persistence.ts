/** What survives a restart, as the configuration has it. Its code is loaded when something is kept. */
import type { Broker } from '../broker/broker.ts';
import type { Store } from '../broker/store.ts';
import type { Config } from '../config/config.ts';
import { StoreError } from '../store/store-error.ts';
import type { Keeper, KeeperPorts } from './keeper.ts';
import { placesOf } from './persistence-places.ts';
import type { Places } from './persistence-places.ts';
import { makeDirectory, unwritable } from './store-files.ts';
import { tellStoreError } from './tell.ts';

/** What persistence is surrounded by. */
export interface PersistencePorts extends KeeperPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Keeps the state of one broker, or nothing. */
export class Persistence {
  readonly #ports: PersistencePorts;
  readonly #keeper: Keeper | undefined;

  private constructor(ports: PersistencePorts, keeper: Keeper | undefined) {
    this.#ports = ports;
    this.#keeper = keeper;
  }

  /** Opens the files; undefined if they cannot be used, and the log says why. */
  static async open(config: Config, ports: PersistencePorts): Promise<Persistence | undefined> {
    const places = placesOf(config, ports.env);
    note(places, config, ports);
    if (places === undefined) return new Persistence(ports, undefined);
    const keeper = await attempt(() => open(places, config, ports), ports);
    return keeper && new Persistence(ports, keeper);
  }

  /** Whether files could be used, without changing any; the log says what is wrong. */
  static async check(config: Config, ports: PersistencePorts): Promise<boolean> {
    const places = placesOf(config, ports.env);
    note(places, config, ports);
    if (places === undefined) return true;
    const { checkPlaces } = await import('./persistence-check.ts');
    const faults = checkPlaces(places, ports);
    for (const fault of faults) tellStoreError(ports.log, fault);
    return faults.length === 0;
  }

  /** What the broker commits to. */
  get store(): Store | undefined {
    return this.#keeper?.store;
  }

  /** Puts what was kept into a broker that nobody can reach yet. False if that fails, and the log says why. */
  async restore(broker: Broker): Promise<boolean> {
    const keeper = this.#keeper;
    if (keeper === undefined) return true;
    const { log } = this.#ports;
    const counts = await attempt(async () => ({ of: await keeper.restore(broker) }), this.#ports);
    if (counts === undefined) return false;
    if (counts.of !== undefined) log.event('storeRestored', counts.of);
    log.event('storeReady', {
      durability: keeper.durability,
      file: keeper.file,
      sessions: broker.sessions.count,
      retained: counts.of?.retained ?? 0,
    });
    return true;
  }

  configure(config: Config): void {
    this.#keeper?.configure(config);
  }

  /** Called once a second. */
  tick(): void {
    this.#keeper?.tick();
  }

  /** As Mosquitto: where nothing is kept nothing is said. */
  save(): void {
    this.#keeper?.save();
  }

  /** The broker has stopped, or has never run. */
  async close(ran: boolean): Promise<void> {
    await this.#keeper?.close(ran);
  }
}

async function open(places: Places, config: Config, ports: PersistencePorts): Promise<Keeper> {
  makeDirectory(places.directory);
  if (places.durability !== 'interval') {
    const { openSqliteKeeper } = await import('./sqlite-keeper.ts');
    return openSqliteKeeper(places, ports);
  }
  // as Mosquitto, which starts all the same; but it says so only when it saves
  const fault = unwritable(places.directory);
  if (fault !== undefined) tellStoreError(ports.log, fault);
  const { Autosave } = await import('./autosave.ts');
  return new Autosave(places, config, ports);
}

/** What comes of it; undefined for a fault of the operator, and the log says which. */
async function attempt<T>(work: () => Promise<T>, { log }: PersistencePorts): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    tellStoreError(log, error);
    log.event('serverError', { text: "Error: Couldn't open database." }); // as Mosquitto
    return undefined;
  }
}

/** What was set and does not count. */
function note(places: Places | undefined, { setAt }: Config, ports: PersistencePorts): void {
  if (places !== undefined) noteEnvironment(places, ports);
  else if (setAt.has('persistence_durability'))
    ports.log.event('serverWarning', {
      text: "Warning: persistence_durability does not count without 'persistence true': nothing is kept.",
    });
}

/** As Mosquitto, where the variable counts for plugins only; but there nobody is told. */
function noteEnvironment({ mosquittoDb }: Places, { env, log }: PersistencePorts): void {
  const place = env['MOSQUITTO_PERSISTENCE_LOCATION'];
  if (place === undefined || mosquittoDb === undefined) return;
  log.event('serverWarning', {
    text: `Warning: MOSQUITTO_PERSISTENCE_LOCATION (${place}) does not count for 'persistence true', as in Mosquitto: set persistence_location.`,
  });
}
