/** Files of secrets that are written: whoever reads one sees all of the old text or all of the new. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

const OWNER_ONLY = 0o600;

/** The bits of a mode that say who may do what. */
const PERMISSIONS = 0o7777;

/** The file may hold half a text; the old one is in `backup`. */
export class HalfWritten extends Error {
  readonly backup: string;

  constructor(backup: string, cause: unknown) {
    super('The file may be corrupt', { cause });
    this.backup = backup;
  }
}

/** There is no other way than to write into the file, and no backup of it could be made: nothing was written. */
export class NoBackup extends Error {
  readonly backup: string;

  constructor(backup: string, cause: unknown) {
    super('No backup could be made', { cause });
    this.backup = backup;
  }
}

/** Makes a file for its owner alone; throws the system's error if there is one already, also if it is a link. */
export function createFile(path: string, text: string): void {
  const fd = openSync(path, 'wx', OWNER_ONLY);
  try {
    writeAll(fd, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolder(path);
}

/**
 * Replaces the text of a file; its owner and its permissions stay. Another file takes its name at once. Where that
 * cannot be (the folder belongs to others, the owner may not be given, the file is a mount point) its text is
 * overwritten, with a backup beside it until that is done. Throws the system's error if nothing was changed.
 */
export function replaceFile(path: string, text: string, previous: string): void {
  const target = realpathSync(path); // where links are allowed they stay
  try {
    replaceAtOnce(target, text);
  } catch (error) {
    if (!OVERWRITTEN.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    overwrite(target, text, previous);
  }
}

/** Errors after which the file itself may still be written. */
const OVERWRITTEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EBUSY', 'EXDEV', 'EROFS']);

function replaceAtOnce(path: string, text: string): void {
  const before = statSync(path);
  const temporary = `${path}.new.${suffix()}`;
  const fd = openSync(temporary, 'wx', OWNER_ONLY);
  try {
    try {
      becomeLike(fd, before);
      writeAll(fd, text);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path);
}

function becomeLike(fd: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(fd);
  if (own.uid !== uid || own.gid !== gid) fchownSync(fd, uid, gid);
  fchmodSync(fd, mode & PERMISSIONS);
}

function overwrite(path: string, text: string, previous: string): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const backup = `${path}.backup.${suffix()}`;
    try {
      createFile(backup, previous);
    } catch (error) {
      throw new NoBackup(backup, error);
    }
    try {
      ftruncateSync(fd, 0);
      writeAll(fd, text);
    } catch (error) {
      throw new HalfWritten(backup, error);
    }
    rmSync(backup);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at);
  fsyncSync(fd);
}

/** So that the name, too, outlives a power cut. */
function syncFolder(path: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(dirname(path), 'r');
    fsyncSync(fd);
  } catch {
    return; // a folder that may not be read, or a system that has no such thing: the file itself is written
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function suffix(): string {
  return randomBytes(4).toString('hex');
}
