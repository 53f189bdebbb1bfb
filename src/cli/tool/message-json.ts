/** A message as JSON: `-F %j` and `-F %J`. */
import type { Message } from '../../client/message.ts';
import type { Properties } from '../../protocol/properties.ts';
import { strftime } from '../../base/strftime.ts';
import { jsonString, readJson } from './json.ts';
import type { Json } from './json.ts';
import { microseconds } from './time.ts';

type Member = readonly [name: string, value: Json];

/** The names of Mosquitto. What is not here is no property of a PUBLISH. */
const PROPERTIES: { readonly [N in keyof Properties]?: (value: NonNullable<Properties[N]>) => Member[] } = {
  payloadFormatIndicator: (value) => [member('payload-format-indicator', String(value))],
  messageExpiryInterval: (value) => [member('message-expiry-interval', String(value))],
  contentType: (value) => [member('content-type', quoted(value))],
  responseTopic: (value) => [member('response-topic', quoted(value))],
  correlationData: (value) => [member('correlation-data', jsonString(characters(value)))],
  subscriptionIdentifiers: (value) => value.map((id) => member('subscription-identifier', String(id))),
  userProperties: (value) => [
    member('user-properties', {
      kind: 'array',
      items: value.map(([name, text]) => ({ kind: 'object', members: [[quoted(name), quoted(text)]] })),
    }),
  ],
};

/**
 * The JSON value that a message is, in the order in which Mosquitto writes it; undefined if its payload is to be read
 * and is no JSON. `now` is as `timeNow` gives it.
 */
export function messageJson(message: Message, now: number, isPayloadRead: boolean): Json | undefined {
  const payload = payloadOf(message, isPayloadRead);
  if (payload === undefined) return undefined;
  const { topic, qos, retain, packetId } = message;
  const properties = propertiesOf(message);
  const members = [
    member('tst', jsonString(timestamp(now))),
    member('topic', quoted(topic)),
    member('qos', String(qos)),
    member('retain', String(retain)),
    member('payloadlen', String(message.payload.length)),
    ...(qos > 0 ? [member('mid', String(packetId))] : []),
    ...(properties.length > 0 ? [member('properties', { kind: 'object', members: properties })] : []),
    member('payload', payload),
  ];
  return { kind: 'object', members };
}

function payloadOf({ payload }: Message, isRead: boolean): Json | undefined {
  if (payload.length === 0) return 'null';
  return isRead ? readJson(allCharacters(payload)) : jsonString(characters(payload));
}

function propertiesOf({ properties, topicAlias }: Message): Member[] {
  const members = Object.entries(properties).flatMap(([name, value]) => {
    const write = PROPERTIES[name as keyof Properties] as ((value: unknown) => Member[]) | undefined;
    return write?.(value) ?? [];
  });
  return topicAlias === undefined ? members : [...members, member('topic-alias', String(topicAlias))];
}

function member(name: string, value: Json): Member {
  return [`"${name}"`, value];
}

function quoted(text: string): string {
  return jsonString(Buffer.from(text).toString('latin1'));
}

/** Bytes as C sees them: they end at a NUL. */
function characters(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return allCharacters(end < 0 ? bytes : bytes.subarray(0, end));
}

function allCharacters({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

function timestamp(now: number): string {
  const fraction = microseconds(now);
  return `${strftime('%Y-%m-%dT%H:%M:%S', now)}.${fraction}${strftime('%z', now)}`;
}
