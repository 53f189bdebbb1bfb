/** What an operator reads for a reason code with which the broker closes a connection. */
import type { DisconnectCause } from '../base/log-events.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';

const CAUSES: ReadonlyMap<ReasonCode, DisconnectCause> = new Map<ReasonCode, DisconnectCause>([
  [Reason.success, 'normal'],
  [Reason.malformedPacket, 'malformed packet'],
  [Reason.protocolError, 'protocol error'],
  [Reason.topicFilterInvalid, 'malformed packet'],
  [Reason.topicNameInvalid, 'malformed packet'],
  [Reason.unsupportedProtocolVersion, 'unsupported protocol version'],
  [Reason.clientIdentifierNotValid, 'client identifier not valid'],
  [Reason.badUserNameOrPassword, 'bad username or password'],
  [Reason.notAuthorized, 'not authorised'],
  [Reason.serverUnavailable, 'server unavailable'],
  [Reason.serverBusy, 'server busy'],
  [Reason.banned, 'client banned'],
  [Reason.serverShuttingDown, 'server shutting down'],
  [Reason.badAuthenticationMethod, 'bad authentication method'],
  [Reason.keepAliveTimeout, 'exceeded timeout'],
  [Reason.sessionTakenOver, 'session taken over'],
  [Reason.receiveMaximumExceeded, 'receive maximum exceeded'],
  [Reason.topicAliasInvalid, 'topic alias invalid'],
  [Reason.packetTooLarge, 'oversize packet'],
  [Reason.quotaExceeded, 'quota exceeded'],
  [Reason.administrativeAction, 'administrative action'],
  [Reason.retainNotSupported, 'used disallowed feature'],
  [Reason.qosNotSupported, 'used disallowed feature'],
  [Reason.connectionRateExceeded, 'connection rate exceeded'],
  [Reason.messageRateTooHigh, 'message rate too high'],
  [Reason.maximumConnectTime, 'not authorised'], // Mosquitto never sends it, and so has no words for it
]);

export function causeOf(reasonCode: ReasonCode): DisconnectCause {
  return CAUSES.get(reasonCode) ?? 'implementation specific error';
}
