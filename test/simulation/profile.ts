/** What a simulated client is like, and what it sees of the world. */
import type { ProtocolVersion, QoS } from '../../src/protocol/packet.ts';
import type { Random } from '../random.ts';
import type { Ledger } from './ledger.ts';
import type { Link, LinkOwner } from './link.ts';

/** Session Expiry Interval of a session that never ends. */
export const NEVER: number = 0xffff_ffff;

/** What a client is like, all its life. */
export interface Profile {
  readonly id: string;
  readonly version: ProtocolVersion;
  /** Sessions that end with the connection, soon after it, or never. */
  readonly keeps: 'nothing' | 'briefly' | 'always';
  readonly receiveMaximum: number;
  /** None of them overlaps with another. */
  readonly filters: readonly string[];
  readonly topics: readonly string[];
  readonly retainedTopic: string | undefined;
  readonly retainedQos: QoS;
  readonly hasWill: boolean;
  readonly noLocal: boolean;
  /** Of the shared group. */
  readonly isMember: boolean;
}

/** What a client sees of the world. */
export interface Surroundings {
  readonly dice: Random;
  readonly ledger: Ledger;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether the store has ever failed. */
  readonly hasFailed: boolean;
  /** A new connection. */
  dial(owner: LinkOwner): Link;
  /** The client has gone without a word; the broker may notice later. */
  abandon(link: Link): void;
  /** Whether a broker has been there, and has known that the client is gone, for so many milliseconds. */
  hasWaited(link: Link, ms: number): boolean;
}
