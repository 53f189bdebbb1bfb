/** What is in flight, by packet identifier. */

/** The flow owns both; `sequence` is its place in the order of sending. */
export interface Numbered {
  packetId: number;
  sequence: number;
}

const LAST_PACKET_ID = 65_535;
const NO_SLOTS: readonly undefined[] = [];
const FIRST_SLOTS = 16;
/** A table with more slots than this is given up when it is empty. */
const LARGE_SLOTS = 1024;

/**
 * A table in which an identifier's low bits are its slot. A `Map` would be rebuilt every few messages, and what its old
 * tables refer to outlives it: half of a broker's young objects were promoted for that. Identifiers are given out in
 * turn, so those in flight lie side by side; one whose slot is taken is passed over, so that a receiver which never
 * acknowledges one message does not make the table grow.
 */
export class InFlight<T extends Numbered> {
  size = 0;
  /** As many as a power of two, or none. */
  #slots: (T | undefined)[] = NO_SLOTS as undefined[];
  #lastPacketId = 0;
  #lastSequence = 0;

  get(packetId: number): T | undefined {
    const item = this.#slots[packetId & (this.#slots.length - 1)];
    return item?.packetId === packetId ? item : undefined;
  }

  /** Puts an item behind all others. Its identifier is not in use. */
  add(item: T): void {
    while (this.#slots.length === 0 || this.#slots[this.#slot(item.packetId)] !== undefined) this.#grow();
    this.#slots[this.#slot(item.packetId)] = item;
    item.sequence = ++this.#lastSequence;
    this.size++;
  }

  /** Puts an item that is there behind all others. */
  moveToEnd(item: T): void {
    item.sequence = ++this.#lastSequence;
  }

  delete(item: T): void {
    const slot = this.#slot(item.packetId);
    if (this.#slots[slot] !== item) return;
    this.#slots[slot] = undefined;
    this.size--;
    if (this.size === 0 && this.#slots.length > LARGE_SLOTS) this.#slots = [];
  }

  clear(): void {
    this.#slots = [];
    this.size = 0;
  }

  /** In their order. */
  values(): T[] {
    if (this.size === 0) return [];
    return this.#slots.filter((item) => item !== undefined).toSorted((a, b) => a.sequence - b.sequence);
  }

  /** The next identifier that is not in use, here or by a packet of another kind [MQTT-2.2.1-3]. There is one: fewer are in flight than exist. */
  nextPacketId(reserved?: ReadonlySet<number>): number {
    if (this.size * 2 >= this.#slots.length && this.#slots.length <= LAST_PACKET_ID) this.#grow();
    do this.#lastPacketId = this.#lastPacketId === LAST_PACKET_ID ? 1 : this.#lastPacketId + 1;
    while (
      this.#slots[this.#slot(this.#lastPacketId)] !== undefined ||
      reserved?.has(this.#lastPacketId) === true
    );
    return this.#lastPacketId;
  }

  /** The next identifier comes after this one. */
  continueAfter(packetId: number): void {
    this.#lastPacketId = packetId;
  }

  #slot(packetId: number): number {
    return packetId & (this.#slots.length - 1);
  }

  #grow(): void {
    const items = this.#slots;
    this.#slots = Array.from({ length: Math.max(FIRST_SLOTS, items.length * 2) });
    for (const item of items) if (item !== undefined) this.#slots[this.#slot(item.packetId)] = item;
  }
}
