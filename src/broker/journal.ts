/** What has changed and is not kept yet: store, then acknowledge. */
import type { Change } from './change.ts';
import type { Delivery } from './delivery.ts';
import type { Broker } from './broker.ts';
import { keptMessage, keptSession, keptSubscription } from './kept.ts';
import { LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import { isOwnTopic } from './own-topics.ts';
import { DeliveryRecord, SessionRecord } from './records.ts';
import type { Receipt, Tracked } from './records.ts';
import type { Session } from './session.ts';
import type { Store } from './store.ts';
import type { Subscription } from './subscription.ts';

/** Whoever holds back what may not leave yet. */
export interface HeldOutput {
  /** A commit begins: what was held until now belongs to it. */
  seal(): void;
  /** The commit is done. False if nothing is held any more. */
  letGo(): boolean;
}

/** How long to wait before a commit that failed is tried again, milliseconds. */
const RETRY_MS = 1000;

/**
 * Gathers the changes of a tick, and those that come while the store is busy, and commits them together. What began
 * and ended in between is never written: under load most messages are acknowledged by their receivers before a
 * commit begins.
 *
 *     changes ─→ listed ─ end of tick, store idle ─→ batch ─ commit ─→ held answers leave
 */
export class Journal {
  /** Something was recorded since the packet at hand: its answer has to wait. */
  touched = false;
  readonly #broker: Broker;
  readonly #store: Store;
  readonly #afterTick: (work: () => void) => void;
  #listed: (Change | DeliveryRecord | Session)[] = [];
  readonly #retained = new Map<string, Message | undefined>();
  /** Written by the commit under way, or by the one that is to be tried again. */
  #batch: Change[] = [];
  #isCommitting = false;
  #isScheduled = false;
  #failedAt: number | undefined;
  readonly #holding = new Set<HeldOutput>();
  #settled: (() => void)[] = [];
  #lastId = 0;
  #lastKey = 0;

  constructor(broker: Broker, store: Store, afterTick: (work: () => void) => void) {
    this.#broker = broker;
    this.#store = store;
    this.#afterTick = afterTick;
  }

  /** Whether there is something that the store does not have yet. */
  get behind(): boolean {
    return this.#isCommitting || this.#batch.length > 0 || this.#listed.length > 0 || this.#retained.size > 0;
  }

  /**
   * Whether the store could not take the last changes, or takes so long that too much waits for it: nothing that must
   * be kept is accepted meanwhile.
   */
  get isFailing(): boolean {
    return this.#failedAt !== undefined || this.#listed.length > LIMITS.unstoredChanges;
  }

  /** Identifiers and keys up to these are in use. */
  startAfter(lastId: number, lastKey: number): void {
    this.#lastId = lastId;
    this.#lastKey = lastKey;
  }

  /** Does what may come in the middle of another client's packet: it does not change whether that one's answer waits. */
  apart(work: () => void): void {
    const { touched } = this;
    this.touched = false;
    work();
    if (touched) this.touched = true;
  }

  /** Tells when the commits that what is held waits for begin and end. */
  watch(output: HeldOutput): void {
    this.#holding.add(output);
  }

  /** Resolves when the store has everything; not before a failing one has recovered. */
  settled(): Promise<void> {
    if (!this.behind) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  /** A session has been opened, left or given another expiry; from the first time on it is kept. */
  session(session: Session): void {
    session.record ??= new SessionRecord();
    if (session.record.isListed) this.touched = true;
    else {
      session.record.isListed = true;
      this.#list(session);
    }
  }

  sessionEnded(session: Session): void {
    if (session.record === undefined) return;
    session.record.hasEnded = true;
    this.#list({ kind: 'session ended', clientId: session.clientId });
  }

  subscribed(session: Session, subscription: Subscription): void {
    if (session.record === undefined) return;
    const { clientId } = session;
    this.#list({ kind: 'subscribed', clientId, subscription: keptSubscription(subscription) });
  }

  unsubscribed(session: Session, filter: string): void {
    if (session.record === undefined) return;
    this.#list({ kind: 'unsubscribed', clientId: session.clientId, filter });
  }

  /** A session has another will, or none. */
  will(session: Session): void {
    if (session.record === undefined || session.record.hasEnded) return;
    session.record.hasOtherWill = true;
    this.session(session);
  }

  /** A delivery to a kept session has begun, or gone on. */
  delivery(session: Session, delivery: Delivery): void {
    delivery.record ??= this.#begin(session.clientId, 'out', delivery);
    this.#listRecord(delivery.record);
  }

  /** A message of QoS 2 was received for a kept session. */
  received(session: Session, receipt: Receipt): void {
    receipt.record = this.#begin(session.clientId, 'in', receipt);
    this.#listRecord(receipt.record);
  }

  done(record: DeliveryRecord): void {
    if (record.isDone) return;
    record.isDone = true;
    this.#listRecord(record);
    this.#release(record.tracked.message);
  }

  /** A topic has another retained message, or none. */
  retained(topic: string, message: Message | undefined, old: Message | undefined): void {
    if (isOwnTopic(topic)) return;
    if (message !== undefined) this.#refer(message);
    this.#retained.set(topic, message);
    this.#changed();
    if (old !== undefined) this.#release(old);
  }

  /** A delivery that the store has already. */
  restored(clientId: string, direction: 'in' | 'out', key: number, tracked: Tracked): DeliveryRecord {
    const record = new DeliveryRecord(key, clientId, direction, tracked);
    record.isKept = true;
    tracked.message.references++;
    return record;
  }

  /** Nothing refers to a message that the store has. */
  forget(id: number): void {
    this.#list({ kind: 'message forgotten', id });
  }

  #begin(clientId: string, direction: 'in' | 'out', tracked: Tracked): DeliveryRecord {
    this.#refer(tracked.message);
    return new DeliveryRecord(++this.#lastKey, clientId, direction, tracked);
  }

  #refer(message: Message): void {
    message.references++;
  }

  #release(message: Message): void {
    const { references, storedId } = message;
    if (references > 0) message.references--;
    if (references > 1 || storedId === 0) return;
    message.storedId = 0; // should it come back, it is another one
    this.forget(storedId);
  }

  #listRecord(record: DeliveryRecord): void {
    if (record.isListed) this.touched = true;
    else {
      record.isListed = true;
      this.#list(record);
    }
  }

  #list(what: Change | DeliveryRecord | Session): void {
    this.#listed.push(what);
    this.#changed();
  }

  #changed(): void {
    this.touched = true;
    if (this.#isScheduled || this.#isCommitting || this.#failedAt !== undefined) return;
    this.#isScheduled = true;
    this.#afterTick(() => {
      this.#isScheduled = false;
      if (!this.#isCommitting && this.#failedAt === undefined) this.#commit();
    });
  }

  /** Writes what there is, first what failed; without anything to write, all that is held may leave. */
  #commit(): void {
    if (this.#failedAt === undefined) {
      this.#seal();
      for (const output of this.#holding) output.seal();
    } else this.#listed = this.#listed.filter(isNews);
    if (this.#batch.length === 0) {
      this.#leave();
      return;
    }
    this.#isCommitting = true;
    this.#store.commit(this.#batch).then(
      () => this.#committed(),
      (error: unknown) => this.#failed(error),
    );
  }

  #committed(): void {
    this.#isCommitting = false;
    this.#batch = [];
    if (this.#failedAt !== undefined) {
      this.#broker.log.event('storeRecovered', { heldMs: this.#broker.now - this.#failedAt });
      this.#failedAt = undefined;
    }
    this.#leave();
    if (this.behind) this.#commit();
  }

  /**
   * The changes stay, and are tried again. Those that come meanwhile wait, as what has changed and not as how often: a
   * disk may be full for days.
   */
  #failed(error: unknown): void {
    this.#isCommitting = false;
    if (this.#failedAt === undefined) {
      this.#failedAt = this.#broker.now;
      this.#tell(error);
    }
    this.#broker.clock.after(RETRY_MS, () => this.#commit());
  }

  /** With advice, where the store has some. */
  #tell(error: unknown): void {
    const { log } = this.#broker;
    const text = error instanceof Error ? error.message : String(error);
    log.event('storeFailed', { why: text.replace(/\.$/, '') });
    if (error instanceof Error && 'hint' in error) log.event('serverWarning', { text: String(error.hint) });
  }

  #leave(): void {
    const isAllKept = !this.behind;
    for (const output of this.#holding) {
      if (isAllKept) output.seal(); // what came meanwhile told of nothing new
      if (!output.letGo()) this.#holding.delete(output);
    }
    if (this.behind) return;
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }

  /** Makes changes of what is listed. */
  #seal(): void {
    // before what is listed: there the message that was retained until now may be forgotten
    for (const [topic, message] of this.#retained) {
      if (message === undefined) this.#batch.push({ kind: 'retained cleared', topic });
      else this.#batch.push({ kind: 'retained', topic, id: this.#keep(message) });
    }
    this.#retained.clear();
    for (const what of this.#listed) {
      if (what instanceof DeliveryRecord) this.#sealDelivery(what);
      else if ('kind' in what) this.#batch.push(what);
      else this.#sealSession(what);
    }
    this.#listed = [];
  }

  #sealDelivery(record: DeliveryRecord): void {
    record.isListed = false;
    if (record.isDone) {
      if (record.isKept) this.#batch.push({ kind: 'delivery done', key: record.key });
    } else if (record.isKept) this.#batch.push(record.moved());
    else {
      record.isKept = true;
      const messageId = this.#keep(record.tracked.message);
      this.#batch.push(record.begun(messageId));
    }
  }

  #sealSession(session: Session): void {
    const record = session.record!;
    const { hasOtherWill } = record;
    record.isListed = false;
    record.hasOtherWill = false;
    if (record.hasEnded) return;
    this.#batch.push({ kind: 'session', session: keptSession(session) });
    if (!hasOtherWill) return;
    const { clientId, will } = session;
    this.#batch.push(
      will === undefined ? { kind: 'will cleared', clientId } : { kind: 'will', clientId, will: will.will },
    );
  }

  /** The identifier of a message that something refers to; its first use writes it. */
  #keep(message: Message): number {
    if (message.storedId === 0) {
      message.storedId = ++this.#lastId;
      this.#batch.push({ kind: 'message kept', id: message.storedId, message: keptMessage(message) });
    }
    return message.storedId;
  }
}

/** Whether it is anything to a store that has not heard of it. */
function isNews(what: Change | DeliveryRecord | Session): boolean {
  if (what instanceof DeliveryRecord) return what.isKept || !what.isDone;
  return 'kind' in what || what.record?.hasEnded !== true;
}
