/** `--message-rate` and `--stats`: once a second, how much has come. */
import type { Message } from '../../client/message.ts';
import type { Display } from './message-printer.ts';
import type { Printer } from './printer.ts';
import { TIMESTAMP, timeNow } from './time.ts';
import type { Tool } from './tool.ts';

const SECOND = 1000;

/** Latencies that are kept of one second: enough for its 99th percentile, whatever comes. */
const MOST_LATENCIES = 100_000;

export class Rates implements Display {
  readonly #printer: Printer;
  readonly #isBrief: boolean;
  readonly #timer: ReturnType<typeof setInterval>;
  #messages = 0;
  #bytes = 0;
  #total = 0;
  /** Milliseconds. */
  #latencies: number[] = [];
  #since: number = performance.now();

  constructor({ draft }: Tool, printer: Printer) {
    this.#printer = printer;
    this.#isBrief = !draft.stats;
    this.#timer = setInterval(() => this.#tell(), SECOND);
  }

  show({ payload, properties }: Message): void {
    this.#messages++;
    this.#bytes += payload.length;
    if (this.#isBrief) return;
    const sent = properties.userProperties?.find(([name]) => name === TIMESTAMP)?.[1];
    if (sent === undefined || this.#latencies.length === MOST_LATENCIES) return;
    const latency = timeNow() - Number(sent);
    if (Number.isFinite(latency)) this.#latencies.push(Math.max(0, latency)); // clocks differ between machines
  }

  end(): void {
    clearInterval(this.#timer);
    if (!this.#isBrief && this.#messages > 0) this.#tell();
  }

  #tell(): void {
    const now = performance.now();
    const seconds = (now - this.#since) / SECOND;
    this.#since = now;
    this.#total += this.#messages;
    this.#printer.text(this.#isBrief ? `${this.#messages} msgs/s\n` : this.#line(seconds));
    this.#messages = 0;
    this.#bytes = 0;
    this.#latencies = [];
  }

  #line(seconds: number): string {
    const rate = Math.round(this.#messages / seconds);
    const bytes = Math.round(this.#bytes / seconds);
    const parts = [`${rate} msgs/s`, `${bytes} bytes/s`, `${this.#total} in all`];
    const sorted = this.#latencies.toSorted((one, other) => one - other);
    if (sorted.length > 0) {
      const [middle, high] = [percentile(sorted, 0.5), percentile(sorted, 0.99)];
      parts.push(`latency p50 ${middle.toFixed(3)} ms`, `p99 ${high.toFixed(3)} ms`);
    }
    return `${parts.join(', ')}\n`;
  }
}

/** The value that a share of a sorted list does not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
