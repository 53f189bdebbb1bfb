/** Messages by their identifiers in the store, while they are put back. */
import type { Message } from './message.ts';

/**
 * Stores give messages mostly in the order of their identifiers, and ask for them mostly in that order again. So they
 * stand in a list, and the next one is tried first: a `Map` of millions takes a hundred megabytes, and a cache miss for
 * each question.
 */
export class StoredIds {
  /** By identifiers that grow. */
  readonly #inOrder: Message[] = [];
  /** Those that came behind a larger one. */
  readonly #others = new Map<number, Message>();
  #lastId = 0;
  /** Where the last one was found. */
  #at = 0;

  /** Each comes once. */
  add(message: Message): void {
    const { storedId } = message;
    if (storedId <= this.#lastId) {
      this.#others.set(storedId, message);
      return;
    }
    this.#lastId = storedId;
    this.#inOrder.push(message);
  }

  get(id: number): Message | undefined {
    for (let at = this.#at; at <= this.#at + 1; at++) {
      const message = this.#inOrder[at];
      if (message?.storedId !== id) continue;
      this.#at = at;
      return message;
    }
    return this.#find(id) ?? this.#others.get(id);
  }

  *[Symbol.iterator](): Generator<Message> {
    yield* this.#inOrder;
    yield* this.#others.values();
  }

  /** In halves. */
  #find(id: number): Message | undefined {
    let [from, to] = [0, this.#inOrder.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#inOrder[middle]!.storedId < id) from = middle + 1;
      else to = middle;
    }
    const message = this.#inOrder[from];
    if (message?.storedId !== id) return undefined;
    this.#at = from;
    return message;
  }
}
