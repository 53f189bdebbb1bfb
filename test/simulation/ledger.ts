/** Everything that was ever published, and what was promised for it. */
import assert from 'node:assert/strict';
import type { QoS } from '../../src/protocol/packet.ts';

/** One message; its number is its payload, and grows with every message of its publisher. */
export interface Entry {
  readonly number: number;
  readonly topic: string;
  readonly publisher: string;
  readonly qos: QoS;
  /** When it was sent for the first time: a step of the simulation. */
  readonly sentAt: number;
  /** Has a Message Expiry Interval: nothing is promised. */
  readonly expires: boolean;
  /** Clears what is retained. */
  readonly clears: boolean;
  readonly isWill: boolean;
  /** Was sent again. */
  wasRepeated: boolean;
  /** The publisher knows that the broker has it. */
  isAccepted: boolean;
}

/** Whoever may be promised a message. */
export interface Audience {
  owe(entry: Entry): void;
  /** Whether it has subscribed since before the message was sent. */
  awaits(entry: Entry): boolean;
}

/** Topics of messages that are shared, and of those that are retained. */
export const SHARED = 's/';
export const RETAINED = 'r/';

export class Ledger {
  /** Steps of the simulation so far. */
  step = 0;
  /** The last step at which the broker may have refused a message because it could not keep it. */
  troubleUntil = -1;
  audience: readonly Audience[] = [];
  readonly #entries: Entry[] = [];
  /** By topic, the last one accepted, and the last one that clears. */
  readonly #accepted = new Map<string, number>();
  readonly #cleared = new Map<string, number>();
  /** Shared messages that no member has got yet. */
  readonly sharedOwed: Set<number> = new Set();
  readonly #sharedTaken = new Map<number, string>();

  /** A message is sent for the first time. */
  send(fields: Pick<Entry, 'topic' | 'publisher' | 'qos' | 'expires' | 'clears' | 'isWill'>): Entry {
    const number = this.#entries.length + 1;
    const entry = { ...fields, number, sentAt: this.step, wasRepeated: false, isAccepted: false };
    this.#entries.push(entry);
    if (fields.clears) this.#cleared.set(fields.topic, number);
    return entry;
  }

  /** The message of a number that somebody got. */
  entry(number: number, topic: string): Entry {
    const entry = this.#entries[number - 1];
    assert.ok(entry?.topic === topic, `message ${number} was not published on ${topic}`);
    return entry;
  }

  /** The broker has acknowledged the message: from now on it must not be lost. */
  accept(entry: Entry): void {
    if (entry.isAccepted) return;
    entry.isAccepted = true;
    const { topic, number } = entry;
    if (topic.startsWith(RETAINED))
      this.#accepted.set(topic, Math.max(number, this.#accepted.get(topic) ?? 0));
    if (entry.expires || entry.clears) return;
    if (!topic.startsWith(SHARED)) for (const one of this.audience) one.owe(entry);
    else if (
      entry.qos > 0 &&
      !this.#sharedTaken.has(number) &&
      this.audience.some((one) => one.awaits(entry))
    )
      this.sharedOwed.add(number);
  }

  /** A member of a shared group has got a message. At QoS 2 no other does. */
  sharedTo(entry: Entry, member: string, qos: QoS): void {
    const { number } = entry;
    this.sharedOwed.delete(number);
    const before = this.#sharedTaken.get(number);
    this.#sharedTaken.set(number, member);
    if (before === undefined || before === member) return;
    assert.ok(qos < 2, `message ${number} of QoS 2 came to ${before} and to ${member}`);
  }

  /** What is retained is what was accepted last, or something later. `number`: undefined for nothing. */
  checkRetained(topic: string, number: number | undefined): void {
    const least = this.#accepted.get(topic) ?? 0;
    const has = number ?? this.#cleared.get(topic) ?? 0;
    assert.ok(has >= least, `${topic} retains ${number} and not ${least}, which was acknowledged`);
    if (number !== undefined) this.entry(number, topic);
  }

  /** Topics of which something retained was accepted. */
  get retainedTopics(): Iterable<string> {
    return this.#accepted.keys();
  }
}
