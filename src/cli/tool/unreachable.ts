/** Why a broker cannot be reached, in the words of Mosquitto's tools, and the exit code that goes with it. */
import { systemText } from '../../server/system-text.ts';
import { LibraryError, libraryText } from './error-text.ts';

export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** Errors of the look-up of a name. */
const LOOKUP = /^(?:ENOTFOUND|EAI_[A-Z]+)$/;

/** `cause`: what the system, TLS, the proxy or WebSocket said. */
export function describeFailure(cause: NodeJS.ErrnoException | undefined): Failure {
  if (cause === undefined)
    return { text: libraryLine(LibraryError.connectionLost), code: LibraryError.connectionLost };
  const { code = '', name } = cause;
  if (LOOKUP.test(code)) return { text: `Unable to connect (${libraryText(LibraryError.lookup)}).`, code: 1 };
  if (name === 'SocksClientError')
    return { text: `Unable to connect (${libraryText(LibraryError.proxy)}).\n${cause.message}`, code: 1 };
  if (isTlsFailure(cause))
    return { text: `${libraryLine(LibraryError.tls)}\n${cause.message}`, code: LibraryError.tls };
  return { text: `Error: ${systemText(cause)}`, code: 1 };
}

function libraryLine(number: number): string {
  return `Error: ${libraryText(number)}`;
}

/** Errors of certificates have codes of words, those of OpenSSL begin with `ERR_SSL`; the system's have a number. */
function isTlsFailure({ code = '', errno, message }: NodeJS.ErrnoException): boolean {
  if (errno !== undefined) return false;
  return (
    /^(?:ERR_SSL|ERR_TLS|EPROTO)|CERT|SIGNATURE|_CRL_|_ISSUER|HOSTNAME/.test(code) || /TLS|SSL/.test(message)
  );
}
