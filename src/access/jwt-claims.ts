/** What a genuine token says of a client: its names and its rights. */
import type { JWTPayload } from 'jose';
import type { JwtSettings } from './jwt-settings.ts';
import { isName } from './names.ts';
import { parseRules } from './rights.ts';
import type { Rules } from './rights.ts';

/** Names and rules; or what is wrong: a phrase without a final dot. */
export type ReadClaims =
  | {
      readonly ok: true;
      readonly username: string;
      /** The client identifier that the token is for, if it is for one. */
      readonly clientId: string | undefined;
      /** Undefined where tokens do not say rights. */
      readonly rules: Rules | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/** `clientId` is what the client calls itself; empty if it leaves that to the broker. */
export function readClaims(claims: JWTPayload, clientId: string, settings: JwtSettings): ReadClaims {
  const { usernameClaim, clientIdClaim, aclClaim } = settings;
  const username = claims[usernameClaim];
  if (!isName(username)) return fault(`the token has no user name in its claim '${usernameClaim}'`);
  const required = clientIdClaim === undefined ? undefined : claims[clientIdClaim];
  if (clientIdClaim !== undefined && !isFor(required, clientId))
    return fault(`the token is for another client identifier, by its claim '${clientIdClaim}'`);
  const names = { username, clientId: isName(required) ? required : undefined };
  if (aclClaim === undefined) return { ok: true, ...names, rules: undefined };
  const parsed = parseRules(claims[aclClaim] ?? []); // a token without the claim may do nothing
  if (!parsed.ok) return fault(`the claim '${aclClaim}' of the token is no rules: ${parsed.problem}`);
  return { ok: true, ...names, rules: parsed.rules };
}

function isFor(required: unknown, clientId: string): boolean {
  return isName(required) && (clientId === '' || clientId === required);
}

function fault(reason: string): ReadClaims {
  return { ok: false, reason };
}
