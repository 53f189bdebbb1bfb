/** Whether the files of persistence could be used, for `--test-config`: looked at, and left as they are. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreError } from '../store/store-error.ts';
import type { KeeperPorts } from './keeper.ts';
import type { Places } from './persistence-places.ts';
import { isThere, unwritable } from './store-files.ts';
import { systemText } from './system-text.ts';

/** What a file begins with, and what it is then. */
interface Format {
  readonly what: string;
  readonly isAt: (head: Uint8Array) => boolean;
}

const HEAD_BYTES = 23;

const SQLITE: Format = {
  what: 'SQLite database',
  isAt: (head) => startsWith(head, 'SQLite format 3\0'),
};

/** Versions that can be read. */
const VERSIONS = { first: 2, last: 6 } as const;

const MOSQUITTO_DB: Format = {
  what: `Mosquitto database of version ${VERSIONS.first} to ${VERSIONS.last}`,
  isAt: (head) => {
    if (!startsWith(head, '\0\xb5\0mosquitto db') || head.length < HEAD_BYTES) return false;
    const version = new DataView(head.buffer, head.byteOffset).getUint32(19);
    return version >= VERSIONS.first && version <= VERSIONS.last;
  },
};

function startsWith(head: Uint8Array, magic: string): boolean {
  return String.fromCharCode(...head.subarray(0, magic.length)) === magic;
}

/** What is wrong. An empty file is as good as none. */
export function checkPlaces(
  { directory, sqlite, mosquittoDb }: Places,
  { allowSymlinks }: KeeperPorts,
): StoreError[] {
  const parent = isThere(resolve(directory)) ? directory : dirname(resolve(directory));
  return [
    unwritable(parent),
    sqlite === undefined ? undefined : checkFile(sqlite.path, SQLITE, true),
    mosquittoDb === undefined ? undefined : checkFile(mosquittoDb, MOSQUITTO_DB, allowSymlinks),
  ].filter((fault) => fault !== undefined);
}

function checkFile(path: string, { what, isAt }: Format, allowSymlinks: boolean): StoreError | undefined {
  if (!isThere(path)) return undefined;
  try {
    const head = headOf(path, allowSymlinks);
    if (head.length === 0 || isAt(head)) return undefined;
  } catch (error) {
    return new StoreError(
      `Unable to open ${path}: ${systemText(error as Error)}.`,
      'The user that the broker runs as must be able to read it; a symbolic link does not stand for it.',
      { cause: error },
    );
  }
  return new StoreError(
    `${path} is no ${what}.`,
    'Set persistence_location and persistence_file to the right file, or move this one away to start empty.',
  );
}

function headOf(path: string, allowSymlinks: boolean): Uint8Array {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const fd = openSync(path, O_RDONLY | O_NONBLOCK | (allowSymlinks ? 0 : O_NOFOLLOW));
  try {
    const head = new Uint8Array(HEAD_BYTES);
    return head.subarray(0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}
