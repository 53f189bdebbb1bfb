/** What the header of the PROXY protocol says, whatever its version; what is common to reading both. */
import { SocketAddress } from 'node:net';
import type { PeerAddress } from '../base/log-events.ts';
import type { Identity } from '../broker/access.ts';

/** What the first bytes of a socket amount to. */
export type HeaderReading =
  /** The beginning of a header, or nothing yet. */
  | { readonly state: 'partial' }
  /** No header, or a wrong one. `problem` is a phrase without a final dot; the client is told where it was read. */
  | { readonly state: 'corrupt'; readonly problem: string; readonly client?: PeerAddress | undefined }
  /** The proxy speaks for itself: it wants to know whether somebody is there. */
  | { readonly state: 'local' }
  | ForwardedHeader;

/** The proxy brings a client. */
export interface ForwardedHeader {
  readonly state: 'forwarded';
  /** Bytes of the header; what follows is the client's. */
  readonly bytes: number;
  /** Undefined where the proxy does not know, or has no words for it: the proxy's own address then stands for it. */
  readonly client: PeerAddress | undefined;
  /** What TLS proved to the proxy. It has `tls` if the client spoke TLS and `certificate` if it showed a valid one. */
  readonly identity: Identity | undefined;
}

/** Version 1 begins with these bytes. */
export const START_1: Uint8Array = Buffer.from('PROXY ');
/** Version 2 begins with these, which no other protocol does. */
export const START_2: Uint8Array = Buffer.from('\r\n\r\n\0\r\nQUIT\n');

export const PARTIAL: HeaderReading = { state: 'partial' };

export function corrupt(problem: string, client?: PeerAddress): HeaderReading {
  return { state: 'corrupt', problem, client };
}

/** Whether the bytes are, or may become, some that begin with `start`. */
export function beginsAs(bytes: Uint8Array, start: Uint8Array): boolean {
  const length = Math.min(bytes.length, start.length);
  for (let at = 0; at < length; at++) if (bytes[at] !== start[at]) return false;
  return true;
}

/** An IPv6 address as RFC 5952 writes it, so that one client has one name. */
export function canonicalIpv6(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}
