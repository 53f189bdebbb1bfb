/** What is read in a client's certificate. */
import type { X509Certificate } from 'node:crypto';
import type { Certificate } from '../broker/access.ts';
import { elementsOf, expect, oidOf, readDer, Tag } from './der.ts';
import type { Der } from './der.ts';
import { commonNameOf, nameText } from './distinguished-name.ts';

/** An extension of a certificate or of a list of revoked ones. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** What it holds, DER. */
  readonly value: Uint8Array;
}

/** The parts of a certificate that Node does not show [RFC 5280, 4.1]. */
export interface CertificateParts {
  readonly issuer: Der;
  readonly subject: Der;
  readonly extensions: readonly Extension[];
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/** Takes a certificate apart; throws `DerError` for what is none. */
export function partsOf(certificate: Uint8Array): CertificateParts {
  const [body] = elementsOf(expect(readDer(certificate), Tag.sequence));
  const fields = [...elementsOf(expect(body, Tag.sequence))];
  if (fields[0]?.tag === VERSION) fields.shift();
  const [, , issuer, , subject] = fields; // serial number, signature, issuer, validity, subject
  const last = fields.find(({ tag }) => tag === EXTENSIONS);
  return {
    issuer: expect(issuer, Tag.sequence),
    subject: expect(subject, Tag.sequence),
    extensions: last === undefined ? [] : extensionsOf(last),
  };
}

/** The extensions in their explicit tag. */
export function extensionsOf(tagged: Der): Extension[] {
  const [list] = elementsOf(tagged);
  return [...elementsOf(expect(list, Tag.sequence))].map((extension) => {
    const [oid, ...rest] = elementsOf(expect(extension, Tag.sequence));
    const critical = rest[0]?.tag === Tag.boolean && rest[0].content[0] !== 0;
    return { oid: oidOf(oid), critical, value: expect(rest.at(-1), Tag.octetString).content };
  });
}

/** What the broker wants to know of a client's certificate. */
export function peerCertificate({ raw }: X509Certificate): Certificate {
  const { subject } = partsOf(raw);
  return { commonName: commonNameOf(subject), subject: nameText(subject), raw };
}
