/** What OpenSSL is told of a listener: certificate, key, authorities, ciphers, versions. */
import { constants, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions, SecureVersion } from 'node:tls';
import { DerError } from './der.ts';
import { openSslErrors } from './openssl-error.ts';
import { RevocationLists } from './revocation.ts';

/** The options of a listener that can be wrong. */
export type TlsOption =
  | 'tls_version'
  | 'ciphers'
  | 'ciphers_tls1.3'
  | 'cafile'
  | 'capath'
  | 'certfile'
  | 'keyfile'
  | 'crlfile';

/** What a listener is told, its files as their text. */
export interface TlsSettings {
  /** `tls_version`. */
  readonly version: string | undefined;
  readonly ciphers: string;
  /** Of TLS 1.3; undefined for those of OpenSSL. */
  readonly cipherSuites: string | undefined;
  /** Undefined with pre-shared keys. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** The PEM texts of `cafile`, and of the files in `capath`. */
  readonly authorities: readonly { readonly option: 'cafile' | 'capath'; readonly pem: string }[];
  readonly revoked: string | undefined;
  /** Sessions of one listener are none of another one's. */
  readonly sessionIdContext: string;
  /** Whether clients may come back without a whole handshake. */
  readonly resumesSessions: boolean;
}

/** Something is wrong with a setting. `errors` are OpenSSL's, `hint` says it in plain words. */
export interface TlsFault {
  readonly option: TlsOption;
  readonly errors: readonly string[];
  readonly hint: string;
}

/** The lowest version for each word of `tls_version`. */
const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  'tlsv1.1': 'TLSv1.1',
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
};
const DEFAULT_VERSION = 'tlsv1.2';

/** OpenSSL's own, in its order; Node wants them named, or there is no TLS 1.3. */
const CIPHER_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** How long a session can be resumed, seconds; as Mosquitto, which leaves it to OpenSSL. */
const SESSION_SECONDS = 7200;

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Errors that OpenSSL has where no certificate, no key or no list is in a file. */
const NO_START_LINE = 'error:0480006C:PEM routines::no start line';
const NO_CERTIFICATE = 'error:05800088:x509 certificate routines::no certificate or crl found';
const MISMATCH = 'error:05800074:x509 certificate routines::key values mismatch';
const NOT_READ = 'error:0A080009:SSL routines::PEM lib';
const NO_LIST = 'error:05880009:x509 certificate routines::PEM lib';

/** Thrown by a check; a fault whose option is still to be said. */
class Wrong extends Error {
  readonly errors: readonly string[];

  constructor(errors: readonly string[], hint: string) {
    super(hint);
    this.errors = errors;
  }
}

/** What may be wrong, in the order in which Mosquitto looks. A check throws. */
const CHECKS: readonly (readonly [TlsOption, (settings: TlsSettings) => void])[] = [
  ['tls_version', checkVersion],
  ['ciphers', checkCiphers],
  ['ciphers_tls1.3', checkCipherSuites],
  ['cafile', (settings) => checkAuthorities(settings, 'cafile')],
  ['capath', (settings) => checkAuthorities(settings, 'capath')],
  ['certfile', checkCertificate],
  ['keyfile', checkKey],
  ['crlfile', ({ revoked }) => revoked === undefined || readLists(revoked)],
];

/** All that is wrong with the settings; nothing if a context can be made of them. */
export function faultsOf(settings: TlsSettings): readonly TlsFault[] {
  const faults = CHECKS.flatMap(([option, check]) => faultIn(option, () => check(settings)));
  // Each is all right for itself, and OpenSSL does not take them together: a key that is too short, say
  return faults.length > 0 ? faults : faultIn('certfile', () => contextOf(settings));
}

function faultIn(option: TlsOption, check: () => unknown): TlsFault[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof Wrong) return [{ option, errors: error.errors, hint: error.message }];
    const errors = openSslErrors(error);
    return [
      {
        option,
        errors,
        hint: `OpenSSL does not take it: ${errors[0]?.split('::').at(-1) ?? String(error)}.`,
      },
    ];
  }
}

/** Makes the context; throws where `faultsOf` finds something. */
export function contextOf(settings: TlsSettings): SecureContext {
  const { certificate, key, sessionIdContext, resumesSessions, authorities } = settings;
  return createSecureContext({
    ...protocolOptions(settings),
    ca: authorities.flatMap(({ pem }) => pemCertificates(pem)),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    dhparam: 'auto',
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (resumesSessions ? 0 : constants.SSL_OP_NO_TICKET),
    sessionIdContext,
    sessionTimeout: SESSION_SECONDS,
    // Keys of its own for each context: a session that began under other certificates cannot be resumed
    ticketKeys: randomBytes(48),
  });
}

