/** The load process: one job as JSON in its first argument, one result as JSON on standard output. */
import type { Job, LoadResult, Workload } from '../workload.ts';
import { runConnects } from './connects.ts';
import { runMessages } from './messages.ts';

type Runners = {
  readonly [K in Workload['kind']]: (job: Job<Extract<Workload, { kind: K }>>) => Promise<LoadResult>;
};

const RUNNERS: Runners = { messages: runMessages, connects: runConnects };

// Standard input ends with the process that started this one
process.stdin.resume().once('end', () => process.exit(1));

const job = JSON.parse(process.argv[2] ?? '') as Job;
const run = RUNNERS[job.workload.kind] as (job: Job) => Promise<LoadResult>;
process.stdout.write(`${JSON.stringify(await run(job))}\n`, () => process.exit(0));
