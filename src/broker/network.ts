/** Whom to count together: what one peer can have as many addresses of as it likes is one network. */
import type { PeerAddress } from '../base/log-events.ts';

const GROUPS = 8;
/** Groups of 16 bits that name the network of an IPv6 address. */
const NETWORK_GROUPS = 4;
const MAPPED = '0:0:0:0:0:ffff';

/**
 * The network of a peer: an IPv4 address itself; the /64 of an IPv6 address, of which a single customer gets at least
 * one. Undefined for a Unix socket, whose peers have no address.
 */
export function networkOf({ address, port }: PeerAddress): string | undefined {
  if (port === 0) return undefined;
  if (!address.includes(':')) return address;
  const groups = groupsOf(address);
  // an IPv4 peer of a socket that takes both
  if (groups.slice(0, 6).join(':') === MAPPED) return dotted(groups.slice(6));
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** The eight groups without leading zeros; `::` stands for as many zeros as are missing. */
function groupsOf(address: string): string[] {
  const [withoutZone = ''] = address.toLowerCase().split('%');
  const [front = [], back] = withoutZone.split('::').map(groupsOfSide);
  if (back === undefined) return front;
  const missing = Math.max(0, GROUPS - front.length - back.length);
  return [...front, ...Array.from({ length: missing }, () => '0'), ...back];
}

function groupsOfSide(side: string): string[] {
  if (side === '') return [];
  return side.split(':').flatMap((group) => (group.includes('.') ? pairOf(group) : [unpadded(group)]));
}

function unpadded(group: string): string {
  return group.replace(/^0+(?=.)/, '');
}

/** `1.2.3.4` as `102` and `304`. */
function pairOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16));
}

/** `102` and `304` as `1.2.3.4`. */
function dotted(pair: readonly string[]): string {
  return pair
    .map((group) => parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}
