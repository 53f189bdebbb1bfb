/** Keep alive, §3.1.2.10: something is sent often enough, and something is heard. */

export interface KeepAliveOwner {
  /** Send PINGREQ. */
  ping(): void;
  /** The server has not been heard for as long as the keep alive after a PINGREQ. */
  lost(): void;
}

/**
 * Looks twice in each keep alive: if nothing was sent since the last look, PINGREQ goes out, so that packets are
 * never further apart than the keep alive [MQTT-3.1.2-20]. It sets one timer and reads no clock.
 */
export class KeepAlive {
  readonly #owner: KeepAliveOwner;
  #timer: ReturnType<typeof setInterval> | undefined;
  #spoke = false;
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
    this.#silent = undefined;
  }

  #look(): void {
    if (this.#silent !== undefined && ++this.#silent >= 2) {
      this.#owner.lost();
      return;
    }
    const spoke = this.#spoke;
    this.#spoke = false;
    if (spoke) return;
    this.#silent ??= 0;
    this.#owner.ping();
  }
}
