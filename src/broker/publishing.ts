/** PUBLISH as it comes in, §3.3: checks in the order of Mosquitto, then QoS, then on to the broker. */
import type { PublishFields } from '../base/log-events.ts';
import { sameBytes, utf8Length } from '../protocol/bytes.ts';
import { ProtocolError } from '../protocol/error.ts';
import type { Publish } from '../protocol/packet.ts';
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import { isTopicName, LONGEST_TOPIC } from '../topic/topic.ts';
import type { Agreement } from './agreement.ts';
import type { Connection } from './connection.ts';
import { request } from './control.ts';
import { isControlTopic, NO_HOOKS } from './hooks.ts';
import type { Admission } from './hooks.ts';
import { LIMITS } from './limits.ts';
import { Message } from './message.ts';
import { Receipt } from './records.ts';
import type { Session } from './session.ts';

export function receivePublish(connection: Connection, session: Session, packet: Publish): void {
  const { broker, listener } = connection;
  const { counters, settings } = broker;
  counters.publishReceived++;
  counters.publishBytesReceived += packet.payload.length;
  if (packet.qos > listener.settings.maxQos) {
    throw new ProtocolError(Reason.qosNotSupported, `PUBLISH with QoS ${packet.qos}`); // [MQTT-3.2.2-11]
  }
  if (packet.retain && !settings.retainAvailable) {
    throw new ProtocolError(Reason.retainNotSupported, 'PUBLISH with RETAIN'); // [MQTT-3.2.2-14]
  }
  if (broker.overMemory)
    throw new ProtocolError(Reason.quotaExceeded, 'PUBLISH while memory is over its limit');
  const topic = mounted(listener.settings.mountPoint, topicOf(connection, packet));
  if (packet.qos > 0 && broker.journal?.isFailing === true) {
    postpone(connection, session, packet);
    return;
  }
  if (packet.properties !== NO_PROPERTIES) checkProperties(packet.properties);
  if (settings.messageSizeLimit > 0 && packet.payload.length > settings.messageSizeLimit) {
    broker.log.event('publishTooLarge', describe(connection, packet, topic));
    refuse(connection, session, packet, Reason.quotaExceeded); // "too large" is no code of a PUBACK [MQTT-3.4.2-1]
    return;
  }
  const allowed = broker.mayPublish(session.principal, topic, packet);
  if (typeof allowed === 'boolean') decided(connection, session, packet, topic, allowed);
  else connection.await(allowed, (yes) => decided(connection, session, packet, topic, yes));
}

/** Nothing can be kept at the moment, so nothing is promised: 5.0 is told so, earlier versions cannot be. */
function postpone(connection: Connection, session: Session, packet: Publish): void {
  if (connection.outlet.version === 5) refuse(connection, session, packet, Reason.quotaExceeded);
  else
    throw new ProtocolError(
      Reason.quotaExceeded,
      `PUBLISH with QoS ${packet.qos} while nothing can be stored`,
    );
}

/** The topic, with its alias resolved. */
function topicOf(connection: Connection, packet: Publish): string {
  const { topicAlias } = packet.properties;
  if (topicAlias !== undefined) {
    if (packet.topic !== '') checkTopic(packet.topic);
    return agreementOf(connection).aliases.resolve(topicAlias, packet.topic);
  }
  checkTopic(packet.topic);
  return packet.topic;
}

/** The topic below the mount point. Together they must still be a string of MQTT. */
function mounted(mountPoint: string, topic: string): string {
  if (mountPoint === '') return topic;
  const whole = mountPoint + topic;
  if (utf8Length(whole) > LONGEST_TOPIC) {
    throw new ProtocolError(Reason.topicNameInvalid, 'PUBLISH with a topic too long for the mount point');
  }
  return whole;
}

/** The topic last found to be valid: one string object for one topic, so most checks are a comparison. */
let validTopic: string | undefined;

function checkTopic(topic: string): void {
  if (topic === validTopic) return;
  if (topic === '') throw new ProtocolError(Reason.protocolError, 'PUBLISH without a topic');
  if (!isTopicName(topic))
    throw new ProtocolError(Reason.topicNameInvalid, 'PUBLISH with a topic of too many levels');
  validTopic = topic;
}

