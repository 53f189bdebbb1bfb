/** What the load process is told to do, and what it tells of it. Both cross the process border as JSON. */

import type { MessageLoad } from '../src/cli/bench/message-load.ts';

/** Wildcard filters that clients besides those measured hold, and that no published topic matches. */
export interface HeldFilters {
  readonly count: number;
  /** Whether they share their first levels with the topics that are published. */
  readonly near: boolean;
}

/**
 * `clean`: their sessions end with them. `kept`: their sessions would outlive them. `late`: those, and they acknowledge
 * only after 20 ms. `away`: their sessions are kept and they are not there; what is acknowledged to the publishers counts
 * as delivered.
 */
export type Presence = 'clean' | 'kept' | 'late' | 'away';

/** Publishers, subscribers, and messages between them. */
export interface MessageWorkload extends MessageLoad {
  readonly kind: 'messages';
  readonly held: HeldFilters;
  readonly presence: Presence;
}

/** Clients that connect, are accepted, and leave, so many at a time. */
export interface ConnectWorkload {
  readonly kind: 'connects';
  readonly concurrency: number;
}

export type Workload = MessageWorkload | ConnectWorkload;

export interface Job<W extends Workload = Workload> {
  readonly workload: W;
  readonly port: number;
  /** The broker's process, whose CPU time and memory are read. */
  readonly pid: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What was measured. A "delivery" of the workload `connects` is one connection, from SYN to the broker's FIN. */
export interface LoadResult {
  readonly deliveriesPerSecond: number;
  readonly publishedPerSecond: number;
  /** From the write of the message (of the SYN) until it was read (the CONNACK was). */
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** CPU time of the broker, all threads; null where `/proc` does not tell. */
  readonly cpuMicrosPerDelivery: number | null;
  /** Cores in use, 1 is one core all the time; null where `/proc` does not tell. */
  readonly brokerCores: number | null;
  readonly loadCores: number;
  /** Resident memory of the broker at the end of the measured time. */
  readonly residentKib: number | null;
  /** Deliveries that had not come a while after the last message was sent. */
  readonly lost: number;
}

/** A workload of messages: one publisher, one subscriber, 64 bytes at QoS 0, and what is said otherwise. */
export function messages(difference: Partial<Omit<MessageWorkload, 'kind'>>): MessageWorkload {
  return {
    kind: 'messages',
    pattern: 'pair',
    root: 'bench',
    publishers: 1,
    subscribers: 1,
    qos: 0,
    payloadBytes: 64,
    window: 1000,
    messagesPerSecond: 0,
    topics: 1,
    held: { count: 0, near: false },
    presence: 'clean',
    ...difference,
  };
}
