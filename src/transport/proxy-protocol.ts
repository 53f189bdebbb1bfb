/** The PROXY protocol on accepted sockets: the header comes off, and the client behind the proxy is who has come. */
import type { Socket } from 'node:net';
import type { LogEvents, PeerAddress, ProxyRefusal } from '../base/log-events.ts';
import type { Anteroom, Porter, Refusal, Ruling } from './anteroom.ts';
import type { Arrival, ProxyProtocol } from './arrival.ts';
import type { ForwardedHeader, HeaderReading } from './proxy-header.ts';
import { readVersion1 } from './proxy-v1.ts';
import { readVersion2 } from './proxy-v2.ts';

/** What is demanded of headers. */
export interface ProxyRules {
  readonly version: 1 | 2;
  /** Version 2: the client spoke TLS with the proxy. */
  readonly requireTls: boolean;
  /** Version 2: it showed a certificate that the proxy found valid. */
  readonly requireCertificate: boolean;
}

const READERS: Readonly<Record<1 | 2, (bytes: Uint8Array) => HeaderReading>> = {
  1: readVersion1,
  2: readVersion2,
};

/** Reads headers of one version. Who sends anything else goes at the first byte that shows it. */
export class ProxyReader implements ProxyProtocol, Porter {
  readonly #anteroom: Anteroom;
  readonly #rules: ProxyRules;
  readonly #report: (refusal: LogEvents['proxyRefused']) => void;

  constructor(anteroom: Anteroom, rules: ProxyRules, report: (refusal: LogEvents['proxyRefused']) => void) {
    this.#anteroom = anteroom;
    this.#rules = rules;
    this.#report = report;
  }

  read(socket: Socket, peer: PeerAddress, then: (arrival: Arrival) => void): void {
    this.#anteroom.receive(socket, peer, this, then);
  }

  judge(received: Uint8Array, peer: PeerAddress): Ruling {
    const reading = READERS[this.#rules.version](received);
    switch (reading.state) {
      case 'partial':
        return { verdict: 'wait' };
      case 'local':
        return { verdict: 'leave' };
      case 'corrupt':
        return {
          verdict: 'leave',
          refusal: { peer: reading.client ?? peer, why: 'corrupt header', detail: reading.problem },
        };
      case 'forwarded':
        return this.#judgeClient(reading, reading.client ?? peer);
    }
  }

  refused({ peer, ...refusal }: Refusal): void {
    this.#report({ ...peer, version: this.#rules.version, ...refusal });
  }

  #judgeClient({ identity, bytes }: ForwardedHeader, peer: PeerAddress): Ruling {
    const why = this.#missing(identity);
    if (why !== undefined) return { verdict: 'leave', refusal: { peer, why } };
    return { verdict: 'enter', arrival: { peer, identity }, bytes };
  }

  /** What a client does not have and needs. Version 1 cannot tell: there, the certificate is a matter of our own TLS. */
  #missing(identity: ForwardedHeader['identity']): ProxyRefusal | undefined {
    const { version, requireTls, requireCertificate } = this.#rules;
    if (version === 1) return undefined;
    if (requireTls && identity?.tls === undefined) return 'client without TLS';
    return requireCertificate && identity?.certificate === undefined
      ? 'client without certificate'
      : undefined;
  }
}
