/**
 * Lists of revoked certificates, `crlfile`. As Mosquitto, only the client's own certificate is looked up, in a list of
 * whoever issued it. Node can only have the whole chain looked up, and then says no more than what it found last.
 */
import type { X509Certificate } from 'node:crypto';
import { Alert } from './alert.ts';
import type { CertificateFault } from './certificate-fault.ts';
import { DerError, elementsOf, expect, integerOf, readDer, Tag, timeOf } from './der.ts';
import type { Der } from './der.ts';
import { nameText } from './distinguished-name.ts';
import { extensionsOf, partsOf } from './peer-certificate.ts';
import { isTrustedAlgorithm, isSignedWith } from './signature.ts';

/** One list. */
interface RevocationList {
  /** Whose list it is; names are compared by their text, so that they may be encoded differently. */
  readonly issuer: string;
  readonly signed: Der;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly serialNumbers: ReadonlySet<string>;
}

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g;

const EXTENSIONS = 0xa0;
/** What each list has, and does not have to be understood: authority key identifier and number of the list. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set(['2.5.29.35', '2.5.29.20']);
const KEY_USAGE = '2.5.29.15';
/** The bit of `cRLSign`, in the first byte of a key usage. */
const CRL_SIGN = 0x02;

const FAULTS = {
  revoked: { alert: Alert.certificateRevoked, problem: 'certificate revoked' },
  missing: { alert: Alert.unknownCa, problem: 'unable to get certificate CRL' },
  unsigned: { alert: Alert.unknownCa, problem: 'unable to get CRL issuer certificate' },
  forged: { alert: Alert.decryptError, problem: 'CRL signature failure' },
  early: { alert: Alert.badCertificate, problem: 'CRL is not yet valid' },
  expired: { alert: Alert.certificateExpired, problem: 'CRL has expired' },
} as const satisfies Record<string, CertificateFault>;

export class RevocationLists {
  readonly #lists: readonly RevocationList[];
  /** Lists whose signature was found to be right. */
  readonly #genuine = new Set<RevocationList>();

  /** Reads all lists of a PEM file. Throws `DerError` if there is none, or one that cannot be understood. */
  constructor(pem: string) {
    this.#lists = [...pem.matchAll(PEM)].map(([, text = '']) => parse(Buffer.from(text, 'base64')));
    if (this.#lists.length === 0) throw new DerError('it holds no list (X509 CRL)');
  }

  /** When the first of the lists is out of date, milliseconds since 1970; Infinity if none ever is. */
  get nextUpdate(): number {
    return Math.min(...this.#lists.map(({ nextUpdate }) => nextUpdate));
  }

  /**
   * What the lists have against a certificate, which has been verified but for them. `issuers` are certificates that
   * may have issued it: the authorities, and what came with it, which Node 24 does not tell a server.
   */
  faultOf(
    certificate: X509Certificate,
    issuers: readonly X509Certificate[],
    now: number,
  ): CertificateFault | undefined {
    const issuerName = nameKey(partsOf(certificate.raw).issuer);
    const lists = this.#lists.filter(({ issuer }) => issuer === issuerName);
    if (lists.length === 0) return FAULTS.missing;
    const current = lists.filter((list) => list.thisUpdate <= now && now < list.nextUpdate);
    if (current.length === 0)
      return lists.every((list) => list.thisUpdate > now) ? FAULTS.early : FAULTS.expired;
    const signers = (): X509Certificate[] => issuers.filter((issuer) => hasIssued(issuer, certificate));
    const fault = current.map((list) => this.#signatureFault(list, signers)).find(Boolean);
    if (fault !== undefined) return fault;
    const serialNumber = certificate.serialNumber.toUpperCase().replace(/^0+(?=.)/, '');
    return current.some((list) => list.serialNumbers.has(serialNumber)) ? FAULTS.revoked : undefined;
  }

  /** Once is enough: whoever issues certificates under a name here has one key, or the list would not be theirs. */
  #signatureFault(
    list: RevocationList,
    signersOf: () => readonly X509Certificate[],
  ): CertificateFault | undefined {
    if (this.#genuine.has(list)) return undefined;
    const signers = signersOf();
    if (signers.length === 0) return FAULTS.unsigned;
    if (!signers.some((signer) => maySign(signer) && isSignedWith(list.signed, signer.publicKey)))
      return FAULTS.forged;
    this.#genuine.add(list);
    return undefined;
  }
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** An authority whose key has usages must have that of signing lists [RFC 5280, 6.3.3 (f)]. */
function maySign({ raw }: X509Certificate): boolean {
  const usage = partsOf(raw).extensions.find(({ oid }) => oid === KEY_USAGE);
  return usage === undefined || (readDer(usage.value).content[1]! & CRL_SIGN) !== 0;
}

/** Letters' case and the width of blanks do not make another name [RFC 5280, 7.1]. */
function nameKey(name: Der): string {
  return nameText(name).toLowerCase().replaceAll(/ +/g, ' ');
}

/** CertificateList [RFC 5280, 5.1]. */
function parse(bytes: Uint8Array): RevocationList {
  const signed = expect(readDer(bytes), Tag.sequence);
  const [body, algorithm] = elementsOf(signed);
  if (!isTrustedAlgorithm(algorithm))
    throw new DerError('it is signed with an algorithm that is not trusted');
  const fields = [...elementsOf(expect(body, Tag.sequence))];
  if (fields[0]?.tag === Tag.integer) fields.shift(); // the version
  const [, issuer, thisUpdate, ...rest] = fields;
  const next = isTime(rest[0]) ? rest.shift() : undefined;
  const entries = rest[0]?.tag === Tag.sequence ? rest.shift() : undefined;
  if (rest[0]?.tag === EXTENSIONS) refuseUnknown(rest[0]);
  return {
    issuer: nameKey(expect(issuer, Tag.sequence)),
    signed,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next === undefined ? Infinity : timeOf(next),
    serialNumbers: entries === undefined ? new Set() : serialNumbersOf(entries),
  };
}

function isTime(der: Der | undefined): boolean {
  return der?.tag === Tag.utcTime || der?.tag === Tag.generalizedTime;
}

/** A list of changes, or one that is only about some certificates, says that it must be understood to be used. */
function refuseUnknown(tagged: Der): void {
  const unknown = extensionsOf(tagged).find(({ oid, critical }) => critical && !KNOWN_EXTENSIONS.has(oid));
  if (unknown !== undefined)
    throw new DerError(`it has the critical extension ${unknown.oid}: only complete lists are understood`);
}

function serialNumbersOf(entries: Der): Set<string> {
  const serialNumbers = new Set<string>();
  for (const entry of elementsOf(entries)) {
    const [serialNumber, , extensions] = elementsOf(expect(entry, Tag.sequence));
    serialNumbers.add(integerOf(serialNumber));
    if (extensions !== undefined) refuseCritical(extensions);
  }
  return serialNumbers;
}

/** The only critical extension of an entry says that it is about another authority's certificate. */
function refuseCritical(list: Der): void {
  for (const extension of elementsOf(list)) {
    const [, critical] = elementsOf(expect(extension, Tag.sequence));
    if (critical?.tag === Tag.boolean) throw new DerError('it is about certificates of several authorities');
  }
}
