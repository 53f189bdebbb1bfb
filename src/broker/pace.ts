/** How fast one client may send. */
import { Reason } from '../protocol/reason.ts';
import type { Publish } from '../protocol/packet.ts';
import type { Cancel, Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { ListenerSettings } from './limits.ts';
import { receivePublish } from './publishing.ts';
import { TokenBucket } from './rate.ts';
import type { Session } from './session.ts';

export type PaceSettings = Pick<ListenerSettings, 'messageRate' | 'byteRate' | 'rateAction'>;

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
  readonly #connection: Connection;
  readonly #clock: Clock;
  #action: PaceSettings['rateAction'] = 'pause';
  #messages: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  /** Calls the end of the pause off. */
  #cancel: Cancel | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#clock = connection.broker.clock;
    this.configure(connection.listener.settings);
  }

  /** Other rates, from the next packet on. A pause that has begun goes to its end. */
  configure({ messageRate, byteRate, rateAction }: PaceSettings): void {
    const now = this.#clock.now();
    this.#action = rateAction;
    this.#messages = bucketOf(messageRate, this.#messages, now);
    this.#bytes = bucketOf(byteRate, this.#bytes, now);
  }

  /** A PUBLISH has come: handles it, now or when it is its time; or closes the connection. */
  publish(session: Session, packet: Publish): void {
    const connection = this.#connection;
    const owed = this.#messages?.owe(1, this.#clock.now()) ?? 0;
    if (owed === 0) receivePublish(connection, session, packet);
    else this.#exceeded(owed, 'message_rate', () => receivePublish(connection, session, packet));
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
      this.#connection.close(Reason.messageRateTooHigh, `${rate} exceeded`);
      return;
    }
    this.#connection.wait();
    this.#cancel = this.#clock.after(Math.max(owedMs, SHORTEST_PAUSE_MS), () => {
      this.#cancel = undefined;
      this.#connection.goOn(then);
    });
  }
}

/** The pace that the settings of its listener ask for, which may have changed; undefined where there never was one. */
export function paceOf(connection: Connection, current: Pace | undefined): Pace | undefined {
  const { settings } = connection.listener;
  current?.configure(settings);
  return current ?? (settings.messageRate > 0 || settings.byteRate > 0 ? new Pace(connection) : undefined);
}

/** The bucket of a rate: the one there is if it has that rate, so that a reload gives nobody anything. */
function bucketOf(rate: number, current: TokenBucket | undefined, now: number): TokenBucket | undefined {
  if (rate === 0) return undefined;
  return current?.rate === rate ? current : new TokenBucket(rate, now);
}
