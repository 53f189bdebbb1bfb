/** Signatures on certificates and on lists of revoked ones. */
import { constants, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DerError, elementsOf, expect, integerOf, oidOf, Tag } from './der.ts';
import type { Der } from './der.ts';

/** The hash of an algorithm that has one apart; null for those that hash by themselves. */
type Hash = 'sha224' | 'sha256' | 'sha384' | 'sha512' | null;

/** What is trusted. SHA-1 and MD5 are not, as in OpenSSL at its usual security level. */
const ALGORITHMS: Readonly<Record<string, Hash>> = {
  '1.2.840.113549.1.1.14': 'sha224', // RSA
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.1': 'sha224', // ECDSA
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null, // Ed25519
  '1.3.101.113': null, // Ed448
  '2.16.840.1.101.3.4.3.17': null, // ML-DSA-44, -65, -87
  '2.16.840.1.101.3.4.3.18': null,
  '2.16.840.1.101.3.4.3.19': null,
};

const RSA_PSS = '1.2.840.113549.1.1.10';

const PSS_HASHES: Readonly<Record<string, Hash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** How something was signed. */
interface Scheme {
  readonly hash: Hash;
  /** Bytes of salt, for RSA-PSS. */
  readonly saltLength?: number;
}

/** Whether an algorithm identifier names one that is trusted. */
export function isTrustedAlgorithm(algorithm: Der | undefined): boolean {
  return schemeOf(algorithm) !== undefined;
}

/**
 * Whether a signed structure (body, algorithm, signature) was signed with a key. False for algorithms that are not
 * trusted, and for keys of another kind than the algorithm's.
 */
export function isSignedWith(signed: Der, publicKey: KeyObject): boolean {
  const [body, algorithm, bits] = elementsOf(expect(signed, Tag.sequence));
  const scheme = schemeOf(algorithm);
  const { content } = expect(bits, Tag.bitString);
  if (scheme === undefined || content[0] !== 0) return false; // a signature is whole bytes
  const { hash, saltLength } = scheme;
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  try {
    return verify(hash, body!.whole, { key: publicKey, ...padding }, content.subarray(1));
  } catch {
    return false; // a key that does not go with the algorithm
  }
}

function schemeOf(algorithm: Der | undefined): Scheme | undefined {
  const [oid, parameters] = elementsOf(expect(algorithm, Tag.sequence));
  const name = oidOf(oid);
  if (name === RSA_PSS) return pssScheme(parameters);
  const hash = ALGORITHMS[name];
  return hash === undefined ? undefined : { hash };
}

/** RSASSA-PSS-params: [0] hash, [1] mask, [2] length of the salt. Without a hash it is SHA-1 [RFC 4055, 3.1]. */
function pssScheme(parameters: Der | undefined): Scheme | undefined {
  const fields = [...elementsOf(expect(parameters, Tag.sequence))];
  const inside = (tag: number): Der | undefined => {
    const field = fields.find((one) => one.tag === tag);
    return field === undefined ? undefined : [...elementsOf(field)][0];
  };
  const algorithm = inside(0xa0);
  if (algorithm === undefined) return undefined;
  const hash = PSS_HASHES[oidOf([...elementsOf(expect(algorithm, Tag.sequence))][0])];
  const salt = inside(0xa2);
  const saltLength = salt === undefined ? 20 : Number.parseInt(integerOf(salt), 16);
  if (saltLength > 64) throw new DerError('too much salt');
  return hash === undefined ? undefined : { hash, saltLength };
}
