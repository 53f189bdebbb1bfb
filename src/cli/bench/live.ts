/** The line on the terminal while a load runs. */
import type { Io } from '../io.ts';
import { Progress } from '../tool/progress.ts';
import type { Plan } from './plan.ts';
import type { Running, Tally } from './running.ts';
import { grouped } from './table.ts';

/** Rates are of at least so long, seconds. */
const LEAST_SECONDS = 1;

export class Live {
  readonly #plan: Plan;
  readonly #running: Running;
  readonly #progress: Progress;
  #rates = { sent: 0, received: 0 };
  #since: Tally;
  #sinceSeconds = 0;

  constructor(plan: Plan, running: Running, io: Io) {
    this.#plan = plan;
    this.#running = running;
    this.#since = running.tally();
    this.#progress = new Progress(io, (seconds) => this.#describe(seconds));
  }

  /** The line stays. */
  end(): void {
    this.#progress.end();
  }

  #describe(seconds: number): string {
    const tally = this.#running.tally();
    const passed = seconds - this.#sinceSeconds;
    if (passed >= LEAST_SECONDS) {
      const rate = (key: 'sent' | 'received'): number => (tally[key] - this.#since[key]) / passed;
      this.#rates = { sent: rate('sent'), received: rate('received') };
      this.#since = tally;
      this.#sinceSeconds = seconds;
    }
    const { scenario, seconds: all, load } = this.#plan;
    const { sent, received } = this.#rates;
    const rates =
      load.kind === 'connects'
        ? `${grouped(received)} connections/s`
        : `out ${grouped(sent)}/s, in ${grouped(received)}/s`;
    const time = `${Math.floor(seconds)} s of ${all}`;
    return `${scenario}, ${time}: ${rates}, ${grouped(tally.underWay)} in flight`;
  }
}
