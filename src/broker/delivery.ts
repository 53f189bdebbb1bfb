/** A message on its way to one subscriber. */
import type { Outgoing, OutgoingState } from '../flow/outbound.ts';
import type { QoS } from '../protocol/packet.ts';
import type { Message } from './message.ts';
import type { DeliveryRecord } from './records.ts';
import type { ShareGroup } from './shared.ts';

/** Why a member of a shared group gets a message: should it go, another may have the message in its place. */
export interface Choice {
  readonly group: ShareGroup;
  /** As it was published: a plugin may show each member something else. */
  readonly message: Message;
}

/** A message, and how this one subscriber gets it: QoS, RETAIN flag and subscription identifiers. */
export class Delivery implements Outgoing {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Of the subscriptions that matched; undefined for none. [MQTT-3.3.4-3] */
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** Undefined for a subscription that is not shared. */
  readonly choice: Choice | undefined;
  packetId = 0;
  sequence = 0;
  state: OutgoingState = 'waiting';
  /** It could not be sent at once. */
  waited = false;
  /** To a session that is kept. */
  record: DeliveryRecord | undefined;

  constructor(
    message: Message,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    choice: Choice | undefined,
  ) {
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.choice = choice;
  }

  get payloadBytes(): number {
    return this.message.payloadBytes;
  }
}
