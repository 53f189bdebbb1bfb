/** The files that state is kept in, beside what stands in them: directories, ages, who may read them. */
import { accessSync, constants, mkdirSync, promises as files, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, resolve } from 'node:path';
import { readSensitiveBytes } from '../access/sensitive-file.ts';
import type { Log } from '../base/log.ts';
import { StoreError } from '../store/store-error.ts';
import { systemText } from './system-text.ts';

/** As Mosquitto's plugin makes it. */
const DIRECTORY_MODE = 0o770;

/** The user that directories and files should belong to, for advice. */
function user(): string {
  try {
    return `the user that the broker runs as, ${userInfo().username}`;
  } catch {
    return `the user that the broker runs as, number ${process.getuid?.()}`; // one without a name, as in containers
  }
}

/** Makes a directory whose parent is there. */
export function makeDirectory(directory: string): void {
  const path = resolve(directory);
  if (isThere(path)) return;
  try {
    mkdirSync(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StoreError(
      `The directory ${path} is not there and cannot be made: ${systemText(error as Error)}.`,
      code === 'ENOENT'
        ? `Make it with 'mkdir -p ${path}', for ${user()}, or set persistence_location to a directory that is there.`
        : `Make it for ${user()}, or set persistence_location to a directory of that user.`,
      { cause: error },
    );
  }
}

/** Why nothing can be written to a directory, or undefined if it can. */
export function unwritable(directory: string): StoreError | undefined {
  const path = resolve(directory);
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    if (statSync(path).isDirectory()) return undefined;
  } catch (error) {
    return new StoreError(
      `Nothing can be written to the directory ${path}: ${systemText(error as Error)}.`,
      `It must belong to ${user()}, or be writable for it.`,
      { cause: error },
    );
  }
  return new StoreError(`${path} is no directory.`, 'Set persistence_location to a directory.');
}

/** False only for what is surely not there: what may not be looked at is told about by whoever opens it. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR';
  }
}

/** Whether one database was changed after another, with the log that SQLite keeps beside it. Both are there. */
export function isNewer(path: string, other: string): boolean {
  return changedAt(path) > changedAt(other);
}

/** Milliseconds since 1970; 0 for what cannot be looked at. */
function changedAt(path: string): number {
  try {
    const times = [path, `${path}-wal`].map(
      (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    );
    return Math.max(...times);
  } catch {
    return 0; // whoever opens it tells
  }
}

/** Copies a file that is about to be replaced, for the user of the broker alone; the path of the copy. */
export async function copyAside(path: string, at: Date): Promise<string> {
  const copy = `${path}.before-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  try {
    await files.copyFile(path, copy, constants.COPYFILE_EXCL);
    await files.chmod(copy, 0o600);
    await sync(copy);
  } catch (error) {
    throw new StoreError(
      `Error: Unable to copy ${path} to ${copy}: ${systemText(error as Error)}.`,
      `Not all of ${path} could be read, so it is not replaced without a copy. See that its directory can be written to and that its disk has room.`,
      { cause: error },
    );
  }
  return copy;
}

async function sync(path: string): Promise<void> {
  const file = await files.open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The bytes of a database of Mosquitto. Whoever else can read it is told about in the log. */
export function readDatabase(path: string, allowSymlinks: boolean, log: Log): Uint8Array {
  const read = readSensitiveBytes(path, { allowSymlinks, bytesMax: Number.MAX_SAFE_INTEGER });
  for (const { level, text } of read.problems) if (level !== 'error') log.event('serverWarning', { text });
  if (read.ok) return read.value;
  const wrong = read.problems.find(({ level }) => level === 'error');
  throw new StoreError(
    wrong?.text ?? `Error: Unable to open "${path}".`,
    wrong?.hint ?? `Set persistence_location and persistence_file to the database, not to ${basename(path)}.`,
  );
}
