/** What must be retained: the last value that was acknowledged, or one that was sent after it. */
import { NO_PROPERTIES } from '../../src/protocol/index.ts';
import type { Packet } from '../../src/protocol/index.ts';
import type { Ledger, Sent } from './ledger.ts';
import { Link } from './link.ts';
import type { Item } from './publisher.ts';

interface Version {
  readonly sent: Sent;
  /** An empty payload: nothing is retained. */
  readonly isEmpty: boolean;
}

export class Retained {
  readonly #ledger: Ledger;
  readonly #versions = new Map<string, Version[]>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A value is about to be sent. */
  note(sent: Sent, { topic, padding }: Item): void {
    const versions = this.#versions.get(topic);
    const version = { sent, isEmpty: padding === undefined };
    if (versions === undefined) this.#versions.set(topic, [version]);
    else versions.push(version);
  }

  /** Asks the broker for all of it, and judges. */
  async audit(port: number, patienceMs: number): Promise<void> {
    const allowed = new Map([...this.#versions.keys()].map((topic) => [topic, this.#allowed(topic)]));
    const required = [...allowed].filter(([, values]) => !values.includes(undefined)).map(([topic]) => topic);
    const found = await collect(port, required, patienceMs);
    for (const [topic, values] of allowed) {
      const value = found.get(topic);
      if (values.includes(value)) continue;
      this.#ledger.fault('retained', `${topic} has ${say(value)}, and not ${values.map(say).join(' or ')}`);
      this.#accept(topic, value);
    }
  }

  /** What is lost is lost: it is counted once. What is still under way may come after it. */
  #accept(topic: string, value: number | undefined): void {
    const versions = this.#versions.get(topic) ?? [];
    const open = versions.filter(({ sent }) => sent.done === 0);
    const sent = { ...versions[0]!.sent, number: value ?? 0, done: 1, fate: undefined };
    this.#versions.set(topic, [{ sent, isEmpty: value === undefined }, ...open]);
  }

  /** The numbers that may be there, undefined for nothing. Forgets what came before them. */
  #allowed(topic: string): readonly (number | undefined)[] {
    const versions = this.#versions.get(topic) ?? [];
    const last = versions.findLastIndex(({ sent }) => sent.done > 0 && sent.fate === undefined);
    versions.splice(0, last);
    const values = versions.map(({ sent, isEmpty }) => (isEmpty ? undefined : sent.number));
    return last < 0 ? [undefined, ...values] : values;
  }
}

function say(value: number | undefined): string {
  return value === undefined ? 'nothing' : `message ${value}`;
}

/** The number retained under each topic of `kept/#`. Waits for those that must be there, but not for ever. */
function collect(
  port: number,
  required: readonly string[],
  patienceMs: number,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const missing = new Set(required);
  const { promise, resolve } = Promise.withResolvers<Map<string, number>>();
  const timer = setTimeout(resolve, patienceMs, found);
  let pings = 0;
  const packet = (received: Packet): void => {
    if (received.type === 'connack') link.send(SUBSCRIBE);
    if (received.type === 'publish') {
      found.set(received.topic, Number.parseInt(new TextDecoder().decode(received.payload), 10));
      missing.delete(received.topic);
      pings = 0;
    }
    if (received.type === 'pingresp') pings += 1;
    if (missing.size > 0) return;
    if (pings >= 2) resolve(found);
    else if (received.type !== 'connack') link.send({ type: 'pingreq' });
  };
  const link = new Link(port, 5, { packet, closed: () => resolve(found) });
  link.send(CONNECT);
  return promise.finally(() => {
    clearTimeout(timer);
    link.cut();
  });
}

const CONNECT: Packet = {
  type: 'connect',
  version: 5,
  bridge: false,
  clientId: 'auditor',
  cleanStart: true,
  keepAliveSeconds: 60,
  properties: NO_PROPERTIES,
};

const SUBSCRIBE: Packet = {
  type: 'subscribe',
  packetId: 1,
  subscriptions: [{ filter: 'kept/#', qos: 0, noLocal: false, retainAsPublished: true, retainHandling: 0 }],
  properties: NO_PROPERTIES,
};
