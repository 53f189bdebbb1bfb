/** What a run came to: as data, which is also the JSON form, and as a table. */
import type { Histogram } from './histogram.ts';
import type { Target } from './link.ts';
import type { Plan } from './plan.ts';
import type { Tally } from './running.ts';

/** Milliseconds, of `count` that were asked; zeros when none was. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

interface Head {
  readonly scenario: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** How long was measured. */
  readonly seconds: number;
  /** Whether it ended before its time, by Ctrl-C or a lost client. */
  readonly interrupted: boolean;
}

export interface MessageResult extends Head {
  readonly publishers: number;
  readonly subscribers: number;
  readonly qos: number;
  readonly payloadBytes: number;
  /** Messages a second of each publisher; 0 is as fast as it goes. */
  readonly ratePerPublisher: number;
  readonly inflight: number;
  readonly sent: number;
  readonly received: number;
  /** Deliveries that did not come. */
  readonly lost: number;
  /** Messages that were due and not sent: their publisher had too much under way. */
  readonly skipped: number;
  readonly sentPerSecond: number;
  readonly receivedPerSecond: number;
  /** From the write of a message until it was read. */
  readonly latencyMilliseconds: Times;
}

export interface ConnectResult extends Head {
  readonly clients: number;
  readonly ratePerClient: number;
  readonly connections: number;
  readonly connectionsPerSecond: number;
  /** From the SYN until CONNACK was read. */
  readonly connectMilliseconds: Times;
}

export type Result = MessageResult | ConnectResult;

/** What was measured. */
export interface Measured {
  readonly seconds: number;
  readonly interrupted: boolean;
  /** At the end of the measured time. */
  readonly atEnd: Tally;
  /** After what was under way has come. */
  readonly last: Tally;
  readonly nanoseconds: Histogram;
}

export function resultOf(plan: Plan, { host, port, tls }: Target, measured: Measured): Result {
  const { seconds, interrupted, atEnd, last, nanoseconds } = measured;
  const { load, scenario } = plan;
  const perSecond = (count: number): number => rounded(count / seconds);
  const head = { scenario, host, port, tls: tls !== undefined, seconds: rounded(seconds), interrupted };
  if (load.kind === 'connects')
    return {
      ...head,
      clients: load.clients,
      ratePerClient: load.rate,
      connections: last.received,
      connectionsPerSecond: perSecond(atEnd.received),
      connectMilliseconds: timesOf(nanoseconds),
    };
  return {
    ...head,
    publishers: load.publishers,
    subscribers: load.subscribers,
    qos: load.qos,
    payloadBytes: load.payloadBytes,
    ratePerPublisher: load.messagesPerSecond / load.publishers,
    inflight: load.window,
    sent: last.sent,
    received: last.received,
    lost: last.underWay,
    skipped: last.skipped,
    sentPerSecond: perSecond(atEnd.sent),
    receivedPerSecond: perSecond(atEnd.received),
    latencyMilliseconds: timesOf(nanoseconds),
  };
}

function timesOf(nanoseconds: Histogram): Times {
  const milliseconds = (share: number): number => rounded(nanoseconds.percentile(share) / 1e6);
  return {
    count: nanoseconds.count,
    p50: milliseconds(0.5),
    p90: milliseconds(0.9),
    p99: milliseconds(0.99),
    max: rounded(nanoseconds.max / 1e6),
  };
}

/** To three decimals. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
