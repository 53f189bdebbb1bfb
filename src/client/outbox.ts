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

/** How far a message of QoS 2 has come: under which identifier it was sent, and whether the server has received it. */
export interface OutboxProgress {
  readonly packetId: number;
  readonly isReceived: boolean;
}

/** What is kept. */
export interface OutboxEntry {
  readonly key: number;
  readonly message: OutboxMessage;
  /** Of a message of QoS 2 that was sent. */
  readonly progress?: OutboxProgress | undefined;
}

/**
 * Every method is done when it returns: what it was told survives. It may throw; a message that cannot be kept is not
 * published.
 */
export interface Outbox {
  /** What is kept, oldest first. */
  load(): Iterable<OutboxEntry>;
  /** Keeps a message, and gives its key. */
  put(message: OutboxMessage): number;
  /** A message of QoS 2 has come so far. With it a session that is resumed gets no message twice. */
  progress(key: number, progress: OutboxProgress): void;
  /** The message is done. */
  delete(key: number): void;
  close(): void;
}
