/** Where a configuration says that state is kept, and how safely. */
import { join, parse } from 'node:path';
import type { Config } from '../config/config.ts';
import { isPersistSqlite, persistSqliteOf } from '../config/persist-sqlite.ts';
import type { Synchronous } from '../config/persist-sqlite.ts';
import type { SqliteOptions } from '../store/sqlite-store.ts';

/** What an acknowledgement waits for: the disk, the operating system, nothing. */
export type Durability = 'sync' | 'commit' | 'interval';

/** State in SQLite. */
export interface SqlitePlaces {
  readonly durability: 'sync' | 'commit';
  /** The directory of all files; empty for the working directory. */
  readonly directory: string;
  readonly sqlite: SqliteOptions;
  /** Mosquitto's own database, to be imported; undefined where Mosquitto's plugin is named. */
  readonly mosquittoDb: string | undefined;
}

/** State in Mosquitto's own database. */
export interface DatabasePlaces {
  readonly durability: 'interval';
  readonly directory: string;
  readonly mosquittoDb: string;
  /** Where the other ways keep it, to be taken over; undefined where the database has that name. */
  readonly sqlite: SqliteOptions | undefined;
}

export type Places = SqlitePlaces | DatabasePlaces;

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether anything is kept. */
export function usesPersistence({ global, plugins }: Config): boolean {
  return global.persistence || plugins.some(isPersistSqlite);
}

/** Where; undefined if nothing is kept. */
export function placesOf(config: Config, env: Environment): Places | undefined {
  if (!usesPersistence(config)) return undefined;
  return config.global.persistence ? ownPlaces(config) : pluginPlaces(config, env);
}

const DURABILITIES: Readonly<Record<'sync' | 'commit', Synchronous>> = { sync: 'full', commit: 'normal' };

/** `persistence true`: as in Mosquitto, the environment does not count for it. */
function ownPlaces({ global }: Config): Places {
  const {
    persistence_location: directory,
    persistence_file: file,
    persistence_durability: durability,
  } = global;
  const { dir, name, ext } = parse(file);
  const path = join(directory, dir, `${name}.sqlite3`);
  const mosquittoDb = directory === '' ? file : `${directory}/${file}`; // as Mosquitto, whose log has the path so
  const isOne = ext === '.sqlite3';
  const sqlite = (synchronous: Synchronous): SqliteOptions => ({ path, synchronous, pageSize: PAGE_BYTES });
  return durability === 'interval'
    ? { durability, directory, mosquittoDb, sqlite: isOne ? undefined : sqlite('full') }
    : {
        durability,
        directory,
        mosquittoDb: isOne ? undefined : mosquittoDb,
        sqlite: sqlite(DURABILITIES[durability]),
      };
}

/** SQLite's own. */
const PAGE_BYTES = 4096;

/** Mosquitto's plugin: it has one name for the file where there is a directory for it. */
function pluginPlaces({ global, setAt, plugins }: Config, env: Environment): SqlitePlaces {
  const { dbFile, sync, pageSize = PAGE_BYTES } = persistSqliteOf(plugins) ?? {};
  const directory = env['MOSQUITTO_PERSISTENCE_LOCATION'] ?? global.persistence_location;
  const inDirectory = directory !== '' || dbFile === undefined;
  const path = inDirectory ? join(directory, 'mosquitto.sqlite3') : dbFile;
  const said = setAt.has('persistence_durability') ? global.persistence_durability : undefined;
  const durability =
    said === undefined ? durabilityOf(sync ?? 'full') : said === 'commit' ? 'commit' : 'sync';
  const fits = sync !== undefined && durabilityOf(sync) === durability;
  return {
    durability,
    directory: inDirectory ? directory : parse(path).dir,
    sqlite: { path, synchronous: fits ? sync : DURABILITIES[durability], pageSize },
    mosquittoDb: undefined,
  };
}

function durabilityOf(sync: Synchronous): 'sync' | 'commit' {
  return sync === 'full' || sync === 'extra' ? 'sync' : 'commit';
}
