/** Will messages, §3.1.2.5. */
import type { Deadline } from '../base/timer-wheel.ts';
import { copyOf } from '../protocol/bytes.ts';
import type { Will } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import type { Broker } from './broker.ts';
import { Message } from './message.ts';
import type { Session } from './session.ts';

/** A session's will: from CONNECT until it is published or taken back. */
export class PendingWill implements Deadline {
  second: number | undefined;
  /** When it is published, once its client has gone: milliseconds since 1970. 0 before. */
  dueAt = 0;
  readonly #broker: Broker;
  readonly #session: Session;
  readonly #will: Will;

  /** `topic` of the will is complete: the mount point stands in front. `isKept`: the store has it already. */
  constructor(broker: Broker, session: Session, will: Will, isKept = false) {
    this.#broker = broker;
    this.#session = session;
    this.#will = { ...will, properties: ownBytes(will.properties) };
    if (!isKept) broker.journal?.will(session);
  }

  /**
   * The connection has closed without a DISCONNECT that takes the will back: publishes it after its delay, but
   * no later than the session ends. [MQTT-3.1.2-8] [MQTT-3.1.3-9]
   */
  closed(): void {
    const delay = this.#will.properties.willDelayInterval ?? 0;
    if (delay === 0 || this.#session.expiryInterval === 0) this.wake();
    else this.waitUntil(this.#broker.now + delay * 1000);
  }

  /** Its client has gone, and it is due then: milliseconds since 1970. */
  waitUntil(dueAt: number): void {
    this.dueAt = dueAt;
    this.#broker.wheel.set(this, dueAt);
  }

  /** As the client gave it. */
  get will(): Will {
    return this.#will;
  }

  /** Whether it is kept, and due some time after the broker has ended: a client that is back by then takes it back. */
  get outlivesBroker(): boolean {
    return this.#session.record !== undefined && (this.#will.properties.willDelayInterval ?? 0) > 0;
  }

  /** The will is not to be published. [MQTT-3.1.2-10] */
  cancel(): void {
    this.#broker.wheel.cancel(this);
    this.#session.will = undefined;
    this.#broker.journal?.will(this.#session);
  }

  /** Publishes the will, if its client still may. Once. */
  wake(): void {
    this.cancel();
    const { topic, payload, qos, retain, properties } = this.#will;
    const expiry = properties.messageExpiryInterval;
    const message = new Message({
      topic,
      payload,
      qos,
      retain: retain && this.#broker.settings.retainAvailable, // [MQTT-3.1.2-14] [MQTT-3.1.2-15]
      properties: withoutDelay(properties),
      expiresAt: expiry === undefined ? 0 : this.#broker.now + expiry * 1000,
      publisher: this.#session.clientId,
      source: this.#session.principal,
    });
    this.#broker.publishFor(this.#session.principal, message);
  }
}

/** The same properties, of which none is a view into a received chunk. */
function ownBytes(properties: Properties): Properties {
  const { correlationData } = properties;
  return correlationData === undefined
    ? properties
    : { ...properties, correlationData: copyOf(correlationData) };
}

function withoutDelay(properties: Properties): Properties {
  const { willDelayInterval: _, ...rest } = properties;
  return rest;
}
