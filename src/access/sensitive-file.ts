/** Reading files that hold secrets or rules: no link may stand for them, and who else can read them is told. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { FileProblem, Read } from './file.ts';

/** How such a file is read. */
export interface SensitiveFileOptions {
  /** Whether the file may be a symbolic link (`MOSQUITTO_UNSAFE_ALLOW_SYMLINKS`); its folder always may. */
  readonly allowSymlinks: boolean;
  /** Mosquitto's line for a file that cannot be opened, where it has one of its own for this kind of file. */
  readonly unopened?: string;
  /** The longest that is read; without it, that of a file of rules. */
  readonly bytesMax?: number;
}

/** The longest file that is read: about a million users. More is a mistake, and would fill the memory. */
const FILE_BYTES = 256 * 1024 * 1024;

/** Read at a time: the system takes no more than 2 GiB. */
const READ_BYTES = 1024 * 1024 * 1024;

/** What others than owner and group may do with a file. */
const FOR_OTHERS = 0o007;

/**
 * The text of a file as it stands at this moment, without a byte order mark. A link, what is no file and what is no
 * UTF-8 are errors; permissions that let others in are warnings, in Mosquitto's words. Nothing is thrown.
 */
export function readSensitiveFile(path: string, options: SensitiveFileOptions): Read<string> {
  const bytes = readSensitiveBytes(path, options);
  if (!bytes.ok) return bytes;
  const text = decode(bytes.value);
  if (text !== undefined) return { ok: true, value: text, problems: bytes.problems };
  const problem: FileProblem = {
    level: 'error',
    text: `Error: Invalid UTF-8 in "${path}".`,
    file: path,
    line: invalidLine(bytes.value),
    hint: 'This line is not UTF-8. Store the file as UTF-8: names in MQTT always are.',
  };
  return { ok: false, problems: [...bytes.problems, problem] };
}

/** The bytes of such a file, under the same rules. */
export function readSensitiveBytes(path: string, options: SensitiveFileOptions): Read<Uint8Array> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  let fd: number | undefined;
  try {
    // O_NONBLOCK: opening a FIFO that nobody writes would wait for a writer.
    fd = openSync(path, O_RDONLY | O_NONBLOCK | (options.allowSymlinks ? 0 : O_NOFOLLOW));
    const stats = fstatSync(fd);
    const unfit = unfitness(path, stats, options.bytesMax ?? FILE_BYTES);
    if (unfit !== undefined) return { ok: false, problems: [unfit] };
    return { ok: true, value: readWhole(fd, stats.size), problems: permissionProblems(path, stats) };
  } catch (error) {
    return { ok: false, problems: [unopened(path, error as NodeJS.ErrnoException, options)] };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** `readFileSync` stops at 2 GiB, and a database may be larger. */
function readWhole(fd: number, size: number): Uint8Array {
  if (size <= READ_BYTES) return readFileSync(fd);
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const got = readSync(fd, bytes, filled, Math.min(size - filled, READ_BYTES), null);
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}

function unfitness(path: string, stats: Stats, bytesMax: number): FileProblem | undefined {
  if (!stats.isFile()) return { level: 'error', text: `Error: ${path} is not a file.`, file: path };
  if (stats.size <= bytesMax) return undefined;
  const hint = `The file has ${stats.size} bytes; up to ${bytesMax} are read.`;
  return { level: 'error', text: `Error: ${path} is too large.`, file: path, hint };
}

/** What to do about a file that cannot be opened, by the system's error code. */
const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory.',
  ENOTDIR: 'Not a directory.',
  EACCES: 'Permission denied: the broker reads it as the user it runs as, see `user`.',
  ELOOP:
    'This is a symbolic link. Name the file it stands for, or set MOSQUITTO_UNSAFE_ALLOW_SYMLINKS in the environment.',
};

function unopened(path: string, error: NodeJS.ErrnoException, options: SensitiveFileOptions): FileProblem {
  const text = options.unopened ?? `Error: Unable to open "${path}".`;
  return { level: 'error', text, file: path, hint: HINTS[error.code ?? ''] ?? error.message };
}

/** Mosquitto's lines; where it breaks one in two, there are two. */
function permissionProblems(path: string, stats: Stats): FileProblem[] {
  const [user, group] = ownNames();
  const future = 'Future versions will refuse to load this file.';
  const texts: string[] = [];
  if ((stats.mode & FOR_OTHERS) !== 0) {
    texts.push(`Warning: File ${path} has world readable permissions. ${future}`);
    texts.push(`To fix this, use \`chmod 0700 ${path}\`.`);
  }
  if (user !== undefined && stats.uid !== process.getuid?.()) {
    // as Mosquitto: no blank after the first sentence
    texts.push(
      `Warning: File ${path} owner is not ${user}. ${future}To fix this, use \`chown ${user} ${path}\`.`,
    );
  }
  if (group !== undefined && stats.gid !== process.getgid?.())
    texts.push(`Warning: File ${path} group is not ${group}. ${future}`);
  return texts.map((text) => ({ level: 'warning', text, file: path }));
}

/** The names of the user and of the group that this process runs as; undefined for one that has none. */
function ownNames(): readonly [string | undefined, string | undefined] {
  return [nameOf('/etc/passwd', process.getuid?.()), nameOf('/etc/group', process.getgid?.())];
}

function nameOf(table: string, id: number | undefined): string | undefined {
  if (id === undefined) return undefined;
  try {
    const rows = readFileSync(table, 'utf8').split('\n');
    return rows.map((row) => row.split(':')).find(([, , its]) => its === String(id))?.[0];
  } catch {
    return undefined; // a machine without the table has no names, and Mosquitto then says nothing either
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined; // that is the answer: it is no UTF-8
  }
}

/** The first line that is no UTF-8, from 1. LF is never a part of another character, so lines can be cut first. */
function invalidLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || decode(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
}
