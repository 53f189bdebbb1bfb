/** A client with a will that waits: whoever does not come back in time has it published, once. */
import type { Will } from '../../src/protocol/index.ts';
import type { Audience } from './audience.ts';
import type { Sent } from './ledger.ts';
import type { Random } from '../random.ts';
import { Seat } from './seat.ts';
import type { Stage } from './seat.ts';

export interface WillBearerOptions {
  readonly clientId: string;
  /** Seconds. Up to `SHORT` it stays away until its will has come; beyond, it comes back at once. */
  readonly delay: number;
  /** Whoever gets its wills. */
  readonly audience: Audience;
}

/** Seconds that a run can wait for. */
const SHORT = 10;
const EXPIRY_SECONDS = 3600;

export class WillBearer {
  readonly #seat: Seat;
  readonly #stage: Stage;
  readonly #options: WillBearerOptions;
  #will: Sent | undefined;
  /** The will of the connection before, which is gone when the next is accepted. */
  #before: Sent | undefined;
  /** When the broker had started that got each of them: stage.upSince. */
  #willSince = 0;
  #beforeSince = 0;
  /** Brokers that started until then have published what waited when they stopped: wills that they got may come all the same. */
  #freeSince = -1;
  /** The broker died while it was connected, and it stays away. */
  #waits = false;

  constructor(stage: Stage, options: WillBearerOptions, random: Random) {
    this.#stage = stage;
    this.#options = options;
    this.#seat = new Seat(
      stage,
      { clientId: options.clientId, version: 5, expiry: EXPIRY_SECONDS, will: () => this.#next() },
      random,
      { opened: () => this.#opened(), packet: () => undefined, closed: () => undefined },
    );
  }

  step(now: number): void {
    if (this.#waits) return;
    const { phase } = this.#stage;
    if (phase === 'load' || (this.#returns && this.#will !== undefined)) this.#seat.step(now);
    if (phase !== 'load' && this.#seat.isOpen) {
      this.#seat.leave(true, 0);
      this.#decide('forbidden');
      this.#will = undefined;
    }
  }

  /** Is its will decided, and there if it must be? */
  get isIdle(): boolean {
    if (!this.#waits) return this.#will === undefined && this.#seat.isAway;
    const { audience, delay } = this.#options;
    const { upSince, patienceMs } = this.#stage;
    const isLate = Date.now() > upSince + delay * 1000 + patienceMs;
    return isLate || this.#will?.fate !== 'required' || !audience.lacks(this.#will);
  }

  get doing(): string {
    return `${this.#seat.state}, will ${this.#will?.number} ${this.#will?.fate}`;
  }

  /** The broker is about to die, killed or asked to; whatever was acknowledged before counts. */
  brokerDies(isKilled: boolean): void {
    if (this.#will === undefined || this.#waits) return;
    if (this.#returns) {
      if (!isKilled && !this.#stage.keepsWills) this.#freeSince = this.#stage.upSince;
      return;
    }
    if (this.#seat.isOpen) this.#decide('required');
    this.#stage.ledger.complete(this.#will);
    this.#waits = true;
  }

  /** Its last will was judged. */
  settle(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.#will = undefined;
  }

  get #returns(): boolean {
    return this.#options.delay > SHORT;
  }

  #opened(): void {
    // what it had before is gone: it came back before the delay had passed. [MQTT-3.1.3-9]
    if (this.#before !== undefined && this.#beforeSince > this.#freeSince) this.#before.fate = 'forbidden';
    this.#before = undefined;
  }

  #next(): Will {
    const topic = `will/${this.#options.clientId}`;
    if (this.#before === undefined) {
      this.#before = this.#will;
      this.#beforeSince = this.#willSince;
    }
    this.#willSince = this.#stage.upSince;
    this.#will = this.#stage.ledger.send(topic, 2);
    this.#will.fate = 'either';
    return {
      topic,
      payload: new TextEncoder().encode(`${this.#will.number} will`),
      qos: 2,
      retain: false,
      properties: { willDelayInterval: this.#options.delay },
    };
  }

  #decide(fate: Sent['fate']): void {
    if (this.#will !== undefined) this.#will.fate = fate;
  }
}
