/** Retained messages, §3.3.1.3: the last one of each topic. */
import { TopicTree } from '../topic/topic-tree.ts';
import type { Journal } from './journal.ts';
import type { Message } from './message.ts';
import type { StoredMessages } from './stored.ts';

export class Retained {
  readonly #tree = new TopicTree<Message>();
  readonly #stored: StoredMessages;
  readonly #journal: Journal | undefined;
  /** How many were retained so far: the place of the last one in their order. */
  last = 0;

  constructor(stored: StoredMessages, journal?: Journal) {
    this.#stored = stored;
    this.#journal = journal;
  }

  get count(): number {
    return this.#tree.size;
  }

  /** Takes a message with RETAIN: it replaces the topic's, or clears it when its payload is empty. */
  store(message: Message): void {
    const empty = message.payloadBytes === 0; // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
    const old = empty ? this.#tree.delete(message.topic) : this.#tree.set(message.keep()); // [MQTT-3.3.1-5]
    if (!empty) this.#took(message);
    if (old !== undefined) this.#stored.release(old);
    if (!empty || old !== undefined) this.#journal?.retained(message.topic, empty ? undefined : message, old);
  }

  /** Takes a message that was kept, and is no news to anybody. */
  restore(message: Message): void {
    this.#tree.set(message);
    this.#took(message);
  }

  /** All of them, expired or not. */
  values(): Iterable<Message> {
    return this.#tree.values();
  }

  /** The message of a topic, unless it has expired. */
  get(topic: string, now: number): Message | undefined {
    const message = this.#tree.get(topic);
    if (message === undefined || !message.expired(now)) return message;
    this.#drop(message);
    return undefined;
  }

  /**
   * The messages that a filter matches, also those that have expired, one by one while the tree may change; undefined for
   * what has to be passed on the way. See `TopicTree.walk`.
   */
  walk(filter: string): Generator<Message | undefined, void> {
    return this.#tree.walk(filter);
  }

  /** Drops what has expired. */
  sweep(now: number): void {
    const expired = [...this.#tree.values()].filter((message) => message.expired(now));
    for (const message of expired) this.#drop(message);
  }

  #took(message: Message): void {
    message.retainedAs = ++this.last;
    this.#stored.hold(message);
  }

  #drop(message: Message): void {
    this.#tree.delete(message.topic);
    this.#stored.release(message);
    this.#journal?.retained(message.topic, undefined, message);
  }
}
