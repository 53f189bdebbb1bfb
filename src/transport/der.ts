/** DER, the encoding of certificates and of lists of revoked ones: as much of X.690 as those two need. */

/** One element. Both views are of the bytes it was read from. */
export interface Der {
  /** The identifier octet: class, form and number. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its tag and length. */
  readonly whole: Uint8Array;
}

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The bytes are no DER, or not what stands at that place. */
export class DerError extends Error {}

/** The element that begins at `at`; what follows it is not looked at. */
export function readDer(bytes: Uint8Array, at = 0): Der {
  const [tag, first] = [byteAt(bytes, at), byteAt(bytes, at + 1)];
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes');
  if (first < 0x80) return element(bytes, at, at + 2, first);
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4) throw new DerError('a length of no DER');
  let length = 0;
  for (let octet = 0; octet < octets; octet++) length = length * 256 + byteAt(bytes, at + 2 + octet);
  return element(bytes, at, at + 2 + octets, length);
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError('the end comes too early');
  return byte;
}

function element(bytes: Uint8Array, start: number, from: number, length: number): Der {
  const end = from + length;
  if (end > bytes.length) throw new DerError('the end comes too early');
  return { tag: bytes[start]!, content: bytes.subarray(from, end), whole: bytes.subarray(start, end) };
}

/** The elements inside one, one after the other. */
export function* elementsOf({ content }: Der): Generator<Der> {
  for (let at = 0; at < content.length;) {
    const next = readDer(content, at);
    at += next.whole.length;
    yield next;
  }
}

/** The element with the tag that it must have. */
export function expect(der: Der | undefined, tag: number): Der {
  if (der?.tag !== tag) throw new DerError(`tag ${der?.tag} where ${tag} should be`);
  return der;
}

/** An object identifier in dots. */
export function oidOf(der: Der | undefined): string {
  const { content } = expect(der, Tag.oid);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

/** An integer as hexadecimal digits without leading zeros; a negative one keeps its two's complement. */
export function integerOf(der: Der | undefined): string {
  return hexOf(expect(der, Tag.integer).content).replace(/^0+(?=.)/, '');
}

/** A moment, milliseconds since 1970. */
export function timeOf(der: Der | undefined): number {
  const text = der === undefined ? '' : String.fromCharCode(...der.content.subarray(0, 20));
  const parts = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const [, century, year, ...rest] = parts ?? [];
  const isLong = der?.tag === Tag.generalizedTime;
  if (parts === null || isLong !== (century !== undefined) || (!isLong && der?.tag !== Tag.utcTime))
    throw new DerError('no time');
  const [month, day, hour, minute, second] = rest.map(Number);
  return Date.UTC(fullYear(century, Number(year)), month! - 1, day, hour, minute, second);
}

/** UTCTime has two digits, which mean 1950 to 2049 [RFC 5280, 4.1.2.5.1]. */
function fullYear(century: string | undefined, year: number): number {
  if (century !== undefined) return Number(century) * 100 + year;
  return year < 50 ? 2000 + year : 1900 + year;
}

/** Bytes as hexadecimal digits, in capitals. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase();
}
