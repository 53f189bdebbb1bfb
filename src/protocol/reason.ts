/** Reason codes of MQTT 5.0 §2.4, and the return codes of MQTT 3.x that stand for them. */

export const Reason = {
  success: 0x00,
  grantedQoS1: 0x01,
  grantedQoS2: 0x02,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  useAnotherServer: 0x9c,
  serverMoved: 0x9d,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
  wildcardSubscriptionsNotSupported: 0xa2,
} as const;

export type ReasonCode = (typeof Reason)[keyof typeof Reason];

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Reason).map(([name, code]) => [
    code,
    name
      .replaceAll(/QoS|[A-Z]|\d/g, (start) => ` ${start === 'QoS' ? start : start.toLowerCase()}`)
      .replace(/^qos/, 'QoS'),
  ]),
);

/** The code's name in the specification's words, for people: `0x87 not authorized`. */
export function reasonText(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')} ${NAMES.get(code) ?? 'unknown'}`;
}

/** CONNACK return codes of MQTT 3.1 and 3.1.1 (§3.2.2.3). */
const CONNECT_RETURN_CODE: ReadonlyMap<number, number> = new Map<number, number>([
  [Reason.success, 0],
  [Reason.unsupportedProtocolVersion, 1],
  [Reason.clientIdentifierNotValid, 2],
  [Reason.serverUnavailable, 3],
  [Reason.serverBusy, 3],
  [Reason.serverShuttingDown, 3],
  [Reason.badUserNameOrPassword, 5], // as Mosquitto: plugins never answer 4
  [Reason.notAuthorized, 5],
  [Reason.packetTooLarge, 5],
  [Reason.banned, 5],
  [Reason.connectionRateExceeded, 3], // try again later
]);

/**
 * The 3.x return code that says what a reason code says; undefined where 3.x has none, and the
 * connection closes without a CONNACK. `[MQTT-3.2.2-6]`
 */
export function connectReturnCode(code: ReasonCode): number | undefined {
  return CONNECT_RETURN_CODE.get(code);
}
