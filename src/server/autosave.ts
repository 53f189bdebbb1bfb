/** State in Mosquitto's own database: all of it is written now and then, as Mosquitto does. */
import { renameSync, rmSync } from 'node:fs';
import type { Log } from '../base/log.ts';
import type { Broker } from '../broker/broker.ts';
import { restoreInto } from '../broker/restore.ts';
import type { RestoreCounts } from '../broker/restore.ts';
import { snapshotOf } from '../broker/snapshot.ts';
import type { Config } from '../config/config.ts';
import { readMosquittoDb, saveMosquittoDb } from '../store/mosquitto-db.ts';
import type { SqliteOptions } from '../store/sqlite-store.ts';
import { StoreError } from '../store/store-error.ts';
import type { Keeper, KeeperPorts } from './keeper.ts';
import type { DatabasePlaces } from './persistence-places.ts';
import { copyAside, isNewer, isThere, readDatabase } from './store-files.ts';
import { tellStoreError } from './tell.ts';

/** When the database is written; 0 is never by itself. */
interface Schedule {
  /** Seconds, or changes. */
  readonly interval: number;
  readonly onChanges: boolean;
}

function scheduleOf({ global }: Config): Schedule {
  return { interval: global.autosave_interval, onChanges: global.autosave_on_changes };
}

export class Autosave implements Keeper {
  readonly durability = 'interval';
  readonly file: string;
  readonly store: undefined;
  readonly #sqlite: SqliteOptions | undefined;
  readonly #log: Log;
  readonly #allowSymlinks: boolean;
  #schedule: Schedule;
  #broker: Broker | undefined;
  /** When it was written last, milliseconds since 1970, and how many changes there had been then. */
  #savedAt = 0;
  #savedChanges = 0;
  /** The writing under way, and whether another one waits for its end. */
  #saving: Promise<void> | undefined;
  #isWanted = false;
  /** Something of the file was left out: it has to stay under another name when it is replaced. */
  #isIncomplete = false;

  constructor({ sqlite, mosquittoDb }: DatabasePlaces, config: Config, ports: KeeperPorts) {
    this.file = mosquittoDb;
    this.#sqlite = sqlite;
    this.#log = ports.log;
    this.#allowSymlinks = ports.allowSymlinks;
    this.#schedule = scheduleOf(config);
  }

  async restore(broker: Broker): Promise<RestoreCounts | undefined> {
    const counts = await this.#restore(broker);
    this.#broker = broker;
    this.#saved(broker);
    return counts;
  }

  configure(config: Config): void {
    this.#schedule = scheduleOf(config);
  }

  /** As Mosquitto: strictly more seconds, or at least as many changes. */
  tick(): void {
    const broker = this.#broker;
    const { interval, onChanges } = this.#schedule;
    if (broker === undefined || interval === 0 || this.#saving !== undefined) return;
    const isDue = onChanges
      ? broker.stored.changes - this.#savedChanges >= interval
      : broker.now - this.#savedAt > interval * 1000;
    if (isDue) this.save();
  }

  /** Never two at once: while one is under way, one more is enough for all who ask. */
  save(): void {
    if (this.#broker === undefined) return;
    if (this.#saving !== undefined) {
      this.#isWanted = true;
      return;
    }
    this.#saving = this.#write(this.#broker, false).finally(() => {
      this.#saving = undefined;
      if (!this.#isWanted) return;
      this.#isWanted = false;
      this.save();
    });
  }

  async close(ran: boolean): Promise<void> {
    this.#isWanted = false;
    await this.#saving;
    if (ran && this.#broker !== undefined) await this.#write(this.#broker, true);
  }

  /** What cannot be written is told, and written at the next occasion. */
  async #write(broker: Broker, stopping: boolean): Promise<void> {
    this.#log.event('storeSaving', { file: this.file });
    this.#saved(broker);
    try {
      if (this.#isIncomplete) await this.#setAside();
      await saveMosquittoDb(this.file, snapshotOf(broker), { stopping });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      tellStoreError(this.#log, error);
    }
  }

  /** What was left out may be worth something to somebody. Without the copy nothing is replaced. */
  async #setAside(): Promise<void> {
    const kept = await copyAside(this.file, new Date());
    this.#isIncomplete = false;
    this.#warn(`Warning: Not all of ${this.file} could be read: as it was, it is ${kept} from now on.`);
  }

  #saved(broker: Broker): void {
    this.#savedAt = broker.now;
    this.#savedChanges = broker.stored.changes;
  }

  async #restore(broker: Broker): Promise<RestoreCounts | undefined> {
    const sqlite = this.#sqlite;
    const hasOwn = isThere(this.file);
    if (sqlite !== undefined && isThere(sqlite.path)) {
      const { path } = sqlite;
      if (!hasOwn || !isNewer(this.file, path)) return this.#takeOver(broker, sqlite);
      this.#warn(`Warning: ${path} is older than ${this.file}, and is not read.`);
      this.#warn(`To go on with its state, move ${this.file} away and start again; else move ${path} away.`);
    }
    return hasOwn ? this.#read(broker) : undefined;
  }

  #read(broker: Broker): RestoreCounts | undefined {
    const bytes = readDatabase(this.file, this.#allowSymlinks, this.#log);
    const { changes, warnings } = readMosquittoDb(bytes, broker.now);
    for (const text of warnings) this.#warn(text);
    this.#isIncomplete = warnings.length > 0 && bytes.length > 0;
    return restoreInto(broker, changes);
  }

  /** What `sync` or `commit` stored: from now on it is here, and the file has another name, so that it stays so. */
  async #takeOver(broker: Broker, sqlite: SqliteOptions): Promise<RestoreCounts> {
    const { path } = sqlite;
    const { openSqlite } = await import('../store/sqlite-store.ts');
    const { restoreFrom } = await import('./sqlite-keeper.ts');
    const store = openSqlite(sqlite);
    let counts: RestoreCounts;
    try {
      counts = restoreFrom(store, broker, path);
      await saveMosquittoDb(this.file, snapshotOf(broker), { stopping: false });
    } finally {
      await store.close();
    }
    const kept = `${path}.old`;
    renameSync(path, kept);
    rmSync(`${path}-lock`, { force: true });
    this.#log.event('storeTakenOver', { file: path, into: this.file, kept });
    return counts;
  }

  #warn(text: string): void {
    this.#log.event('serverWarning', { text });
  }
}
