/** One subscription of one session. */
import type { QoS, RetainHandling, SubscriptionRequest } from '../protocol/packet.ts';
import { parseShared } from '../topic/topic.ts';
import type { Session } from './session.ts';

/** What a level takes in the tree of filters. */
const LEVEL_BYTES = 64;

/**
 * What a session subscribed to. Subscribing again to the same filter changes the options in place [MQTT-3.8.4-3],
 * so whoever holds a subscription sees the new ones.
 */
export class Subscription {
  readonly session: Session;
  /** As the client wrote it, after the mount point: the key in the session. */
  readonly filter: string;
  /** What topics are matched against: without `$share/<name>/`. */
  readonly topicFilter: string;
  readonly shareName: string | undefined;
  qos: QoS = 0;
  noLocal = false;
  retainAsPublished = false;
  retainHandling: RetainHandling = 0;
  /** Retained messages are on their way to it, and a restart must not forget them. */
  isReplaying = false;
  /** A list of one, so that deliveries share it; undefined for none. */
  identifiers: readonly number[] | undefined;

  constructor(session: Session, filter: string) {
    const shared = parseShared(filter);
    this.session = session;
    this.filter = filter;
    this.topicFilter = shared?.filter ?? filter;
    this.shareName = shared?.shareName;
  }

  /** What its filter takes in memory, about: its text, and the levels that nobody else may have in the tree. */
  get filterBytes(): number {
    let levels = 1;
    for (let at = this.filter.indexOf('/'); at >= 0; at = this.filter.indexOf('/', at + 1)) levels++;
    return this.filter.length + levels * LEVEL_BYTES;
  }

  /** Takes the options of a request; `qos` is what was granted, which may be less. */
  configure(request: SubscriptionRequest, qos: QoS, identifiers: readonly number[] | undefined): void {
    this.qos = qos;
    this.noLocal = request.noLocal;
    this.retainAsPublished = request.retainAsPublished;
    this.retainHandling = request.retainHandling;
    this.identifiers = identifiers;
  }
}
