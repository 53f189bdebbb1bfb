/** Whoever must get each message once: a subscriber, or the members of a shared subscription together. */
import type { Publish } from '../../src/protocol/packet.ts';
import { matches } from '../../src/topic/topic.ts';
import { Coverage } from './coverage.ts';
import type { Grant } from './coverage.ts';
import type { Ledger, Sent } from './ledger.ts';

/** A message as it came first. */
interface Receipt {
  readonly sent: Sent;
  readonly qos: number;
  readonly identifiers: readonly number[] | undefined;
}

/** When a client came and went last, milliseconds since 1970. */
export interface Presence {
  readonly connectedAt: number;
  readonly leftAt: number;
}

export interface AudienceOptions {
  readonly name: string;
  readonly isShared?: boolean;
}

export class Audience {
  readonly name: string;
  readonly isShared: boolean;
  readonly #ledger: Ledger;
  readonly #coverage = new Map<string, Coverage>();
  readonly #receipts = new Map<number, Receipt>();
  /** The number of the last new message of each topic. */
  readonly #last = new Map<string, number>();
  /** When its client asked for a session without a past; what was done before need not come. */
  #renewed = 0;
  /** When that was acknowledged: what was done before must not come. */
  #fresh = 0;

  constructor(ledger: Ledger, { name, isShared = false }: AudienceOptions) {
    this.#ledger = ledger;
    this.name = name;
    this.isShared = isShared;
  }

  /** A request for this filter is on its way. */
  doubt(filter: string): void {
    if (this.isShared && this.has(filter)) return;
    this.#of(filter).doubt(this.#ledger.tick());
  }

