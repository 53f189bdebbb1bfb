/** What can go wrong in Mosquitto-PHP: its exception, and the texts of libmosquitto 2.0's numbers. */
import { Reason } from '../protocol/reason.ts';
import type { MqttError } from './error.ts';
import { ERROR_TEXTS } from './libmosquitto-texts.ts';

/** Numbers of libmosquitto. */
export const Errno = {
  memory: 1,
  protocol: 2,
  invalid: 3,
  notConnected: 4,
  refused: 5,
  lost: 7,
  tls: 8,
  tooLarge: 9,
  unsupported: 10,
  system: 14,
  lookup: 15,
  malformed: 18,
  keepAlive: 19,
} as const;

/** `mosquitto_strerror` of version 2.0. */
const TEXTS: Readonly<Record<number, string>> = {
  ...ERROR_TEXTS,
  3: 'Invalid function arguments provided.',
  10: 'This feature is not supported.',
  18: 'Malformed UTF-8',
};

/** Of the system, as C says it. */
const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EPIPE: 'Broken pipe',
  ETIMEDOUT: 'Connection timed out',
};

/** The one error of the library: `Mosquitto\Exception`. */
export class Exception extends Error {
  /** As PHP's: 1 if a client could not be made, else 0. */
  readonly code: number;
  /** The number of libmosquitto, which the extension does not tell: 0 for wrong kinds of arguments. */
  readonly errno: number;

  constructor(message: string, code = 0, errno = 0, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Mosquitto\\Exception';
    this.code = code;
    this.errno = errno;
  }

  getMessage(): string {
    return this.message;
  }

  getCode(): number {
    return this.code;
  }
}

/** The exception for a number of libmosquitto. */
export function exceptionOf(errno: number, cause?: unknown): Exception {
  return new Exception(TEXTS[errno] ?? 'Unknown error.', 0, errno, cause);
}

/** Why a server could not be reached: name, TLS or the system. */
export function unreachable(error: MqttError, isSecure: boolean): Exception {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const code = cause?.code ?? '';
  if (/^(?:ENOTFOUND|EAI_|ERR_INVALID_IP_ADDRESS)/.test(code)) return exceptionOf(Errno.lookup, error);
  const isSystem = SYSTEM_TEXTS[code] !== undefined && code !== 'ECONNRESET' && code !== 'EPIPE';
  if (isSecure && !isSystem) return exceptionOf(Errno.tls, error);
  return new Exception(SYSTEM_TEXTS[code] ?? error.message, 0, Errno.system, error);
}

/** The number that `onDisconnect` gets when a connection ends with an error. */
export function errnoOf({ code, reasonCode = 0 }: MqttError): number {
  if (code === 'REFUSED') return reasonCode <= 5 ? Errno.refused : Errno.protocol;
  if (code === 'PROTOCOL_ERROR') return Errno.protocol;
  return reasonCode === Reason.keepAliveTimeout ? Errno.keepAlive : Errno.lost;
}

/** With these numbers a connection was lost, or a server is not there: another attempt may succeed. */
const PASSING: ReadonlySet<number> = new Set<number>([
  Errno.lost,
  Errno.keepAlive,
  Errno.system,
  Errno.lookup,
]);

/** Whether another attempt may succeed: a connection was lost, or a server is not there. */
export function isPassing(error: unknown): boolean {
  return error instanceof Exception && PASSING.has(error.errno) && !isAlert(error);
}

/** A connection that an alert of TLS has ended: with 1.3 a certificate is refused after the handshake. */
function isAlert({ cause }: Exception): boolean {
  const { code } = ((cause as Error | undefined)?.cause ?? {}) as NodeJS.ErrnoException;
  return code?.startsWith('ERR_SSL_') === true;
}
