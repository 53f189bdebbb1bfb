/** Application messages as a client sends and receives them. */
import type { Outgoing, OutgoingState } from '../flow/outbound.ts';
import { allocateKept, copyOf } from '../protocol/bytes.ts';
import type { Publish, QoS } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';

const text = new TextDecoder();

/** Payloads up to this size are copied into shared slabs; larger ones get memory of their own. Bytes. */
const LARGEST_POOLED = 2048;
const SLAB_BYTES = 64 * 1024;

/** What a user property takes besides its text, and a subscription identifier takes. Bytes. */
const PAIR = 64;
const NUMBER = 8;
const NO_PAIRS: readonly (readonly [string, string])[] = [];

let slab: Uint8Array = new Uint8Array(0);
let slabAt = 0;

/** A copy of what is a view into a received chunk, so that the chunk can go. */
function keptPayload(payload: Uint8Array): Uint8Array {
  if (payload.length > LARGEST_POOLED) return copyOf(payload);
  if (slabAt + payload.length > slab.length) {
    slab = allocateKept(SLAB_BYTES);
    slabAt = 0;
  }
  const kept = slab.subarray(slabAt, slabAt + payload.length);
  kept.set(payload);
  slabAt += payload.length;
  return kept;
}

/** What outlives the chunk, without the alias, which names no topic once the connection is gone. */
function keptProperties(properties: Properties): Properties {
  if (properties.topicAlias === undefined && properties.correlationData === undefined) return properties;
  const { topicAlias: _, ...rest } = properties;
  const { correlationData } = rest; // it stays in its place: who prints properties prints them as they came
  if (correlationData !== undefined) return { ...rest, correlationData: copyOf(correlationData) };
  return rest;
}

/** A message that was received. It is yours to keep. */
export class Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  /** It was retained by the server when the subscription began; or, with `retainAsPublished`, published so. */
  readonly retain: boolean;
  /** It may have been sent before. */
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly properties: Properties;
  /** The alias that the server set or used for the topic. */
  readonly topicAlias: number | undefined;

  /** `topic` is resolved: it stands for an alias where the packet has one. */
  constructor(packet: Publish, topic: string) {
    this.topic = topic;
    this.payload = keptPayload(packet.payload);
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.dup = packet.dup;
    this.packetId = packet.packetId;
    this.properties = keptProperties(packet.properties);
    this.topicAlias = packet.properties.topicAlias;
  }

  /** The payload as UTF-8 text. */
  text(): string {
    return text.decode(this.payload);
  }

  /** The payload as JSON; throws a `SyntaxError` if it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

/** About the bytes that a message keeps in memory: what the server can make large. */
export function weightOf({ topic, payload, properties }: Message): number {
  const size = topic.length + payload.length;
  return properties === NO_PROPERTIES ? size : size + weightOfProperties(properties);
}

function weightOfProperties(properties: Properties): number {
  const { contentType, responseTopic, correlationData, userProperties, subscriptionIdentifiers } = properties;
  let weight = NUMBER * (subscriptionIdentifiers?.length ?? 0);
  weight += (contentType?.length ?? 0) + (responseTopic?.length ?? 0) + (correlationData?.length ?? 0);
  for (const [name, value] of userProperties ?? NO_PAIRS) weight += PAIR + name.length + value.length;
  return weight;
}

/** What came of a PUBLISH. */
export interface Published {
  /** Of PUBACK or PUBREC, below 0x80: 0, or 0x10 if nobody has subscribed. At QoS 0 and before MQTT 5.0 it is 0. */
  readonly reasonCode: number;
  /** 0 at QoS 0. */
  readonly packetId: number;
}

/** A message on its way to the server. */
export class Publication implements Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
  packetId = 0;
  sequence = 0;
  state: OutgoingState = 'waiting';
  /** The code of the PUBREC; PUBCOMP may say no more than that it is done. */
  reasonCode = 0;
  /** Its key in the outbox, while it is there. */
  stored: number | undefined;
  /** Told before it is sent, and when the server has received it (PUBREC): `packetId` and `state` are new. */
  progressed: ((publication: Publication) => void) | undefined;
  /** Called once: with nothing if the flow is complete, or with why it will not be. */
  readonly settle: (error?: Error) => void;

  constructor(
    message: Pick<Publication, 'topic' | 'payload' | 'qos' | 'retain' | 'properties'>,
    settle: (error?: Error) => void,
  ) {
    this.topic = message.topic;
    this.payload = message.payload;
    this.qos = message.qos;
    this.retain = message.retain;
    this.properties = message.properties;
    this.settle = settle;
  }

  get payloadBytes(): number {
    return this.payload.length;
  }
}
