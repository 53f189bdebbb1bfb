/** Where a listener listens: its line, its interface and its family made into addresses. */
import { lookup } from 'node:dns/promises';
import { readdirSync } from 'node:fs';
import { SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';
import type { ListenerConfig } from '../config/config.ts';
import type { Place } from '../transport/listener.ts';
import { systemText } from './system-text.ts';

/** What is known of this machine and its names. */
export interface Surroundings {
  readonly lookup: (host: string) => Promise<readonly { address: string; family: number }[]>;
  /** The addresses of the interfaces that are up, by name. */
  readonly addresses: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** The names of all interfaces. */
  readonly interfaces: () => readonly string[];
}

/** One socket to open, or why there is none: the listener does without it, or cannot be. Texts are complete. */
export type Step =
  | { readonly place: Place }
  | { readonly family: 4 | 6; readonly warning: string }
  | { readonly family: 4 | 6; readonly error: string };

/** All sockets of a listener, in order; or why it cannot have any. */
export type Plan = { readonly steps: readonly Step[] } | { readonly error: string };

/** An address to listen on; without a host, all addresses of the family. */
interface Address {
  readonly host: string | undefined;
  readonly family: 4 | 6;
}

const ALL: readonly Address[] = [
  { host: undefined, family: 4 },
  { host: undefined, family: 6 },
];

/** Bytes of the longest path that a Unix socket can have on Linux: 108 with the NUL at its end. */
const PATH_BYTES = 107;

const SYSTEM: Surroundings = {
  lookup: (host) => lookup(host, { all: true }),
  addresses: networkInterfaces,
  interfaces: namesOfInterfaces,
};

/** Makes the plan of a listener; resolves its host if it has one. */
export async function planOf(config: ListenerConfig, surroundings: Surroundings = SYSTEM): Promise<Plan> {
  const { host, port, unixPath, socket_domain: domain, bind_interface: name } = config;
  if (unixPath !== undefined) return planOfPath(unixPath);
  const found = host === undefined ? ALL : await resolve(host, surroundings);
  if (typeof found === 'string') return { error: found };
  const wanted = domain === undefined ? found : found.filter(({ family }) => family === FAMILY_OF[domain]);
  if (wanted.length === 0)
    return { error: 'Error creating listener: Address family for hostname not supported.' };
  if (name === undefined) return { steps: wanted.map((address) => ({ place: { port, ...address } })) };
  return { steps: wanted.flatMap((address) => stepsOn(name, address, port, surroundings)) };
}

const FAMILY_OF = { ipv4: 4, ipv6: 6 } as const;

function planOfPath(path: string): Plan {
  if (Buffer.byteLength(path) > PATH_BYTES)
    return { error: `Error: Path to unix socket is too long "${path}".` };
  return { steps: [{ place: { path } }] };
}

/** The addresses of a host, each once; or the error. */
async function resolve(host: string, surroundings: Surroundings): Promise<readonly Address[] | string> {
  try {
    const found = await surroundings.lookup(host);
    const addresses = new Map(found.map(({ address, family }) => [address, family]));
    return [...addresses].map(([address, family]) => ({ host: address, family: family === 4 ? 4 : 6 }));
  } catch (error) {
    return `Error creating listener: ${systemText(error as NodeJS.ErrnoException)}.`;
  }
}

/**
 * The sockets for an address on one interface: a host must be an address of the interface, and all addresses of a
 * family are those that the interface has.
 */
function stepsOn(name: string, { host, family }: Address, port: number, surroundings: Surroundings): Step[] {
  const here = addressesOf(name, family, surroundings);
  if (here === undefined) return [{ family, error: `Error: Interface ${name} does not exist.` }];
  if (here.length === 0) {
    return [{ family, warning: `Warning: Interface ${name} does not support IPv${family} configuration.` }];
  }
  const wanted = host === undefined ? here : here.filter((address) => isSame(address, host, family));
  if (wanted.length === 0) {
    const mismatch = `Interface address for ${name} does not match specified listener address (${host}).`;
    return [{ family, error: `Error: ${mismatch}` }];
  }
  return wanted.map((address) => ({ place: { port, host: address, family } }));
}

/** The addresses of an interface, which goes by its name in any case, as in Mosquitto; undefined if it is not there. */
function addressesOf(
  name: string,
  family: 4 | 6,
  { addresses, interfaces }: Surroundings,
): readonly string[] | undefined {
  const isMeant = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
  const found = Object.entries(addresses()).find(([other]) => isMeant(other));
  if (found === undefined) return interfaces().some(isMeant) ? [] : undefined;
  const [exact, infos = []] = found;
  return infos.filter((info) => info.family === `IPv${family}`).map((info) => withZone(info, exact));
}

/** A link-local address counts on its link only, so it needs the link's name. */
function withZone({ address, family, ...info }: NetworkInterfaceInfo, name: string): string {
  const isLinkLocal = family === 'IPv6' && 'scopeid' in info && info.scopeid !== 0;
  return isLinkLocal ? `${address}%${name}` : address;
}

function isSame(one: string, other: string, family: 4 | 6): boolean {
  return canonical(one, family) === canonical(other, family);
}

function canonical(address: string, family: 4 | 6): string {
  const [plain = ''] = address.split('%');
  return new SocketAddress({ address: plain, family: `ipv${family}` }).address;
}

/** Also of those that are down or have no address. */
function namesOfInterfaces(): readonly string[] {
  try {
    return readdirSync('/sys/class/net');
  } catch {
    return []; // not Linux: then an interface without addresses counts as not there
  }
}
