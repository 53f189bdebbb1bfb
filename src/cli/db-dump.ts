/** `zanzara db-dump`, `mosquitto_db_dump`: what stands in a `mosquitto.db`. */
import { ProtocolError } from '../protocol/error.ts';
import { systemText } from '../server/system-text.ts';
import { DamagedDb } from '../store/mosquitto-db-cursor.ts';
import { ID_BYTES, OLDEST_VERSION, VERSION } from '../store/mosquitto-db-layout.ts';
import type { DbChunk, DbFile } from '../store/mosquitto-db-layout.ts';
import { openDb } from '../store/mosquitto-db-reader.ts';
import { encodeMosquittoDb } from '../store/mosquitto-db-writer.ts';
import { readDbFile } from '../store/mosquitto-db.ts';
import { isSqlite, readSqlite } from '../store/sqlite-reader.ts';
import { StoreError } from '../store/store-error.ts';
import { ChunkCounts, ClientCounts } from './db-dump/counts.ts';
import { JsonDump } from './db-dump/json.ts';
import { DUMP_USAGE, dumpHelp, parseDumpArguments } from './db-dump/options.ts';
import type { DumpForm } from './db-dump/options.ts';
import { chunkText, headText } from './db-dump/text.ts';
import type { Command, Io } from './io.ts';

/** Printed at once. Characters. */
const PIECE = 64 * 1024;

/** What a form makes of the chunks: text at once, or all of it behind the last. */
interface Form {
  readonly head?: (file: DbFile) => string;
  readonly add: (chunk: DbChunk) => string | void;
  readonly end?: () => Iterable<string>;
}

const FORMS: Readonly<Record<DumpForm, () => Form>> = {
  text: () => ({ head: ({ crc, version }) => headText(crc, version), add: chunkText }),
  stats: () => summary(new ChunkCounts()),
  'client-stats': () => summary(new ClientCounts()),
  json: () => {
    const dump = new JsonDump();
    return { add: (chunk) => dump.add(chunk), end: () => dump.text() };
  },
};

function summary(counts: ChunkCounts | ClientCounts): Form {
  return { add: (chunk) => counts.add(chunk), end: () => [counts.text()] };
}

/** The file cannot be dumped to its end. */
class DumpProblem extends Error {}

export const dbDump: Command = async (argv, io) => {
  const command = parseDumpArguments(argv);
  if (command.kind === 'help') {
    io.stdout(dumpHelp());
    return 0;
  }
  if (command.kind === 'wrong') {
    io.stderr(DUMP_USAGE);
    return 1;
  }
  try {
    const file = open(read(command.file));
    if (file.version < OLDEST_VERSION || file.version > VERSION)
      io.stderr(
        'Warning: mosquitto_db_dump does not support this DB version, continuing but expecting errors.\n',
      );
    return await print(dumpOf(file, FORMS[command.form](), io), io);
  } catch (error) {
    if (!(error instanceof DumpProblem)) throw error;
    io.stderr(`${error.message}\n`);
    return 1;
  }
};

/** The bytes of a `mosquitto.db`; for a file of SQLite, of the one that would be written from it. */
function read(path: string): Uint8Array {
  try {
    if (!isSqlite(path)) return readDbFile(path);
    return Buffer.concat(encodeMosquittoDb(readSqlite(path), { stopping: false, now: Date.now() }));
  } catch (error) {
    if (error instanceof StoreError) throw new DumpProblem(`Error: ${error.message}\n${error.hint}`);
    throw new DumpProblem(`Error: Unable to open ${path}. ${systemText(error as NodeJS.ErrnoException)}.`);
  }
}

function open(bytes: Uint8Array): DbFile {
  try {
    return openDb(bytes);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error instanceof DamagedDb) throw corrupt(error.message);
    throw new DumpProblem('Error: Unrecognised file format.');
  }
}

function corrupt(why: string): DumpProblem {
  return new DumpProblem(`Error: Corrupt persistent database.\n${why}`);
}

/** The text of all that is whole; then it throws if not all is. Its value is the exit code. */
function* dumpOf(file: DbFile, form: Form, io: Io): Generator<string, number> {
  yield form.head?.(file) ?? '';
  let problem: DumpProblem | undefined;
  try {
    for (const chunk of file.chunks) yield checked(chunk, io, form) ?? '';
  } catch (error) {
    problem = problemOf(error);
  }
  yield* form.end?.() ?? [];
  if (problem !== undefined) throw problem;
  return 0;
}

function checked(chunk: DbChunk, io: Io, form: Form): string | void {
  if (chunk.kind === 'unknown')
    io.stderr(
      `Warning: Unsupported chunk "${chunk.type}" of length ${chunk.length} in persistent database file at position ${chunk.at}. Ignoring.\n`,
    );
  if (chunk.kind === 'config' && chunk.idBytes !== ID_BYTES)
    throw new DumpProblem(
      `Error: Incompatible database configuration (dbid size is ${chunk.idBytes} bytes, expected ${ID_BYTES})`,
    );
  try {
    return form.add(chunk);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw corrupt(`${error.message} at byte ${chunk.at}.`);
  }
}

function problemOf(error: unknown): DumpProblem {
  if (error instanceof DumpProblem) return error;
  if (error instanceof StoreError) return corrupt(error.message);
  throw error;
}

/** Prints in large pieces, and no faster than they are read. */
async function print(texts: Generator<string, number>, io: Io): Promise<number> {
  let piece = '';
  try {
    for (let next = texts.next(); ; next = texts.next()) {
      if (next.done === true) return next.value;
      if (io.readerGone?.aborted === true) return 0;
      piece += next.value;
      if (piece.length < PIECE) continue;
      const isTaken = io.stdout(piece);
      piece = '';
      if (isTaken === false) await io.drained?.();
    }
  } finally {
    if (piece !== '') io.stdout(piece);
  }
}
