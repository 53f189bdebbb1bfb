/** Messages that wait to be sent, kept where they survive the program. */
import type { QoS } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';

/** A message of QoS 1 or 2 that is not done. */
export interface OutboxMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
}

/** Every method is done when it returns. */
export interface Outbox {
  /** What is kept, oldest first, under the keys that `put` gave. */
  load(): Iterable<readonly [key: number, message: OutboxMessage]>;
  /** Keeps a message. */
  put(message: OutboxMessage): number;
  /** The message is done. */
  delete(key: number): void;
  close(): void;
}
