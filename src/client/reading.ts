/** Whether the client reads from its server. */
import type { Connection } from './connection.ts';
import type { Session } from './session.ts';
import type { Subscription } from './subscription.ts';

/**
 * Nothing is read while a subscription is behind: TCP tells the server to wait. But an answer that the program waits
 * for comes behind the messages, and a program that takes its next message when it has the answer would wait for ever.
 * So while an answer is due, reading goes on beyond the bound, and two things keep it small: messages of QoS 1 and 2
 * are not acknowledged, so that the server stops at its window; and what each subscription keeps has a second bound.
 */
export class Reading {
  readonly #session: Session;
  readonly #behind = new Set<Subscription>();
  #connection: Connection | undefined;
  /** Answers that are due and may be messages themselves: for them the server's window must not close. */
  #due = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  attach(connection: Connection): void {
    this.#connection = connection;
    this.#review();
  }

  detach(): void {
    this.#connection = undefined;
  }

  /** A subscription is behind, or further behind. */
  hold(subscription: Subscription): void {
    this.#behind.add(subscription);
    this.#review();
  }

  release(subscription: Subscription): void {
    if (this.#behind.delete(subscription)) this.#review();
  }

  /** Something was asked of the server. Whoever asks is not given messages before it has its promise. */
  asked(): void {
    if (this.#behind.size > 0) queueMicrotask(() => this.#review());
  }

  /** The server has answered. */
  answered(): void {
    if (this.#behind.size > 0) this.#review();
  }

  /** The answer to this may be a message. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.#due++;
    this.asked();
    try {
      return await promise;
    } finally {
      this.#due--;
      this.answered();
    }
  }

  #review(): void {
    const isBehind = this.#behind.size > 0;
    const isDue = this.#due > 0 || this.#session.isDue;
    this.#connection?.withhold(isBehind && this.#due === 0);
    if (isBehind && !(isDue && this.#hasRoom())) this.#connection?.pause();
    else this.#connection?.resume();
  }

  #hasRoom(): boolean {
    return this.#behind.values().every(({ isOverrun }) => !isOverrun);
  }
}
