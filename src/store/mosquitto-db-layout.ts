/** What stands in Mosquitto's own database: the chunks of `mosquitto.db` as plain data, and the numbers in them. */

/** How a file begins. */
export const MAGIC: Uint8Array = Uint8Array.of(
  0,
  0xb5,
  0,
  ...Array.from('mosquitto db', (c) => c.charCodeAt(0)),
);

/** Bytes of the magic, a checksum that nobody fills in, and the version. */
export const HEADER_BYTES: number = MAGIC.length + 8;

/** The version that is written. */
export const VERSION = 6;
export const OLDEST_VERSION = 2;
/** From here on the chunks are C structures followed by their texts; before, texts stand among the numbers. */
export const FIRST_STRUCTURED = 5;

/** Chunk types. */
export const CHUNK = { config: 1, message: 2, delivery: 3, retained: 4, subscription: 5, client: 6 } as const;

/** Bytes of an identifier of a message. */
export const ID_BYTES = 8;
/** The largest payload, bytes: what an MQTT packet can carry. */
export const MAX_PAYLOAD = 268_435_455;
/** A session expiry interval: for ever. */
export const NEVER = 0xffff_ffff;
/** In the field `direction`. */
export const DIRECTION = { in: 0, out: 1 } as const;

/** How far a delivery has come, in Mosquitto's words. */
export const STATE = {
  invalid: 0,
  publishQos0: 1,
  publishQos1: 2,
  waitForPuback: 3,
  publishQos2: 4,
  waitForPubrec: 5,
  resendPubrel: 6,
  waitForPubrel: 7,
  resendPubcomp: 8,
  waitForPubcomp: 9,
  sendPubrec: 10,
  queued: 11,
} as const;

/** Where a chunk stands: `at` is the position of its header, `length` what that says, without the header. Bytes. */
interface Chunk {
  readonly at: number;
  readonly length: number;
  /** Whether its client identifier or its topic is none that MQTT allows; what is not UTF-8 has become U+FFFD. */
  readonly isGarbled: boolean;
}

/** Of a message. 64 bits: a `bigint` where a number would not hold it. */
export type StoreId = number | bigint;

export interface ConfigChunk extends Chunk {
  readonly kind: 'config';
  readonly lastId: StoreId;
  /** 1 when it was written at the broker's end. */
  readonly shutdown: number;
  readonly idBytes: number;
}

export interface MessageChunk extends Chunk {
  readonly kind: 'message';
  readonly storeId: StoreId;
  /** Seconds since 1970, 0 for never. */
  readonly expiryTime: number;
  readonly sourceMid: number;
  readonly sourceId: string;
  readonly username: string;
  readonly port: number;
  readonly topic: string;
  readonly qos: number;
  readonly retain: number;
  /** A view. */
  readonly payload: Uint8Array;
  /** Their length and themselves, as in a PUBLISH; empty for none. A view. */
  readonly properties: Uint8Array;
}

export interface ClientChunk extends Chunk {
  readonly kind: 'client';
  readonly clientId: string;
  readonly username: string;
  readonly port: number;
  readonly lastMid: number;
  /** Seconds since 1970; 0 for never or not yet. Versions 2 to 4 have none. */
  readonly expiryTime: number;
  /** Seconds. Versions 2 to 4 have none: 0. */
  readonly expiryInterval: number;
  /** Seconds since 1970: when it went. Versions 3 and 4; 0 for not yet. */
  readonly goneTime: number;
}

export interface DeliveryChunk extends Chunk {
  readonly kind: 'delivery';
  readonly clientId: string;
  readonly storeId: StoreId;
  readonly mid: number;
  readonly qos: number;
  readonly state: number;
  readonly retain: number;
  readonly dup: number;
  readonly direction: number;
  /** Their length and themselves, as in a PUBLISH; empty for none. A view. */
  readonly properties: Uint8Array;
}

export interface RetainedChunk extends Chunk {
  readonly kind: 'retained';
  readonly storeId: StoreId;
}

export interface SubscriptionChunk extends Chunk {
  readonly kind: 'subscription';
  readonly clientId: string;
  readonly topic: string;
  readonly qos: number;
  /** The options of a SUBSCRIBE without its QoS. */
  readonly options: number;
  /** 0 for none. */
  readonly identifier: number;
}

/** Of a type that nobody knows. */
export interface UnknownChunk extends Chunk {
  readonly kind: 'unknown';
  readonly type: number;
}

export type DbChunk =
  | ConfigChunk
  | MessageChunk
  | ClientChunk
  | DeliveryChunk
  | RetainedChunk
  | SubscriptionChunk
  | UnknownChunk;

/** A `mosquitto.db` whose header was read. */
export interface DbFile {
  readonly crc: number;
  readonly version: number;
  /** In the order of the file. Reading them throws a `StoreError` where the file is damaged. */
  readonly chunks: Iterable<DbChunk>;
  /** Reads one again that begins there. */
  chunkAt(at: number): DbChunk;
}
