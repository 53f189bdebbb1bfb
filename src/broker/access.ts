/** The port to whoever decides what clients may do. */
import type { PeerAddress } from '../base/log-events.ts';
import type { ProtocolVersion, QoS } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Listener } from './limits.ts';

/** A client certificate that the transport has verified. */
export interface Certificate {
  /** The first common name of the subject, if it has one that is UTF-8 without a NUL. */
  readonly commonName: string | undefined;
  /** The subject as RFC 2253 writes it: `CN=sensor,O=Example`. Empty where only the name is known. */
  readonly subject: string;
  /** The certificate itself, DER; undefined where a proxy has seen it and we have not. */
  readonly raw: Uint8Array | undefined;
}

/** What the transport has proved of a peer before its first packet. */
export interface Identity {
  readonly tls?: { readonly version: string; readonly cipher: string };
  readonly certificate?: Certificate;
  /** The identity of a pre-shared key. */
  readonly pskIdentity?: string;
}

/** What a client says of itself in CONNECT, what its transport has proved, and where it came in. */
export interface Credentials {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly version: ProtocolVersion;
  readonly peer: PeerAddress;
  readonly identity: Identity | undefined;
  readonly listener: Listener;
}

/** What the backend that let a client in keeps of it, such as the rights of its token. Others do not look inside. */
export interface Grant {
  /** The name of that backend. */
  readonly by: string;
}

/** Who a client turned out to be: what later questions are asked about. One object per connection of a client. */
export interface Principal {
  readonly clientId: string;
  readonly username?: string;
  /** Where it came in: the rules of that listener count. Undefined for a session whose client has not come back. */
  readonly listener?: Listener;
  /** Of that listener, where it is undefined and the store knows the port: its rules count all the same. */
  readonly port?: number;
  readonly peer?: PeerAddress;
  readonly version?: ProtocolVersion;
  readonly grant?: Grant;
  /** When its credentials end, and its connection with them: milliseconds since 1970. Never without it. */
  readonly expiresAt?: number;
}

/** The message that a question is about, as far as rules may look at it. */
export interface MessageView {
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
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
  mayPublish(principal: Principal, topic: string, message: MessageView): boolean | Promise<boolean>;
  maySubscribe(principal: Principal, filter: string, qos: QoS): boolean | Promise<boolean>;
  mayUnsubscribe(principal: Principal, filter: string): boolean | Promise<boolean>;
  /** Asked for every delivery, so it answers at once. */
  mayReceive(principal: Principal, topic: string, message: MessageView): boolean;
  /** After the rules have changed: whether a client that was let in would be let in now. */
  mayStay(principal: Principal): boolean;
}
