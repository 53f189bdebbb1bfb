/** What a client remembers between its connections: flows under way and requests without an answer. §4.1 */
import { Inbound } from '../flow/inbound.ts';
import { Outbound } from '../flow/outbound.ts';
import type { OutboundLimits } from '../flow/outbound.ts';
import type { Suback, Unsuback } from '../protocol/packet.ts';
import { MqttError } from './error.ts';
import type { Message, Publication } from './message.ts';

/** Whoever waits for a SUBACK or UNSUBACK. */
export interface Waiting {
  /** Reason codes the answer must have: one a filter. UNSUBACK of 3.x has none. */
  readonly count: number;
  answered(packet: Suback | Unsuback): void;
  failed(error: Error): void;
}

export class Session {
  readonly outbound: Outbound<Publication>;
  /** QoS 2 that was received and not released; the message only where it is handed on when it is released. */
  readonly inbound: Inbound<Message | undefined>;
  readonly #waiting = new Map<number, Waiting>();

  /** `settled` is told of each publication that needs no storing any more. */
  constructor(limits: OutboundLimits, settled: (publication: Publication) => void = () => {}) {
    this.outbound = new Outbound(limits, { settled });
    this.inbound = new Inbound<Message | undefined>({ settled: () => {} });
  }

  /** Messages that were published and are not done. */
  get unfinished(): number {
    return this.outbound.inflight + this.outbound.waiting;
  }

  /** Whether the server owes an answer to what it was asked or sent. */
  get isDue(): boolean {
    return this.unfinished > 0 || this.#waiting.size > 0;
  }

  /** A request goes out under a new packet identifier. */
  expect(waiting: Waiting): number {
    const packetId = this.outbound.reservePacketId();
    this.#waiting.set(packetId, waiting);
    return packetId;
  }

  /** The request that a packet answers; undefined if there is none. */
  answer(packetId: number): Waiting | undefined {
    const waiting = this.#waiting.get(packetId);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(packetId);
    this.outbound.freePacketId(packetId);
    return waiting;
  }

  /** The server has no such session any more, and neither have we [MQTT-3.2.2-5]: messages begin anew. */
  renew(): void {
    this.inbound.clear();
    // PUBREC said that the server has the message: nothing is left to be done
    for (const publication of this.outbound.renew()) publication.settle();
  }

  /** The connection is gone, and answers to requests with it. Flows of messages go on with the next one. */
  suspend(error: Error): void {
    this.outbound.suspend();
    for (const packetId of this.#waiting.keys()) this.answer(packetId)?.failed(error);
  }

  /** The end: nothing goes on. */
  end(error: Error = new MqttError('CLOSED', 'The client was closed')): void {
    this.suspend(error);
    const unfinished = [...this.outbound.unfinished()];
    this.outbound.clear();
    this.inbound.clear();
    for (const publication of unfinished) publication.settle(error);
  }
}
