/** Makes the publishers publish: as far ahead of the deliveries as the window lets them, or on a clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageLoad } from './message-load.ts';
import type { Meter } from './meter.ts';
import { PATTERNS } from './pattern.ts';
import type { Publisher } from './publisher.ts';

/** How long deliveries may be under way after the last message, milliseconds. */
const STRAGGLERS_MS = 3000;

/** Publishes as the window lets it, or as the clock says. */
export class Drive {
  readonly #load: MessageLoad;
  readonly #publishers: readonly Publisher[];
  readonly #meter: Meter;
  readonly #deliveriesEach: number;
  #stopped = false;
  #scheduled = false;
  #paced = 0;
  #startedAt = 0;

  constructor(load: MessageLoad, publishers: readonly Publisher[], meter: Meter) {
    this.#load = load;
    this.#publishers = publishers;
    this.#meter = meter;
    this.#deliveriesEach = PATTERNS[load.pattern].deliveries(load);
  }

  get sent(): number {
    return this.#publishers.reduce((sum, { sent }) => sum + sent, 0);
  }

  start(): void {
    this.#startedAt = performance.now();
    if (this.#load.messagesPerSecond > 0) setImmediate(this.#pace);
    else {
      this.#meter.moved = this.#schedule;
      this.#pump();
    }
  }

  /** Publishes no more, waits for what is under way, and gives how many deliveries did not come. */
  async stop(): Promise<number> {
    this.#stopped = true;
    const deadline = performance.now() + STRAGGLERS_MS;
    const missing = (): number => Math.round(this.sent * this.#deliveriesEach - this.#meter.deliveries);
    while (missing() > 0 && performance.now() < deadline) await sleep(10);
    return missing();
  }

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
    const ahead = this.sent - this.#meter.deliveries / this.#deliveriesEach;
    return Math.ceil(window * publishers * (qos === 0 ? 1 : 2) - ahead);
  }

  /** Never sleeps, so that a message leaves when it is due and not when a timer fires. */
  readonly #pace = (): void => {
    if (this.#stopped) return;
    const due = ((performance.now() - this.#startedAt) / 1000) * this.#load.messagesPerSecond;
    for (; this.#paced < due; this.#paced++)
      this.#publishers[this.#paced % this.#publishers.length]!.publish(1);
    setImmediate(this.#pace);
  };
}
