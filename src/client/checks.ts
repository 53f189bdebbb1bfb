/** What a program may ask for, by the specification and by what the server has agreed to. Wrong arguments throw. */
import type { Connack, ProtocolVersion, QoS } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import { isText } from '../protocol/text.ts';
import { hasWildcard, isShared, isTopicFilter, isTopicName, parseShared } from '../topic/topic.ts';
import { MqttError } from './error.ts';

/** Throws if nothing can be published to a topic. */
export function checkTopic(topic: string): void {
  if (typeof topic !== 'string' || !isTopicName(topic) || !isText(topic))
    throw new MqttError(
      'INVALID',
      `'${topic}' is not a topic to publish to: no + or #, no control characters, not empty, not too long`,
    );
}

/** Throws if a payload is no text and no bytes. */
export function checkPayload(payload: unknown): void {
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array))
    throw new MqttError('INVALID', 'A payload is a string or a Uint8Array');
}

export function checkQoS(qos: unknown): void {
  if (qos !== 0 && qos !== 1 && qos !== 2)
    throw new MqttError('INVALID', `QoS ${String(qos)} does not exist: it is 0, 1 or 2`);
}

/** Why the server would not take a message; undefined if it does. */
export function refusalOf(
  qos: QoS,
  retain: boolean,
  { properties: { maximumQoS = 2, retainAvailable = 1 } }: Connack,
): MqttError | undefined {
  // [MQTT-3.2.2-11]
  if (qos > maximumQoS)
    return unavailable(`The server takes QoS ${maximumQoS} at the most`, Reason.qosNotSupported);
  // [MQTT-3.2.2-14]
  if (retain && retainAvailable === 0)
    return unavailable('The server retains no messages', Reason.retainNotSupported);
  return undefined;
}

/** Throws if a filter is none. */
export function checkFilter(filter: string, noLocal: boolean): void {
  if (typeof filter !== 'string' || !isTopicFilter(filter) || !isText(filter))
    throw new MqttError(
      'INVALID',
      `'${filter}' is not a topic filter: + and # stand for whole levels, and # is the last one`,
    );
  if (!isShared(filter)) return;
  if (parseShared(filter) === undefined)
    throw new MqttError('INVALID', `'${filter}' is not of the form $share/NAME/FILTER`); // [MQTT-4.8.2-1]
  if (noLocal) throw new MqttError('INVALID', 'noLocal is not for shared subscriptions'); // [MQTT-3.8.3-4]
}

/** Why the server would not take subscriptions; undefined if it does. */
export function subscriptionRefusalOf(
  filters: readonly string[],
  { properties }: Connack,
): MqttError | undefined {
  const { wildcardSubscriptionAvailable = 1, sharedSubscriptionAvailable = 1 } = properties;
  if (wildcardSubscriptionAvailable === 0 && filters.some((filter) => hasWildcard(filter)))
    return unavailable('The server takes no wildcards', Reason.wildcardSubscriptionsNotSupported);
  if (sharedSubscriptionAvailable === 0 && filters.some((filter) => isShared(filter)))
    return unavailable('The server shares no subscriptions', Reason.sharedSubscriptionsNotSupported);
  return undefined;
}

/** The longest time that a timer takes, milliseconds: 24 days. With a longer one it rings at once. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** A time as a program gave it, milliseconds, and as timers take it; `Infinity` is one. Throws if it is none. */
export function waitOf(name: string, milliseconds: number): number {
  checkAmounts({ [name]: milliseconds });
  return Math.min(milliseconds, LONGEST_WAIT);
}

/** Throws if one of what bounds or counts is no number, or is less than nothing; `Infinity` is no bound. */
export function checkAmounts(amounts: Readonly<Record<string, unknown>>): void {
  for (const [name, amount] of Object.entries(amounts))
    if (amount !== undefined && !(typeof amount === 'number' && amount >= 0))
      throw new MqttError('INVALID', `${name} is a number that is not negative`);
}

/** DISCONNECT of a client may say these. §3.14.2.1 */
const GOODBYES: ReadonlySet<number> = new Set([
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
]);

/** Throws if a client cannot leave with a reason code. */
export function checkGoodbye(reasonCode: number, version: ProtocolVersion): void {
  if (!GOODBYES.has(reasonCode))
    throw new MqttError('INVALID', `${String(reasonCode)} is no reason code that a client leaves with`);
  if (reasonCode !== 0) checkVersion('Reason codes', version);
}

/** Throws if an option needs MQTT 5.0 and there is none. */
export function checkVersion(what: string, version: ProtocolVersion): void {
  if (version !== 5) throw new MqttError('INVALID', `${what} need MQTT 5.0`);
}

export function tooLarge(what: string): MqttError {
  return unavailable(`${what} is larger than the server takes`, Reason.packetTooLarge);
}

function unavailable(problem: string, reasonCode: ReasonCode): MqttError {
  return new MqttError('INVALID', problem, { reasonCode });
}
