/** The receiver side of a session: QoS 2 messages that were received and not released. §4.3.3 */

import type { Holder } from './outbound.ts';

/** A received message that waits for its PUBREL, and the bytes it came in. */
interface Held<T> {
  readonly message: T;
  readonly bytes: number;
}

/**
 * Holds each QoS 2 message from its PUBLISH to its PUBREL, so that it is passed on once however often it is
 * sent. [MQTT-4.3.3-8] [MQTT-4.3.3-10]
 */
export class Inbound<T> {
  /** Most sessions never receive QoS 2 and have none. */
  #pending: Map<number, Held<T>> | undefined;
  readonly #holder: Holder<T>;
  #bytes = 0;

  /** `holder` is told of each message that is held no longer. */
  constructor(holder: Holder<T>) {
    this.#holder = holder;
  }

  /** Messages held. */
  get size(): number {
    return this.#pending?.size ?? 0;
  }

  /** Bytes of the packets whose messages are held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(packetId: number): T | undefined {
    return this.#pending?.get(packetId)?.message;
  }

  /** Whether there is one by that identifier. */
  has(packetId: number): boolean {
    return this.#pending?.has(packetId) === true;
  }

  /** PUBLISH: holds the message, in the place of one by the same identifier. */
  hold(packetId: number, message: T, bytes: number): void {
    this.release(packetId);
    this.#pending ??= new Map();
    this.#pending.set(packetId, { message, bytes });
    this.#bytes += bytes;
  }

  /** PUBREL: gives the message up; undefined if there is none. */
  release(packetId: number): T | undefined {
    const held = this.#pending?.get(packetId);
    if (held === undefined) return undefined;
    this.#pending?.delete(packetId);
    this.#bytes -= held.bytes;
    this.#holder.settled(held.message);
    return held.message;
  }

  /** Drops the messages that fail a test; their PUBREL will find nothing. */
  filter(test: (message: T) => boolean): void {
    for (const [packetId, { message }] of this.#pending ?? []) if (!test(message)) this.release(packetId);
  }

  /** All that is held. */
  *values(): Generator<T> {
    for (const { message } of this.#pending?.values() ?? []) yield message;
  }

  clear(): void {
    for (const packetId of this.#pending?.keys() ?? []) this.release(packetId);
  }
}
