/** Retained messages on their way to a new subscription, at the pace at which the client takes them. */
import type { Broker } from './broker.ts';
import { LIMITS } from './limits.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';
import type { Walker } from './walks.ts';

/** A subscription whose retained messages are due, and the last message that was retained before it. */
interface Due {
  readonly subscription: Subscription;
  readonly since: number;
}

/** One whose turn it is: its messages are looked for, all of them, and then sent. */
interface Batch extends Due {
  /** Undefined when all are found. */
  walk: Generator<Message | undefined, void> | undefined;
  /** Of the messages found. The messages themselves may be replaced, and would be kept alive. */
  readonly topics: string[];
  next: number;
}

/** Steps that a park may take besides, for each message that was queued. */
const STEPS_PER_MESSAGE = 100;

/**
 * A subscription to `#` may match more retained messages than any queue holds. They are sent while there is room, and
 * of the rest their topics wait here, so none is dropped; of further subscriptions nothing but themselves, until the
 * first has all of its own. A message that was replaced meanwhile is left out: the subscriber has had the newer one.
 */
export class Replay implements Walker {
  readonly #session: Session;
  readonly #broker: Broker;
  #batch: Batch | undefined;
  /** Those in line behind it, by filter; none joins them, so the iterator keeps no old tables alive. */
  #line: Map<string, Due> | undefined;
  #turns: Iterator<Due> | undefined;
  /** Those that have come since, which are the next line. */
  #due: Map<string, Due> | undefined;
  /** Whether it is called in a later turn. */
  #isCalled = false;

  constructor(session: Session, broker: Broker) {
    this.#session = session;
    this.#broker = broker;
  }

  /** Sends the subscription what is retained for it, as soon as may be. */
  add(subscription: Subscription): void {
    this.forget(subscription.filter);
    this.#due ??= new Map();
    this.#due.set(subscription.filter, { subscription, since: this.#broker.retained.last });
    this.advance();
    if (this.#isDue(subscription)) this.#note(subscription, true);
  }

  /** The session has no subscription by that filter any more. */
  forget(filter: string): void {
    this.#due?.delete(filter);
    this.#line?.delete(filter);
  }

  /** There is time to look for more. */
  lookOn(): void {
    this.#isCalled = false;
    this.advance();
  }

  /** Looks for what there is time for, and sends what there is room for. */
  advance(): void {
    if (!this.#session.connected) return;
    while (this.#batch !== undefined || (this.#isWaitedFor && this.#session.ready)) {
      const batch = this.#take();
      if (batch === undefined) return;
      if (this.#isCurrent(batch) && !this.#gather(batch)) {
        this.#wait();
        return;
      }
      while (batch.next < batch.topics.length && this.#isCurrent(batch)) {
        if (!this.#session.ready) return;
        this.#send(batch);
      }
      this.#done(batch);
    }
  }

  /**
   * The client went away: what is left joins the session's queue, within its limits, as Mosquitto. What the queue would
   * not hold is not looked for without end.
   */
  park(): void {
    let steps: number = LIMITS.walkedLevels;
    for (let batch = this.#take(); batch !== undefined; batch = this.#take()) {
      while (steps > 0 && this.#isWanted(batch) && this.#step(batch)) steps--;
      while (steps > 0 && this.#isWanted(batch) && batch.next < batch.topics.length) {
        const { waiting } = this.#session.outbound;
        this.#send(batch);
        steps += this.#session.outbound.waiting > waiting ? STEPS_PER_MESSAGE : -1;
      }
      this.#done(batch);
    }
  }

  /** The batch whose turn it is; another one's when there is none. */
  #take(): Batch | undefined {
    if (this.#batch !== undefined) return this.#batch;
    const due = this.#nextInLine();
    if (due === undefined) return undefined;
    const walk = this.#broker.retained.walk(due.subscription.topicFilter);
    this.#batch = { ...due, walk, topics: [], next: 0 };
    return this.#batch;
  }

  #nextInLine(): Due | undefined {
    const { value: first, done } = this.#turns?.next() ?? { value: undefined, done: true };
    if (done !== true) {
      this.#line!.delete(first.subscription.filter);
      return first;
    }
    this.#line = this.#due;
    this.#turns = this.#line?.values();
    this.#due = undefined;
    return this.#line === undefined ? undefined : this.#nextInLine();
  }

  /** Looks for messages as long as there is time; false if there was not enough of it. */
  #gather(batch: Batch): boolean {
    const { walks } = this.#broker;
    const { grant } = walks;
    let steps = 0;
    while (steps < grant && this.#step(batch)) steps++;
    if (steps > 0) walks.spend(steps);
    return batch.walk === undefined;
  }

  /** Looks at one more place; false if there was none. */
  #step(batch: Batch): boolean {
    const { value: message, done } = batch.walk?.next() ?? { value: undefined, done: true };
    if (done === true) batch.walk = undefined;
    else if (message !== undefined && message.retainedAs <= batch.since) batch.topics.push(message.topic);
    return done !== true;
  }

  #wait(): void {
    if (this.#isCalled) return;
    this.#isCalled = true;
    this.#broker.walks.wait(this);
  }

  #done({ subscription }: Batch): void {
    this.#batch = undefined;
    if (subscription.isReplaying && !this.#isDue(subscription)) this.#note(subscription, false);
  }

  /** Whether a subscription may be behind the one whose turn it is. */
  get #isWaitedFor(): boolean {
    return this.#line !== undefined || this.#due !== undefined;
  }

  #isDue(subscription: Subscription): boolean {
    const { filter } = subscription;
    return [this.#batch, this.#line?.get(filter), this.#due?.get(filter)].some(
      (due) => due?.subscription === subscription,
    );
  }

  /** Whether the session still has the subscription. */
  #isCurrent({ subscription }: Pick<Due, 'subscription'>): boolean {
    return this.#session.subscriptions.get(subscription.filter) === subscription;
  }

  /** Whether any of its messages could join the queue of a client that is away. */
  #isWanted(batch: Batch): boolean {
    return this.#isCurrent(batch) && (batch.subscription.qos > 0 || this.#broker.settings.queueQos0Messages);
  }

  /** A restart in between must not lose what has not been sent; what has been is then sent once more. */
  #note(subscription: Subscription, isReplaying: boolean): void {
    if (!this.#isCurrent({ subscription })) return;
    subscription.isReplaying = isReplaying;
    this.#broker.journal?.subscribed(this.#session, subscription);
  }

  #send(batch: Batch): void {
    const { retained, now, settings } = this.#broker;
    const message = retained.get(batch.topics[batch.next++]!, now);
    if (message === undefined || message.retainedAs > batch.since) return;
    if (settings.checkRetainSource && !this.#mayStillPublish(message)) return;
    this.#session.deliver(message, batch.subscription, undefined, true);
  }

  /** `check_retain_source`: the publisher may have lost the right since. A backend that must think counts as no. */
  #mayStillPublish(message: Message): boolean {
    const { source, topic } = message;
    return source === undefined || this.#broker.access.mayPublish(source, topic, message) === true;
  }
}
