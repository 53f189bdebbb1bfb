/** Keep alive, §3.1.2.10: something is sent often enough, and something is heard. */

export interface KeepAliveOwner {
  /** Send PINGREQ. */
  ping(): void;
  /** The server has not been heard for as long as the keep alive after a PINGREQ. `heard` says that we did not listen. */
  lost(): void;
}

/**
 * Looks twice in each keep alive. If nothing was sent since the last look, or nothing was heard, PINGREQ goes out: so
 * packets are never further apart than the keep alive [MQTT-3.1.2-20], a server that is gone is noticed while much is
 * sent to it, and a browser that lets the timers of a hidden page ring half as often loses no connection. It sets one
 * timer and reads no clock.
 */
export class KeepAlive {
  readonly #owner: KeepAliveOwner;
  #timer: ReturnType<typeof setInterval> | undefined;
  #spoke = false;
  #heard = false;
  /** Looks since a PINGREQ went out and nothing was heard; undefined while nothing is owed. */
  #silent: number | undefined;

  constructor(owner: KeepAliveOwner) {
    this.#owner = owner;
  }

  /** 0 seconds is never. */
  start(seconds: number): void {
    this.stop();
    if (seconds > 0) this.#timer = setInterval(() => this.#look(), seconds * 500);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Something was sent. */
  spoke(): void {
    this.#spoke = true;
  }

  /** Something was received; or it is we who do not listen. */
  heard(): void {
    this.#heard = true;
    this.#silent = undefined;
  }

  #look(): void {
    if (this.#silent !== undefined && ++this.#silent >= 2) {
      this.#silent = undefined;
      this.#owner.lost();
      if (!this.#heard) return;
    }
    if ((!this.#spoke || !this.#heard) && this.#silent === undefined) {
      this.#silent = 0;
      this.#owner.ping();
    }
    this.#spoke = false;
    this.#heard = false;
  }
}
