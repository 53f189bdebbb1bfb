/** Why a broker cannot be reached, in the words of Mosquitto's tools, and the exit code that goes with it. */
import { systemText } from '../../server/system-text.ts';
import { LibraryError, libraryText } from './error-text.ts';

export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** What the system, TLS, the proxy or WebSocket said. `reason` is OpenSSL's. */
export type Cause = NodeJS.ErrnoException & { readonly reason?: string };

/** The connection could not be made. */
const FAILED = 1;

const LOOKUP = /^(?:ENOTFOUND|EAI_[A-Z]+)$/;
/** The broker's certificate is not to be trusted: codes of OpenSSL's verification, and Node's for names. */
const CERTIFICATE = /CERT|CRL|SELF_SIGNED|SIGNATURE|ISSUER|HOSTNAME|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE/;
/** The other side speaks no TLS, or ends the handshake. */
const HANDSHAKE = /^(?:ERR_SSL_|ERR_TLS_|EPROTO$|ECONNRESET$)/;

/** `cause` is undefined if the other side just closed. */
export function describeFailure(cause: Cause | undefined, isSecure: boolean): Failure {
  const { code = '', message = '' } = cause ?? {};
  if (isSecure && CERTIFICATE.test(code)) return { text: unable(LibraryError.tls, message), code: FAILED };
  if (isSecure && (cause === undefined || HANDSHAKE.test(code)))
    return { text: failure(LibraryError.tls, cause?.reason ?? message), code: LibraryError.tls };
  if (cause === undefined)
    return { text: failure(LibraryError.connectionLost), code: LibraryError.connectionLost };
  if (LOOKUP.test(code)) return { text: unable(LibraryError.lookup), code: FAILED };
  if (code === 'ERR_PROXY') return { text: unable(LibraryError.proxy, message), code: FAILED };
  return { text: `Error: ${systemText(cause)}`, code: FAILED };
}

/** What cannot be used to connect, and why. */
export function unable(number: number, why = ''): string {
  return withReason(`Unable to connect (${libraryText(number)}).`, why);
}

function failure(number: number, why = ''): string {
  return withReason(`Error: ${libraryText(number)}`, why);
}

/** Mosquitto's line, and below it what it does not say. */
function withReason(line: string, why: string): string {
  return why === '' ? line : `${line}\nReason: ${why}`;
}
