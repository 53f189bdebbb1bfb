/** Mosquitto's own database, `mosquitto.db`: read as changes, and written from changes. */
import { closeSync, fstatSync, openSync, promises as files, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Change } from '../broker/change.ts';
import { OLDEST_VERSION, VERSION } from './mosquitto-db-layout.ts';
import { openDb } from './mosquitto-db-reader.ts';
import { DbRestore } from './mosquitto-db-restore.ts';
import type { DbCounts } from './mosquitto-db-restore.ts';
import { encodeMosquittoDb } from './mosquitto-db-writer.ts';
import { StoreError } from './store-error.ts';

/** What a file holds. */
export interface MosquittoDb {
  /** In the order of `Store.load`. Payloads are views of the file's bytes. */
  readonly changes: Iterable<Change>;
  readonly counts: DbCounts;
  /** Lines for the log: what was left out, and why. */
  readonly warnings: readonly string[];
}

/**
 * Reads the bytes of a file of any version from 2 to 6. `now` is in milliseconds since 1970: what has expired is left
 * out. Throws a `StoreError` for a file that is not of that form, or that is damaged: nothing of it is taken then.
 */
export function readMosquittoDb(bytes: Uint8Array, now: number): MosquittoDb {
  if (bytes.length === 0) return { ...EMPTY, warnings: ['Warning: Persistence file is empty.'] };
  const file = openDb(bytes);
  const { version, chunks } = file;
  if (version < OLDEST_VERSION || version > VERSION)
    throw new StoreError(
      `Error: Unsupported persistent database format version ${version} (need version ${VERSION}).`,
      'Another version of Mosquitto has written the file, or it is damaged. Nothing was changed: move it away to begin without it.',
    );
  const restore = new DbRestore(file, now);
  for (const chunk of chunks) restore.take(chunk);
  const { counts, warnings } = restore;
  return { changes: { [Symbol.iterator]: () => restore.changes() }, counts, warnings };
}

const EMPTY: Omit<MosquittoDb, 'warnings'> = {
  changes: [],
  counts: { messages: 0, retained: 0, clients: 0, subscriptions: 0, clientMessages: 0 },
};

/** Bytes read at once: what every system reads at most. */
const MOST_AT_ONCE = 1 << 30;

/** All bytes of a file, of more than the 2 GiB, too, that Node's own `readFile` takes. Throws the system's errors. */
export function readDbFile(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(fstatSync(file).size);
    let size = 0;
    while (size < bytes.length) {
      const read = readSync(file, bytes, size, Math.min(bytes.length - size, MOST_AT_ONCE), null);
      if (read === 0) break;
      size += read;
    }
    return bytes.subarray(0, size);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes the state that the changes build, in version 6, in the place of the file at `path`: a crash leaves the old
 * file or the new one. All changes are taken before the call returns; then the file is written, which lasts. One call
 * at a time for one path. Rejects with a `StoreError` in Mosquitto's words; then the old file is as it was.
 */
export async function saveMosquittoDb(
  path: string,
  changes: Iterable<Change>,
  options: { readonly stopping: boolean },
): Promise<void> {
  const parts = encodeMosquittoDb(changes, { ...options, now: Date.now() });
  const fresh = `${path}.new`;
  await attempt(
    files.rm(fresh, { force: true }),
    path,
    (why) => `Error saving in-memory database, unable to remove stale tmp file ${fresh}, error ${why}`,
  );
  const file = await attempt(
    files.open(fresh, 'wx', 0o600),
    path,
    (why) => `Error saving in-memory database, unable to open ${fresh} for writing, error ${why}`,
  );
  try {
    try {
      await attempt(
        file.writeFile(parts),
        path,
        (why) => `Error during saving in-memory database ${path}: ${why}.`,
      );
      await attempt(
        file.sync(),
        path,
        (why) => `Error saving in-memory database, unable to sync ${fresh} to disk, error ${why}`,
      );
    } finally {
      await file.close();
    }
    await attempt(
      files.rename(fresh, path),
      path,
      (why) => `Error during saving in-memory database ${path}: ${why}.`,
    );
  } catch (error) {
    await files.rm(fresh, { force: true }).catch(() => undefined); // what went wrong first is told
    throw error;
  }
  await attempt(
    syncFolder(dirname(path)),
    path,
    (why) => `Error saving in-memory database, unable to sync ${dirname(path)} to disk, error ${why}`,
  );
}

/** The new name of a file is on disk when its folder is. Mosquitto does not wait for that. */
async function syncFolder(path: string): Promise<void> {
  const folder = await files.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function attempt<T>(step: Promise<T>, path: string, text: (why: string) => string): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw new StoreError(
      text(reasonOf(error as Error)),
      `${path} is as it was when it was saved last. See that its folder can be written to and that its disk has room.`,
      { cause: error },
    );
  }
}

/** What the system says, without the code in front of it and the call behind it. */
function reasonOf({ message }: Error): string {
  const text = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
