/** What the journal knows of the deliveries and sessions that are kept. */
import type { OutgoingState } from '../flow/outbound.ts';
import type { QoS } from '../protocol/packet.ts';
import type { Change, KeptDelivery } from './change.ts';
import type { Message } from './message.ts';

/** What a delivery is at the moment; the journal looks at it when a commit begins. */
export interface Tracked {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly packetId: number;
  readonly state: OutgoingState;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
}

/**
 * Of a delivery. It is described when a commit begins: one that has begun and ended since the last commit leaves no
 * trace, one that has moved twice moves once.
 */
export class DeliveryRecord {
  readonly key: number;
  readonly #clientId: string;
  readonly #direction: KeptDelivery['direction'];
  readonly tracked: Tracked;
  isKept = false;
  isDone = false;
  /** Whether it is in the list of what the next commit looks at. */
  isListed = false;

  constructor(key: number, clientId: string, direction: KeptDelivery['direction'], tracked: Tracked) {
    this.key = key;
    this.#clientId = clientId;
    this.#direction = direction;
    this.tracked = tracked;
  }

  /** As the store gets it. */
  begun(messageId: number): Change {
    const { qos, retain, packetId, subscriptionIdentifiers } = this.tracked;
    const delivery = {
      clientId: this.#clientId,
      messageId,
      direction: this.#direction,
      qos,
      retain,
      packetId,
      state: this.#state,
      identifiers: subscriptionIdentifiers,
    };
    return { kind: 'delivery', key: this.key, delivery };
  }

  moved(): Change {
    return { kind: 'delivery moved', key: this.key, packetId: this.tracked.packetId, state: this.#state };
  }

  /** Interrupted is what every delivery is that was sent before the broker began. */
  get #state(): KeptDelivery['state'] {
    const { state } = this.tracked;
    return state === 'interrupted' ? 'published' : state;
  }
}

/** Of a session that outlives its connections. */
export class SessionRecord {
  isListed = false;
  hasEnded = false;
  /** Than the store has. */
  hasOtherWill = false;
}

/** A message of QoS 2 that was received and not released, and its record if its session is kept. */
export class Receipt implements Tracked {
  readonly message: Message;
  readonly packetId: number;
  readonly state = 'published';
  readonly subscriptionIdentifiers = undefined;
  record: DeliveryRecord | undefined;

  constructor(message: Message, packetId: number) {
    this.message = message;
    this.packetId = packetId;
  }

  get qos(): QoS {
    return 2;
  }

  get retain(): boolean {
    return this.message.retain;
  }
}
