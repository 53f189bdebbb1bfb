/** Changes as the broker makes them: commands drawn by chance, carried out on what is there. */
import fc from 'fast-check';
import type {
  Change,
  KeptDelivery,
  KeptMessage,
  KeptSession,
  KeptSubscription,
} from '../../../src/broker/change.ts';
import type { QoS, Will } from '../../../src/protocol/packet.ts';
import type { Properties } from '../../../src/protocol/properties.ts';
import { Kept } from './model.ts';

/** Strings that a store may take for something else, the longest one, and the last character of Unicode. */
const TRAPS = [
  '007',
  '1e3',
  '0x10',
  '-0',
  '1.50',
  ' 7',
  '12345678901234567890123',
  'inf',
  'null',
  'it\'s; -- "x"',
  'ÄÖ/\u{10FFFF}/ﷺ/e\u0301',
  '\u{1F9DF}',
  '/',
  '$share/g/a/+',
  'x'.repeat(65_535),
];

/** What MQTT allows in a string: whole characters, no U+0000. §1.5.4 */
const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TRAPS),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', '.')),
);
const topic = anyText.map((text) => text || 'a');
const clientId = fc.constantFrom('c', '1', '01', '1.0', 'ÿ', 'client with spaces', "o'clock");
const payload = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(70_000).fill(7)));
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const seconds = fc.integer({ min: 0, max: 0xffff_ffff });
const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4e12 }));

const PROPERTIES = {
  payloadFormatIndicator: fc.constantFrom(0, 1),
  messageExpiryInterval: seconds,
  contentType: anyText,
  responseTopic: topic,
  correlationData: fc.uint8Array({ maxLength: 20 }),
  userProperties: fc.array(fc.tuple(anyText, anyText), { minLength: 1, maxLength: 3 }),
};

const properties: fc.Arbitrary<Properties> = fc.record(PROPERTIES, {
  requiredKeys: [],
  noNullPrototype: true,
});

const willProperties: fc.Arbitrary<Properties> = fc.record(
  { ...PROPERTIES, willDelayInterval: fc.integer({ min: 1, max: 0xffff_ffff }) },
  { requiredKeys: [], noNullPrototype: true },
);

const message = fc.record({
  topic,
  payload,
  qos,
  retain: fc.boolean(),
  properties,
  expiresAt: time,
  publisher: anyText,
  username: fc.option(anyText, { nil: undefined }),
  port: fc.integer({ min: 0, max: 65_535 }),
});

const session = fc.record({
  clientId,
  username: fc.option(anyText, { nil: undefined }),
  port: fc.integer({ min: 0, max: 65_535 }),
  expiryInterval: seconds,
  expiresAt: time,
  willAt: time,
  seenAt: time,
});

const subscription = fc.record({
  filter: topic,
  qos,
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom(0 as const, 1 as const, 2 as const),
  identifier: fc.integer({ min: 0, max: 268_435_455 }),
  isReplaying: fc.boolean(),
});

const will = fc.record({ topic, payload, qos, retain: fc.boolean(), properties: willProperties });

const identifiers = fc.option(
  fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 3 }),
  {
    nil: undefined,
  },
);

/** Chooses among what is there. */
interface Choice {
  readonly pick: number;
}

/** One thing that happens in a broker; `fresh`: with a message of its own. */
export type Step =
  | { readonly kind: 'open'; readonly session: KeptSession }
  | ({ readonly kind: 'subscribe'; readonly subscription: KeptSubscription } & Choice)
  | { readonly kind: 'retain'; readonly message: KeptMessage }
  | ({
      readonly kind: 'deliver';
      readonly message: KeptMessage;
      readonly fresh: boolean;
      readonly qos: QoS;
      readonly identifiers: readonly number[] | undefined;
    } & Choice)
  | ({ readonly kind: 'receive'; readonly message: KeptMessage; readonly packetId: number } & Choice)
  | ({ readonly kind: 'move'; readonly packetId: number } & Choice)
  | ({ readonly kind: 'leave will'; readonly will: Will } & Choice)
  | ({ readonly kind: 'end' | 'unsubscribe' | 'clear' | 'settle' | 'take will' } & Choice);

const pick = fc.nat();
const packetId = fc.integer({ min: 1, max: 65_535 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('open' as const), session }),
  fc.record({ kind: fc.constant('subscribe' as const), pick, subscription }),
  fc.record({ kind: fc.constant('retain' as const), message }),
  fc.record({ kind: fc.constant('deliver' as const), pick, message, fresh: fc.boolean(), qos, identifiers }),
  fc.record({ kind: fc.constant('receive' as const), pick, message, packetId }),
  fc.record({ kind: fc.constant('move' as const), pick, packetId }),
  fc.record({ kind: fc.constant('leave will' as const), pick, will }),
  ...(['end', 'unsubscribe', 'clear', 'settle', 'take will'] as const).map((kind) =>
    fc.record({ kind: fc.constant(kind), pick }),
  ),
);

