/** The chunks of `mosquitto.db`, versions 2 to 6, out of its bytes. */
import { sameBytes } from '../protocol/bytes.ts';
import { DamagedDb, DbCursor } from './mosquitto-db-cursor.ts';
import { CHUNK, FIRST_STRUCTURED, HEADER_BYTES, MAGIC, MAX_PAYLOAD, VERSION } from './mosquitto-db-layout.ts';
import type { DbChunk, DbFile } from './mosquitto-db-layout.ts';
import { StoreError } from './store-error.ts';

/** Reads the fields behind the header; `length` is what that says. */
type FieldReader = (cursor: DbCursor, length: number, version: number) => DbChunk;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The header. Whoever wants to read the chunks of an unknown version may try. */
export function openDb(bytes: Uint8Array): DbFile {
  const isWhole = bytes.length >= HEADER_BYTES;
  if (!sameBytes(bytes, 0, isWhole ? MAGIC : MAGIC.subarray(0, Math.min(bytes.length, MAGIC.length))))
    throw new StoreError(
      'Error: Unable to restore persistent database. Unrecognised file format.',
      'The file is no mosquitto.db. Nothing was changed: move it away, or name another with persistence_file.',
    );
  if (!isWhole) throw new DamagedDb(0, 'the file ends within its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint32(MAGIC.length + 4);
  const read = version >= FIRST_STRUCTURED ? readStructured : readPacked;
  const again = new DbCursor(bytes);
  return {
    crc: view.getUint32(MAGIC.length),
    version,
    chunks: chunksOf(bytes, version, read),
    chunkAt: (at) => read(again, at, version),
  };
}

/** Reads the chunk that begins there. */
type ChunkReader = (cursor: DbCursor, at: number, version: number) => DbChunk;

function* chunksOf(bytes: Uint8Array, version: number, read: ChunkReader): Generator<DbChunk> {
  const cursor = new DbCursor(bytes);
  for (let at = HEADER_BYTES; at < bytes.length; at = cursor.at) yield read(cursor, at, version);
}

/** Versions 5 and 6: a header of two 32-bit numbers; what it says of the length is true. */
function readStructured(cursor: DbCursor, at: number, version: number): DbChunk {
  cursor.open(at);
  if (cursor.left < 8) throw cursor.damage("the file ends within a chunk's header");
  const type = cursor.u32();
  const length = cursor.u32();
  cursor.limit(length);
  const chunk = (STRUCTURED.get(type) ?? unknown(type))(cursor, length, version);
  if (cursor.left > 0) throw cursor.damage('a chunk that goes on behind its fields');
  return chunk;
}

/**
 * Versions 2 to 4: a 16-bit type and a 32-bit length. As Mosquitto, the fields are believed and not the length, which
 * is used for what is not known only.
 */
function readPacked(cursor: DbCursor, at: number, version: number): DbChunk {
  cursor.open(at);
  if (cursor.left < 6) throw cursor.damage("the file ends within a chunk's header");
  const type = cursor.u16();
  const length = cursor.u32();
  return (PACKED.get(type) ?? unknown(type))(cursor, length, version);
}

function unknown(type: number): FieldReader {
  return (cursor, length) => {
    if (length > cursor.left) throw cursor.damage('the file ends within the chunk');
    cursor.skip(length);
    return { kind: 'unknown', at: cursor.chunk, length, isGarbled: false, type };
  };
}

const STRUCTURED: ReadonlyMap<number, FieldReader> = new Map<number, FieldReader>([
  [CHUNK.config, readConfig],
  [CHUNK.message, readMessage],
  [CHUNK.delivery, readDelivery],
  [CHUNK.retained, readRetained],
  [CHUNK.subscription, readSubscription],
  [CHUNK.client, readClient],
]);

const PACKED: ReadonlyMap<number, FieldReader> = new Map<number, FieldReader>([
  [CHUNK.config, readPackedConfig],
  [CHUNK.message, readPackedMessage],
  [CHUNK.delivery, readPackedDelivery],
  [CHUNK.retained, readRetained],
  [CHUNK.subscription, readPackedSubscription],
  [CHUNK.client, readPackedClient],
]);

function readConfig(cursor: DbCursor, length: number): DbChunk {
  const lastId = cursor.id();
  const shutdown = cursor.u8();
  const idBytes = cursor.u8();
  cursor.skip(6);
  return { kind: 'config', at: cursor.chunk, length, isGarbled: cursor.isGarbled, lastId, shutdown, idBytes };
}

function readMessage(cursor: DbCursor, length: number): DbChunk {
  const storeId = cursor.id();
  const expiryTime = cursor.i64();
  const payloadBytes = payloadLength(cursor);
  const sourceMid = cursor.u16();
  const sourceIdBytes = cursor.u16();
  const usernameBytes = cursor.u16();
  const topicBytes = cursor.u16();
  const port = cursor.u16();
  const qos = cursor.u8();
  const retain = cursor.u8();
  const sourceId = cursor.name(sourceIdBytes);
  const username = cursor.name(usernameBytes);
  const topic = cursor.text(topicBytes);
  const payload = cursor.binary(payloadBytes);
  const properties = cursor.left > 0 ? cursor.rest() : NO_BYTES;
  return {
    kind: 'message',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    storeId,
    expiryTime,
    sourceMid,
    sourceId,
    username,
    port,
    topic,
    qos,
    retain,
    payload,
    properties,
  };
}

function payloadLength(cursor: DbCursor): number {
  const length = cursor.u32();
  if (length > MAX_PAYLOAD) throw cursor.damage(`a payload of ${length} bytes`);
  return length;
}

function readClient(cursor: DbCursor, length: number, version: number): DbChunk {
  const expiryTime = cursor.i64();
  const expiryInterval = cursor.u32();
  const lastMid = cursor.u16();
  const idBytes = cursor.u16();
  const hasUser = version >= VERSION;
  const port = hasUser ? cursor.u16() : 0;
  const usernameBytes = hasUser ? cursor.u16() : 0;
  if (hasUser) cursor.skip(4);
  const clientId = cursor.text(idBytes);
  const username = cursor.name(usernameBytes);
  return {
    kind: 'client',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    clientId,
    username,
    port,
    lastMid,
    expiryTime,
    expiryInterval,
    goneTime: 0,
  };
}

function readDelivery(cursor: DbCursor, length: number): DbChunk {
  const storeId = cursor.id();
  const mid = cursor.u16();
  const idBytes = cursor.u16();
  const qos = cursor.u8();
  const state = cursor.u8();
  const flags = cursor.u8();
  const direction = cursor.u8();
  const clientId = cursor.text(idBytes);
  const properties = cursor.left > 0 ? cursor.rest() : NO_BYTES;
  const [retain, dup] = [flags >> 4, flags & 0x0f];
  return {
    kind: 'delivery',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    clientId,
    storeId,
    mid,
    qos,
    state,
    retain,
    dup,
    direction,
    properties,
  };
}

function readRetained(cursor: DbCursor, length: number): DbChunk {
  return { kind: 'retained', at: cursor.chunk, length, isGarbled: cursor.isGarbled, storeId: cursor.id() };
}

function readSubscription(cursor: DbCursor, length: number): DbChunk {
  const identifier = cursor.u32();
  const idBytes = cursor.u16();
  const topicBytes = cursor.u16();
  const qos = cursor.u8();
  const options = cursor.u8();
  cursor.skip(2);
  const clientId = cursor.text(idBytes);
  const topic = cursor.text(topicBytes);
  return {
    kind: 'subscription',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    clientId,
    topic,
    qos,
    options,
    identifier,
  };
}

function readPackedConfig(cursor: DbCursor, length: number): DbChunk {
  const shutdown = cursor.u8();
  const idBytes = cursor.u8();
  return {
    kind: 'config',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    lastId: cursor.id(),
    shutdown,
    idBytes,
  };
}

function readPackedMessage(cursor: DbCursor, length: number, version: number): DbChunk {
  const storeId = cursor.id();
  const sourceId = cursor.name(cursor.u16());
  const username = version >= 4 ? cursor.name(cursor.u16()) : '';
  const port = version >= 4 ? cursor.u16() : 0;
  const sourceMid = cursor.u16();
  cursor.u16(); // a packet identifier that never meant anything
  const topic = cursor.string();
  const qos = cursor.u8();
  const retain = cursor.u8();
  const payload = cursor.binary(payloadLength(cursor));
  return {
    kind: 'message',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    storeId,
    expiryTime: 0,
    sourceMid,
    sourceId,
    username,
    port,
    topic,
    qos,
    retain,
    payload,
    properties: NO_BYTES,
  };
}

function readPackedClient(cursor: DbCursor, length: number, version: number): DbChunk {
  const start = cursor.at;
  const clientId = cursor.string();
  const lastMid = cursor.u16();
  const goneTime = version >= 3 ? systemTime(cursor, length - (cursor.at - start)) : 0;
  return {
    kind: 'client',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    clientId,
    username: '',
    port: 0,
    lastMid,
    expiryTime: 0,
    expiryInterval: 0,
    goneTime,
  };
}

/** A `time_t`: 4 bytes on the 32-bit systems of that time, as the length of the chunk tells, and 8 on others. */
function systemTime(cursor: DbCursor, left: number): number {
  return left === 4 ? cursor.i32() : cursor.i64();
}

function readPackedDelivery(cursor: DbCursor, length: number): DbChunk {
  const clientId = cursor.string();
  const storeId = cursor.id();
  const mid = cursor.u16();
  const qos = cursor.u8();
  const retain = cursor.u8();
  const direction = cursor.u8();
  const state = cursor.u8();
  const dup = cursor.u8();
  return {
    kind: 'delivery',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    clientId,
    storeId,
    mid,
    qos,
    state,
    retain,
    dup,
    direction,
    properties: NO_BYTES,
  };
}

function readPackedSubscription(cursor: DbCursor, length: number): DbChunk {
  const clientId = cursor.string();
  const topic = cursor.string();
  return {
    kind: 'subscription',
    at: cursor.chunk,
    length,
    isGarbled: cursor.isGarbled,
    clientId,
    topic,
    qos: cursor.u8(),
    options: 0,
    identifier: 0,
  };
}
