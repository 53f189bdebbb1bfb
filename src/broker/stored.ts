/** Messages the broker holds: retained, queued, in flight. Each counts once, however many hold it. */
import type { Message } from './message.ts';

export class StoredMessages {
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
