/**
 * The path from a client's certificate to an authority, for `disable_client_cert_date_checks`. Of several things that
 * are wrong with a path Node tells the last that OpenSSL has found, and dates come last: "expired" may as well mean
 * "expired, and forged". So where dates do not count, the path is walked again here. What is unusual is refused.
 */
import type { X509Certificate } from 'node:crypto';
import { Alert } from './alert.ts';
import type { CertificateFault } from './certificate-fault.ts';
import { elementsOf, expect, integerOf, oidOf, readDer, Tag } from './der.ts';
import { partsOf } from './peer-certificate.ts';
import type { Extension } from './peer-certificate.ts';
import { isSignedWith } from './signature.ts';

const MOST_AUTHORITIES = 10;
const RSA_BITS = 2048;
const CURVE_BITS = 224;

const Oid = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** Critical extensions that are understood. Others refuse the certificate [RFC 5280, 4.2]. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  Oid.keyUsage,
  Oid.subjectAltName,
  Oid.basicConstraints,
  Oid.extendedKeyUsage,
]);

/** Bits in the first byte of a key usage. */
/** `digitalSignature` or `keyAgreement`. */
const CLIENT_USE = 0x88;
const KEY_CERT_SIGN = 0x04;

const FAULTS = {
  untrusted: { alert: Alert.unknownCa, problem: 'unable to get local issuer certificate' },
  tooLong: { alert: Alert.unknownCa, problem: 'certificate chain too long' },
  noAuthority: { alert: Alert.unknownCa, problem: 'invalid CA certificate' },
  outOfDate: { alert: Alert.certificateExpired, problem: 'CA certificate has expired or is not yet valid' },
  purpose: { alert: Alert.unsupportedCertificate, problem: 'unsuitable certificate purpose' },
  unknown: { alert: Alert.badCertificate, problem: 'unhandled critical extension' },
  weak: { alert: Alert.badCertificate, problem: 'key too weak' },
} as const satisfies Record<string, CertificateFault>;

/**
 * What is wrong with a certificate besides its own dates. `authorities` are trusted; `others` came with it and may
 * stand between the two.
 */
export function pathFault(
  leaf: X509Certificate,
  authorities: readonly X509Certificate[],
  others: readonly X509Certificate[],
  now: number,
): CertificateFault | undefined {
  const fault = clientFault(leaf);
  if (fault !== undefined) return fault;
  let current = leaf;
  for (let below = 0; below < MOST_AUTHORITIES; below++) {
    const issuer = [...authorities, ...others].find((one) => hasIssued(one, current));
    if (issuer === undefined) return FAULTS.untrusted;
    const problem = authorityFault(issuer, below, now);
    if (problem !== undefined) return problem;
    if (issuer.checkIssued(issuer)) return authorities.includes(issuer) ? undefined : FAULTS.untrusted;
    current = issuer;
  }
  return FAULTS.tooLong;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && isSignedWith(readDer(certificate.raw), issuer.publicKey);
}

function clientFault(leaf: X509Certificate): CertificateFault | undefined {
  const { extensions } = partsOf(leaf.raw);
  if (hasUnknown(extensions)) return FAULTS.unknown;
  if (!isStrong(leaf)) return FAULTS.weak;
  const usages = purposesOf(extensions);
  if (usages !== undefined && !usages.includes(Oid.clientAuth)) return FAULTS.purpose;
  return mayUse(extensions, CLIENT_USE) ? undefined : FAULTS.purpose;
}

/** `below`: how many authorities stand between this one and the client. */
function authorityFault(issuer: X509Certificate, below: number, now: number): CertificateFault | undefined {
  const { extensions } = partsOf(issuer.raw);
  if (hasUnknown(extensions) || extensions.some(({ oid }) => oid === Oid.nameConstraints))
    return FAULTS.unknown;
  if (!isStrong(issuer)) return FAULTS.weak;
  if (!issuer.ca || !mayUse(extensions, KEY_CERT_SIGN) || below > pathLength(extensions))
    return FAULTS.noAuthority;
  const purposes = purposesOf(extensions);
  if (purposes !== undefined && !purposes.includes(Oid.clientAuth)) return FAULTS.purpose;
  const isCurrent = issuer.validFromDate.getTime() <= now && now <= issuer.validToDate.getTime();
  return isCurrent ? undefined : FAULTS.outOfDate;
}

function hasUnknown(extensions: readonly Extension[]): boolean {
  return extensions.some(({ oid, critical }) => critical && !UNDERSTOOD.has(oid));
}

/** As OpenSSL at its usual security level: 112 bits. */
function isStrong({ publicKey }: X509Certificate): boolean {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return modulusLength >= RSA_BITS;
  const bits = /\d{3}/.exec(namedCurve ?? '')?.[0];
  return bits === undefined || Number(bits) >= CURVE_BITS;
}

/** A certificate without key usage may be used for everything. */
function mayUse(extensions: readonly Extension[], bit: number): boolean {
  const usage = extensions.find(({ oid }) => oid === Oid.keyUsage);
  return usage === undefined || (expect(readDer(usage.value), Tag.bitString).content[1]! & bit) !== 0;
}

function purposesOf(extensions: readonly Extension[]): readonly string[] | undefined {
  const purposes = extensions.find(({ oid }) => oid === Oid.extendedKeyUsage);
  return purposes && [...elementsOf(readDer(purposes.value))].map(oidOf);
}

/** How many authorities may stand below one. */
function pathLength(extensions: readonly Extension[]): number {
  const constraints = extensions.find(({ oid }) => oid === Oid.basicConstraints);
  if (constraints === undefined) return 0;
  const length = [...elementsOf(readDer(constraints.value))].find(({ tag }) => tag === Tag.integer);
  return length === undefined ? Infinity : Number.parseInt(integerOf(length), 16);
}
