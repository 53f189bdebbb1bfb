/** A first-in first-out queue. */

const NO_SLOTS: never[] = [];
/** Without a word about it. */
const KEPT_SLOTS = 64;

/**
 * A ring buffer that doubles when full and shrinks when nearly empty, so that `push` and `shift` take constant
 * time and a long queue that has drained gives its memory back.
 *
 *     slots   [ c d _ _ _ a b ]
 *                   └tail ┘head
 */
export class Queue<T> {
  /** Shared while the queue has never held anything. */
  #slots: (T | undefined)[] = NO_SLOTS;
  #head = 0;
  #length = 0;
  readonly #keptSlots: number;

  /** `keptSlots`, a power of two: a buffer of that size is kept when the queue drains, for one that fills in bursts. */
  constructor(keptSlots: number = KEPT_SLOTS) {
    this.#keptSlots = keptSlots;
  }

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#resize(Math.max(4, this.#length * 2));
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    if (this.#slots.length > this.#keptSlots && this.#length * 4 < this.#slots.length)
      this.#resize(this.#slots.length / 2);
    return item;
  }

  clear(): void {
    this.#slots = NO_SLOTS;
    this.#head = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#slots[(this.#head + i) & (this.#slots.length - 1)]!;
  }

  /** The capacity stays a power of two, so that a mask wraps the index. */
  #resize(capacity: number): void {
    const slots: (T | undefined)[] = Array.from({ length: capacity });
    for (let i = 0; i < this.#length; i++) {
      slots[i] = this.#slots[(this.#head + i) & (this.#slots.length - 1)];
    }
    this.#slots = slots;
    this.#head = 0;
  }
}
