/** What a client remembers of its session, and what it may count on. */
import assert from 'node:assert/strict';
import type { Publish, QoS } from '../../src/protocol/packet.ts';
import { matches, parseShared } from '../../src/topic/topic.ts';
import type { Entry, Ledger } from './ledger.ts';
import { SHARED } from './ledger.ts';

interface Wanted {
  readonly qos: QoS;
  readonly noLocal: boolean;
  /** The step since when the broker has confirmed it; Infinity while that is not known. */
  since: number;
}

/** A message on its way to the broker. */
export interface Outgoing {
  readonly entry: Entry;
  readonly publish: Publish;
  /** PUBREC has come. */
  isReceived: boolean;
}

export class Memory {
  readonly filters: Map<string, Wanted> = new Map();
  /** Filters that were taken back, and the step at which that was confirmed. */
  readonly #left = new Map<string, number>();
  readonly outgoing: Map<number, Outgoing> = new Map();
  /** Messages of QoS 2 that have come and were not released, by packet identifier. */
  readonly incoming: Map<number, number> = new Map();
  /** What must still come. */
  readonly owed: Set<number> = new Set();
  readonly #seen = new Set<number>();
  /** At QoS 2, without RETAIN. */
  readonly #taken = new Set<number>();
  readonly #last = new Map<string, number>();
  readonly #ledger: Ledger;
  readonly #clientId: string;
  /** Seconds the session outlives its connection at least, as far as the client knows. */
  expiry: number;

  constructor(clientId: string, expiry: number, ledger: Ledger) {
    this.#ledger = ledger;
    this.#clientId = clientId;
    this.expiry = expiry;
  }

  wants(filter: string, qos: QoS, noLocal: boolean): void {
    this.filters.set(filter, { qos, noLocal, since: Infinity });
    this.#left.delete(filter);
  }

  /** The broker has confirmed a subscription. */
  has(filter: string, step: number): void {
    this.filters.get(filter)!.since = step;
  }

  /** It is to be taken back, or it may be something else than it was. */
  doubts(filter: string): void {
    const wanted = this.filters.get(filter);
    if (wanted !== undefined) wanted.since = Infinity;
  }

  /** The broker has confirmed that it is no more. */
  left(filter: string, step: number): void {
    this.filters.delete(filter);
    this.#left.set(filter, step);
  }

  /** The message was acknowledged: who has subscribed all the time since before it was sent must get it. */
  owe(entry: Entry): void {
    if (entry.qos === 0 || this.#seen.has(entry.number)) return;
    for (const [filter, { qos, noLocal, since }] of this.filters) {
      if (qos === 0 || since >= entry.sentAt || (noLocal && entry.publisher === this.#clientId)) continue;
      if (matches(filter, entry.topic)) this.owed.add(entry.number);
    }
  }

  /** A message has come that is no repetition as far as packet identifiers tell. */
  got(entry: Entry, { qos, retain, dup }: Publish): void {
    const { number } = entry;
    this.owed.delete(number);
    if (retain) return;
    const name = `message ${number} on ${entry.topic} to ${this.#clientId}`;
    assert.ok(this.#isWanted(entry), `${name}, who has not subscribed`);
    if (qos === 2) {
      assert.ok(!this.#taken.has(number), `${name} twice at QoS 2`);
      this.#taken.add(number);
    }
    if (this.#seen.has(number))
      assert.ok(qos === 1 || dup || entry.wasRepeated || entry.isWill, `${name} twice`);
    else this.#checkOrder(entry, qos, name);
    this.#seen.add(number);
  }

  /** [MQTT-4.6.0-5] */
  #checkOrder(entry: Entry, qos: QoS, name: string): void {
    const { topic, publisher, number } = entry;
    if (entry.isWill || topic.startsWith(SHARED)) return;
    const key = `${publisher} ${topic} ${entry.qos} ${qos}`;
    const last = this.#last.get(key) ?? 0;
    assert.ok(number > last || this.#mayComeLate(entry, qos), `${name} comes after ${last}`);
    this.#last.set(key, Math.max(last, number));
  }

  /** A repetition of what this client has missed at the first time, or what the broker refused then. */
  #mayComeLate(entry: Entry, qos: QoS): boolean {
    const wasRefused = entry.sentAt <= this.#ledger.troubleUntil;
    return entry.wasRepeated && (wasRefused || qos === 0 || entry.expires || !this.wasThere(entry));
  }

  /** Whether a subscription has been there since before the message was sent. */
  wasThere(entry: Entry): boolean {
    return [...this.filters].some(
      ([filter, { since }]) => since < entry.sentAt && matches(bare(filter), entry.topic),
    );
  }

  #isWanted({ topic, publisher, sentAt }: Entry): boolean {
    for (const [filter, { noLocal }] of this.filters) {
      if (matches(bare(filter), topic) && !(noLocal && publisher === this.#clientId)) return true;
    }
    for (const [filter, step] of this.#left) if (sentAt <= step && matches(bare(filter), topic)) return true;
    return false;
  }
}

function bare(filter: string): string {
  return parseShared(filter)?.filter ?? filter;
}
