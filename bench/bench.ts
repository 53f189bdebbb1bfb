/** `npm run bench`: Zanzara beside Mosquitto, or beside any broker, in the same rounds on the same machine. */
import type { Broker } from './broker.ts';
import { BROKER_FLAG, brokersOf } from './brokers-asked-for.ts';
import { clientTable, measureClients, sizes } from './client/beside.ts';
import { commandLine, readFlags, runProgram } from './flags.ts';
import type { Flags } from './flags.ts';
import { machine } from './machine.ts';
import { besidePage, writeJson, writePart } from './page.ts';
import { Progress } from './progress.ts';
import { losses, medians, named, resultTable, toPage } from './report.ts';
import type { Measured, Report } from './report.ts';
import { run } from './run.ts';
import { SCENARIOS } from './scenario.ts';
import { toText } from './table.ts';
import type { LoadResult } from './workload.ts';

const WARM_UP_SECONDS = 1;

const PROGRAM = {
  usage: 'npm run bench -- [options]',
  about: `Runs each scenario against each broker, in turns, and prints medians. Ratios are to the first broker.
Read the CPU time of the broker for each delivery first: it moves less than rates do. Then the client library is
measured beside MQTT.js, unless scenarios or brokers are named.

${Object.entries(SCENARIOS)
  .map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`)
  .join('\n')}`,
  flags: {
    rounds: { value: 'N', about: 'how often each is run (3)' },
    seconds: { value: 'S', about: 'how long each run is measured (3)' },
    scenarios: { value: 'A,B', about: 'only these' },
    broker: BROKER_FLAG,
    json: { value: 'FILE', about: 'writes all runs' },
    write: { about: 'rewrites the table in docs/PERFORMANCE.md, and docs/performance/bench.json' },
  },
};

await runProgram(async () => {
  const argv = process.argv.slice(2);
  const flags = readFlags(PROGRAM, argv);
  const brokers = brokersOf(flags);
  const [rounds, seconds] = [flags.number('rounds', 3), flags.number('seconds', 3)];
  const results = await measureAll(flags.some('scenarios', Object.keys(SCENARIOS)), brokers, rounds, seconds);
  const report: Report = {
    command: commandLine('npm run bench', argv),
    machine: machine(),
    rounds,
    seconds,
    brokers: brokers.map(({ name, about }) => ({ name, about })),
    results,
  };
  print(report);
  if (flags.text('scenarios') === undefined && flags.texts('broker').length === 0)
    await printClients(rounds, seconds);
  keep(report, flags);
  process.exit(results.length > 0 ? 0 : 1);
});

async function measureAll(
  scenarios: readonly string[],
  brokers: readonly Broker[],
  rounds: number,
  seconds: number,
): Promise<Measured[]> {
  using progress = new Progress(scenarios.length * rounds * brokers.length);
  const results: Measured[] = [];
  for (const scenario of scenarios) {
    const runs = new Map<Broker, LoadResult[]>(brokers.map((broker) => [broker, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const [broker, own] of runs) {
        progress.next(`${scenario}, ${broker.name}, round ${round}`);
        own.push(...(await attempt(scenario, broker, seconds)));
      }
    }
    for (const [{ name }, own] of runs)
      if (own.length > 0) results.push({ scenario, broker: name, median: medians(own), runs: own });
  }
  return results;
}

/** One run; when it fails, that is said and the others go on. */
async function attempt(scenario: string, broker: Broker, seconds: number): Promise<LoadResult[]> {
  try {
    return [await run(broker, SCENARIOS[scenario]!.workload, { warmUpSeconds: WARM_UP_SECONDS, seconds })];
  } catch (error) {
    process.stderr.write(`\n${scenario}, ${broker.name}: ${(error as Error).message}\n`);
    return [];
  }
}

function print(report: Report): void {
  process.stdout.write(`${named(report.brokers)}\n\n${toText(resultTable(report.results))}`);
  for (const loss of losses(report.results)) process.stdout.write(`${loss}\n`);
}

/** The client library beside another, which has nothing to do with the brokers that were asked for. */
async function printClients(rounds: number, seconds: number): Promise<void> {
  const table = toText(clientTable(await measureClients(rounds, seconds)));
  process.stdout.write(`\n${table}${await sizes()}\n`);
}

function keep(report: Report, flags: Flags): void {
  const file = flags.text('json');
  if (file !== undefined) writeJson(file, report);
  if (!flags.has('write')) return;
  writeJson(besidePage('bench.json'), report);
  writePart('bench', toPage(report));
}
