/** Lines of `name:secret`, as they stand in password files and files of pre-shared keys. */

/** One line. What stands after a second `:` does not count, as in Mosquitto. */
export interface SecretLine {
  /** From 1. */
  readonly line: number;
  readonly name: string;
  readonly secret: string;
}

/** The longest name that MQTT can carry, and the longest secret that Mosquitto reads, bytes. */
const LONGEST_BYTES = 65_535;

/** Blanks of C, which Mosquitto cuts off both ends of a name and of a secret. */
const BLANKS = /^[ \t-\r]+|[ \t-\r]+$/g;

/** The lines of a text; those that start with `#` or have no `:` say nothing. */
export function* secretLines(text: string): Generator<SecretLine> {
  for (const [at, raw] of text.split('\n').entries()) {
    if (raw.startsWith('#') || !raw.includes(':')) continue;
    const [name = '', secret = ''] = raw.split(':', 2).map((part) => part.replaceAll(BLANKS, ''));
    yield { line: at + 1, name, secret };
  }
}

/** Which of the two is longer than a line may have it. */
export function tooLong({ name, secret }: SecretLine): 'username' | 'password' | undefined {
  if (isTooLong(name)) return 'username';
  return isTooLong(secret) ? 'password' : undefined;
}

/** A UTF-16 unit is 3 bytes of UTF-8 at most: nearly every text is known to be short without encoding it. */
function isTooLong(text: string): boolean {
  return text.length * 3 > LONGEST_BYTES && new TextEncoder().encode(text).length > LONGEST_BYTES;
}
