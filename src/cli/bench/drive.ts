/** Makes the publishers publish: as far ahead of the deliveries as the window lets them, or on a clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageLoad } from './message-load.ts';
import type { Meter } from './meter.ts';
import { PATTERNS } from './pattern.ts';
import type { Publisher } from './publisher.ts';

/** After the last message: how long no delivery may come until those that are missing are lost, milliseconds. */
const STRAGGLERS_MS = 3000;
/** And how long they may go on coming. */
const MOST_STRAGGLERS_MS = 30_000;
/** When nothing has come for so long what is missing is lost, and the window opens again, milliseconds. */
const STALLED_MS = 1000;
/** A timer may be late by so much: a message that is due before that is waited for without one, milliseconds. */
const TIMER_MS = 2;

/** Publishes as the window lets it, or as the clock says. */
export class Drive {
  /** Messages that were due and not sent: their publisher still had too much under way. */
  skipped = 0;
  readonly #load: MessageLoad;
  readonly #publishers: readonly Publisher[];
  readonly #meter: Meter;
  readonly #deliveriesEach: number;
  #stopped = false;
  #scheduled = false;
  #paced = 0;
  #startedAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Messages, in deliveries, that the window no longer waits for. */
  #writtenOff = 0;
  #seen = 0;

  constructor(load: MessageLoad, publishers: readonly Publisher[], meter: Meter) {
    this.#load = load;
    this.#publishers = publishers;
    this.#meter = meter;
    this.#deliveriesEach = PATTERNS[load.pattern].deliveries(load);
  }

  get sent(): number {
    return this.#publishers.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Deliveries that have not come yet. */
  get underWay(): number {
    return Math.round(this.sent * this.#deliveriesEach - this.#meter.deliveries);
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(this.#writeOff, STALLED_MS);
    if (this.#load.messagesPerSecond > 0) setImmediate(this.#pace);
    else {
      this.#meter.moved = this.#schedule;
      this.#pump();
    }
  }

  /** Publishes no more, waits for what is under way, and gives how many deliveries did not come. */
  async stop(): Promise<number> {
    this.#stopped = true;
    clearInterval(this.#timer);
    const end = performance.now() + MOST_STRAGGLERS_MS;
    let seen = this.#meter.deliveries;
    let deadline = performance.now() + STRAGGLERS_MS;
    while (this.underWay > 0 && performance.now() < Math.min(deadline, end)) {
      await sleep(10);
      if (this.#meter.deliveries > seen) deadline = performance.now() + STRAGGLERS_MS;
      seen = this.#meter.deliveries;
    }
    return this.underWay;
  }

  /** A broker may drop messages of QoS 0: the window would stay shut. */
  readonly #writeOff = (): void => {
    if (this.#meter.deliveries === this.#seen) this.#writtenOff = this.underWay;
    this.#seen = this.#meter.deliveries;
    this.#meter.moved();
  };

  /** Once for all that was read together. */
  readonly #schedule = (): void => {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(this.#pump);
  };

  readonly #pump = (): void => {
    this.#scheduled = false;
    if (this.#stopped) return;
    let room = this.#room();
    for (const publisher of this.#publishers) {
      if (room <= 0) return;
      room -= publisher.publish(Math.min(room, this.#load.window - publisher.unacknowledged));
    }
  };

  /** How many messages all publishers may be further ahead of the deliveries; twice as many at QoS 1 and 2. */
  #room(): number {
    const { qos, publishers, window } = this.#load;
    const ahead = this.sent - (this.#meter.deliveries + this.#writtenOff) / this.#deliveriesEach;
    return Math.ceil(window * publishers * (qos === 0 ? 1 : 2) - ahead);
  }

  /** Sleeps only when there is time for it, so that a message leaves when it is due and not when a timer fires. */
  readonly #pace = (): void => {
    if (this.#stopped) return;
    const { messagesPerSecond, window } = this.#load;
    const due = ((performance.now() - this.#startedAt) / 1000) * messagesPerSecond;
    for (; this.#paced < due; this.#paced++) {
      const publisher = this.#publishers[this.#paced % this.#publishers.length]!;
      if (publisher.publish(Math.min(1, window - publisher.unacknowledged)) === 0) this.skipped++;
    }
    if (((this.#paced - due) / messagesPerSecond) * 1000 > TIMER_MS) setTimeout(this.#pace, 1);
    else setImmediate(this.#pace);
  };
}
