/** TLS options that work, and not as their operator may think. */
import { X509Certificate } from 'node:crypto';
import type { ListenerConfig } from '../config/config.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { authoritiesOf, readLists } from '../transport/secure-context.ts';
import type { TlsSettings } from '../transport/secure-context.ts';

type Warning = (config: ListenerConfig, settings: TlsSettings) => string[];

const WARNINGS: readonly Warning[] = [oldVersion, ownDates, listDates, noAuthorities, keysInstead];

/** What the operator should know. */
export function tlsWarnings(config: ListenerConfig, settings: TlsSettings): Diagnostic[] {
  return WARNINGS.flatMap((warning) => warning(config, settings)).map((text) => ({
    level: 'warning',
    text: `Warning: ${text}`,
  }));
}

function oldVersion({ tls_version: version }: ListenerConfig): string[] {
  if (version !== 'tlsv1.1') return [];
  return [
    'TLS 1.1 is out of use because it is unsafe. Use tls_version tlsv1.2 unless a client has nothing newer.',
    'OpenSSL takes TLS 1.1 only with a cipher list that ends in @SECLEVEL=0, such as: ciphers DEFAULT@SECLEVEL=0',
  ];
}

function ownDates({ certfile }: ListenerConfig, { certificate }: TlsSettings): string[] {
  if (certificate === undefined) return [];
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  if (validToDate.getTime() < Date.now())
    return [`The certificate in ${certfile} has expired (${dateOf(validToDate)}): clients will refuse it.`];
  if (validFromDate.getTime() > Date.now())
    return [
      `The certificate in ${certfile} is not valid before ${dateOf(validFromDate)}: clients will refuse it.`,
    ];
  return [];
}

function listDates({ crlfile }: ListenerConfig, { revoked }: TlsSettings): string[] {
  const nextUpdate = revoked === undefined ? Infinity : readLists(revoked).nextUpdate;
  if (nextUpdate >= Date.now()) return [];
  return [
    `A list in ${crlfile} is out of date since ${dateOf(new Date(nextUpdate))}: clients with a certificate of that authority are refused until there is a newer one.`,
  ];
}

function noAuthorities(config: ListenerConfig, settings: TlsSettings): string[] {
  const { require_certificate: required, psk_hint: hint } = config;
  if (!required || hint !== undefined || authoritiesOf(settings).length > 0) return [];
  return [
    'require_certificate without cafile or capath: no client certificate can be verified, so none is accepted.',
  ];
}

/** As Mosquitto, which does not ask for certificates where there are keys. */
function keysInstead({ require_certificate: required, psk_hint: hint }: ListenerConfig): string[] {
  return required && hint !== undefined
    ? ['require_certificate has no effect with psk_hint: the key proves who a client is.']
    : [];
}

function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
