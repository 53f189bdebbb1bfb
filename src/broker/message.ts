/** An application message inside the broker, and its frames. */
import { copyOf } from '../protocol/bytes.ts';
import { propertyBlock } from '../protocol/encode.ts';
import type { ProtocolVersion, QoS } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { publishFrame, stamped } from '../protocol/publish-frame.ts';
import type { Principal } from './access.ts';
import type { Clock } from './clock.ts';

/** Where the next small payloads are kept: bytes, and how many of them are taken. */
const SLAB = 16 * 1024;
let slab: Uint8Array = new Uint8Array(SLAB);
let slabUsed = 0;

/** Payloads up to this size are copied into shared slabs; larger ones get memory of their own. Bytes. */
const LARGEST_POOLED = 2048;

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
  /** The payload, or what it is a part of: an array of its own for each of a million small ones would cost 100 bytes. */
  #bytes: Uint8Array;
  /** Where the payload begins, once it is kept; -1 before. */
  #at = -1;
  readonly #length: number;
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
    this.#bytes = fields.payload;
    this.#length = fields.payload.length;
  }

  get payload(): Uint8Array {
    if (this.#bytes.length === this.#length) return this.#bytes;
    return this.#bytes.subarray(this.#at, this.#at + this.#length);
  }

  get payloadBytes(): number {
    return this.#length;
  }

  /** Makes the message outlive the tick: its bytes are copied out of the received chunk, once. */
  keep(): this {
    if (this.#at >= 0) return this;
    this.#keepPayload();
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
      return (this.#frame3 ??= publishFrame(0, this.topic, 0, undefined, false, this.payload));
    }
    const expiry = this.#remaining(clock);
    if (this.#frame5?.expiry === expiry) return this.#frame5.bytes;
    const bytes = publishFrame(0, this.topic, 0, this.#block(clock), true, this.payload);
    this.#frame5 = { bytes, expiry };
    return bytes;
  }

  /** A frame at QoS 1 or 2 for one subscriber: the first is encoded, the others are stamped copies. */
  stampedFrame(version: ProtocolVersion, flags: number, packetId: number, clock: Clock): Uint8Array {
    if (version !== 5) {
      if (this.#first3 !== undefined) return stamped(this.#first3, flags, packetId);
      return (this.#first3 = publishFrame(flags, this.topic, packetId, undefined, false, this.payload));
    }
    const expiry = this.#remaining(clock);
    if (this.#first5?.expiry === expiry) return stamped(this.#first5.bytes, flags, packetId);
    const bytes = publishFrame(flags, this.topic, packetId, this.#block(clock), true, this.payload);
    this.#first5 = { bytes, expiry };
    return bytes;
  }

  /** The properties as they go out now: the expiry is what remains of it. [MQTT-3.3.2-6] */
  propertiesAt(clock: Clock): Properties {
    if (this.expiresAt === 0) return this.properties;
    return { ...this.properties, messageExpiryInterval: this.#remaining(clock) };
  }

  /**
   * Copies the payload, a small one into a slab that holds nothing else: were it cut from the pool that frames come from,
   * ten bytes could pin a slab of 64 KiB.
   */
  #keepPayload(): void {
    const payload = this.#bytes;
    this.#at = 0;
    if (payload.length > LARGEST_POOLED) {
      this.#bytes = copyOf(payload);
      return;
    }
    if (slabUsed + payload.length > SLAB) {
      slab = new Uint8Array(SLAB);
      slabUsed = 0;
    }
    slab.set(payload, slabUsed);
    this.#bytes = slab;
    this.#at = slabUsed;
    slabUsed += payload.length;
  }

  #block(clock: Clock): Uint8Array | undefined {
    const properties = this.propertiesAt(clock);
    return properties === NO_PROPERTIES ? undefined : propertyBlock(properties);
  }

  #remaining(clock: Clock): number {
    return this.expiresAt === 0 ? -1 : Math.max(0, Math.ceil((this.expiresAt - clock.now()) / 1000));
  }
}