/** Several commits, each of several steps. */
export const commits: fc.Arbitrary<Step[][]> = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 6,
});

/** A broker's memory: makes the changes of steps, and knows what they come to. */
export class Broker {
  readonly kept: Kept = new Kept();
  #lastId = 0;
  #lastKey = 0;

  /** The changes of a commit: messages that nobody needs afterwards are forgotten in it. */
  carryOut(steps: readonly Step[]): Change[] {
    const changes: Change[] = [];
    for (const each of steps) {
      for (const change of this.#changesOf(each)) {
        this.kept.apply(change);
        changes.push(change);
      }
    }
    for (const id of this.kept.idle()) {
      const change: Change = { kind: 'message forgotten', id };
      this.kept.apply(change);
      changes.push(change);
    }
    return changes;
  }

  #changesOf(each: Step): Change[] {
    const { sessions, retained, subscriptions, deliveries, messages } = this.kept;
    switch (each.kind) {
      case 'open':
        return [{ kind: 'session', session: each.session }];
      case 'end':
        return chosen(sessions.keys(), each).map((whose) => ({ kind: 'session ended', clientId: whose }));
      case 'subscribe': {
        const { subscription: what } = each;
        return chosen(sessions.keys(), each).map((whose) => ({
          kind: 'subscribed',
          clientId: whose,
          subscription: what,
        }));
      }
      case 'unsubscribe':
        return chosen(subscriptions.values(), each).map(({ clientId: whose, subscription: { filter } }) => ({
          kind: 'unsubscribed',
          clientId: whose,
          filter,
        }));
      case 'retain':
        return this.#retain(each.message);
      case 'clear':
        return chosen(retained.keys(), each).map((cleared) => ({ kind: 'retained cleared', topic: cleared }));
      case 'deliver': {
        const { qos: level, identifiers: which } = each;
        const [old = each.message] = each.fresh ? [] : chosen(messages.keys(), each);
        const how = {
          direction: 'out',
          qos: level,
          packetId: 0,
          state: 'waiting',
          identifiers: which,
        } as const;
        return chosen(sessions.keys(), each).flatMap((whose) => this.#begin(whose, old, how));
      }
      case 'receive': {
        const how = { direction: 'in', qos: 2, state: 'published', identifiers: undefined } as const;
        const begun = { ...how, packetId: each.packetId };
        return chosen(sessions.keys(), each).flatMap((whose) => this.#begin(whose, each.message, begun));
      }
      case 'move':
        return this.#move(each);
      case 'settle':
        return chosen(deliveries.keys(), each).map((key) => ({ kind: 'delivery done', key }));
      case 'leave will':
        return chosen(sessions.keys(), each).map((whose) => ({
          kind: 'will',
          clientId: whose,
          will: each.will,
        }));
      case 'take will':
        return chosen(sessions.keys(), each).map((whose) => ({ kind: 'will cleared', clientId: whose }));
    }
  }

  #retain(what: KeptMessage): Change[] {
    const id = ++this.#lastId;
    return [
      { kind: 'message kept', id, message: what },
      { kind: 'retained', topic: what.topic, id },
    ];
  }

  /** With a message that is there, or a new one. */
  #begin(
    whose: string,
    what: number | KeptMessage,
    how: Omit<KeptDelivery, 'clientId' | 'messageId' | 'retain'>,
  ): Change[] {
    const messageId = typeof what === 'number' ? what : ++this.#lastId;
    const delivery = { clientId: whose, messageId, retain: messageId % 2 === 0, ...how };
    const begun: Change = { kind: 'delivery', key: ++this.#lastKey, delivery };
    return typeof what === 'number'
      ? [begun]
      : [{ kind: 'message kept', id: messageId, message: what }, begun];
  }

  #move({ pick: which, packetId: by }: Extract<Step, { kind: 'move' }>): Change[] {
    const out = [...this.kept.deliveries].filter(
      ([, { direction, qos: level }]) => direction === 'out' && level > 0,
    );
    return chosen(out, { pick: which }).map(([key, { state, qos: level }]) => ({
      kind: 'delivery moved',
      key,
      packetId: by,
      state: state !== 'waiting' && level === 2 ? 'released' : 'published',
    }));
  }
}

/** One of them, or none if there is none. */
function chosen<T>(from: Iterable<T>, { pick: which }: Choice): T[] {
  const all = [...from];
  return all.length === 0 ? [] : [all[which % all.length]!];
}
