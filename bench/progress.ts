/** What goes on, on one line of a terminal; silent where there is none. */

export class Progress implements Disposable {
  readonly #steps: number;
  #step = 0;

  constructor(steps: number) {
    this.#steps = steps;
  }

  /** The next step begins. */
  next(what: string): void {
    this.#step++;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${this.#step}/${this.#steps} ${what}`);
  }

  [Symbol.dispose](): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }
}
