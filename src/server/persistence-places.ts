/** Where a configuration says that state is kept, and how safely. */
import { join, parse } from 'node:path';
import type { Config } from '../config/config.ts';
import { isPersistSqlite, persistSqliteOf } from '../config/persist-sqlite.ts';
import type { Synchronous } from '../config/persist-sqlite.ts';
import type { SqliteOptions } from '../store/sqlite-store.ts';

/** What an acknowledgement waits for: the disk, the operating system, nothing. */
export type Durability = 'sync' | 'commit' | 'interval';

export interface Places {
  readonly durability: Durability;
  /** The directory of all files; empty for the working directory. */
  readonly directory: string;
  readonly sqlite: SqliteOptions;
  /** Mosquitto's own database: read and written, or imported. Undefined where Mosquitto's plugin is named. */
  readonly mosquittoDb: string | undefined;
}

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
  const { name, ext } = parse(file);
  const synchronous = durability === 'commit' ? DURABILITIES.commit : DURABILITIES.sync;
  const path = join(directory, ext === '.sqlite3' ? file : join(parse(file).dir, `${name}.sqlite3`));
  return {
    durability,
    directory,
    sqlite: { path, synchronous, pageSize: PAGE_BYTES },
    mosquittoDb: directory === '' ? file : `${directory}/${file}`, // as Mosquitto, whose log has the path so
  };
}

/** SQLite's own. */
const PAGE_BYTES = 4096;

/** Mosquitto's plugin: it has one name for the file where there is a directory for it. */
function pluginPlaces({ global, setAt, plugins }: Config, env: Environment): Places {
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
