/** What survives a restart, as facts that are recorded one by one and replayed in their order. */
import type { OutgoingState } from '../flow/outbound.ts';
import type { QoS, Will } from '../protocol/packet.ts';
import type { MessageFields } from './message.ts';

/** A message as it is kept: once, however many sessions and the retained messages refer to it. */
export interface KeptMessage extends Omit<MessageFields, 'source'> {
  /** Of its publisher; undefined for one without, and for the broker's own messages. */
  readonly username: string | undefined;
  /** Of the listener where the publisher came in; 0 for unknown. */
  readonly port: number;
}

/** A session that outlives its connections. */
export interface KeptSession {
  readonly clientId: string;
  readonly username: string | undefined;
  /** Of the listener where the client came in; 0 for unknown. */
  readonly port: number;
  /** Seconds it outlives its connection; 0xFFFFFFFF for ever. */
  readonly expiryInterval: number;
  /** When the offline session ends: milliseconds since 1970. 0 while it is connected, and for one that never ends. */
  readonly expiresAt: number;
  /** When its will is due: milliseconds since 1970. 0 while it is connected, and without a will that waits. */
  readonly willAt: number;
  /** When the client came or went last: milliseconds since 1970. */
  readonly seenAt: number;
}

export interface KeptSubscription {
  /** As the client wrote it, after the mount point; with `$share/<name>/`. */
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** 0 for none. */
  readonly identifier: number;
  /** Not all of the retained messages that it asked for have been sent or queued. */
  readonly isReplaying: boolean;
}

/** A message on its way from or to one client. */
export interface KeptDelivery {
  readonly clientId: string;
  /** Of the message. */
  readonly messageId: number;
  /** `in`: QoS 2 between its PUBLISH and its PUBREL. */
  readonly direction: 'in' | 'out';
  readonly qos: QoS;
  readonly retain: boolean;
  /** 0 while it waits to be sent. */
  readonly packetId: number;
  /** How far it has come; `published` for every `in`. */
  readonly state: Exclude<OutgoingState, 'interrupted'>;
  /** Of the subscriptions that matched. */
  readonly identifiers: readonly number[] | undefined;
}

/**
 * One fact. Identifiers of messages and keys of deliveries are integers from 1 to 2^53 - 1 that grow; they are not
 * used again. Every change may be repeated without harm: to add what is there replaces it, to remove what is not there
 * does nothing.
 */
export type Change =
  /** Refers to nothing; comes before all that refers to it. */
  | { readonly kind: 'message kept'; readonly id: number; readonly message: KeptMessage }
  /** Nothing refers to it any more. */
  | { readonly kind: 'message forgotten'; readonly id: number }
  /** In the place of the topic's last one. */
  | { readonly kind: 'retained'; readonly topic: string; readonly id: number }
  | { readonly kind: 'retained cleared'; readonly topic: string }
  /** A session was opened or resumed, its client has gone, or its expiry has changed: as it is now. */
  | { readonly kind: 'session'; readonly session: KeptSession }
  /** With its subscriptions, deliveries and will; messages are forgotten by changes of their own. */
  | { readonly kind: 'session ended'; readonly clientId: string }
  /** Or its options have changed. */
  | { readonly kind: 'subscribed'; readonly clientId: string; readonly subscription: KeptSubscription }
  | { readonly kind: 'unsubscribed'; readonly clientId: string; readonly filter: string }
  /** Keys grow in the order in which a session's deliveries were begun. */
  | { readonly kind: 'delivery'; readonly key: number; readonly delivery: KeptDelivery }
  /** Sent for the first time, or received by the client (PUBREC). */
  | {
      readonly kind: 'delivery moved';
      readonly key: number;
      readonly packetId: number;
      readonly state: KeptDelivery['state'];
    }
  | { readonly kind: 'delivery done'; readonly key: number }
  /** Of a session that is kept; in the place of the one before. Its topic is complete. */
  | { readonly kind: 'will'; readonly clientId: string; readonly will: Will }
  | { readonly kind: 'will cleared'; readonly clientId: string };
