/** Keys that tokens are signed with: which algorithms each may verify, and how they are read from PEM and JWK. */
import { createHash, createPublicKey, createSecretKey } from 'node:crypto';
import type { AsymmetricKeyDetails, KeyObject } from 'node:crypto';
import { LIMITS } from '../broker/limits.ts';

/** A key, and what it may be used for: never an algorithm of another kind of key. */
export interface TokenKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
  /** The name that tokens may call it by. */
  readonly kid: string | undefined;
  /** Tells the same key, read anew, from another one. */
  readonly id: string;
}

/** What a file or an answer with keys leads to. A fault is in plain words, and shows no secret. */
export type ParsedKeys =
  | { readonly ok: true; readonly keys: readonly TokenKey[] }
  | { readonly ok: false; readonly fault: string };

/** Bytes that a secret must have at least for each algorithm. RFC 7518 §3.2 */
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** Shorter moduli can be factored. RFC 7518 §3.3 */
const RSA_BITS = 2048;

/** Algorithms of public keys, which are all that a key set may hold. */
export function isPublicKeyAlgorithm(algorithm: string): boolean {
  return RSA.includes(algorithm) || EDWARDS.includes(algorithm) || Object.values(CURVES).includes(algorithm);
}

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EDWARDS = ['EdDSA', 'Ed25519'];
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
const PUBLIC_LABELS: ReadonlySet<string> = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE']);

/** The key of a shared secret; undefined if it is too short for any algorithm. */
export function secretKey(secret: Uint8Array): TokenKey | undefined {
  const algorithms = Object.keys(SECRET_BYTES).filter((name) => secret.length >= SECRET_BYTES[name]!);
  if (algorithms.length === 0) return undefined;
  return { key: createSecretKey(secret), algorithms, kid: undefined, id: digest(secret) };
}

/** All public keys of a file: PEM blocks, one JWK, or a JWK set. A private key there is a fault. */
export function parsePublicKeys(text: string): ParsedKeys {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return parseJson(trimmed);
  const blocks = [...text.matchAll(PEM)];
  if (blocks.length === 0) return fault('It holds neither PEM blocks nor a JSON Web Key');
  return all(blocks.map(([block, label]) => keyOfPem(block, label!)));
}

function parseJson(text: string): ParsedKeys {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fault(`It is no JSON: ${(error as Error).message}`);
  }
  if (isObject(json) && 'keys' in json) return parseKeySet(json);
  return all([keyOfJwk(json)]);
}

/**
 * The keys of a JWK set that can be used. Others are left out, as RFC 7517 §5 has it: a set may hold keys for
 * encryption, and of kinds to come. One without a key that can be used is a fault.
 */
export function parseKeySet(json: unknown): ParsedKeys {
  const list = isObject(json) ? json['keys'] : undefined;
  if (!Array.isArray(list)) return fault('It is no JSON Web Key Set: an object with a list "keys"');
  if (list.length > LIMITS.tokenKeys) return fault(`It has more than ${LIMITS.tokenKeys} keys`);
  const read = list.map(keyOfJwk);
  const keys = read.filter((key) => typeof key !== 'string');
  return keys.length > 0
    ? { ok: true, keys }
    : fault(read.find((key) => typeof key === 'string') ?? 'It is empty');
}

function all(read: readonly (TokenKey | string)[]): ParsedKeys {
  const wrong = read.find((key) => typeof key === 'string');
  if (wrong !== undefined) return fault(wrong);
  return { ok: true, keys: read.filter((key) => typeof key !== 'string') };
}

function fault(text: string): ParsedKeys {
  return { ok: false, fault: text };
}

function keyOfPem(block: string, label: string): TokenKey | string {
  if (label.includes('PRIVATE'))
    return 'It holds a private key: give the broker the public one, and keep the private one away from it';
  if (!PUBLIC_LABELS.has(label)) return `It holds a block '${label}', which is no public key`;
  return made(() => createPublicKey(block), {});
}

/** A key of a JWK; what is wrong with it otherwise. */
function keyOfJwk(jwk: unknown): TokenKey | string {
  if (!isObject(jwk)) return 'A key is not an object';
  if (jwk['kty'] === 'oct') return 'It holds a shared secret, which belongs into jwt_secret_file';
  if ('d' in jwk) return 'It holds a private key: give the broker the public part, without "d"';
  const { use, key_ops: operations, alg, kid } = jwk;
  if (use !== undefined && use !== 'sig') return 'It holds a key that is not for signatures';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'It holds a key that is not to verify with';
  if (kid !== undefined && typeof kid !== 'string') return 'It holds a key whose "kid" is no text';
  return made(() => createPublicKey({ key: jwk, format: 'jwk' }), { kid, alg });
}

/** `alg` narrows what the key may verify. */
function made(
  create: () => KeyObject,
  { kid, alg }: { kid?: string | undefined; alg?: unknown },
): TokenKey | string {
  try {
    const key = create();
    const fits = algorithmsOf(key);
    if (typeof fits === 'string') return fits;
    const algorithms = alg === undefined ? fits : fits.filter((name) => name === alg);
    if (algorithms.length === 0) return `It holds a key whose "alg" does not fit it: ${JSON.stringify(alg)}`;
    return { key, algorithms, kid, id: digest(key.export({ type: 'spki', format: 'der' })) };
  } catch (error) {
    return `It holds a key that cannot be read: ${(error as Error).message}`;
  }
}

/** What a key of each kind may verify; or why not. */
const KINDS: Readonly<Record<string, (details: AsymmetricKeyDetails) => readonly string[] | string>> = {
  rsa: ({ modulusLength: bits = 0 }) =>
    bits >= RSA_BITS ? RSA : `It holds an RSA key of ${bits} bits; ${RSA_BITS} are needed`,
  ec: ({ namedCurve = '' }) =>
    CURVES[namedCurve] === undefined ? `It holds a key on the curve ${namedCurve}` : [CURVES[namedCurve]],
  ed25519: () => EDWARDS,
};

function algorithmsOf({
  asymmetricKeyType: kind,
  asymmetricKeyDetails = {},
}: KeyObject): readonly string[] | string {
  const judge = KINDS[kind ?? ''];
  return judge?.(asymmetricKeyDetails) ?? `It holds a key of the kind ${kind}; RSA, EC and Ed25519 are known`;
}

/** The keys that may have signed a token: by its algorithm, and by the name of the key if it gives one. */
export function candidates(
  keys: readonly TokenKey[],
  algorithm: string,
  kid: string | undefined,
): readonly TokenKey[] {
  const fit = keys.filter((key) => key.algorithms.includes(algorithm));
  if (kid === undefined) return fit;
  const named = fit.filter((key) => key.kid === kid);
  return named.length > 0 ? named : fit.filter((key) => key.kid === undefined);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
