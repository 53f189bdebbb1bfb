/** Messages the broker holds: retained, queued, in flight. Each counts once, however many hold it. */
import type { Holder } from '../flow/outbound.ts';
import type { Delivery } from './delivery.ts';
import type { Journal } from './journal.ts';
import type { Message } from './message.ts';
import type { DeliveryRecord, Receipt } from './records.ts';

const DOLLAR = 0x24;

export class StoredMessages {
  /** For the sender side of sessions: what it lets go of is held no longer. */
  readonly sent: Holder<Delivery> = { settled: (delivery) => this.#settled(delivery) };
  /** For the receiver side. */
  readonly received: Holder<Receipt> = { settled: (receipt) => this.#settled(receipt) };
  /**
   * What `autosave_on_changes` counts: messages taken or let go of, but for the broker's own, and subscriptions made or
   * ended.
   */
  changes = 0;
  readonly #journal: Journal | undefined;
  #count = 0;
  #bytes = 0;

  constructor(journal?: Journal) {
    this.#journal = journal;
  }

  get count(): number {
    return this.#count;
  }

  /** Payload bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Someone holds the message from now on. */
  hold(message: Message): void {
    if (message.topic.charCodeAt(0) !== DOLLAR) this.changes++;
    if (message.holders++ > 0) return;
    this.#count++;
    this.#bytes += message.payloadBytes;
  }

  /** One of its holders lets go of the message. */
  release(message: Message): void {
    if (--message.holders > 0) return;
    if (message.topic.charCodeAt(0) !== DOLLAR) this.changes++;
    this.#count--;
    this.#bytes -= message.payloadBytes;
  }

  #settled({ message, record }: { message: Message; record: DeliveryRecord | undefined }): void {
    this.release(message);
    if (record !== undefined) this.#journal?.done(record);
  }
}
