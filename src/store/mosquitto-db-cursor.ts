/** A cursor over the bytes of `mosquitto.db`. */
import { ProtocolError } from '../protocol/error.ts';
import { readText } from '../protocol/text.ts';
import type { StoreId } from './mosquitto-db-layout.ts';
import { StoreError } from './store-error.ts';

/** A file that Mosquitto would read to its end, or not at all: so it is not half read here. */
export class DamagedDb extends StoreError {
  /** Where what is whole ends. Bytes from the beginning. */
  readonly at: number;

  constructor(at: number, problem: string) {
    super(
      `Error: Corrupt persistent database: ${problem} at byte ${at}.`,
      `Nothing was read and nothing was changed. Put back a copy from a backup${at > 0 ? remedy(at) : ''}, or move the file away, to begin without it.`,
    );
    this.at = at;
  }
}

/** What ends where a chunk begins is a file of its own. */
function remedy(at: number): string {
  return `, or take what is whole (head -c ${at} mosquitto.db > whole.db)`;
}

/**
 * Reads the fields of one chunk after the other and never past the end that it was given. Integers of 16 and 32 bits
 * are big-endian; those of 64 bits are as the machine had them that wrote the file: little-endian, on all that matter.
 */
export class DbCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #isGarbled = false;
  #chunk = 0;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  /** Where the chunk begins that was opened last. */
  get chunk(): number {
    return this.#chunk;
  }

  /** Whether a text since then is none that MQTT allows. */
  get isGarbled(): boolean {
    return this.#isGarbled;
  }

  get at(): number {
    return this.#at;
  }

  /** Bytes left, of the chunk or of the file. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** A chunk begins, of which nothing is known but that the file has to hold it. */
  open(at: number): void {
    this.#chunk = at;
    this.#at = at;
    this.#end = this.#bytes.length;
    this.#isGarbled = false;
  }

  /** From here the chunk has this many bytes. */
  limit(length: number): void {
    if (length > this.left) throw this.damage('the file ends within the chunk');
    this.#end = this.#at + length;
  }

  /** Says where the chunk is that cannot be read. */
  damage(problem: string): DamagedDb {
    return new DamagedDb(this.#chunk, problem);
  }

  skip(size: number): number {
    const start = this.#at;
    if (size > this.#end - start) throw this.damage('a chunk that ends within its fields');
    this.#at = start + size;
    return start;
  }

  u8(): number {
    return this.#bytes[this.skip(1)]!;
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2));
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4));
  }

  /** In the byte order of the machine. */
  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  id(): StoreId {
    const at = this.skip(8);
    const high = this.#view.getUint32(at + 4, true);
    return high < 0x20_0000
      ? high * 0x1_0000_0000 + this.#view.getUint32(at, true)
      : this.#view.getBigUint64(at, true);
  }

  /** A time in seconds; as near as a number comes if it is none of this planet's. */
  i64(): number {
    const at = this.skip(8);
    return this.#view.getInt32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  /** Text of so many bytes. */
  text(size: number): string {
    const start = this.skip(size);
    const text = readOr(this.#bytes, start, start + size);
    if (text !== undefined) return text;
    this.#isGarbled = true;
    return lenient.decode(this.#bytes.subarray(start, start + size));
  }

  /**
   * A name that may be missing: who is told of it only. Where a client has no user name Mosquitto 2.0 leaves the length
   * of another's, and writes what its memory happens to hold: that is no name.
   */
  name(size: number): string {
    const start = this.skip(size);
    return readOr(this.#bytes, start, start + size) ?? '';
  }

  /** Text behind its length. */
  string(): string {
    return this.text(this.u16());
  }

  /** A view of the next bytes. */
  binary(size: number): Uint8Array {
    const start = this.skip(size);
    return this.#bytes.subarray(start, start + size);
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.binary(this.left);
  }
}

/** Undefined for what MQTT does not allow. */
function readOr(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (start === end) return '';
  try {
    return readText(bytes, start, end);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
