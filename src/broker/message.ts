/** An application message inside the broker, and its frames. */
import { copyOf, packed, unpacked } from '../protocol/bytes.ts';
import { propertyBlock } from '../protocol/encode.ts';
import type { ProtocolVersion, QoS } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { publishFrame, stamped } from '../protocol/publish-frame.ts';
import type { Principal } from './access.ts';
import type { Clock } from './clock.ts';

/** Payloads up to this size are kept packed; larger ones as an array of their own. Bytes. */
const LARGEST_PACKED = 2048;

/**
 * The message whose frames are at hand: the one that is delivered just now. Frames are made for the subscribers of one
 * publication, and small ones come out of a shared pool: a message that waits for days must not keep one.
 */
const delivered: { message: Message | undefined } = { message: undefined };

/** Lets go of the frames at hand: the last message before a silence may be a large one. */
export function forgetFrames(): void {
  delivered.message?.withoutFrames();
  delivered.message = undefined;
}

export interface MessageFields {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
  /** Milliseconds since 1970; 0 is never. From the Message Expiry Interval. */
  readonly expiresAt: number;
  /** The client identifier of the publisher; empty for the broker's own messages. */
  readonly publisher: string;
  /** Who that was, for `check_retain_source`; undefined for the broker's own messages. */
  readonly source?: Principal | undefined;
}

/** A frame that is shared by all subscribers of one layout, and what it depends on. */
interface SharedFrame {
  readonly bytes: Uint8Array;
  /** The remaining expiry written in it, seconds; -1 for none. */
  readonly expiry: number;
}

/**
 * An application message on its way through the broker. Its payload is a view into the received chunk until
 * `keep` copies it. The frame that subscribers share is encoded once per protocol version.
 */
export class Message implements MessageFields {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
  readonly expiresAt: number;
  readonly publisher: string;
  readonly source: Principal | undefined;
  /** How many hold it; `StoredMessages` counts. */
  holders = 0;
  /** How many kept deliveries and retained messages refer to it, where there is a store; the journal counts. */
  references = 0;
  /** Its identifier in the store, while it is kept there; else 0. */
  storedId = 0;
  /** Its place in the order in which messages were retained; 0 if it is not. */
  retainedAs = 0;
  /** Packed if it is kept and small. */
  #payload: Uint8Array | string;
  #isKept = false;
  /** At QoS 0: the frame itself. */
  #frame3: Uint8Array | undefined;
  #frame5: SharedFrame | undefined;
  /** At QoS 1 and 2: the first frame that was made, to be stamped for the next subscriber. */
  #first3: Uint8Array | undefined;
  #first5: SharedFrame | undefined;

  constructor(fields: MessageFields) {
    this.topic = fields.topic;
    this.qos = fields.qos;
    this.retain = fields.retain;
    this.properties = fields.properties;
    this.expiresAt = fields.expiresAt;
    this.publisher = fields.publisher;
    this.source = fields.source;
    this.#payload = fields.payload;
  }

  get payload(): Uint8Array {
    return typeof this.#payload === 'string' ? unpacked(this.#payload) : this.#payload;
  }

  get payloadBytes(): number {
    return this.#payload.length;
  }

  /** Makes the message outlive the tick: its bytes are copied out of the received chunk, once. */
  keep(): this {
    if (this.#isKept) return this;
    this.#isKept = true;
    const { payload } = this;
    this.#payload = payload.length > LARGEST_PACKED ? copyOf(payload) : packed(payload);
    this.#frame3 = undefined;
    this.#frame5 = undefined;
    const { correlationData } = this.properties;
    if (correlationData !== undefined) {
      (this as { properties: Properties }).properties = {
        ...this.properties,
        correlationData: copyOf(correlationData),
      };
    }
    return this;
  }

  /** Whether the message has expired. [MQTT-3.3.2-5] */
  expired(now: number): boolean {
    return this.expiresAt !== 0 && now >= this.expiresAt;
  }

  /**
   * Takes the bytes the message came in as the shared frame of its version: at QoS 0, without RETAIN and topic
   * alias, what goes out is what came in.
   */
  adopt(frame: Uint8Array, version: ProtocolVersion): void {
    if (version !== 5) this.#frame3 = frame;
    else this.#frame5 = { bytes: frame, expiry: this.properties.messageExpiryInterval ?? -1 };
  }

  /** The frame at QoS 0 without RETAIN, shared by all subscribers of a version. */
  sharedFrame(version: ProtocolVersion, clock: Clock): Uint8Array {
    if (version !== 5) {
      if (this.#frame3 !== undefined) return this.#frame3;
      this.#takeTurn();
      return (this.#frame3 = publishFrame(0, this.topic, 0, undefined, false, this.payload));
    }
    const expiry = this.#remaining(clock);
    if (this.#frame5?.expiry === expiry) return this.#frame5.bytes;
    this.#takeTurn();
    const bytes = publishFrame(0, this.topic, 0, this.#block(clock), true, this.payload);
    this.#frame5 = { bytes, expiry };
    return bytes;
  }

  /** A frame at QoS 1 or 2 for one subscriber: the first is encoded, the others are stamped copies. */
  stampedFrame(version: ProtocolVersion, flags: number, packetId: number, clock: Clock): Uint8Array {
    if (version !== 5) {
      if (this.#first3 !== undefined) return stamped(this.#first3, flags, packetId);
      this.#takeTurn();
      return (this.#first3 = publishFrame(flags, this.topic, packetId, undefined, false, this.payload));
    }
    const expiry = this.#remaining(clock);
    if (this.#first5?.expiry === expiry) return stamped(this.#first5.bytes, flags, packetId);
    this.#takeTurn();
    const bytes = publishFrame(flags, this.topic, packetId, this.#block(clock), true, this.payload);
    this.#first5 = { bytes, expiry };
    return bytes;
  }

  /** The properties as they go out now: the expiry is what remains of it. [MQTT-3.3.2-6] */
  propertiesAt(clock: Clock): Properties {
    if (this.expiresAt === 0) return this.properties;
    return { ...this.properties, messageExpiryInterval: this.#remaining(clock) };
  }

  /** From now on the frames of this message are at hand, and those of the one before are not. */
  #takeTurn(): void {
    if (delivered.message === this) return;
    delivered.message?.withoutFrames();
    delivered.message = this;
  }

  /** They are made again for whoever still needs one. */
  withoutFrames(): void {
    this.#frame3 = undefined;
    this.#frame5 = undefined;
    this.#first3 = undefined;
    this.#first5 = undefined;
  }

  #block(clock: Clock): Uint8Array | undefined {
    const properties = this.propertiesAt(clock);
    return properties === NO_PROPERTIES ? undefined : propertyBlock(properties);
  }

  #remaining(clock: Clock): number {
    return this.expiresAt === 0 ? -1 : Math.max(0, Math.ceil((this.expiresAt - clock.now()) / 1000));
  }
}
