/** How fast one client may send. */
import { Reason } from '../protocol/reason.ts';
import type { ReasonCode } from '../protocol/reason.ts';
import type { Cancel, Clock } from './clock.ts';
import type { ListenerSettings } from './limits.ts';
import { TokenBucket } from './rate.ts';

export type PaceSettings = Pick<ListenerSettings, 'messageRate' | 'byteRate' | 'rateAction'>;

/** The connection whose pace it is. */
export interface Paced {
  /** Reads nothing until `goOn`, which first calls `then`. */
  wait(): void;
  goOn(then: () => void): void;
  close(reasonCode: ReasonCode, detail?: string): void;
}

/**
 * The shortest pause, milliseconds. A client that sends steadily above its rate gets on fifty times a second with what
 * has become due, and so its messages neither come in bursts of a second nor cost a timer each.
 */
const SHORTEST_PAUSE_MS = 20;

/**
 * Messages and bytes are paid for before they are handled: t seconds after the beginning no more than rate · t and one
 * second's worth of them are. Where no rate is set a connection has no pace, and nothing is counted.
 */
export class Pace {
  readonly #paced: Paced;
  readonly #clock: Clock;
  #action: PaceSettings['rateAction'] = 'pause';
  #messages: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  /** Calls the end of the pause off. */
  #cancel: Cancel | undefined;

  constructor(paced: Paced, settings: PaceSettings, clock: Clock) {
    this.#paced = paced;
    this.#clock = clock;
    this.configure(settings);
  }

  /** Other rates, from the next packet on. A pause that has begun goes to its end. */
  configure({ messageRate, byteRate, rateAction }: PaceSettings): void {
    const now = this.#clock.now();
    this.#action = rateAction;
    this.#messages = bucketOf(messageRate, this.#messages, now);
    this.#bytes = bucketOf(byteRate, this.#bytes, now);
  }

  /** A PUBLISH has come: handles it, now or when it is its time; or closes the connection. */
  publish(handle: () => void): void {
    const owed = this.#messages?.owe(1, this.#clock.now()) ?? 0;
    if (owed === 0) handle();
    else this.#exceeded(owed, 'message_rate', handle);
  }

  /** Bytes have come. False if they must wait: the connection goes on when it is their time, or is closed. */
  received(bytes: number): boolean {
    const owed = this.#bytes?.owe(bytes, this.#clock.now()) ?? 0;
    if (owed > 0) this.#exceeded(owed, 'byte_rate', () => undefined);
    return owed === 0;
  }

  /** The connection has closed. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #exceeded(owedMs: number, rate: string, then: () => void): void {
    if (this.#action === 'disconnect') {
      this.#paced.close(Reason.messageRateTooHigh, `${rate} exceeded`);
      return;
    }
    this.#paced.wait();
    this.#cancel = this.#clock.after(Math.max(owedMs, SHORTEST_PAUSE_MS), () => {
      this.#cancel = undefined;
      this.#paced.goOn(then);
    });
  }
}

/** The bucket of a rate: the one there is if it has that rate, so that a reload gives nobody anything. */
function bucketOf(rate: number, current: TokenBucket | undefined, now: number): TokenBucket | undefined {
  if (rate === 0) return undefined;
  return current?.rate === rate ? current : new TokenBucket(rate, now);
}
