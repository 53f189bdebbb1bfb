/** Topic names as they arrive: each is checked and decoded once, not once a message. */
import { copyOf, sameBytes } from './bytes.ts';
import { malformed, readText } from './text.ts';

/** Entries; a power of two. With names of 32 bytes a full table takes about 150 KiB. */
const SLOTS = 1024;
/** Longer names are decoded each time, so that the table stays small whatever peers send. */
const LONGEST_KEPT = 256;

const PLUS = 0x2b;
const HASH = 0x23;

interface Entry {
  readonly bytes: Uint8Array;
  readonly topic: string;
}

/**
 * Remembers the text of topic names by their bytes, in a table of fixed size in which a newcomer takes the
 * place of whatever hashed to the same slot. The same name always gives the same string object while it stays
 * in its slot, so maps keyed by topic find it by identity.
 */
export class TopicNames {
  readonly #entries: (Entry | undefined)[] = Array.from({ length: SLOTS });

  /** The topic name in a range of bytes; malformed if it is no valid name. [MQTT-3.3.2-1] [MQTT-3.3.2-2] */
  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST_KEPT) return readTopicName(bytes, start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i]!;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const entry = this.#entries[slot];
    if (entry !== undefined && entry.bytes.length === length && sameBytes(bytes, start, entry.bytes)) {
      return entry.topic;
    }
    const topic = readTopicName(bytes, start, end);
    this.#entries[slot] = { bytes: copyOf(bytes.subarray(start, end)), topic };
    return topic;
  }
}

function readTopicName(bytes: Uint8Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === PLUS || byte === HASH) throw malformed('a topic name with a wildcard');
  }
  return readText(bytes, start, end);
}
