/** The checks of a CONNECT that need no backend, in the order of Mosquitto. §3.1 */
import { utf8Length } from '../protocol/bytes.ts';
import type { Connect, Will } from '../protocol/packet.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import { isTopicName, LONGEST_TOPIC } from '../topic/topic.ts';
import type { Broker } from './broker.ts';
import type { ListenerSettings } from './limits.ts';

/** Why a CONNECT is refused; `reason` is for people. */
export interface Refusal {
  readonly reasonCode: ReasonCode;
  readonly reason?: string;
}

type Rule = (packet: Connect, broker: Broker, listener: Readonly<ListenerSettings>) => ReasonCode | undefined;

const RULES: readonly Rule[] = [
  acceptedVersion,
  clientIdGiven,
  clientIdPrefixed,
  authenticationWhole,
  willAllowed,
  keepAliveAllowed,
  roomForClient,
  roomForMemory,
];

/** The first rule that a CONNECT breaks; undefined if it keeps them all. */
export function checkConnect(
  packet: Connect,
  broker: Broker,
  listener: Readonly<ListenerSettings>,
): Refusal | undefined {
  for (const rule of RULES) {
    const reasonCode = rule(packet, broker, listener);
    if (reasonCode !== undefined) return { reasonCode };
  }
  return undefined;
}

function acceptedVersion(
  packet: Connect,
  _broker: Broker,
  listener: Readonly<ListenerSettings>,
): ReasonCode | undefined {
  return listener.protocolVersions.has(packet.version) ? undefined : Reason.unsupportedProtocolVersion;
}

/** [MQTT-3.1.3-6] [MQTT-3.1.3-8]; 3.1 has no empty identifier, 3.1.1 only with a clean session. */
function clientIdGiven(
  packet: Connect,
  _broker: Broker,
  listener: Readonly<ListenerSettings>,
): ReasonCode | undefined {
  if (packet.clientId !== '') return undefined;
  if (listener.useUsernameAsClientId) return Reason.notAuthorized;
  const allowed =
    listener.allowZeroLengthClientId && (packet.version === 5 || (packet.version === 4 && packet.cleanStart));
  return allowed ? undefined : Reason.clientIdentifierNotValid;
}

/** For an identifier that is yet to be given: the prefix it will have. */
function clientIdPrefixed(
  packet: Connect,
  { settings }: Broker,
  listener: Readonly<ListenerSettings>,
): ReasonCode | undefined {
  const { clientIdPrefix } = settings;
  const clientId = packet.clientId || listener.autoIdPrefix;
  return clientIdPrefix === undefined || clientId.startsWith(clientIdPrefix)
    ? undefined
    : Reason.notAuthorized;
}

/** Authentication data belongs to a method, §3.1.2.11.10. */
function authenticationWhole({ properties }: Connect): ReasonCode | undefined {
  const { authenticationData, authenticationMethod } = properties;
  return authenticationData !== undefined && authenticationMethod === undefined
    ? Reason.protocolError
    : undefined;
}

function willAllowed(
  { will }: Connect,
  broker: Broker,
  listener: Readonly<ListenerSettings>,
): ReasonCode | undefined {
  if (will === undefined) return undefined;
  if (!isTopicName(will.topic) || will.topic.startsWith('$CONTROL/')) return Reason.topicNameInvalid;
  if (utf8Length(listener.mountPoint + will.topic) > LONGEST_TOPIC) return Reason.topicNameInvalid;
  const { responseTopic } = will.properties;
  if (responseTopic !== undefined && !isTopicName(responseTopic)) return Reason.protocolError; // [MQTT-3.3.2-14]
  if (will.retain && !broker.settings.retainAvailable) return Reason.retainNotSupported; // [MQTT-3.2.2-13]
  if (will.qos > listener.maxQos) return Reason.qosNotSupported; // [MQTT-3.2.2-12]
  return sizeAllowed(will, broker.settings.messageSizeLimit);
}

function sizeAllowed(will: Will, limit: number): ReasonCode | undefined {
  return limit > 0 && will.payload.length > limit ? Reason.packetTooLarge : undefined;
}

/** 5.0 is told a shorter keep alive; 3.x can only be refused, as Mosquitto. */
function keepAliveAllowed(packet: Connect, { settings }: Broker): ReasonCode | undefined {
  const most = settings.maxKeepAlive;
  if (packet.version === 5 || most === 0) return undefined;
  const { keepAliveSeconds } = packet;
  return keepAliveSeconds === 0 || keepAliveSeconds > most ? Reason.clientIdentifierNotValid : undefined;
}

/** Sessions count, connected or not. */
export function roomForClient(packet: Connect, { settings, sessions }: Broker): ReasonCode | undefined {
  const most = settings.globalMaxClients;
  if (most === 0 || sessions.get(packet.clientId) !== undefined) return undefined;
  return sessions.count >= most ? Reason.serverBusy : undefined;
}

function roomForMemory(_packet: Connect, broker: Broker): ReasonCode | undefined {
  return broker.overMemory ? Reason.serverBusy : undefined;
}
