/** The port to whoever decides what clients may do. */
import type { PeerAddress } from '../base/log-events.ts';
import type { ProtocolVersion } from '../protocol/packet.ts';
import type { ReasonCode } from '../protocol/reason.ts';

/** What a client says of itself in CONNECT, and where it came in. */
export interface Credentials {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly version: ProtocolVersion;
  readonly peer: PeerAddress;
  readonly listenerPort: number;
  /** Whether the listener lets clients in that no backend knows. */
  readonly allowAnonymous: boolean;
}

/** Who a client turned out to be: what later questions are asked about. */
export interface Principal {
  readonly clientId: string;
  readonly username?: string;
}

/** The answer to one step of authentication. `data` goes to the client as Authentication Data. */
export type Verdict =
  | { readonly outcome: 'accepted'; readonly principal: Principal; readonly data?: Uint8Array }
  | { readonly outcome: 'challenge'; readonly data?: Uint8Array }
  | { readonly outcome: 'refused'; readonly reasonCode: ReasonCode; readonly reason?: string };

/** One enhanced authentication under way, §4.12. */
export interface Exchange {
  /** The client's next data: of the CONNECT, then of each AUTH. */
  step(data: Uint8Array | undefined): Verdict | Promise<Verdict>;
}

/**
 * Who may do what. An answer that takes time is a promise: the connection then reads nothing until it is there,
 * so order is kept. A promise that rejects counts as no.
 */
export interface Access {
  /** Asked once per CONNECT without an authentication method. */
  authenticate(credentials: Credentials): Verdict | Promise<Verdict>;
  /** Begins an enhanced authentication; undefined if the method is not supported. */
  exchange(method: string, credentials: Credentials): Exchange | undefined;
  mayPublish(principal: Principal, topic: string): boolean | Promise<boolean>;
  maySubscribe(principal: Principal, filter: string): boolean | Promise<boolean>;
  /** Asked for every delivery, so it answers at once. */
  mayReceive(principal: Principal, topic: string): boolean;
}