  /** A request was acknowledged; one member is enough for all. */
  settle(filter: string, grant: Grant | undefined): void {
    const coverage = this.#of(filter);
    if (this.isShared && coverage.known?.grant !== undefined) return;
    coverage.settle(this.#ledger.tick(), grant);
  }

  /** Is this filter known to be subscribed? */
  has(filter: string): boolean {
    return this.#of(filter).known?.grant !== undefined;
  }

  /** Its client is about to begin again, without the past. */
  renew(): void {
    this.#renewed = this.#ledger.tick();
    for (const coverage of this.#coverage.values()) coverage.doubt(this.#renewed);
  }

  /** That was acknowledged. */
  renewed(): void {
    if (this.isShared) return;
    this.#fresh = this.#renewed;
    for (const coverage of this.#coverage.values()) coverage.settle(this.#ledger.tick(), undefined);
  }

  /** A PUBLISH that is no repetition in the eyes of its receiver. */
  receive(packet: Publish, seen: Presence): void {
    const ledger = this.#ledger;
    const number = Number.parseInt(new TextDecoder().decode(packet.payload.subarray(0, 16)), 10);
    const sent = ledger.find(number);
    if (sent === undefined) {
      const what = ledger.isSettled(number) ? 'was settled before' : 'was never sent';
      ledger.fault('stuck', `${this.name} got message ${number} on ${packet.topic}, which ${what}`);
    } else if (this.#receipts.has(number)) this.#repeated(packet, sent);
    else this.#first(packet, sent, seen);
  }

  #repeated({ qos, dup }: Publish, { number, topic }: Sent): void {
    if (qos < 2) this.#ledger.count('again');
    else
      this.#ledger.fault(
        'duplicated',
        `${this.name} got message ${number} on ${topic} again, DUP ${Number(dup)}`,
      );
  }

  #first(packet: Publish, sent: Sent, seen: Presence): void {
    const { number, topic, done } = sent;
    const { qos, properties } = packet;
    this.#ledger.count('received');
    this.#receipts.set(number, { sent, qos, identifiers: properties.subscriptionIdentifiers });
    const last = this.#last.get(topic) ?? 0;
    if (number < last && this.#keepsOrder(sent))
      this.#ledger.fault('disordered', `${this.name} got message ${number} on ${topic} after ${last}`);
    this.#last.set(topic, Math.max(number, last));
    if (done > 0 && done < this.#fresh)
      this.#ledger.fault('sessions', `${this.name} got message ${number} of the session that it had ended`);
    if (sent.expiry !== undefined) this.#expiring(packet, sent, sent.expiry, seen);
  }

  /**
   * Not so when a message is sent again after a crash: one that expires may have gone meanwhile, and who has subscribed
   * meanwhile may have got later ones already. Members of a shared subscription work side by side.
   */
  #keepsOrder({ topic, first, expiry = LONG }: Sent): boolean {
    if (this.isShared || expiry < LONG) return false;
    return [...this.#coverage].some(
      ([filter, coverage]) =>
        matches(filter, topic) && coverage.during(first, this.#ledger.now)?.grant !== undefined,
    );
  }

  #expiring({ properties, topic }: Publish, sent: Sent, expiry: number, seen: Presence): void {
    // what was on its way when its receiver left may come again at any time
    const waited = sent.done > 0 && sent.firstAt > seen.leftAt + LEAVING_MS;
    if (waited && seen.connectedAt - sent.doneAt > expiry * 1000 + SLACK_MS)
      this.#ledger.fault('expiry', `${this.name} got message ${sent.number} on ${topic} after its time`);
    const left = properties.messageExpiryInterval ?? 0; // Mosquitto leaves it out when no whole second is left
    const least = expiry - (Date.now() - sent.firstAt + SLACK_MS) / 1000;
    if (left > expiry || left < least)
      this.#ledger.fault(
        'expiry',
        `${this.name} got message ${sent.number} on ${topic} with ${left} of ${expiry} s left`,
      );
  }

  /** Judges a message after everything has been delivered. `connectedAt`: when its client came last. */
  judge(sent: Sent, connectedAt: number): void {
    if (sent.fate === 'forbidden') return this.#forbid(sent);
    for (const [filter, coverage] of this.#coverage) {
      if (!matches(filter, sent.topic)) continue;
      // a will goes out at any time after its client has gone
      const from = sent.fate === undefined ? sent.first : sent.done;
      const to = sent.fate === undefined ? sent.done : this.#ledger.now;
      const span = coverage.during(from, to);
      if (span !== undefined) this.#compare(sent, filter, span.grant, connectedAt);
    }
  }

  #forbid({ number, topic }: Sent): void {
    if (this.#receipts.has(number))
      this.#ledger.fault('wills', `${this.name} got ${number} on ${topic}, whose client came back in time`);
  }

  #compare(sent: Sent, filter: string, grant: Grant | undefined, connectedAt: number): void {
    const receipt = this.#receipts.get(sent.number);
    const what = `message ${sent.number} on ${sent.topic} at QoS ${sent.qos}`;
    if (receipt === undefined && grant !== undefined && isRequired(sent, connectedAt)) {
      if (sent.first > this.#renewed)
        this.#ledger.fault(sent.fate === undefined ? 'lost' : 'wills', `${this.name} did not get ${what}`);
    } else if (receipt !== undefined && sent.fate === undefined) this.#matchGrant(receipt, filter, grant);
  }

  #matchGrant({ sent, qos, identifiers }: Receipt, filter: string, grant: Grant | undefined): void {
    const text = `${this.name} got message ${sent.number} by ${filter}`;
    if (grant === undefined) this.#ledger.fault('subscriptions', `${text}, which it had unsubscribed`);
    else if (qos !== Math.min(grant.qos, sent.qos))
      this.#ledger.fault('subscriptions', `${text} at QoS ${qos}, with ${grant.qos} granted`);
    else if (grant.identifier > 0 && identifiers?.includes(grant.identifier) !== true)
      this.#ledger.fault('subscriptions', `${text} with identifiers ${identifiers?.join()}`);
  }

  /** Forgets what was judged. */
  prune(): void {
    this.#receipts.clear();
    for (const coverage of this.#coverage.values()) coverage.prune();
  }

  /** Has this message not come yet? */
  lacks(sent: Sent): boolean {
    return !this.#receipts.has(sent.number);
  }

  #of(filter: string): Coverage {
    let coverage = this.#coverage.get(filter);
    if (coverage === undefined) this.#coverage.set(filter, (coverage = new Coverage()));
    return coverage;
  }
}

/** Seconds that no run lasts. */
const LONG = 3600;

/** How long the broker may take to notice that a client has left. */
const LEAVING_MS = 2000;

/** What clocks of two processes and whole seconds may differ by, milliseconds. */
const SLACK_MS = 2000;

function isRequired({ fate, acknowledged, done, expiry, firstAt }: Sent, connectedAt: number): boolean {
  if (fate !== undefined) return fate === 'required';
  if (!acknowledged || done === 0) return false;
  return expiry === undefined || connectedAt - firstAt < expiry * 1000 - SLACK_MS;
}
