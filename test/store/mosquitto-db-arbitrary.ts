/** States that a `mosquitto.db` can hold, for property tests. */
import fc from 'fast-check';
import type {
  Change,
  KeptDelivery,
  KeptMessage,
  KeptSession,
  KeptSubscription,
} from '../../src/broker/change.ts';
import type { QoS } from '../../src/protocol/packet.ts';
import { NO_PROPERTIES } from '../../src/protocol/properties.ts';
import type { Properties } from '../../src/protocol/properties.ts';

/** When they are read: milliseconds since 1970. */
export const NOW = 1_767_225_600_000;

const NEVER = 0xffff_ffff;

const level = fc.constantFrom('a', 'ä', '日本', '$x', '0', '007', '', 'sensor 1', 'x'.repeat(40));
const topic = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((text) => text !== '');
const filter = fc.oneof(
  topic,
  topic.map((text) => `${text}/#`),
  topic.map((text) => `+/${text}`),
  topic.map((text) => `$share/group/${text}`),
);
const qos = fc.constantFrom<QoS>(0, 1, 2);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 8000, max: 9000 }).map((size) => new Uint8Array(size).fill(0x7a)),
);
const later = fc.integer({ min: 1, max: 1_000_000 }).map((seconds) => NOW + seconds * 1000);

const properties: fc.Arbitrary<Properties> = fc.oneof(
  fc.constant(NO_PROPERTIES),
  fc.record(
    {
      payloadFormatIndicator: fc.constantFrom(0, 1),
      contentType: level,
      responseTopic: topic,
      correlationData: fc.uint8Array({ maxLength: 8 }),
      userProperties: fc.array(fc.tuple(level, level), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['contentType'] },
  ),
);

const message: fc.Arbitrary<KeptMessage> = fc.record({
  topic,
  payload,
  qos,
  retain: fc.boolean(),
  properties,
  expiresAt: fc.oneof(fc.constant(0), later),
  publisher: fc.constantFrom('', 'pub', 'välja'),
  username: fc.constantFrom(undefined, 'bob'),
  port: fc.constantFrom(0, 1883, 65_535),
});

const subscription = fc.record({
  filter,
  qos,
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  identifier: fc.constantFrom(0, 1, 268_435_455),
  isReplaying: fc.constant(false),
});

const packetIds = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 4 });
const identifiers = fc.constantFrom(undefined, [1], [300]);

interface Line {
  readonly index: number;
  readonly retain: boolean;
  readonly identifiers: readonly number[] | undefined;
  readonly qos: QoS;
  readonly isReleased: boolean;
}

const line: fc.Arbitrary<Line> = fc.record({
  index: fc.nat(),
  retain: fc.boolean(),
  identifiers,
  qos,
  isReleased: fc.boolean(),
});

const client = fc.record({
  username: fc.constantFrom(undefined, 'bob', 'eve'),
  port: fc.constantFrom(0, 1883),
  expiry: fc.oneof(
    fc.constant({ expiryInterval: NEVER, expiresAt: 0 }),
    later.map((expiresAt) => ({ expiryInterval: 1_000_000, expiresAt })),
  ),
  subscriptions: fc.uniqueArray(subscription, { maxLength: 3, selector: (one) => one.filter }),
  incoming: packetIds,
  sent: packetIds,
  lines: fc.array(line, { minLength: 12, maxLength: 12 }),
  waiting: fc.nat(4),
});

/** Changes in the order of `Store.load`; every message is referred to. */
export const state: fc.Arbitrary<readonly Change[]> = fc
  .record({
    messages: fc.array(message, { minLength: 1, maxLength: 6 }),
    clients: fc.array(client, { maxLength: 4 }),
  })
  .map(({ messages, clients }) => {
    const sessions = clients.map((one, at): KeptSession => ({
      clientId: `client ${at}`,
      username: one.username,
      port: one.port,
      ...one.expiry,
      willAt: 0,
      seenAt: one.expiry.expiresAt === 0 ? NOW : Math.min(NOW, one.expiry.expiresAt - 1_000_000_000),
    }));
    const deliveries = clients.flatMap((one, at) => deliveriesOf(one, sessions[at]!.clientId, messages));
    const used = new Set(deliveries.map(({ messageId }) => messageId));
    const retained = new Map<string, number>();
    for (const [at, one] of messages.entries())
      if (one.payload.length > 0 && !one.topic.startsWith('$SYS/')) retained.set(one.topic, at + 1);
    for (const id of retained.values()) used.add(id);
    const kept = messages.map((one, at): Change => ({ kind: 'message kept', id: at + 1, message: one }));
    return kept
      .filter((_, at) => used.has(at + 1))
      .concat(
        Array.from(retained, ([name, id]): Change => ({ kind: 'retained', topic: name, id })),
        sessions.map((one): Change => ({ kind: 'session', session: one })),
        clients.flatMap(({ subscriptions }, at) => subscribed(sessions[at]!.clientId, subscriptions)),
        deliveries.map((one, at): Change => ({ kind: 'delivery', key: at + 1, delivery: one })),
      );
  });

function subscribed(clientId: string, subscriptions: readonly KeptSubscription[]): Change[] {
  return subscriptions.map((one) => ({ kind: 'subscribed', clientId, subscription: one }));
}

type Client = typeof client extends fc.Arbitrary<infer T> ? T : never;

/** In the order of the file: what comes in, what was sent, what waits. */
function deliveriesOf(one: Client, clientId: string, messages: readonly KeptMessage[]): KeptDelivery[] {
  const lines = one.lines[Symbol.iterator]();
  const next = (): Line => lines.next().value!;
  const delivery = (fields: Partial<KeptDelivery>, at: Line): KeptDelivery => ({
    clientId,
    messageId: (at.index % messages.length) + 1,
    direction: 'out',
    qos: at.qos,
    retain: at.retain,
    packetId: 0,
    state: 'waiting',
    identifiers: at.identifiers,
    ...fields,
  });
  const incoming = { direction: 'in', qos: 2, state: 'published', identifiers: undefined } as const;
  return [
    ...one.incoming.map((packetId) => delivery({ ...incoming, packetId }, next())),
    ...one.sent.map((packetId) => {
      const at = next();
      const sent = at.qos === 0 ? 1 : at.qos;
      return delivery(
        { qos: sent, packetId, state: sent === 2 && at.isReleased ? 'released' : 'published' },
        at,
      );
    }),
    ...Array.from({ length: one.waiting }, () => delivery({}, next())),
  ];
}

/**
 * What the changes say, without the numbers that each broker gives its messages, and without when a
 * client was seen, which a file does not say.
 */
export function meaning(changes: Iterable<Change>): readonly unknown[] {
  const messages = new Map<number, KeptMessage>();
  const said: unknown[] = [];
  for (const change of changes) {
    if (change.kind === 'message kept') messages.set(change.id, change.message);
    else if (change.kind === 'retained')
      said.push({ ...change, id: undefined, message: messages.get(change.id) });
    else if (change.kind === 'delivery') {
      const sent = messages.get(change.delivery.messageId);
      said.push({ ...change, delivery: { ...change.delivery, messageId: 0 }, message: sent });
    } else if (change.kind === 'session') said.push({ ...change.session, seenAt: 0 });
    else said.push(change);
  }
  return said;
}
