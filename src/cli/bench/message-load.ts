/** What a load of messages is: publishers, subscribers, and what goes between them. */
import type { QoS } from '../../protocol/packet.ts';

/** Whose messages reach whom; the topics are in `pattern.ts`. */
export type PatternName = 'pair' | 'fanin' | 'fanout' | 'shared' | 'devices';

export interface MessageLoad {
  readonly pattern: PatternName;
  /** The first level of all topics. */
  readonly root: string;
  readonly publishers: number;
  readonly subscribers: number;
  readonly qos: QoS;
  /** At least 8: each message carries the time at which it was written. */
  readonly payloadBytes: number;
  /** QoS 0: messages a publisher may be ahead of the deliveries. QoS 1 and 2: its messages not acknowledged. */
  readonly window: number;
  /** Messages a second of all publishers, evenly; 0 is as fast as the window lets them. */
  readonly messagesPerSecond: number;
  /** Distinct topics that each publisher cycles over. */
  readonly topics: number;
}
