/** TLS of a tool: its options and the files that they name, as `node:tls` takes them. */
import { appendFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { ConnectionOptions, SecureContext, SecureVersion } from 'node:tls';
import type { TransportOptions } from '../../client/open.ts';
import { keyOf, keyOptions } from '../../client/pre-shared-key.ts';
import { LibraryError, NoWay } from './error-text.ts';
import type { ToolDraft } from './tool-option.ts';
import { unable } from './unreachable.ts';

const WRONG = 'Error: Problem setting TLS options, check the options are valid.';
const NO_FILE = 'Error: Problem setting TLS options: File not found.';

const VERSIONS: Readonly<Record<string, SecureVersion>> = { 'tlsv1.3': 'TLSv1.3', 'tlsv1.2': 'TLSv1.2' };

/** Throws a `NoWay` if something is wrong with an option or a file. */
export function secureTransport({ tls }: Pick<ToolDraft, 'tls'>): TransportOptions {
  const options = tls.psk === undefined ? certificateOptions(tls) : pskOptions(tls, tls.psk);
  const version = checkTls(tls);
  const secureContext = contextOf({ ...options, ...(version !== undefined && { minVersion: version }) });
  const settings: ConnectionOptions = {
    ...options,
    secureContext,
    ...(tls.alpn !== undefined && { ALPNProtocols: [tls.alpn] }),
    ...(tls.insecure === true && { checkServerIdentity: () => undefined }),
  };
  return { tls: settings, ...(tls.keylog !== undefined && { keyLog: keyLogger(tls.keylog) }) };
}

/** Throws if an option cannot be; gives the lowest version. Node has no engines of OpenSSL. */
export function checkTls({ engine, keyform, key, version }: ToolDraft['tls']): SecureVersion | undefined {
  if (engine !== undefined)
    throw new NoWay(`Error: Problem setting TLS engine, is ${engine} a valid engine?`);
  if (keyform !== undefined && keyform !== 'pem' && key !== undefined)
    throw new NoWay("Error: Problem setting key form, it must be one of 'pem' or 'engine'.");
  if (version !== undefined && !Object.hasOwn(VERSIONS, version)) throw new NoWay(WRONG);
  return version === undefined ? undefined : VERSIONS[version];
}

function certificateOptions({ cafile, capath, cert, key, ciphers }: ToolDraft['tls']): ConnectionOptions {
  const isNamed = cafile !== undefined || capath !== undefined;
  const authorities = [...(cafile === undefined ? [] : [authorityFile(cafile)]), ...folder(capath)];
  return {
    ca: isNamed ? authorities : getCACertificates('system'),
    ...(cert !== undefined && { cert: read(cert) }),
    ...(key !== undefined && { key: read(key) }),
    ...(ciphers !== undefined && { ciphers }),
  };
}

/** A pre-shared key takes the place of certificates. */
function pskOptions({ pskIdentity = '', ciphers }: ToolDraft['tls'], hex: string): ConnectionOptions {
  const psk = keyOf(hex);
  if (psk === undefined) throw new NoWay('Error: Problem setting TLS-PSK options.');
  return keyOptions(pskIdentity, psk, ciphers);
}

/** OpenSSL finds certificates in a directory by hashes in their names; here every file counts that is one. */
function folder(path: string | undefined): string[] {
  if (path === undefined) return [];
  try {
    const files = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
    const texts = files.map(({ name }) => readFileSync(join(path, name), 'latin1'));
    return [...new Set(texts)].filter(holdsCertificate);
  } catch {
    throw new NoWay(NO_FILE);
  }
}

/** OpenSSL refuses a file without one; Node would trust nobody. */
function authorityFile(path: string): string {
  const text = read(path);
  if (!holdsCertificate(text))
    throw new NoWay(unable(LibraryError.tls, `there is no certificate in ${path}`));
  return text;
}

function holdsCertificate(text: string): boolean {
  return /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(text);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    throw new NoWay(NO_FILE);
  }
}

/** What OpenSSL cannot read is told now, not at the handshake. */
function contextOf(options: ConnectionOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new NoWay(unable(LibraryError.tls, (error as Error).message));
  }
}

/** `--tls-keylog`: writes the secrets of each connection, as tools that decrypt them read it. */
function keyLogger(path: string): (line: Uint8Array) => void {
  return (line) => appendFileSync(path, line, { mode: 0o600 });
}
