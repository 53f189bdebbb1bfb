/** What can go wrong with a connection or a request, as one kind of error. */
import type { Disconnect } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import { reasonText } from '../protocol/reason.ts';

/** Why something failed, for programs. */
export type MqttErrorCode =
  /** The server could not be reached, or the connection broke. */
  | 'CONNECTION_LOST'
  /** CONNACK, SUBACK, PUBACK … said no: `reasonCode` says why. */
  | 'REFUSED'
  /** The server sent DISCONNECT: `reasonCode` says why. */
  | 'DISCONNECTED'
  /** The server broke the protocol. */
  | 'PROTOCOL_ERROR'
  /** No answer in time. */
  | 'TIMED_OUT'
  /** The client was closed. */
  | 'CLOSED'
  /** More was published while offline than may wait. */
  | 'QUEUE_FULL'
  /** The outbox could not keep the message, which was not published: its disk is full, say. `cause` is its error. */
  | 'OUTBOX_FAILED'
  /** An argument is not valid: a topic with a wildcard, a QoS that the server does not take. */
  | 'INVALID'
  /** An `AbortSignal` said so. */
  | 'ABORTED';

/** An error of the client. `message` is for people, `code` and `reasonCode` for programs. */
export class MqttError extends Error {
  readonly code: MqttErrorCode;
  /** The reason code of MQTT 5.0, or the return code of a CONNACK of 3.x; undefined if none was sent. */
  readonly reasonCode: number | undefined;
  /** Where the server sends its clients, with "use another server" and "server moved". */
  readonly serverReference: string | undefined;
  /** What the server said for people, MQTT 5.0. */
  readonly reasonString: string | undefined;

  constructor(
    code: MqttErrorCode,
    message: string,
    details: {
      readonly reasonCode?: number;
      readonly serverReference?: string | undefined;
      readonly reasonString?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MqttError';
    this.code = code;
    this.reasonCode = details.reasonCode;
    this.serverReference = details.serverReference;
    this.reasonString = details.reasonString;
  }
}

/** What is wrong, in words. A host of several addresses that cannot be reached has an error for each, and no other text. */
export function problemOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join(', ');
}

/** What a server's no is called. */
export function refused(what: string, reasonCode: number, reasonString: string | undefined): MqttError {
  const why =
    reasonString === undefined ? reasonText(reasonCode) : `${reasonText(reasonCode)}: ${reasonString}`;
  return new MqttError('REFUSED', `${what} was refused: ${why}`, { reasonCode, reasonString });
}

/** The return codes of 3.x, §3.2.2.3 of MQTT 3.1.1. */
const RETURN_CODES: readonly string[] = [
  'accepted',
  'unacceptable protocol version',
  'identifier rejected',
  'server unavailable',
  'bad user name or password',
  'not authorized',
];

/** A CONNACK that says no. */
export function refusedConnection(version: number, reasonCode: number, properties: Properties): MqttError {
  const { reasonString, serverReference } = properties;
  const name =
    version === 5 || reasonCode >= 0x80
      ? reasonText(reasonCode)
      : (RETURN_CODES[reasonCode] ?? `code ${reasonCode}`);
  const why = reasonString === undefined ? name : `${name}: ${reasonString}`;
  return new MqttError('REFUSED', `The server refused the connection: ${why}`, {
    reasonCode,
    serverReference,
    reasonString,
  });
}

/** A server that has ended the connection. */
export function disconnectedBy({ reasonCode, properties }: Disconnect): MqttError {
  const { reasonString, serverReference } = properties;
  const why =
    reasonString === undefined ? reasonText(reasonCode) : `${reasonText(reasonCode)}: ${reasonString}`;
  return new MqttError('DISCONNECTED', `The server ended the connection: ${why}`, {
    reasonCode,
    serverReference,
    reasonString,
  });
}
