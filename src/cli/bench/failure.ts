/** Why a load could not be run, and what to do about it. */
import { systemText } from '../../server/system-text.ts';
import { CONNACK, SUBACK } from './frames.ts';
import { Refused, Unanswered } from './link.ts';
import { ROOT } from './plan.ts';

const LOG = 'See the log of the broker.';

/** The broker as the user named it. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

interface Text {
  readonly reason: string;
  readonly advice: string;
}

const ALLOWED = `The user must be allowed to publish and to subscribe to ${ROOT}/#.`;
const LOGIN = 'Say who the clients are with -u and -P, as the broker knows them.';

/** Return codes of CONNACK. */
const RETURN_CODES: Readonly<Record<number, Text>> = {
  1: { reason: 'unacceptable protocol version', advice: 'The broker must speak MQTT 3.1.1.' },
  2: { reason: 'identifier rejected', advice: "The client identifiers begin with 'zb': let them in." },
  3: { reason: 'server unavailable', advice: 'It may be busy: try again, or with fewer clients.' },
  4: { reason: 'bad user name or password', advice: LOGIN },
  5: { reason: 'not authorised', advice: LOGIN },
};

const UNKNOWN: Text = { reason: 'no reason that MQTT 3.1.1 knows', advice: LOG };

const START = 'Start the broker, or say where it is with --host and --port.';
const FILES = 'Allow more open files with "ulimit -n", or use fewer clients.';

/** What helps against errors of the system; others are ends of the connection. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: START,
  EHOSTUNREACH: START,
  ENETUNREACH: START,
  ETIMEDOUT: START,
  ENOTFOUND: 'Check the name after --host.',
  EAI_AGAIN: 'Check the name after --host, and the name servers of this machine.',
  EMFILE: FILES,
  ENFILE: FILES,
  EADDRNOTAVAIL: 'This machine has no port left: use fewer clients.',
};

/** Ends of connections that were there: whoever dies without having read everything resets them. */
const ENDS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Codes of OpenSSL's verification, and Node's for names. */
const CERTIFICATE = /CERT|CRL|SELF_SIGNED|SIGNATURE|ISSUER|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE/;
const CERTIFICATE_ADVICE = 'Name its authority with --cafile, or use the name in the certificate as --host.';

/** Of ends without a word, before anyone was let in. */
const SPEAKS_TLS = `${LOG} If the port speaks TLS, add --tls or --cafile.`;
const SPEAKS_NO_TLS = `${LOG} If the port speaks no TLS, leave out --tls and --cafile.`;

/** Why the broker cannot be reached: one line, with host, port, reason and what to do. */
export function describeFailure(error: Error, { host, port }: Place, isSecure: boolean): string {
  return describe(error, `${host}:${port}`, isSecure ? SPEAKS_NO_TLS : SPEAKS_TLS);
}

/** Why a load that ran has ended: a client was lost, or came and was not let in. */
export function describeLoss(error: Error, { host, port }: Place): string {
  const place = `${host}:${port}`;
  if (ENDS.has((error as NodeJS.ErrnoException).code ?? ''))
    return line(`${place} is lost`, systemText(error), LOG);
  return describe(error, place, LOG);
}

/** A broker need not say that a client may not publish or receive. */
export function describeSilence({ host, port }: Place): string {
  return line(`${host}:${port} delivers nothing`, 'no message came', ALLOWED);
}

function describe(error: Error, place: string, closed: string): string {
  if (error instanceof Refused) return describeRefusal(error, place);
  if (error instanceof Unanswered)
    return line(`${place} does not answer`, 'no CONNACK or SUBACK came', 'Is it a port of MQTT over TCP?');
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return line(`${place} is lost`, sentence(error.message), closed);
  if (CERTIFICATE.test(code))
    return line(`${place} is not trusted`, sentence(error.message), CERTIFICATE_ADVICE);
  return line(`Cannot reach ${place}`, systemText(error), ADVICE[code] ?? closed);
}

function describeRefusal({ type, code }: Refused, place: string): string {
  if (type === SUBACK) return line(`${place} refuses a subscription`, 'not allowed', ALLOWED);
  if (type !== CONNACK)
    return line(`${place} gives no CONNACK`, 'it answers something else', 'Is it a port of MQTT over TCP?');
  const { reason, advice } = RETURN_CODES[code] ?? UNKNOWN;
  return line(`${place} refuses the connection`, reason, advice);
}

/** Without its full stop, and without Node's advice about its own flags. */
function sentence(message: string): string {
  return message.replace(/;.*|\.$/s, '');
}

function line(what: string, reason: string, advice: string): string {
  return `Error: ${what}: ${reason}. ${advice}\n`;
}
