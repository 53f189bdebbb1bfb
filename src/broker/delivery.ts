/** A message on its way to one subscriber. */
import type { Outgoing, OutgoingState } from '../flow/outbound.ts';
import type { QoS } from '../protocol/packet.ts';
import type { Message } from './message.ts';
import type { ShareGroup } from './shared.ts';

/** A message, and how this one subscriber gets it: QoS, RETAIN flag and subscription identifiers. */
export class Delivery implements Outgoing {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Of the subscriptions that matched; undefined for none. [MQTT-3.3.4-3] */
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** The group it was chosen for: should this member go, another may have it. */
  readonly group: ShareGroup | undefined;
  packetId = 0;
  state: OutgoingState = 'waiting';
  /** It could not be sent at once. */
  waited = false;

  constructor(
    message: Message,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    group: ShareGroup | undefined,
  ) {
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.group = group;
  }

  get payloadBytes(): number {
    return this.message.payloadBytes;
  }
}
