/** What clients were told, and what came of it. */
import type { QoS } from '../../src/protocol/packet.ts';

/** A message that was sent, and how much its publisher knows of it. */
export interface Sent {
  /** Grows; the payload begins with it. */
  readonly number: number;
  readonly topic: string;
  readonly qos: QoS;
  /** When it was sent first: by the ledger's clock, and in milliseconds since 1970. */
  readonly first: number;
  readonly firstAt: number;
  /** Seconds; undefined for a message that does not expire. */
  readonly expiry: number | undefined;
  /** PUBACK or PUBREC has come: the broker answers for it. */
  acknowledged: boolean;
  /** PUBACK or PUBCOMP has come, by the ledger's clock: it has gone to all subscribers; 0 before. */
  done: number;
  doneAt: number;
  /** Of a will: must it be published? */
  fate: 'required' | 'forbidden' | 'either' | undefined;
}

/** What is counted: first what happened, then what must not. */
export const COUNTS = {
  kills: 'kills',
  stops: 'stops',
  acknowledged1: 'acknowledged QoS 1',
  acknowledged2: 'acknowledged QoS 2',
  received: 'received',
  again: 'received again, as QoS 1 may',
  lost: 'lost',
  duplicated: 'QoS 2 twice',
  disordered: 'out of order',
  sessions: 'sessions lost',
  subscriptions: 'subscriptions lost or wrong',
  retained: 'retained lost or wrong',
  wills: 'wills lost or wrong',
  expiry: 'expiry wrong',
  stuck: 'left in flight',
  refused: 'refused or closed by the broker',
  broken: 'malformed, or broker gone by itself',
} as const;

export type Count = keyof typeof COUNTS;

/** Those that must be 0 when nothing may be lost. */
export const FAULTS: readonly Count[] = [
  'lost',
  'duplicated',
  'disordered',
  'sessions',
  'subscriptions',
  'retained',
  'wills',
  'expiry',
  'stuck',
  'refused',
  'broken',
];

/** Examples kept of each fault. */
const EXAMPLES = 8;

export class Ledger {
  readonly counts: Record<Count, number> = Object.fromEntries(
    Object.keys(COUNTS).map((count) => [count, 0]),
  ) as Record<Count, number>;
  /** The first of each fault, in words. */
  readonly examples: string[] = [];
  /** Which round it is, for the examples. */
  round = 0;
  readonly #messages = new Map<number, Sent>();
  #clock = 0;
  #number = 0;
  /** Messages up to this number are settled: none of them may come any more. */
  #settled = 0;

  /** One more event: everything that happens has a place in one order. */
  tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  /** The time of the next event. */
  get now(): number {
    return this.#clock + 1;
  }

  /** Enters a message that is about to be sent. */
  send(topic: string, qos: QoS, expiry?: number): Sent {
    this.#number += 1;
    const sent: Sent = {
      number: this.#number,
      topic,
      qos,
      first: this.tick(),
      firstAt: Date.now(),
      expiry,
      acknowledged: false,
      done: 0,
      doneAt: 0,
      fate: undefined,
    };
    this.#messages.set(sent.number, sent);
    return sent;
  }

  acknowledge(sent: Sent): void {
    if (sent.acknowledged) return;
    sent.acknowledged = true;
    this.count(sent.qos === 2 ? 'acknowledged2' : 'acknowledged1');
  }

  complete(sent: Sent): void {
    sent.done = this.tick();
    sent.doneAt = Date.now();
  }

  /** The message with this number; undefined for one that was settled, or was never sent. */
  find(number: number): Sent | undefined {
    return this.#messages.get(number);
  }

  isSettled(number: number): boolean {
    return number <= this.#settled;
  }

  messages(): Iterable<Sent> {
    return this.#messages.values();
  }

  /** Everything sent so far has been judged. */
  settle(): void {
    this.#settled = this.#number;
    this.#messages.clear();
  }

  count(count: Count, by = 1): void {
    this.counts[count] += by;
  }

  /** Counts a fault, and keeps the first few in words. */
  fault(count: Count, text: string): void {
    this.count(count);
    if (this.counts[count] <= EXAMPLES) this.examples.push(`round ${this.round}, ${COUNTS[count]}: ${text}`);
  }

  /** All faults together. */
  get faults(): number {
    return FAULTS.reduce((sum, count) => sum + this.counts[count], 0);
  }
}
