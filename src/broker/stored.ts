/** Messages the broker holds: retained, queued, in flight. Each counts once, however many hold it. */
import type { Holder } from '../flow/outbound.ts';
import type { Delivery } from './delivery.ts';
import type { Message } from './message.ts';

export class StoredMessages {
  /** For the sender side of sessions: what it lets go of is held no longer. */
  readonly sent: Holder<Delivery> = { settled: ({ message }) => this.release(message) };
  /** For the receiver side. */
  readonly received: Holder<Message> = { settled: (message) => this.release(message) };
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Payload bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Someone holds the message from now on. */
  hold(message: Message): void {
    if (message.holders++ > 0) return;
    this.#count++;
    this.#bytes += message.payloadBytes;
  }

  /** One of its holders lets go of the message. */
  release(message: Message): void {
    if (--message.holders > 0) return;
    this.#count--;
    this.#bytes -= message.payloadBytes;
  }
}