/** The authorities as certificates. */
export function authoritiesOf({ authorities }: TlsSettings): X509Certificate[] {
  return authorities.flatMap(({ pem }) => pemCertificates(pem).map(readCertificate));
}

/** Whether a text holds a certificate. */
export function holdsCertificate(pem: string): boolean {
  return pemCertificates(pem).length > 0;
}

/** The certificates of a PEM text; there may be other things in between. */
function pemCertificates(pem: string): string[] {
  return pem.match(CERTIFICATE) ?? [];
}

/** Reads `crlfile`. */
export function readLists(pem: string): RevocationLists {
  try {
    return new RevocationLists(pem);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new Wrong(
      [NO_START_LINE, NO_LIST],
      `The file is no list of revoked certificates: ${error.message}.`,
    );
  }
}

function protocolOptions({ version, ciphers, cipherSuites }: TlsSettings): SecureContextOptions {
  const minVersion = VERSIONS[version ?? DEFAULT_VERSION];
  return {
    ...(minVersion && { minVersion }),
    ciphers: `${cipherSuites ?? CIPHER_SUITES}:${listOf(ciphers)}`,
  };
}

/** As OpenSSL, which ignores suites of TLS 1.3 here; Node would take them. */
function listOf(ciphers: string): string {
  return ciphers
    .split(/[:, ;]/)
    .filter((name) => name !== '' && !/^[!+-]?TLS_/.test(name))
    .join(':');
}

function checkVersion({ version = DEFAULT_VERSION }: TlsSettings): void {
  if (VERSIONS[version] === undefined) throw new Wrong([], 'It is one of tlsv1.1, tlsv1.2 and tlsv1.3.');
}

function checkCiphers({ ciphers }: TlsSettings): void {
  if (listOf(ciphers) === '')
    throw new Wrong([], 'It names no cipher; those of TLS 1.3 stand in ciphers_tls1.3.');
  takes(
    `${CIPHER_SUITES}:${listOf(ciphers)}`,
    'OpenSSL knows none of them. `openssl ciphers LIST` shows what it makes of a list.',
  );
}

function checkCipherSuites({ cipherSuites }: TlsSettings): void {
  if (cipherSuites === undefined) return;
  const hint = `Its names begin with TLS_, with colons between them: ${CIPHER_SUITES}.`;
  if (!cipherSuites.split(':').every((name) => name.startsWith('TLS_'))) throw new Wrong([], hint);
  takes(`${cipherSuites}:DEFAULT`, hint);
}

/** As Mosquitto, no error of OpenSSL is shown for a list of ciphers. */
function takes(ciphers: string, hint: string): void {
  try {
    createSecureContext({ ciphers, ca: [] });
  } catch (error) {
    if (openSslErrors(error).length === 0) throw error;
    throw new Wrong([], hint);
  }
}

function checkAuthorities({ authorities }: TlsSettings, wanted: 'cafile' | 'capath'): void {
  for (const { option, pem } of authorities) {
    if (option !== wanted) continue;
    const certificates = pemCertificates(pem);
    if (certificates.length === 0)
      throw new Wrong(
        [NO_CERTIFICATE],
        'The file holds no certificate between BEGIN CERTIFICATE and END CERTIFICATE.',
      );
    certificates.forEach(readCertificate);
  }
}

/** Throws OpenSSL's error for what is no certificate. */
function readCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

function checkCertificate({ certificate }: TlsSettings): void {
  if (certificate === undefined) return;
  if (!holdsCertificate(certificate))
    throw new Wrong(
      [NO_START_LINE, NOT_READ],
      'The file holds no certificate between BEGIN CERTIFICATE and END CERTIFICATE.',
    );
  createSecureContext({ cert: certificate, ca: [], ciphers: 'DEFAULT@SECLEVEL=0' });
}

function checkKey({ certificate, key }: TlsSettings): void {
  if (key === undefined || certificate === undefined) return;
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(key))
    throw new Wrong(
      ['error:07880109:common libcrypto routines::interrupted or cancelled'],
      'The key needs a passphrase, which nobody can be asked for. `openssl pkey -in FILE -out FILE2` writes it without one.',
    );
  const privateKey = readKey(key);
  const [first] = pemCertificates(certificate);
  if (first === undefined || isFaulty(first) || new X509Certificate(first).checkPrivateKey(privateKey))
    return;
  throw new Wrong([MISMATCH], 'The key is not that of the first certificate in certfile.');
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Wrong(
      [...openSslErrors(error), NOT_READ],
      'The file holds no private key that OpenSSL can read.',
    );
  }
}

/** What is wrong with the certificate is said elsewhere. */
function isFaulty(certificate: string): boolean {
  return faultIn('certfile', () => readCertificate(certificate)).length > 0;
}
