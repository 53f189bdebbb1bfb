/** What libmosquitto calls its errors and MQTT's codes: the words that its tools print. */
import { ERROR_TEXTS } from '../../client/libmosquitto-texts.ts';

/** `mosquitto_strerror` of the numbers that a tool may end with. */
const LIBRARY: Readonly<Record<number, string>> = {
  ...ERROR_TEXTS,
  3: 'Invalid input.',
  13: 'Unknown error.',
  16: 'Proxy error.',
  19: 'Keepalive exceeded',
  27: 'Timeout',
};

/** Error numbers of libmosquitto: exit codes. */
export const LibraryError = {
  protocol: 2,
  invalid: 3,
  notConnected: 4,
  refused: 5,
  connectionLost: 7,
  tls: 8,
  lookup: 15,
  proxy: 16,
  keepAlive: 19,
  timeout: 27,
} as const;

/** Why there is no way to the broker, in Mosquitto's words: the tool ends with status 1. */
export class NoWay extends Error {}

export function libraryText(number: number): string {
  return LIBRARY[number] ?? LIBRARY[13]!;
}

/** Reason codes of MQTT 5.0, in libmosquitto's spelling. */
const REASONS: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'Granted QoS 1',
  2: 'Granted QoS 2',
  4: 'Disconnect with Will Message',
  16: 'No matching subscribers',
  17: 'No subscription existed',
  24: 'Continue authentication',
  25: 'Re-authenticate',
  128: 'Unspecified error',
  129: 'Malformed Packet',
  130: 'Protocol Error',
  131: 'Implementation specific error',
  132: 'Unsupported Protocol Version',
  133: 'Client Identifier not valid',
  134: 'Bad User Name or Password',
  135: 'Not authorized',
  136: 'Server unavailable',
  137: 'Server busy',
  138: 'Banned',
  139: 'Server shutting down',
  140: 'Bad authentication method',
  141: 'Keep Alive timeout',
  142: 'Session taken over',
  143: 'Topic Filter invalid',
  144: 'Topic Name invalid',
  145: 'Packet Identifier in use',
  146: 'Packet Identifier not found',
  147: 'Receive Maximum exceeded',
  148: 'Topic Alias invalid',
  149: 'Packet too large',
  150: 'Message rate too high',
  151: 'Quota exceeded',
  152: 'Administrative action',
  153: 'Payload format invalid',
  154: 'Retain not supported',
  155: 'QoS not supported',
  156: 'Use another server',
  157: 'Server moved',
  158: 'Shared Subscriptions not supported',
  159: 'Connection rate exceeded',
  160: 'Maximum connect time',
  161: 'Subscription identifiers not supported',
  162: 'Wildcard Subscriptions not supported',
};

/** A reason code of MQTT 5.0. */
export function reasonName(code: number): string {
  return REASONS[code] ?? 'Unknown reason';
}
