/** Deadlines in whole seconds, looked at once a second: keep alives, will delays, session expiry. */

/** Something that is due at a time. The wheel that holds it sets `second`; nobody else does. */
export interface Deadline {
  /** Called once when the time has come. It may set deadlines, itself included. */
  wake(): void;
  /** The second it is filed under; undefined while it is in no wheel. */
  second: number | undefined;
}

/**
 * Deadlines filed by the second they are due in. Setting and cancelling are constant time; `advance` costs the
 * seconds that passed and the deadlines that are due. The wheel reads no clock: it is told the time.
 */
export class TimerWheel {
  readonly #bySecond = new Map<number, Set<Deadline>>();
  #now: number;

  /** `nowMs`: milliseconds since 1970. */
  constructor(nowMs: number) {
    this.#now = Math.floor(nowMs / 1000);
  }

  /** Sets or moves a deadline. It fires in the first `advance` at or after the given time, never before. */
  set(deadline: Deadline, atMs: number): void {
    this.cancel(deadline);
    const second = Math.max(Math.ceil(atMs / 1000), this.#now + 1);
    deadline.second = second;
    let due = this.#bySecond.get(second);
    if (due === undefined) this.#bySecond.set(second, (due = new Set()));
    due.add(deadline);
  }

  cancel(deadline: Deadline): void {
    if (deadline.second === undefined) return;
    const due = this.#bySecond.get(deadline.second);
    due?.delete(deadline);
    if (due?.size === 0) this.#bySecond.delete(deadline.second);
    deadline.second = undefined;
  }

  /** Fires all that is due by now, second by second. */
  advance(nowMs: number): void {
    const now = Math.floor(nowMs / 1000);
    if (now - this.#now > this.#bySecond.size + 1) this.#leap(now);
    while (this.#now < now) this.#fire(++this.#now);
  }

  /** After a long pause there are more seconds to pass than deadlines: goes through these instead. */
  #leap(now: number): void {
    const due = [...this.#bySecond.keys()].filter((second) => second <= now).toSorted((a, b) => a - b);
    this.#now = now;
    for (const second of due) this.#fire(second);
  }

  #fire(second: number): void {
    const due = this.#bySecond.get(second);
    if (due === undefined) return;
    this.#bySecond.delete(second);
    for (const deadline of due) {
      if (deadline.second !== second) continue; // cancelled or moved by one that fired before it
      deadline.second = undefined;
      deadline.wake();
    }
  }
}
