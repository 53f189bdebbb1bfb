/** What plugins make of messages and subscriptions: the value that goes on in place of the one that came. */
import type { Broker } from '../broker/broker.ts';
import type { Admission } from '../broker/hooks.ts';
import { Message } from '../broker/message.ts';
import type { SubscriptionRequest } from '../protocol/packet.ts';
import type { Properties } from '../protocol/properties.ts';
import { Reason } from '../protocol/reason.ts';
import { isShared, isTopicFilter, parseShared } from '../topic/topic.ts';
import { WrongAnswer } from './fence.ts';
import { propertiesOf } from './properties.ts';
import { reasonCodeOf } from './refusals.ts';
import type { Refusing } from './refusals.ts';
import { bytesOf, flagOf, isFields, onlyFields, qosOf, shown, textOf, topicOf } from './values.ts';
import type { Fields } from './values.ts';

const OF_MESSAGE = ['topic', 'payload', 'qos', 'retain', 'properties'] as const;
const OF_SUBSCRIPTION = ['filter', 'qos', 'noLocal', 'retainAsPublished', 'retainHandling'] as const;

/** Topics that are not for messages: requests to the broker, and the notation of shared subscriptions. */
const CLOSED = /^\$(?:CONTROL|share)(?:\/|$)/;

/** What of the broker counts for a changed message. */
export type Circumstances = Pick<Broker, 'now' | 'settings'>;

/** A message that a plugin was asked about on its way in, after the answer. */
export function admittedMessage(
  answer: unknown,
  message: Message,
  circumstances: Circumstances,
): Admission<Message> {
  return admitted(answer, message, 'puback', (change) => changedMessage(change, message, circumstances));
}

/** A message on its way out to one subscriber; undefined if it does not get it. */
export function shownMessage(
  answer: unknown,
  message: Message,
  circumstances: Circumstances,
): Message | undefined {
  if (answer === 'deny') return undefined;
  if (answer === undefined || answer === 'allow') return message;
  if (!isFields(answer))
    throw new WrongAnswer(`${shown(answer)}, but there is only allow, deny and a change`);
  return changedMessage(answer, message, circumstances);
}

export function admittedSubscription(
  answer: unknown,
  request: SubscriptionRequest,
): Admission<SubscriptionRequest> {
  return admitted(answer, request, 'suback', (change) => changedSubscription(change, request));
}

export function admittedUnsubscription(answer: unknown, filter: string): Admission<string> {
  return admitted(answer, filter, 'unsuback', (change) => {
    onlyFields(change, ['filter']);
    return filterOf(change.filter);
  });
}

function admitted<T>(
  answer: unknown,
  asItCame: T,
  refusing: Refusing,
  changed: (change: Fields) => T,
): Admission<T> {
  if (answer === undefined || answer === 'allow') return asItCame;
  if (answer === 'deny') return Reason.notAuthorized;
  if (!isFields(answer))
    throw new WrongAnswer(`${shown(answer)}, but there is only allow, deny and a change`);
  if (answer.outcome === undefined) return changed(answer);
  onlyFields(answer, ['outcome', 'reasonCode']);
  if (answer.outcome !== 'refused') throw new WrongAnswer(`outcome ${shown(answer.outcome)}`);
  return reasonCodeOf(answer.reasonCode, refusing);
}

function changedMessage(change: Fields, message: Message, { now, settings }: Circumstances): Message {
  onlyFields(change, OF_MESSAGE);
  const { topic, payload, qos, retain } = change;
  if (typeof topic === 'string' && topic !== message.topic && CLOSED.test(topic))
    throw new WrongAnswer(`topic ${shown(topic)}, which is not for messages`);
  const properties = change.properties === undefined ? message.properties : propertiesOf(change.properties);
  return new Message({
    topic: topic === undefined ? message.topic : topicOf(topic),
    payload: payload === undefined ? message.payload : bytesOf('payload', payload),
    qos: qos === undefined ? message.qos : qosOf(qos),
    retain: retain === undefined ? message.retain : flagOf('retain', retain) && settings.retainAvailable,
    properties,
    expiresAt: expiryOf(message, properties, now),
    publisher: message.publisher,
    source: topic === undefined ? message.source : undefined, // who moves a message answers for it
  });
}

/** The time goes on for an interval that was not changed: it began when the message came. */
function expiryOf(message: Message, { messageExpiryInterval }: Properties, now: number): number {
  if (messageExpiryInterval === message.properties.messageExpiryInterval) return message.expiresAt;
  return messageExpiryInterval === undefined ? 0 : now + messageExpiryInterval * 1000;
}

function changedSubscription(change: Fields, request: SubscriptionRequest): SubscriptionRequest {
  onlyFields(change, OF_SUBSCRIPTION);
  const { filter, qos, noLocal, retainAsPublished, retainHandling } = change;
  const changed: SubscriptionRequest = {
    filter: filter === undefined ? request.filter : filterOf(filter),
    qos: qos === undefined ? request.qos : qosOf(qos),
    noLocal: noLocal === undefined ? request.noLocal : flagOf('noLocal', noLocal),
    retainAsPublished:
      retainAsPublished === undefined
        ? request.retainAsPublished
        : flagOf('retainAsPublished', retainAsPublished),
    retainHandling: retainHandling === undefined ? request.retainHandling : qosOf(retainHandling), // 0 to 2 as well
  };
  if (changed.noLocal && isShared(changed.filter))
    throw new WrongAnswer('noLocal with a shared subscription'); // [MQTT-3.8.3-4]
  return changed;
}

function filterOf(value: unknown): string {
  const filter = textOf('filter', value);
  if (isShared(filter) ? parseShared(filter) !== undefined : isTopicFilter(filter)) return filter;
  throw new WrongAnswer(`filter ${shown(filter)}`);
}
