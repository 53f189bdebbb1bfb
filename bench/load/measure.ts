/** The measured time: what the broker did in it, and what that cost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meter } from '../../src/cli/bench/meter.ts';
import { cpuSeconds, residentKib } from '../process-usage.ts';
import type { Job, LoadResult } from '../workload.ts';

/** Counters that only rise. */
export interface Counted {
  deliveries(): number;
  published(): number;
}

interface Moment {
  readonly seconds: number;
  readonly deliveries: number;
  readonly published: number;
  readonly brokerCpu: number | null;
  readonly loadCpu: number;
}

/** Lets the load run warm, then measures it while it runs on. */
export async function measure(job: Job, meter: Meter, counted: Counted): Promise<Omit<LoadResult, 'lost'>> {
  await sleep(job.warmUpSeconds * 1000);
  meter.start();
  const before = moment(job.pid, counted);
  await sleep(job.seconds * 1000);
  const after = moment(job.pid, counted);
  meter.stop();
  return { ...between(before, after), ...latency(meter), residentKib: residentKib(job.pid) };
}

type Rates = Omit<LoadResult, 'lost' | 'p50Micros' | 'p99Micros' | 'residentKib'>;

function between(before: Moment, after: Moment): Rates {
  const seconds = after.seconds - before.seconds;
  const deliveries = after.deliveries - before.deliveries;
  const published = after.published - before.published;
  const work = Math.max(deliveries, published);
  const cpu =
    before.brokerCpu === null || after.brokerCpu === null ? null : after.brokerCpu - before.brokerCpu;
  return {
    deliveriesPerSecond: deliveries / seconds,
    publishedPerSecond: published / seconds,
    cpuMicrosPerDelivery: cpu === null || work === 0 ? null : (cpu * 1e6) / work,
    brokerCores: cpu === null ? null : cpu / seconds,
    loadCores: (after.loadCpu - before.loadCpu) / seconds,
  };
}

function latency(meter: Meter): { readonly p50Micros: number; readonly p99Micros: number } {
  const micros = (share: number): number => meter.nanoseconds.percentile(share) / 1000;
  return { p50Micros: micros(0.5), p99Micros: micros(0.99) };
}

function moment(pid: number, counted: Counted): Moment {
  const { user, system } = process.cpuUsage();
  return {
    seconds: performance.now() / 1000,
    deliveries: counted.deliveries(),
    published: counted.published(),
    brokerCpu: cpuSeconds(pid),
    loadCpu: (user + system) / 1e6,
  };
}
