/** What goes on, on one line of a terminal; silent where there is none. */

export class Progress implements Disposable {
  readonly #steps: number | undefined;
  #step = 0;

  /** `steps`: how many there will be, where that is known. */
  constructor(steps?: number) {
    this.#steps = steps;
  }

  /** The next step begins. */
  next(what: string): void {
    this.#step++;
    const of = this.#steps === undefined ? '' : `/${this.#steps}`;
    this.#write(`\r\u001B[K${this.#step}${of} ${what}`);
  }

  /** The line is free for something else. */
  clear(): void {
    this.#write('\r\u001B[K');
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #write(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(text);
  }
}
