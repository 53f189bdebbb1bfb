/** The TLS options of a listener: their files read, and what is wrong with them as the operator is told it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenerConfig } from '../config/config.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { faultsOf, holdsCertificate } from '../transport/secure-context.ts';
import type { TlsFault, TlsOption, TlsSettings } from '../transport/secure-context.ts';
import { usesTls } from './on-demand.ts';
import { tlsWarnings } from './tls-warnings.ts';

/** Without settings the listener cannot be opened, and the problems say why. */
export interface TlsFiles {
  readonly settings: TlsSettings | undefined;
  readonly problems: readonly Diagnostic[];
}

/** The files and directories that the options name. */
export function tlsPaths({ cafile, capath, certfile, keyfile, crlfile }: ListenerConfig): readonly string[] {
  return [cafile, capath, certfile, keyfile, crlfile].filter((path) => path !== undefined);
}

/** What is wrong with the TLS options of a listener, and with the files that they name. */
export function checkTls(config: ListenerConfig): readonly Diagnostic[] {
  return usesTls(config) ? readTlsFiles(config).problems : [];
}

/** Reads the files that the options name. */
export function readTlsFiles(config: ListenerConfig): TlsFiles {
  const reading = new Reading();
  const settings: TlsSettings = {
    version: config.tls_version,
    ciphers: config.ciphers,
    cipherSuites: config['ciphers_tls1.3'],
    certificate: reading.file('certfile', config.certfile),
    key: reading.file('keyfile', config.keyfile),
    authorities: [...reading.authorityFile(config.cafile), ...reading.authorityFolder(config.capath)],
    revoked: reading.file('crlfile', config.crlfile),
    sessionIdContext: `mosquitto-${config.port}`, // as Mosquitto
    resumesSessions: config.psk_hint === undefined && !config.disable_client_cert_date_checks,
  };
  const unread = new Set(reading.faults.map(({ option }) => option));
  const faults = [...reading.faults, ...faultsOf(settings).filter(({ option }) => !unread.has(option))];
  const problems = faults.flatMap((fault) => diagnosticsOf(fault, config));
  if (faults.length > 0) return { settings: undefined, problems };
  return { settings, problems: tlsWarnings(config, settings) };
}

/** Files are read one after the other; those that cannot be read are remembered. */
class Reading {
  readonly faults: TlsFault[] = [];

  /** The text of a file; undefined if none is named, or it cannot be read. */
  file(option: TlsOption, path: string | undefined): string | undefined {
    if (path === undefined) return undefined;
    return this.#attempt(option, () => readFileSync(path, 'utf8'));
  }

  authorityFile(path: string | undefined): TlsSettings['authorities'] {
    const pem = this.file('cafile', path);
    return pem === undefined ? [] : [{ option: 'cafile', pem }];
  }

  /** OpenSSL finds certificates in a directory by hashes in their names; here every file counts that holds one. */
  authorityFolder(path: string | undefined): TlsSettings['authorities'] {
    if (path === undefined) return [];
    const texts = this.#attempt('capath', () => textsIn(path)) ?? [];
    return texts.filter(holdsCertificate).map((pem) => ({ option: 'capath', pem }));
  }

  #attempt<T>(option: TlsOption, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.faults.push(faultOf(option, error as NodeJS.ErrnoException));
      return undefined;
    }
  }
}

/** The same certificate often goes by several names, one of them a link: each text counts once. */
function textsIn(folder: string): string[] {
  const files = readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  return [...new Set(files.map((path) => readFileSync(path, 'utf8')))];
}

/** What OpenSSL says after the system's own error, by option; as Mosquitto prints it. */
const AFTERMATH: Readonly<Partial<Record<TlsOption, readonly string[]>>> = {
  certfile: ['error:10080002:BIO routines::system lib', 'error:0A080002:SSL routines::system lib'],
  keyfile: ['error:10080002:BIO routines::system lib', 'error:0A080002:SSL routines::system lib'],
  cafile: [
    'error:10000080:BIO routines::no such file',
    'error:05880002:x509 certificate routines::system lib',
  ],
  crlfile: [
    'error:10080002:BIO routines::system lib',
    'error:05880002:x509 certificate routines::system lib',
  ],
};

interface Trouble {
  /** The system's words. */
  readonly text: string;
  readonly hint: string;
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  ENOENT: {
    text: 'No such file or directory',
    hint: 'There is no such file. A path that does not begin with / starts where the broker was started.',
  },
  EACCES: {
    text: 'Permission denied',
    hint: "The user that the broker runs as may not read it: see 'user', and the rights of the file and its directory.",
  },
  EISDIR: { text: 'Is a directory', hint: 'It is a directory.' },
  ENOTDIR: { text: 'Not a directory', hint: 'A part of the path is a file and no directory.' },
};

/** OpenSSL's errors of the system: this bit, and the system's number. */
const SYSTEM_ERROR = 0x8000_0000;

function faultOf(option: TlsOption, { code = '', errno = 0, message }: NodeJS.ErrnoException): TlsFault {
  const { text, hint } = TROUBLES[code] ?? { text: message, hint: message };
  const number = (SYSTEM_ERROR + Math.abs(errno)).toString(16).toUpperCase();
  return { option, errors: [`error:${number}:system library::${text}`, ...(AFTERMATH[option] ?? [])], hint };
}

/** Mosquitto's line for a wrong option; %s is its value. */
const TEXTS: Readonly<Record<TlsOption, string>> = {
  tls_version: 'Error: Unsupported tls_version "%s".',
  ciphers: 'Error: Unable to set TLS ciphers. Check cipher list "%s".',
  'ciphers_tls1.3': 'Error: Unable to set TLS 1.3 ciphersuites. Check cipher_tls13 list "%s".',
  cafile: 'Error: Unable to load CA certificates. Check cafile "%s".',
  capath: 'Error: Unable to load CA certificates. Check capath "%s".',
  certfile: 'Error: Unable to load server certificate "%s". Check certfile.',
  keyfile: 'Error: Unable to load server key file "%s". Check keyfile.',
  crlfile: 'Error: Unable to load certificate revocation file "%s". Check crlfile.',
};

/** Mosquitto's line, those of OpenSSL, and at last where the option stands and what it means. */
function diagnosticsOf({ option, errors, hint }: TlsFault, config: ListenerConfig): Diagnostic[] {
  const text = TEXTS[option].replace('%s', () => config[option] ?? '');
  const lines = [text, ...errors.map((error, at) => `OpenSSL Error[${at}]: ${error}`)];
  const told = lines.map((line): Diagnostic => ({ level: 'error', text: line }));
  return [...told.slice(0, -1), { ...told.at(-1)!, hint, ...config.setAt.get(option) }];
}
