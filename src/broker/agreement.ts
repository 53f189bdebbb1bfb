/** What a client has agreed on with us by CONNECT and CONNACK. */
import type { ReceivedAliases } from '../flow/topic-alias.ts';
import type { Connect } from '../protocol/packet.ts';
import type { Leave } from './leave.ts';
import type { Session } from './session.ts';

/** It holds as long as the connection is open. */
export interface Agreement {
  readonly connect: Connect;
  readonly session: Session;
  readonly aliases: ReceivedAliases;
  /** The Receive Maximum we announced; 0 is no limit. */
  readonly receiveMaximum: number;
  /** Seconds; 0 is never. */
  readonly keepAliveSeconds: number;
  /** When the client's credentials end; it has none that expire without it. */
  readonly leave?: Leave | undefined;
}
