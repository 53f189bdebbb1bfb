/** State in SQLite: every change is stored before it is acknowledged. */
import { dirname } from 'node:path';
import type { Broker } from '../broker/broker.ts';
import type { RestoreCounts } from '../broker/restore.ts';
import { IncompleteError, restoreInto } from '../broker/restore.ts';
import type { Store } from '../broker/store.ts';
import { readMosquittoDb } from '../store/mosquitto-db.ts';
import { openSqlite } from '../store/sqlite-store.ts';
import { damaged } from '../store/sqlite-trouble.ts';
import type { Keeper, KeeperPorts } from './keeper.ts';
import type { SqlitePlaces } from './persistence-places.ts';
import { isNewer, isThere, readDatabase, unwritable } from './store-files.ts';

/** How long the store may take at the end, milliseconds: whoever asked for the end does not wait for ever. */
const PATIENCE_MS = 5000;

/**
 * Opens the store, and brings over what Mosquitto left where nothing was ever stored. Rejects with a `StoreError`.
 */
export async function openSqliteKeeper(places: SqlitePlaces, ports: KeeperPorts): Promise<Keeper> {
  const { sqlite, mosquittoDb } = places;
  const fault = unwritable(dirname(sqlite.path));
  if (fault !== undefined) throw fault;
  const hasOld = mosquittoDb !== undefined && isThere(mosquittoDb);
  const wasNewer = hasOld && isThere(sqlite.path) && isNewer(mosquittoDb, sqlite.path); // before it is opened
  const store = openSqlite(sqlite);
  try {
    for (const text of store.notes) warn(ports, text);
    if (hasOld && store.isNew) await importInto(store, mosquittoDb, sqlite.path, ports);
    else if (wasNewer) warnOfNewer(mosquittoDb, sqlite.path, ports);
    else if (hasOld && isEmpty(store)) warnOfEmpty(mosquittoDb, sqlite.path, ports);
  } catch (error) {
    await store.close();
    throw error;
  }
  return new SqliteKeeper(places, store, hasOld || !store.isNew, ports);
}

function isEmpty(store: Store): boolean {
  for (const _ of store.load()) return false;
  return true;
}

function warn({ log }: KeeperPorts, text: string): void {
  log.event('serverWarning', { text });
}

function warnOfNewer(mosquittoDb: string, path: string, ports: KeeperPorts): void {
  warn(ports, `Warning: ${mosquittoDb} is newer than ${path}, and is not read.`);
  warn(
    ports,
    `Has Mosquitto run here since? To go on with its state, stop, move ${path} away and start again. To go on with this one, move ${mosquittoDb} away.`,
  );
}

/** As where a broker has run before the database of another was brought here, which kept its time. */
function warnOfEmpty(mosquittoDb: string, path: string, ports: KeeperPorts): void {
  warn(ports, `Warning: ${mosquittoDb} is not read: ${path} was there already. But that is empty.`);
  warn(
    ports,
    `To import ${mosquittoDb}, stop, move ${path} away and start again. To stay without it, move ${mosquittoDb} away.`,
  );
}

/** In one commit: an import that was cut short begins anew. */
async function importInto(store: Store, from: string, path: string, ports: KeeperPorts): Promise<void> {
  const bytes = readDatabase(from, ports.allowSymlinks, ports.log);
  const { changes, warnings } = readMosquittoDb(bytes, Date.now());
  for (const text of warnings) warn(ports, text);
  const all = [...changes];
  if (all.length === 0) return;
  await store.commit(all);
  ports.log.event('storeImported', { file: from, into: path });
}

/** Throws a `StoreError` if it cannot be all that was stored. */
export function restoreFrom(store: Store, broker: Broker, path: string): RestoreCounts {
  try {
    return restoreInto(broker, store.load());
  } catch (error) {
    if (error instanceof IncompleteError) throw damaged(path, error.message);
    throw error;
  }
}

class SqliteKeeper implements Keeper {
  readonly durability: SqlitePlaces['durability'];
  readonly file: string;
  readonly store: Store;
  /** Whether there is something to restore, or there was. */
  readonly #isFilled: boolean;
  readonly #ports: KeeperPorts;
  #broker: Broker | undefined;

  constructor({ durability, sqlite }: SqlitePlaces, store: Store, isFilled: boolean, ports: KeeperPorts) {
    this.durability = durability;
    this.file = sqlite.path;
    this.store = store;
    this.#isFilled = isFilled;
    this.#ports = ports;
  }

  async restore(broker: Broker): Promise<RestoreCounts | undefined> {
    // The first client is not to wait for the thread to start; and a file that cannot be written to is told now
    await this.store.commit([]);
    const counts = restoreFrom(this.store, broker, this.file);
    this.#broker = broker;
    return this.#isFilled ? counts : undefined;
  }

  /** What can change without a restart is nothing of the store. */
  configure(): void {}

  /** The broker commits by itself. */
  tick(): void {}

  save(): void {
    const { log } = this.#ports;
    if (this.#broker?.journal?.isFailing !== true) log.event('storeUpToDate', { file: this.file });
    else warn(this.#ports, `Warning: ${this.file} cannot take changes now; it is tried again every second.`);
  }

  async close(): Promise<void> {
    const settled = this.#broker?.journal?.settled() ?? Promise.resolve();
    if (!(await inTime(settled))) {
      this.#ports.log.event('serverError', {
        text: `Error: ${this.file} does not have the last changes, which could not be stored; none of them was acknowledged.`,
      });
    }
    await this.store.close();
  }
}

/** Whether a promise is kept before the patience ends. */
async function inTime(promise: Promise<void>): Promise<boolean> {
  const { promise: end, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PATIENCE_MS);
  return Promise.race([promise.then(() => true), end]).finally(() => clearTimeout(timer));
}
