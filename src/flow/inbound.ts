/** The receiver side of a session: QoS 2 messages that were received and not released. §4.3.3 */

import type { Holder } from './outbound.ts';

/** A received message that waits for its PUBREL. */
export interface Incoming {
  readonly payloadBytes: number;
}

/**
 * Holds each QoS 2 message from its PUBLISH to its PUBREL, so that it is passed on once however often it is
 * sent. [MQTT-4.3.3-8] [MQTT-4.3.3-10]
 */
export class Inbound<T extends Incoming> {
  /** Most sessions never receive QoS 2 and have none. */
  #pending: Map<number, T> | undefined;
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

  /** Payload bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(packetId: number): T | undefined {
    return this.#pending?.get(packetId);
  }

  /** PUBLISH: holds the message, in the place of one by the same identifier. */
  hold(packetId: number, message: T): void {
    this.release(packetId);
    this.#pending ??= new Map();
    this.#pending.set(packetId, message);
    this.#bytes += message.payloadBytes;
  }

  /** PUBREL: gives the message up; undefined if there is none. */
  release(packetId: number): T | undefined {
    const message = this.#pending?.get(packetId);
    if (message === undefined) return undefined;
    this.#pending?.delete(packetId);
    this.#bytes -= message.payloadBytes;
    this.#holder.settled(message);
    return message;
  }

  clear(): void {
    for (const packetId of this.#pending?.keys() ?? []) this.release(packetId);
  }
}
