/** When a subscription was surely there, and when it surely was not: known from what was acknowledged. */
import type { QoS } from '../../src/protocol/packet.ts';

/** What a SUBACK promised. */
export interface Grant {
  readonly qos: QoS;
  /** 0 for none. */
  readonly identifier: number;
}

/** A time, by the ledger's clock, in which nothing changed; `grant` undefined: there was no subscription. */
export interface Span {
  readonly from: number;
  to: number;
  readonly grant: Grant | undefined;
}

/** The times of one subscription. Between two spans nobody knows. */
export class Coverage {
  #spans: Span[];

  /** There is no subscription yet, and never was. */
  constructor() {
    this.#spans = [{ from: 0, to: Number.POSITIVE_INFINITY, grant: undefined }];
  }

  /** A request is on its way: from now on nobody knows. */
  doubt(now: number): void {
    const last = this.#spans.at(-1);
    if (last !== undefined) last.to = Math.min(last.to, now);
  }

  /** The request was acknowledged. */
  settle(now: number, grant: Grant | undefined): void {
    this.doubt(now);
    this.#spans.push({ from: now, to: Number.POSITIVE_INFINITY, grant });
  }

  /** Is it known what is the case now? */
  get known(): Span | undefined {
    const last = this.#spans.at(-1);
    return last?.to === Number.POSITIVE_INFINITY ? last : undefined;
  }

  /** What was the case all the time from one moment to another; undefined: nobody knows. */
  during(from: number, to: number): Span | undefined {
    return this.#spans.find((span) => span.from < from && to < span.to);
  }

  /** Forgets what is over. */
  prune(): void {
    this.#spans = this.#spans.slice(-1);
  }
}
