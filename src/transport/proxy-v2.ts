/** Version 2 of the PROXY protocol, binary: signature, command, family, length, addresses, then what else is told. */
import type { PeerAddress } from '../base/log-events.ts';
import type { HeaderReading } from './proxy-header.ts';
import { START_1, START_2, PARTIAL, beginsAs, canonicalIpv6, corrupt } from './proxy-header.ts';
import { readExtensions } from './proxy-tlv.ts';

/** Bytes before the addresses. */
const HEAD_BYTES = 16;
/** Bytes of the longest header; as Mosquitto. */
const HEADER_BYTES = 500;
const VERSION = 2;

const COMMANDS: Readonly<Record<number, 'local' | 'proxy'>> = { 0: 'local', 1: 'proxy' };

/** Addresses of the client and the proxy: how long they are, and what they say of the client. */
interface Family {
  readonly bytes: number;
  readonly client: (addresses: Uint8Array) => PeerAddress | undefined;
}

/** By the byte that tells family and transport. Datagrams do not come to a listener. */
const FAMILIES: ReadonlyMap<number, Family> = new Map([
  [0x00, { bytes: 0, client: () => undefined }],
  [0x11, { bytes: 12, client: (at) => ({ address: at.subarray(0, 4).join('.'), port: portAt(at, 8) }) }],
  [0x21, { bytes: 36, client: (at) => ({ address: ipv6At(at), port: portAt(at, 32) }) }],
  [0x31, { bytes: 216, client: unixClient }],
] satisfies [number, Family][]);

/** Reads the header at the beginning of `bytes`, of which there may be more or less. */
export function readVersion2(bytes: Uint8Array): HeaderReading {
  if (!beginsAs(bytes, START_2))
    return corrupt(beginsAs(bytes, START_1) ? 'a header of version 1' : 'it does not begin as a header');
  if (bytes.length < HEAD_BYTES) return PARTIAL;
  const versionAndCommand = bytes[12]!;
  if (versionAndCommand >> 4 !== VERSION) return corrupt(`version ${versionAndCommand >> 4}`);
  const command = COMMANDS[versionAndCommand & 0x0f];
  if (command === undefined) return corrupt('a command other than LOCAL and PROXY');
  const length = HEAD_BYTES + ((bytes[14]! << 8) | bytes[15]!);
  if (length > HEADER_BYTES) return corrupt(`more than ${HEADER_BYTES} bytes`);
  if (command === 'local') return { state: 'local' };
  const family = FAMILIES.get(bytes[13]!);
  if (family === undefined) return corrupt('a family other than TCP4, TCP6 and Unix stream');
  if (length < HEAD_BYTES + family.bytes) return corrupt('addresses that are cut short');
  return bytes.length < length ? PARTIAL : readWhole(bytes.subarray(0, length), family);
}

function readWhole(header: Uint8Array, family: Family): HeaderReading {
  const start = HEAD_BYTES + family.bytes;
  const client = family.client(header.subarray(HEAD_BYTES, start));
  const extensions = readExtensions(header, start);
  if (extensions.problem !== undefined) return corrupt(extensions.problem, client);
  return { state: 'forwarded', bytes: header.length, client, identity: extensions.identity };
}

function portAt(addresses: Uint8Array, at: number): number {
  return (addresses[at]! << 8) | addresses[at + 1]!;
}

function ipv6At(addresses: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, group) => portAt(addresses, group * 2).toString(16));
  return canonicalIpv6(groups.join(':'));
}

/** The path of the client's socket. Most clients have none, and it may be abstract: then nothing is told. */
function unixClient(addresses: Uint8Array): PeerAddress | undefined {
  const field = addresses.subarray(0, 108);
  const end = field.indexOf(0);
  const path = Buffer.from(field.subarray(0, end === -1 ? field.length : end)).toString();
  return path === '' ? undefined : { address: path, port: 0 };
}
