/** Keys of every kind, made when a test starts, and tokens signed with them. */
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';

/** A key to sign with, and what the broker is given of it. */
export interface SigningKey {
  readonly algorithms: readonly string[];
  readonly signing: KeyObject;
  /** For a shared secret it is the same key. */
  readonly verifying: KeyObject;
}

/** A file of the broker and of the issuer: text, so that its bytes are those of the file. */
export const SECRET: string = randomBytes(48).toString('base64');

export function rsa(modulusLength = 2048): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  return { algorithms, signing: privateKey, verifying: publicKey };
}

export function ec(namedCurve: string, algorithm: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { algorithms: [algorithm], signing: privateKey, verifying: publicKey };
}

export function ed25519(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { algorithms: ['EdDSA', 'Ed25519'], signing: privateKey, verifying: publicKey };
}

export function secret(text: string = SECRET): SigningKey {
  const key = createSecretKey(Buffer.from(text));
  return { algorithms: ['HS256', 'HS384', 'HS512'], signing: key, verifying: key };
}

/** The public key as PEM. */
export function pem({ verifying }: SigningKey): string {
  return verifying.export({ type: 'spki', format: 'pem' });
}

/** The public key as a JWK, with whatever else it is to say. */
export function jwk({ verifying }: SigningKey, more: object = {}): object {
  return { ...verifying.export({ format: 'jwk' }), ...more };
}

/** What a token says; undefined leaves a claim out. */
export type Claims = Readonly<Record<string, unknown>>;

export interface TokenOptions {
  /** The first that the key is for without it. */
  readonly alg?: string;
  readonly kid?: string;
  /** When the token is made, milliseconds since 1970. */
  readonly now?: number;
}

/** A signed token of Alice, good for five minutes, unless `claims` say otherwise. */
export function token(key: SigningKey, claims: Claims = {}, options: TokenOptions = {}): Promise<string> {
  const { alg = key.algorithms[0]!, kid, now = Date.now() } = options;
  const exp = Math.floor(now / 1000) + 300;
  return new SignJWT({ sub: 'alice', exp, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(key.signing);
}

/** Parts of a token that nobody signed. */
export function unsigned(header: object, claims: object, signature = ''): string {
  return `${part(header)}.${part(claims)}.${signature}`;
}

function part(json: object): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}
