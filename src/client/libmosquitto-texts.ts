/** What libmosquitto calls its errors and the answers of servers: the words of PHP's extension and of the tools. */

/** `mosquitto_strerror` by number, where versions 2.0 (which PHP has) and 2.1 (which the tools follow) agree. */
export const ERROR_TEXTS: Readonly<Record<number, string>> = {
  1: 'Out of memory.',
  2: 'A network protocol error occurred when communicating with the broker.',
  4: 'The client is not currently connected.',
  5: 'The connection was refused.',
  7: 'The connection was lost.',
  8: 'A TLS error occurred.',
  9: 'Payload too large.',
  15: 'Lookup error.',
};

const RETURN_CODES: readonly string[] = [
  'Connection Accepted.',
  'Connection Refused: unacceptable protocol version.',
  'Connection Refused: identifier rejected.',
  'Connection Refused: broker unavailable.',
  'Connection Refused: bad user name or password.',
  'Connection Refused: not authorised.',
];

/** `mosquitto_connack_string`: a return code of a CONNACK of MQTT 3.x. */
export function connackText(code: number): string {
  return RETURN_CODES[code] ?? 'Connection Refused: unknown reason.';
}
