/** Topic names as they arrive: each is checked and decoded once, not once a message. */
import { malformed, readText } from './text.ts';

/** Names kept; a power of two. */
const SLOTS = 4096;
/** Longer names are decoded each time, so that the table stays small whatever peers send. */
const LONGEST_KEPT = 256;

const PLUS = 0x2b;
const HASH = 0x23;

/**
 * Remembers topic names in a table of fixed size, in which a newcomer takes the place of whatever hashed to the same
 * slot. The same bytes give the same string object while it stays in its slot, so maps keyed by topic find it by
 * identity. Names that are not ASCII are decoded each time.
 */
export class TopicNames {
  readonly #names: string[] = Array.from({ length: SLOTS }, () => '');

  /** The topic name in a range of bytes; malformed if it is no valid name. [MQTT-3.3.2-1] [MQTT-3.3.2-2] */
  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST_KEPT) return readTopicName(bytes, start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = ((hash << 5) - hash + bytes[i]!) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#names[slot]!;
    if (known.length === length && isText(known, bytes, start)) return known;
    const topic = readTopicName(bytes, start, end);
    if (topic.length === length) this.#names[slot] = topic;
    return topic;
  }
}

/** Whether the bytes from `start` on are the text, one byte a character. */
function isText(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function readTopicName(bytes: Uint8Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte === PLUS || byte === HASH) throw malformed('a topic name with a wildcard');
  }
  return readText(bytes, start, end);
}
