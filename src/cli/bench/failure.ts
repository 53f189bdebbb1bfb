/** Why a load could not be run, and what to do about it. */
import { systemText } from '../../server/system-text.ts';
import { CONNACK, SUBACK } from './frames.ts';
import { Refused, Unanswered } from './link.ts';
import type { Target } from './link.ts';
import { ROOT } from './plan.ts';

interface Text {
  readonly reason: string;
  readonly advice: string;
}

const ALLOWED = `The user must be allowed to publish and to subscribe to ${ROOT}/#.`;
const LOGIN = 'Say who the clients are with -u and -P.';

/** Return codes of CONNACK. */
const RETURN_CODES: Readonly<Record<number, Text>> = {
  1: { reason: 'unacceptable protocol version', advice: 'The broker must speak MQTT 3.1.1.' },
  2: { reason: 'identifier rejected', advice: "The client identifiers begin with 'zb': let them in." },
  3: { reason: 'server unavailable', advice: 'It may be busy: try again, or with fewer clients.' },
  4: { reason: 'bad user name or password', advice: LOGIN },
  5: { reason: 'not authorised', advice: LOGIN },
};

const UNKNOWN: Text = { reason: 'no reason that MQTT 3.1.1 knows', advice: 'See the log of the broker.' };

const START = 'Start the broker, or say where it is with --host and --port.';
const FILES = 'Allow more open files with "ulimit -n", or use fewer clients.';

/** What helps against errors of the system. */
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
  ECONNRESET: 'See the log of the broker. A port of TLS needs --tls or --cafile.',
  EPROTO: 'Does the port speak TLS? Without --tls and --cafile plain TCP is used.',
};

/** Codes of OpenSSL's verification, and Node's for names. */
const CERTIFICATE = /CERT|CRL|SELF_SIGNED|SIGNATURE|ISSUER|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE/;
const CERTIFICATE_ADVICE = 'Name its authority with --cafile, or use the name in the certificate as --host.';

/** One line, with host, port, reason and what to do. */
export function describeFailure(error: Error, { host, port }: Pick<Target, 'host' | 'port'>): string {
  const place = `${host}:${port}`;
  if (error instanceof Refused) return describeRefusal(error, place);
  if (error instanceof Unanswered)
    return line(`${place} does not answer`, 'no CONNACK or SUBACK came', 'Is it a port of MQTT over TCP?');
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined)
    return line(
      `${place} is lost`,
      error.message.replace(/\.$/, ''),
      'See the log of the broker. A port of TLS needs --tls or --cafile.',
    );
  if (CERTIFICATE.test(code)) return line(`${place} is not trusted`, error.message, CERTIFICATE_ADVICE);
  const advice = code.startsWith('ERR_SSL') ? ADVICE.EPROTO! : (ADVICE[code] ?? 'See the log of the broker.');
  return line(`Cannot reach ${place}`, systemText(error), advice);
}

function describeRefusal({ type, code }: Refused, place: string): string {
  if (type === SUBACK) return line(`${place} refuses a subscription`, 'not allowed', ALLOWED);
  const { reason, advice } = type === CONNACK ? (RETURN_CODES[code] ?? UNKNOWN) : UNKNOWN;
  return line(`${place} refuses the connection`, reason, advice);
}

function line(what: string, reason: string, advice: string): string {
  return `Error: ${what}: ${reason}. ${advice}\n`;
}
