/** The port to whoever changes messages and subscriptions on their way, or watches what happens: plugins. */
import type { DisconnectCause } from '../base/log-events.ts';
import type { Connect, SubscriptionRequest } from '../protocol/packet.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Identity, Principal } from './access.ts';
import type { Message } from './message.ts';

/** What goes on, as it came or another in its place; or the reason code with which it is refused. */
export type Admission<T> = T | ReasonCode;

/**
 * What is asked and told at each point of a message's and a client's way, after `Access` has said yes. A member that
 * is not there costs one check. None may throw or call back into the broker: what it wants done is done later. A
 * promise must settle, and not reject: while the broker waits for it, it reads nothing from that client.
 */
export interface Hooks {
  /** A message that a client publishes, or its will. A message of QoS 2 is asked about once. */
  readonly messageIn?: (
    principal: Principal,
    message: Message,
  ) => Admission<Message> | Promise<Admission<Message>>;
  /** A message for one subscriber, once per delivery and at once; undefined drops it. */
  readonly messageOut?: (principal: Principal, message: Message) => Message | undefined;
  /** A subscription that a client asks for; its filter is complete, with the mount point. */
  readonly subscribing?: (
    principal: Principal,
    request: SubscriptionRequest,
  ) => Admission<SubscriptionRequest> | Promise<Admission<SubscriptionRequest>>;
  /** A filter that a client takes back. */
  readonly unsubscribing?: (
    principal: Principal,
    filter: string,
  ) => Admission<string> | Promise<Admission<string>>;
  /**
   * A message to a topic below `$CONTROL/`: false if nobody answers there. Such a message is never distributed.
   * Without this member these topics are closed.
   */
  readonly control?: (principal: Principal, message: Message) => boolean | Promise<boolean>;
  /** CONNACK is sent; what is under way for the client follows. */
  readonly connected?: (principal: Principal, connect: Connect, identity: Identity | undefined) => void;
  /** The connection is gone; the will, if it is due, is not published yet. */
  readonly disconnected?: (principal: Principal, cause: DisconnectCause, sessionKept: boolean) => void;
  /** A subscription was made; `granted` has the QoS it got. */
  readonly subscribed?: (principal: Principal, granted: SubscriptionRequest) => void;
  /** A subscription was taken back by its client. */
  readonly unsubscribed?: (principal: Principal, filter: string) => void;
  /** About once a second; milliseconds since 1970. */
  readonly tick?: (now: number) => void;
}

/** Nobody asks and nobody watches. */
export const NO_HOOKS: Hooks = Object.freeze({});

/** Topics of requests to the broker and its plugins. */
export function isControlTopic(topic: string): boolean {
  return topic.startsWith('$CONTROL/');
}
