/** Retained messages on their way to a new subscription, at the pace at which the client takes them. */
import { Queue } from '../base/queue.ts';
import type { Broker } from './broker.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

interface Batch {
  readonly subscription: Subscription;
  readonly messages: readonly Message[];
  next: number;
}

/**
 * A subscription to `#` may match more retained messages than any queue holds. They are sent while there is room
 * and the rest waits here, as references to what is retained anyway, so none is dropped. A message that was
 * replaced meanwhile is left out: the subscriber has had the newer one.
 */
export class Replay {
  readonly #session: Session;
  readonly #broker: Broker;
  #batches: Queue<Batch> | undefined;

  constructor(session: Session, broker: Broker) {
    this.#session = session;
    this.#broker = broker;
  }

  /** Sends the messages to the subscription, as soon as may be. */
  add(subscription: Subscription, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    this.#batches ??= new Queue();
    this.#batches.push({ subscription, messages, next: 0 });
    this.advance();
    if (this.#isDue(subscription)) this.#note(subscription, true);
  }

  /** Sends what there is room for. */
  advance(): void {
    const batches = this.#batches;
    for (let batch = batches?.peek(); batch !== undefined; batch = batches?.peek()) {
      while (batch.next < batch.messages.length) {
        if (!this.#session.ready) return;
        this.#send(batch.messages[batch.next++]!, batch.subscription);
      }
      batches?.shift();
      this.#done(batch);
    }
    this.#batches = undefined;
  }

  /** The client went away: what is left joins the session's queue, within its limits, as Mosquitto. */
  park(): void {
    const batches = this.#batches;
    this.#batches = undefined;
    for (let batch = batches?.shift(); batch !== undefined; batch = batches?.shift()) {
      while (batch.next < batch.messages.length)
        this.#send(batch.messages[batch.next++]!, batch.subscription);
      this.#done(batch);
    }
  }

  #done({ subscription }: Batch): void {
    if (subscription.isReplaying && !this.#isDue(subscription)) this.#note(subscription, false);
  }

  #isDue(subscription: Subscription): boolean {
    return (
      this.#batches !== undefined && [...this.#batches].some((batch) => batch.subscription === subscription)
    );
  }

  /** A restart in between must not lose what has not been sent; what has been is then sent once more. */
  #note(subscription: Subscription, isReplaying: boolean): void {
    if (this.#session.subscriptions.get(subscription.filter) !== subscription) return;
    subscription.isReplaying = isReplaying;
    this.#broker.journal?.subscribed(this.#session, subscription);
  }

  #send(message: Message, subscription: Subscription): void {
    if (this.#session.subscriptions.get(subscription.filter) !== subscription) return;
    if (this.#broker.retained.get(message.topic, this.#broker.now) !== message) return;
    if (this.#broker.settings.checkRetainSource && !this.#mayStillPublish(message)) return;
    this.#session.deliver(message, subscription, undefined, true);
  }

  /** `check_retain_source`: the publisher may have lost the right since. A backend that must think counts as no. */
  #mayStillPublish(message: Message): boolean {
    const { source, topic } = message;
    return source === undefined || this.#broker.access.mayPublish(source, topic, message) === true;
  }
}
