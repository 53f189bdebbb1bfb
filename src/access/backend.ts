/** One source of decisions: a password file, an ACL file, a plugin, a web service. */
import type { Credentials, Exchange, Grant, MessageView, Principal } from '../broker/access.ts';
import type { QoS } from '../protocol/packet.ts';
import type { ReasonCode } from '../protocol/reason.ts';

/**
 * Whether a client may do something. `defer`: this backend knows the client, does not say yes, and lets another
 * one say so; if all defer it is a no. `ignore`: as if the backend were not there.
 */
export type Answer = 'allow' | 'deny' | 'defer' | 'ignore';

/** A client is who it says. */
export interface Accepted {
  readonly outcome: 'accepted';
  /** Another user name than the client gave. */
  readonly username?: string;
  /** Another client identifier. */
  readonly clientId?: string;
  /** What the backend wants to find again in the principal. */
  readonly grant?: Grant;
  /** When the client's credentials end, and its connection with them: milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** Whether a client is who it says. */
export type LoginAnswer =
  | Accepted
  | { readonly outcome: 'refused'; readonly reasonCode: ReasonCode; readonly reason?: string }
  | 'defer'
  | 'ignore';

/**
 * Backends are asked in the order of the configuration, those for all listeners first; the first that neither
 * defers nor ignores decides. A method that is not there is not asked. None may throw for what a client sent;
 * one that throws all the same, or rejects, counts as a no for the request at hand.
 */
export interface Backend {
  /** For the log: `password_file`, `acl_file`, the name of a plugin. */
  readonly name: string;
  authenticate?(credentials: Credentials): LoginAnswer | Promise<LoginAnswer>;
  /** Begins an enhanced authentication; undefined if the method is not this backend's. */
  exchange?(method: string, credentials: Credentials): Exchange | undefined;
  mayPublish?(principal: Principal, topic: string, message: MessageView): Answer | Promise<Answer>;
  maySubscribe?(principal: Principal, filter: string, qos: QoS): Answer | Promise<Answer>;
  mayUnsubscribe?(principal: Principal, filter: string): Answer | Promise<Answer>;
  /** Asked for every delivery: quick, and at once. */
  mayReceive?(principal: Principal, topic: string, message: MessageView): Answer;
  /** The pre-shared key of an identity, for TLS-PSK; undefined if it is not known here. At once: TLS does not wait. */
  pskKey?(identity: string): Uint8Array | undefined;
  /** After a reload: false if the client would not be let in any more; undefined if this backend has no say. */
  mayStay?(principal: Principal): boolean | undefined;
  /** Lets go of connections, watchers and timers. */
  close?(): void | Promise<void>;
}
