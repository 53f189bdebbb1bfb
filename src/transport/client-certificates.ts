/** Whether a client's certificate is to be believed: `require_certificate`. */
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from '../broker/access.ts';
import { Alert } from './alert.ts';
import { faultNamed } from './certificate-fault.ts';
import type { CertificateFault } from './certificate-fault.ts';
import { pathFault } from './certificate-path.ts';
import { peerCertificate } from './peer-certificate.ts';
import type { RevocationLists } from './revocation.ts';

/** What a listener demands of certificates. */
export interface CertificateRules {
  /** `cafile` and `capath`. */
  readonly authorities: readonly X509Certificate[];
  readonly revocations: RevocationLists | undefined;
  /** `disable_client_cert_date_checks`. */
  readonly ignoresDates: boolean;
}

export type Judgement =
  | { readonly believed: true; readonly certificate: Certificate }
  | { readonly believed: false; readonly fault: CertificateFault };

/** What Node found out about a peer's certificate, and shows to its own servers only. */
interface Verified {
  /** Null if the certificate is all right. */
  verifyError(): unknown;
}

const DATES: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const UNVERIFIED: CertificateFault = { alert: Alert.certificateUnknown, problem: 'certificate not verified' };
const EXPIRED = faultNamed('CERT_HAS_EXPIRED', 'certificate has expired');

/** Judges the certificate of a client whose handshake has just ended. Whatever cannot be found out refuses it. */
export function judge(stream: TLSSocket, rules: CertificateRules, now: number): Judgement {
  try {
    const certificate = stream.getPeerX509Certificate();
    if (certificate === undefined) return { believed: false, fault: UNVERIFIED };
    const fault =
      verificationFault(stream, certificate, rules, now) ?? currentFault(stream, certificate, rules, now);
    if (fault !== undefined) return { believed: false, fault };
    return { believed: true, certificate: peerCertificate(certificate) };
  } catch (error) {
    // What cannot be read in a stranger's certificate is no reason for the broker to end
    return { believed: false, fault: { alert: Alert.certificateUnknown, problem: String(error) } };
  }
}

function verificationFault(
  stream: TLSSocket,
  certificate: X509Certificate,
  { authorities, ignoresDates }: CertificateRules,
  now: number,
): CertificateFault | undefined {
  const error = verifyErrorOf(stream);
  if (error === null) return undefined;
  if (!(error instanceof Error)) return UNVERIFIED;
  const { code = '', message } = error as NodeJS.ErrnoException;
  // Node adds advice for those who start it, after a semicolon
  if (!ignoresDates || !DATES.has(code)) return faultNamed(code, message.replace(/;.*/s, ''));
  return pathFault(certificate, authorities, chainOf(stream), now);
}

/** Null if the certificate is all right, an error if it is not, anything else if that is not known. */
function verifyErrorOf(stream: TLSSocket): unknown {
  const { ssl } = stream as unknown as { readonly ssl?: Partial<Verified> | null };
  return typeof ssl?.verifyError === 'function' ? ssl.verifyError() : undefined;
}

/** What may have changed since a session began that is resumed now: the certificate has grown old, or was revoked. */
function currentFault(
  stream: TLSSocket,
  certificate: X509Certificate,
  { authorities, revocations, ignoresDates }: CertificateRules,
  now: number,
): CertificateFault | undefined {
  if (!ignoresDates && certificate.validToDate.getTime() < now) return EXPIRED;
  return revocations?.faultOf(certificate, [...authorities, ...chainOf(stream)], now);
}

/** The certificates that came with the client's own; none when a session is resumed. */
function chainOf(stream: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let detailed = stream.getPeerCertificate(true);
  while (detailed.issuerCertificate !== undefined && detailed.issuerCertificate !== detailed) {
    detailed = detailed.issuerCertificate;
    chain.push(new X509Certificate(detailed.raw));
  }
  return chain;
}
