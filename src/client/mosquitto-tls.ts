/** TLS as Mosquitto-PHP is told of it: files, versions, pre-shared keys. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { Errno, exceptionOf } from './mosquitto-errors.ts';
import { keyOf, keyOptions } from './pre-shared-key.ts';

/** They are the least that is spoken. */
const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  'tlsv1.1': 'TLSv1.1',
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
};

/** What the `setTls` methods have said so far; in any order. */
export class TlsSettings {
  #certificates: ConnectionOptions | undefined;
  #psk: ConnectionOptions | undefined;
  #options: ConnectionOptions = {};
  /** The server's name is not compared with its certificate. */
  insecure = false;

  /** For the next connection; undefined if it is to be one without TLS. */
  get options(): ConnectionOptions | undefined {
    const chosen = this.#psk ?? this.#certificates;
    if (chosen === undefined) return undefined;
    return {
      ...this.#options,
      ...chosen,
      ...(this.insecure && { checkServerIdentity: () => undefined }),
    };
  }

  /** Files are read now, and understood when the connection is made. */
  setCertificates(caPath: string, cert: string | null, key: string | null, password: string | null): void {
    if ((cert === null) !== (key === null)) throw exceptionOf(Errno.invalid);
    this.#certificates = {
      ca: authorities(caPath),
      ...(cert !== null && { cert: read(cert) }),
      ...(key !== null && { key: read(key) }),
      ...(password !== null && { passphrase: password }),
    };
  }

  setOptions(isVerified: boolean, version: string | null, ciphers: string | null): void {
    if (version !== null && !Object.hasOwn(VERSIONS, version)) throw exceptionOf(Errno.invalid);
    const minVersion = version === null ? undefined : VERSIONS[version];
    this.#options = {
      rejectUnauthorized: isVerified,
      ...(minVersion !== undefined && { minVersion }),
      ...(ciphers !== null && { ciphers }),
    };
  }

  /** `hex` is the key. It takes the place of certificates. */
  setPsk(hex: string, identity: string, ciphers: string | null): void {
    const psk = keyOf(hex);
    if (psk === undefined) throw exceptionOf(Errno.invalid);
    this.#psk = { ...keyOptions(identity, psk, ciphers ?? undefined), minVersion: 'TLSv1.2' };
  }
}

/** A file, or all the certificates of a directory. */
function authorities(path: string): string[] {
  const files = isDirectory(path) ? readdirSync(path).map((name) => join(path, name)) : [path];
  const texts = files.filter((file) => file === path || !isDirectory(file)).map(read);
  return [...new Set(texts)].filter((text) => files[0] === path || text.includes('-----BEGIN '));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw exceptionOf(Errno.invalid, error);
  }
}