function checkProperties({ subscriptionIdentifiers, responseTopic, userProperties }: Properties): void {
  // [MQTT-3.3.4-6]
  if (subscriptionIdentifiers !== undefined) {
    throw new ProtocolError(Reason.protocolError, 'PUBLISH with a subscription identifier');
  }
  // [MQTT-3.3.2-14]
  if (responseTopic !== undefined && !isTopicName(responseTopic)) {
    throw new ProtocolError(Reason.protocolError, 'PUBLISH with an invalid response topic');
  }
  if (userProperties !== undefined && charactersOf(userProperties) > LIMITS.propertyCharacters) {
    throw new ProtocolError(Reason.quotaExceeded, 'PUBLISH with more user properties than can be kept');
  }
}

/** Of one in JSON beside its name and value; of these each character may become two. */
const FRAME_CHARACTERS = 64;

function charactersOf(userProperties: NonNullable<Properties['userProperties']>): number {
  let characters = FRAME_CHARACTERS * userProperties.length;
  for (const [name, value] of userProperties) characters += 2 * (name.length + value.length);
  return characters;
}

function decided(
  connection: Connection,
  session: Session,
  packet: Publish,
  topic: string,
  allowed: boolean,
): void {
  const { log } = connection.broker;
  if (!allowed) {
    if (log.debug) log.event('publishDenied', describe(connection, packet, topic));
    refuse(connection, session, packet, Reason.notAuthorized);
    return;
  }
  if (log.debug) log.event('publishReceived', describe(connection, packet, topic));
  if (packet.qos === 2 && isRepeated(connection, session, packet, topic)) {
    acknowledge(connection, packet, Reason.success);
    return;
  }
  const message = toMessage(connection, session, packet, topic);
  if (connection.broker.hooks === NO_HOOKS) admitted(connection, session, packet, message);
  else askHooks(connection, session, packet, message);
}

/** A request to the broker goes to whoever answers it; any other message may be changed, or refused. */
function askHooks(connection: Connection, session: Session, packet: Publish, message: Message): void {
  const { hooks } = connection.broker;
  if (hooks.control !== undefined && isControlTopic(message.topic)) {
    if (packet.qos === 2) admitted(connection, session, packet, message);
    else request(connection, session, message, () => acknowledge(connection, packet, Reason.success));
    return;
  }
  const answer = hooks.messageIn === undefined ? message : hooks.messageIn(session.principal, message);
  if (answer instanceof Promise)
    connection.await(answer, (later) => judged(connection, session, packet, message, later));
  else judged(connection, session, packet, message, answer);
}

function judged(
  connection: Connection,
  session: Session,
  packet: Publish,
  sent: Message,
  answer: Admission<Message>,
): void {
  if (typeof answer !== 'number') {
    admitted(connection, session, packet, answer, sent);
    return;
  }
  const { log } = connection.broker;
  if (log.debug) {
    if (answer === Reason.quotaExceeded) log.event('publishQuotaExceeded', { client: session.clientId });
    else log.event('publishDenied', describe(connection, packet, sent.topic));
  }
  refuse(connection, session, packet, answer);
}

/** The message goes on: to its subscribers, or at QoS 2 to wait. `sent`: as the client sent it. */
function admitted(
  connection: Connection,
  session: Session,
  packet: Publish,
  message: Message,
  sent: Message = message,
): void {
  if (packet.qos === 2) hold(connection, session, packet, message, sent);
  else {
    if (packet.qos === 0 && message === sent) adoptFrame(connection, packet, message);
    const matched = connection.broker.publish(message);
    // [MQTT-4.3.2-4]: the acknowledgement follows the hand-over
    if (packet.qos === 1)
      acknowledge(connection, packet, matched > 0 ? Reason.success : Reason.noMatchingSubscribers);
    connection.yieldToLaggard(session);
  }
}

/** What clients sent, of held messages that a plugin has changed. */
const sentAs = new WeakMap<Message, Message>();

/** Whether a PUBLISH of QoS 2 repeats one that is held. [MQTT-4.3.3-10] If not, there must be room for it. */
function isRepeated(connection: Connection, session: Session, packet: Publish, topic: string): boolean {
  const held = session.inbound.get(packet.packetId)?.message;
  if (held === undefined) {
    checkQuota(connection, session);
    return false;
  }
  if (isSame(sentAs.get(held) ?? held, packet, topic)) return true;
  connection.broker.log.event('packetIdReused', { client: session.clientId, packetId: packet.packetId });
  return false;
}

