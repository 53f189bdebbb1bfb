/** A login as the guard sees it: whether it is tried at all, and what came of it. */
import type { Connect } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Verdict } from './access.ts';
import type { Connection } from './connection.ts';
import type { Attempt } from './logins.ts';
import { networkOf } from './network.ts';

/** Refusals that say the credentials are wrong; others, as of a backend that is down, are nobody's guess. */
const WRONG: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  Reason.notAuthorized,
  Reason.badUserNameOrPassword,
  Reason.banned,
]);

/**
 * Whether earlier failures stand in the way. Asked before the backend is, so that guesses cost it nothing; and once
 * more when it has answered, so that of guesses sent side by side only the first is told whether it was right.
 */
export function isHeldBack(connection: Connection, packet: Connect): boolean {
  const attempt = attemptOf(connection, packet);
  if (attempt === undefined) return false;
  const { broker, listener, peer } = connection;
  const { now } = broker;
  const holdback = listener.guard.logins.heldBack(attempt, now);
  if (holdback === undefined) return false;
  const { failures, username } = holdback;
  if (!failures.told) {
    failures.told = true;
    broker.log.event('loginHeldBack', {
      ...peer,
      failures: failures.count,
      seconds: Math.ceil((failures.until - now) / 1000),
      ...(username !== undefined && { username }),
    });
  }
  return true;
}

/** The backend has decided. */
export function noteVerdict(connection: Connection, packet: Connect, verdict: Verdict): void {
  const attempt = attemptOf(connection, packet);
  if (attempt === undefined) return;
  const { settings, guard } = connection.listener;
  if (verdict.outcome === 'accepted') guard.logins.succeeded(attempt);
  else if (verdict.outcome === 'refused' && WRONG.has(verdict.reasonCode))
    guard.logins.failed(attempt, settings, connection.broker.now);
}

/** Undefined where failures are not counted, and for a client that brings nothing that could be guessed. */
function attemptOf({ listener, peer }: Connection, packet: Connect): Attempt | undefined {
  if (listener.settings.loginBackoffSeconds === 0) return undefined;
  const { username, password, properties } = packet;
  if (username === undefined && password === undefined && properties.authenticationMethod === undefined)
    return undefined;
  return { network: networkOf(peer), username };
}
