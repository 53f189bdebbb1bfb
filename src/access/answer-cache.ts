/** Answers that stay true for a while. */

interface Entry<Answer> {
  readonly answer: Answer;
  readonly until: number;
}

/** At most so many answers, each for so long; when it is full, the one that was asked for longest ago goes. */
export class AnswerCache<Answer> {
  readonly #size: number;
  readonly #forMs: number;
  /** The one asked for longest ago comes first. */
  readonly #entries = new Map<string, Entry<Answer>>();

  /** With a size or a time of 0 nothing is remembered. */
  constructor(size: number, forMs: number) {
    this.#size = forMs > 0 ? size : 0;
    this.#forMs = forMs;
  }

  /** `now` in milliseconds. */
  get(key: string, now: number): Answer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= now) return undefined;
    this.#entries.set(key, entry);
    return entry.answer;
  }

  set(key: string, answer: Answer, now: number): void {
    if (this.#size === 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#size) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
    }
    this.#entries.set(key, { answer, until: now + this.#forMs });
  }
}
