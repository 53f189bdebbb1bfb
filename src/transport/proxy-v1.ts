/** Version 1 of the PROXY protocol, a line of text: `PROXY TCP4 192.0.2.5 192.0.2.1 6275 1883` and CR LF. */
import { isIPv4, isIPv6 } from 'node:net';
import type { HeaderReading } from './proxy-header.ts';
import { START_1, START_2, PARTIAL, beginsAs, canonicalIpv6, corrupt } from './proxy-header.ts';

/** Bytes of the longest line, CR and LF included; as Mosquitto, one more than the specification needs. */
const LINE_BYTES = 108;
const CR = 0x0d;
const LF = 0x0a;

const PORT_MAX = 65_535;
/** Decimal, without leading zeros. */
const PORT = /^(?:0|[1-9]\d{0,4})$/;

interface Family {
  readonly isAddress: (text: string) => boolean;
  readonly canonical: (address: string) => string;
}

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['TCP4', { isAddress: isIPv4, canonical: (address: string) => address }],
  // Node takes a zone for a part of the address, which makes no sense on another machine
  ['TCP6', { isAddress: (text: string) => isIPv6(text) && !text.includes('%'), canonical: canonicalIpv6 }],
]);

/** Reads the line at the beginning of `bytes`, of which there may be more or less. */
export function readVersion1(bytes: Uint8Array): HeaderReading {
  if (!beginsAs(bytes, START_1))
    return corrupt(beginsAs(bytes, START_2) ? 'a header of version 2' : 'it does not begin as a header');
  const end = bytes.subarray(0, LINE_BYTES - 1).indexOf(CR);
  if (end === -1)
    return bytes.length < LINE_BYTES - 1 ? PARTIAL : corrupt(`no line of up to ${LINE_BYTES} bytes`);
  if (bytes.length === end + 1) return PARTIAL;
  if (bytes[end + 1] !== LF) return corrupt('a CR without LF');
  return readLine(Buffer.from(bytes.subarray(0, end)).toString('latin1'), end + 2);
}

function readLine(line: string, bytes: number): HeaderReading {
  const [, word = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] =
    line.split(' ');
  // What follows UNKNOWN is to be ignored
  if (word === 'UNKNOWN') return { state: 'forwarded', bytes, client: undefined, identity: undefined };
  const family = FAMILIES.get(word);
  if (family === undefined) return corrupt('a family other than TCP4, TCP6 and UNKNOWN');
  if (!family.isAddress(source) || !family.isAddress(destination)) return corrupt(`no ${word} address`);
  const client = { address: family.canonical(source), port: Number(sourcePort) };
  if (!isPort(sourcePort) || !isPort(destinationPort)) return corrupt('no port');
  if (rest.length > 0) return corrupt('more than two addresses and two ports');
  return { state: 'forwarded', bytes, client, identity: undefined };
}

function isPort(text: string): boolean {
  return PORT.test(text) && Number(text) <= PORT_MAX;
}
