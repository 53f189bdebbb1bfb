/** What is wrong with a client's certificate: in words, and as the alert that tells the client. */
import { Alert } from './alert.ts';
import type { AlertDescription } from './alert.ts';

export interface CertificateFault {
  readonly alert: AlertDescription;
  /** As OpenSSL words it: `certificate has expired`. */
  readonly problem: string;
}

/** The alerts that OpenSSL sends for what it finds, by Node's names of it. */
const ALERTS: Readonly<Record<string, AlertDescription>> = {
  CA_KEY_TOO_SMALL: Alert.badCertificate,
  CA_MD_TOO_WEAK: Alert.badCertificate,
  CERT_CHAIN_TOO_LONG: Alert.unknownCa,
  CERT_HAS_EXPIRED: Alert.certificateExpired,
  CERT_NOT_YET_VALID: Alert.badCertificate,
  CERT_REJECTED: Alert.badCertificate,
  CERT_REVOKED: Alert.certificateRevoked,
  CERT_SIGNATURE_FAILURE: Alert.decryptError,
  CERT_UNTRUSTED: Alert.badCertificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: Alert.unknownCa,
  EE_KEY_TOO_SMALL: Alert.badCertificate,
  INVALID_CA: Alert.unknownCa,
  INVALID_PURPOSE: Alert.unsupportedCertificate,
  PATH_LENGTH_EXCEEDED: Alert.unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: Alert.unknownCa,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: Alert.badCertificate,
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: Alert.badCertificate,
  UNABLE_TO_GET_ISSUER_CERT: Alert.unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: Alert.unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: Alert.unknownCa,
};

/** The fault that goes by one of Node's names. */
export function faultNamed(name: string, problem: string): CertificateFault {
  return { alert: ALERTS[name] ?? Alert.certificateUnknown, problem };
}