/** QoS 2: the message waits for its PUBREL, in the place of one by the same identifier. */
function hold(
  connection: Connection,
  session: Session,
  packet: Publish,
  message: Message,
  sent: Message,
): void {
  if (message !== sent) sentAs.set(message, sent.keep());
  const { broker } = connection;
  const receipt = new Receipt(message.keep(), packet.packetId);
  broker.stored.hold(message);
  session.inbound.hold(packet.packetId, receipt, connection.decoder.frame().length);
  if (session.record !== undefined) broker.journal?.received(session, receipt);
  acknowledge(connection, packet, Reason.success);
}

function isSame(held: Message, { retain, payload }: Publish, topic: string): boolean {
  return (
    held.topic === topic &&
    held.retain === retain &&
    held.payloadBytes === payload.length &&
    sameBytes(held.payload, 0, payload)
  );
}

/** [MQTT-3.3.4-7] [MQTT-3.3.4-9]; 3.x knows no Receive Maximum, there the bytes held are bounded. */
function checkQuota(connection: Connection, session: Session): void {
  const { receiveMaximum } = agreementOf(connection);
  if (connection.outlet.version === 5 && receiveMaximum > 0 && session.inbound.size >= receiveMaximum) {
    connection.broker.log.event('receiveMaximumExceeded', { client: session.clientId });
    throw new ProtocolError(
      Reason.receiveMaximumExceeded,
      `more than ${receiveMaximum} messages of QoS 2 in flight`,
    );
  }
  if (session.inbound.bytes > LIMITS.inboundBytes) {
    throw new ProtocolError(
      Reason.quotaExceeded,
      `more than ${LIMITS.inboundBytes} bytes of QoS 2 in flight`,
    );
  }
}

function toMessage(connection: Connection, session: Session, packet: Publish, topic: string): Message {
  const { properties } = packet;
  const expiry = properties.messageExpiryInterval;
  return new Message({
    topic,
    payload: packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: properties.topicAlias === undefined ? properties : withoutAlias(properties),
    expiresAt: expiry === undefined ? 0 : connection.broker.now + expiry * 1000,
    publisher: session.clientId,
    source: session.principal,
  });
}

/** An alias is between the client and us. [MQTT-3.3.2-7] */
function withoutAlias(properties: Properties): Properties {
  const { topicAlias: _, ...rest } = properties;
  return Object.keys(rest).length === 0 ? NO_PROPERTIES : rest;
}

/** What comes in at QoS 0 goes out as it is, where nothing of it is to be changed. */
function adoptFrame(connection: Connection, packet: Publish, message: Message): void {
  if (packet.retain || connection.listener.settings.mountPoint !== '') return;
  if (packet.properties !== NO_PROPERTIES && packet.properties.topicAlias !== undefined) return;
  const frame = connection.decoder.frame();
  if (isShortest(frame)) message.adopt(frame, connection.outlet.version);
}

/** Whether the remaining length is as short as it can be: 3.x allows longer ones, which 5.0 and strict peers do not. */
function isShortest(frame: Uint8Array): boolean {
  let at = 1;
  while (frame[at]! >= 0x80) at++;
  return at === 1 || frame[at] !== 0;
}

/** Acknowledges with a reason. An identifier of QoS 2 is then free: nothing is held under it. [MQTT-4.3.3-9] */
function refuse(connection: Connection, session: Session, packet: Publish, reasonCode: ReasonCode): void {
  if (packet.qos === 2) session.inbound.release(packet.packetId);
  acknowledge(connection, packet, reasonCode);
}

function acknowledge(connection: Connection, packet: Publish, reasonCode: ReasonCode): void {
  if (packet.qos === 1) connection.outlet.acknowledge('PUBACK', packet.packetId, reasonCode);
  else if (packet.qos === 2) connection.outlet.acknowledge('PUBREC', packet.packetId, reasonCode);
}

function agreementOf({ state }: Connection): Agreement {
  if (state.name !== 'open') throw new TypeError('a PUBLISH is handled on an open connection only');
  return state.agreement;
}

function describe(connection: Connection, packet: Publish, topic: string): PublishFields {
  const { dup, qos, retain, packetId, payload } = packet;
  return { client: connection.outlet.client, dup, qos, retain, packetId, topic, bytes: payload.length };
}
