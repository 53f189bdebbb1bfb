/** Names of certificates: RFC 2253 text, as `use_subject_as_username` and ACLs know it. */
import { elementsOf, expect, hexOf, oidOf, Tag } from './der.ts';
import type { Der } from './der.ts';

/** The short names of OpenSSL for what stands in names; another attribute goes by its number. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.13': 'description',
  '2.5.4.15': 'businessCategory',
  '2.5.4.16': 'postalAddress',
  '2.5.4.17': 'postalCode',
  '2.5.4.18': 'postOfficeBox',
  '2.5.4.20': 'telephoneNumber',
  '2.5.4.41': 'name',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.45': 'x500UniqueIdentifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.51': 'houseIdentifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.72': 'role',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.3': 'mail',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.2.840.113549.1.9.8': 'unstructuredAddress',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
};

const COMMON_NAME = '2.5.4.3';

/** How the bytes of strings become text. What is no string is shown as its bytes. */
type Decoder = (content: Uint8Array) => string | undefined;

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [Tag.utf8String, utf8],
  [Tag.numericString, latin1],
  [Tag.printableString, latin1],
  [Tag.t61String, latin1],
  [Tag.ia5String, latin1],
  [Tag.visibleString, latin1],
  [Tag.bmpString, (content) => wide(content, 2)],
  [Tag.universalString, (content) => wide(content, 4)],
]);

/** One attribute of a name. */
interface Attribute {
  readonly oid: string;
  readonly value: Der;
}

/** The parts of a name, each with its attributes, of which nearly every part has one. */
function partsOf(name: Der): Attribute[][] {
  return [...elementsOf(expect(name, Tag.sequence))].map((part) =>
    [...elementsOf(expect(part, Tag.set))].map((attribute) => {
      const [oid, value] = elementsOf(expect(attribute, Tag.sequence));
      return { oid: oidOf(oid), value: value! };
    }),
  );
}

/** A name as OpenSSL prints it for RFC 2253: from the last part to the first, nothing but ASCII. */
export function nameText(name: Der): string {
  return partsOf(name)
    .toReversed()
    .map((part) => part.toReversed().map(attributeText).join('+'))
    .join(',');
}

function attributeText({ oid, value }: Attribute): string {
  const short = SHORT_NAMES[oid];
  const text = short === undefined ? undefined : textOf(value);
  return `${short ?? oid}=${text === undefined ? `#${hexOf(value.whole)}` : escaped(text)}`;
}

function textOf({ tag, content }: Der): string | undefined {
  return DECODERS.get(tag)?.(content);
}

/**
 * The first common name of a name, if it has one. As Mosquitto: its bytes count as they stand, and must be UTF-8
 * without a NUL, else there is none.
 */
export function commonNameOf(name: Der): string | undefined {
  const attribute = partsOf(name)
    .flat()
    .find(({ oid }) => oid === COMMON_NAME);
  if (attribute === undefined) return undefined;
  const { content } = attribute.value;
  return content.length === 0 || content.includes(0) ? undefined : utf8(content);
}

/** What has a meaning in RFC 2253 gets a backslash; other characters that are no plain ASCII become their bytes. */
function escaped(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return Array.from(bytes, (byte, at) => escapedByte(byte, at === 0, at === bytes.length - 1)).join('');
}

function escapedByte(byte: number, isFirst: boolean, isLast: boolean): string {
  const character = String.fromCharCode(byte);
  if (byte < 0x20 || byte >= 0x7f) return `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const special =
    ',+"\\<>;'.includes(character) ||
    (isFirst && character === '#') ||
    (character === ' ' && (isFirst || isLast));
  return special ? `\\${character}` : character;
}

function utf8(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined; // it says UTF-8 and is none
  }
}

function latin1(content: Uint8Array): string {
  return Array.from(content, (byte) => String.fromCharCode(byte)).join('');
}

function wide(content: Uint8Array, bytes: 2 | 4): string {
  let text = '';
  for (let at = 0; at + bytes <= content.length; at += bytes) {
    let code = 0;
    for (let byte = 0; byte < bytes; byte++) code = code * 256 + content[at + byte]!;
    text += code > 0x10_ffff ? '\uFFFD' : String.fromCodePoint(code);
  }
  return text;
}
