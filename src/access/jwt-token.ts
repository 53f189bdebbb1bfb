/** One token: what it says of itself, and whether it may be believed. */
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import type { TokenKey } from './jwt-keys.ts';

/** What a token says of the key that signed it. Nothing of it is proved yet. */
export interface TokenHeader {
  readonly algorithm: string;
  readonly kid: string | undefined;
}

/** What tokens must say besides being signed. */
export interface TokenRules {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly requiredClaims: readonly string[];
  readonly leewaySeconds: number;
}

/** What a signed token says, and the key that proves it. */
export interface Genuine {
  readonly ok: true;
  readonly claims: JWTPayload;
  readonly key: TokenKey;
}

/** A token that is genuine and in force; or why it is not believed: a phrase without a final dot. */
export type Verified = Genuine | { readonly ok: false; readonly reason: string };

const PARTS = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** The header of a text that is a token by its form; undefined for any other text, such as a password with two dots. */
export function tokenHeader(text: string): TokenHeader | undefined {
  if (!PARTS.test(text)) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(text);
    return typeof alg === 'string'
      ? { algorithm: alg, kid: typeof kid === 'string' ? kid : undefined }
      : undefined;
  } catch {
    return undefined; // that is the answer: it is no token
  }
}

/** Tries the keys one after the other. `nowMs`: since 1970. Never rejects. */
export async function verifyToken(
  token: string,
  { algorithm, kid }: TokenHeader,
  keys: readonly TokenKey[],
  rules: TokenRules,
  nowMs: number,
): Promise<Verified> {
  const options = optionsOf(rules, algorithm, nowMs);
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key.key, options);
      return { ok: true, claims: payload, key };
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed))
        return { ok: false, reason: reasonOf(error) };
    }
  }
  if (keys.length > 0) return { ok: false, reason: 'its signature is wrong' };
  const named = kid === undefined ? '' : `, by the name ${quoted(kid)}`;
  return { ok: false, reason: `no key is known for ${quoted(algorithm)}${named}` };
}

function optionsOf(rules: TokenRules, algorithm: string, nowMs: number): JWTVerifyOptions {
  const { issuers, audiences, requiredClaims, leewaySeconds } = rules;
  return {
    algorithms: [algorithm],
    clockTolerance: leewaySeconds,
    currentDate: new Date(nowMs),
    requiredClaims: [...requiredClaims],
    ...(issuers.length > 0 && { issuer: [...issuers] }),
    ...(audiences.length > 0 && { audience: [...audiences] }),
  };
}

/** The claims are not told: they may be personal. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return `it has no claim '${error.claim}'`;
    return error.claim === 'nbf' ? 'it is not valid yet' : `its claim '${error.claim}' is not accepted`;
  }
  return error instanceof errors.JOSEError ? `it is malformed (${error.message})` : 'it cannot be verified';
}

/** A word of a token, cut: whoever sends one can make it as long as they like. */
export function quoted(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
}
