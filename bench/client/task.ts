/** What one process of the client benchmark does, and what it tells. Both cross the process border as JSON. */
import type { QoS } from './library.ts';

export interface Task {
  readonly library: string;
  readonly port: number;
  readonly direction: 'publish' | 'receive';
  readonly qos: QoS;
  readonly payloadBytes: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface TaskResult {
  readonly messagesPerSecond: number;
  /** CPU time of the client's process, all threads, user and system. */
  readonly cpuMicrosPerMessage: number;
}

/** Of the messages that are published and received. */
export const TOPIC = 'bench/client/topic';
/** Of each message. */
export const PAYLOAD_BYTES = 64;
/** Messages that wait for their promise at a time. */
export const WINDOW = 500;
