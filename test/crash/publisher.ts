/** A publisher that keeps its session: what was not acknowledged is sent again, in order, with DUP. */
import { NO_PROPERTIES } from '../../src/protocol/index.ts';
import type { Ack, Packet, Properties, QoS } from '../../src/protocol/index.ts';
import type { Sent } from './ledger.ts';
import type { Random } from '../random.ts';
import { Seat } from './seat.ts';
import type { Stage } from './seat.ts';

/** Something to publish. */
export interface Item {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Bytes beyond the number; undefined for an empty payload. */
  readonly padding: number | undefined;
  /** Seconds. */
  readonly expiry?: number;
}

export interface PublisherOptions {
  readonly clientId: string;
  readonly version: 4 | 5;
  next(random: Random): Item;
  /** Is told of each message: when it goes out first. */
  readonly sent?: (sent: Sent, item: Item) => void;
}

/** A message on its way. */
interface Flow {
  readonly packetId: number;
  readonly sent: Sent;
  readonly item: Item;
  readonly payload: Uint8Array;
  state: 'published' | 'received' | 'released';
  /** Goes again after a reconnection: milliseconds since 1970 when PUBREL is due. */
  releaseAt: number;
}

/** Packet identifiers are few, so that each is used again soon: one that the broker still holds would show. */
const IDENTIFIERS = 60;
const WINDOW = 15;
const EMPTY = new Uint8Array(0);

export class Publisher {
  readonly #seat: Seat;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #options: PublisherOptions;
  /** In the order in which they were sent first. */
  readonly #flows = new Map<number, Flow>();
  #packetId = 0;

  constructor(stage: Stage, options: PublisherOptions, random: Random) {
    this.#stage = stage;
    this.#options = options;
    this.#random = random;
    this.#seat = new Seat(stage, options, random, {
      opened: (sessionPresent) => this.#resume(sessionPresent),
      packet: (packet) => this.#packet(packet),
      closed: () => undefined,
    });
  }

  /** Is everything that was begun finished? */
  get isIdle(): boolean {
    return this.#flows.size === 0;
  }

  get doing(): string {
    const [flow] = this.#flows.values();
    const first = flow === undefined ? 'nothing' : `${flow.sent.number} is ${flow.state}`;
    return `${this.#seat.state}, ${this.#flows.size} flows, ${first}`;
  }

  step(now: number): void {
    this.#seat.step(now);
    if (this.#stage.phase !== 'load') this.#seat.hurry();
    if (!this.#seat.isOpen) return;
    this.#release(now);
    if (this.#stage.phase !== 'load') return;
    for (let burst = this.#random.between(0, 2); burst > 0 && this.#flows.size < WINDOW; burst -= 1)
      this.#begin();
    if (this.#random.chance(0.003)) this.#seat.leave(this.#random.chance(0.3), this.#random.between(0, 60));
    else if (this.#random.chance(0.002)) this.#seat.takeOver();
  }

  #begin(): void {
    const item = this.#options.next(this.#random);
    const sent = this.#stage.ledger.send(item.topic, item.qos, item.expiry);
    this.#options.sent?.(sent, item);
    const flow: Flow = {
      packetId: this.#freeIdentifier(),
      sent,
      item,
      payload: payloadOf(sent, item),
      state: 'published',
      releaseAt: 0,
    };
    this.#flows.set(flow.packetId, flow);
    this.#publish(flow, false);
  }

  #freeIdentifier(): number {
    do this.#packetId = (this.#packetId % IDENTIFIERS) + 1;
    while (this.#flows.has(this.#packetId));
    return this.#packetId;
  }

  #publish({ packetId, item, payload }: Flow, dup: boolean): void {
    const { topic, qos, retain, expiry } = item;
    const properties: Properties = expiry === undefined ? NO_PROPERTIES : { messageExpiryInterval: expiry };
    this.#seat.send({ type: 'publish', topic, payload, qos, retain, dup, packetId, properties });
  }

  #resume(sessionPresent: boolean): void {
    for (const flow of this.#flows.values()) {
      if (flow.state === 'published') this.#publish(flow, sessionPresent);
      else if (sessionPresent) this.#rel(flow);
      else this.#end(flow); // the session is lost, and with it, perhaps, the message: that will show
    }
  }

  #packet(packet: Packet): void {
    if (packet.type !== 'puback' && packet.type !== 'pubrec' && packet.type !== 'pubcomp') return;
    const flow = this.#flows.get(packet.packetId);
    if (flow === undefined) return;
    if (packet.type !== 'pubcomp' && packet.reasonCode >= 0x80) this.#refused(flow, packet);
    else if (packet.type === 'pubrec') this.#received(flow);
    else {
      this.#stage.ledger.acknowledge(flow.sent);
      this.#end(flow);
    }
  }

  #refused(flow: Flow, { type, reasonCode }: Ack): void {
    this.#stage.ledger.fault('refused', `${this.#seat.clientId} got ${type} ${reasonCode}`);
    flow.sent.fate = 'either';
    this.#end(flow);
  }

  /** PUBREC: the message is the broker's now. PUBREL takes its time, so that kills fall between the two. */
  #received(flow: Flow): void {
    this.#stage.ledger.acknowledge(flow.sent);
    if (flow.state === 'released') return this.#rel(flow);
    flow.state = 'received';
    flow.releaseAt = Date.now() + (this.#random.chance(0.5) ? 0 : this.#random.between(1, 30));
    this.#release(Date.now());
  }

  /** Sends the PUBRELs that are due, in the order of the messages. [MQTT-4.6.0-4] */
  #release(now: number): void {
    for (const flow of this.#flows.values()) {
      if (flow.item.qos !== 2 || flow.state === 'released') continue;
      if (flow.state === 'published' || flow.releaseAt > now) return;
      this.#rel(flow);
    }
  }

  #rel(flow: Flow): void {
    flow.state = 'released';
    const { packetId } = flow;
    this.#seat.send({ type: 'pubrel', packetId, reasonCode: 0, properties: NO_PROPERTIES });
  }

  #end(flow: Flow): void {
    this.#flows.delete(flow.packetId);
    this.#stage.ledger.complete(flow.sent);
  }
}

function payloadOf({ number }: Sent, { padding }: Item): Uint8Array {
  return padding === undefined ? EMPTY : new TextEncoder().encode(`${number} ${'x'.repeat(padding)}`);
}
