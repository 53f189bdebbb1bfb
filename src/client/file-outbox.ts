/** An outbox in a file, on `node:sqlite`, which is loaded when it is used. */
import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { copyOf } from '../protocol/bytes.ts';
import { Decoder } from '../protocol/decoder.ts';
import { encode } from '../protocol/encode.ts';
import { TopicNames } from '../protocol/topic-names.ts';
import { MqttError } from './error.ts';
import { LIMITS } from './limits.ts';
import type { Outbox, OutboxEntry, OutboxMessage, OutboxProgress } from './outbox.ts';

export interface FileOutboxOptions {
  /**
   * Messages survive a loss of power, too: each is on the disk before it is published, which takes as long as the disk
   * takes. Without it they survive the end of the program, however it ends.
   */
  readonly durable?: boolean;
}

/** One for all messages of a load. */
const topics = new TopicNames();

/** Of the tables below, in the file's `user_version`. */
const FORMAT = 1;

/** A message is kept as the PUBLISH that it is in MQTT 5.0. */
const TABLES = `
CREATE TABLE outbox (
  key INTEGER PRIMARY KEY,
  frame BLOB NOT NULL,
  packet_id INTEGER,
  received INTEGER NOT NULL DEFAULT 0
) STRICT;
PRAGMA user_version = ${FORMAT};`;

/**
 * Opens a file as the outbox of one client, and makes it if it is not there; nobody but its owner may read it. Rejects
 * with an `MqttError` if it is no outbox, or another program has it open.
 */
export async function openOutbox(path: string, options: FileOutboxOptions = {}): Promise<Outbox> {
  const { DatabaseSync: Database } = await import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    closeSync(openSync(path, 'a', 0o600));
    database = new Database(path);
    prepare(database, options);
    return new FileOutbox(database);
  } catch (cause) {
    database?.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MqttError('INVALID', `The outbox ${path} cannot be opened: ${why}`, { cause });
  }
}

function prepare(database: DatabaseSync, { durable = false }: FileOutboxOptions): void {
  database.exec(`PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'};
    BEGIN IMMEDIATE`); // another program that has it is noticed here
  const format = database.prepare('PRAGMA user_version').get()?.['user_version'];
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
  if (format === 0 && tables === 0) database.exec(TABLES);
  else if (format !== FORMAT)
    throw new Error(`it is another database, or of another version (${String(format)})`);
  database.exec('COMMIT');
}

class FileOutbox implements Outbox {
  readonly #database: DatabaseSync;
  readonly #put: ReturnType<DatabaseSync['prepare']>;
  readonly #progress: ReturnType<DatabaseSync['prepare']>;
  readonly #delete: ReturnType<DatabaseSync['prepare']>;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#put = database.prepare('INSERT INTO outbox (frame) VALUES (?)');
    this.#progress = database.prepare('UPDATE outbox SET packet_id = ?, received = ? WHERE key = ?');
    this.#delete = database.prepare('DELETE FROM outbox WHERE key = ?');
  }

  *load(): Generator<OutboxEntry> {
    const rows = this.#database.prepare('SELECT key, frame, packet_id, received FROM outbox ORDER BY key');
    for (const { key, frame, packet_id: packetId, received } of rows.all()) {
      const progress =
        packetId === null ? undefined : { packetId: Number(packetId), isReceived: received === 1 };
      yield { key: Number(key), message: decoded(frame as Uint8Array), progress };
    }
  }

  put(message: OutboxMessage): number {
    const frame = encode({ type: 'publish', dup: false, packetId: 1, ...message }, 5);
    return Number(this.#put.run(frame).lastInsertRowid);
  }

  progress(key: number, { packetId, isReceived }: OutboxProgress): void {
    this.#progress.run(packetId, isReceived ? 1 : 0, key);
  }

  delete(key: number): void {
    this.#delete.run(key);
  }

  close(): void {
    this.#database.close();
  }
}

function decoded(frame: Uint8Array): OutboxMessage {
  const decoder = new Decoder({
    sender: 'client',
    maxPacketSize: LIMITS.largestPacketBytes,
    version: 5,
    topics,
  });
  decoder.push(frame);
  const packet = decoder.next();
  if (packet?.type !== 'publish') throw new Error('The outbox holds what is no message');
  const { topic, payload, qos, retain, properties } = packet;
  return { topic, payload: copyOf(payload), qos, retain, properties };
}
