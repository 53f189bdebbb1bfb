/** What a peer did wrong. */
import type { ReasonCode } from './reason.ts';

/**
 * A packet that breaks the specification. It carries the reason code the peer is told and a phrase for the
 * operator; it is thrown by the codec and the packet handlers and caught once, in `Connection.receive`.
 */
export class ProtocolError extends Error {
  readonly reasonCode: ReasonCode;

  constructor(reasonCode: ReasonCode, problem: string) {
    super(problem);
    this.name = 'ProtocolError';
    this.reasonCode = reasonCode;
  }
}
