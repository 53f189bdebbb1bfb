/** `npm run bench:durable`: what it costs that nothing acknowledged is lost, Zanzara beside Mosquitto. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerProcess } from './broker-process.ts';
import { KNOWN } from './broker.ts';
import type { Broker } from './broker.ts';
import { commandLine, readFlags, runProgram } from './flags.ts';
import { describe, machine } from './machine.ts';
import { besidePage, writeJson, writePart } from './page.ts';
import { Progress } from './progress.ts';
import { medians } from './report.ts';
import { load } from './run.ts';
import { figure, toMarkdown, toText } from './table.ts';
import type { Table } from './table.ts';
import { messages } from './workload.ts';
import type { LoadResult, Presence } from './workload.ts';

const WARM_UP_SECONDS = 1;

/** A broker and what it keeps. */
interface Contender {
  readonly name: string;
  readonly broker: keyof typeof KNOWN;
  /** Lines of its configuration; its directory is filled in. */
  readonly config: string;
}

const KEPT = 'persistence true\npersistence_location {directory}/\n';

/** What rates are compared with, and what CPU time is. */
const YARDSTICK = 'mosquitto, memory only';
const BARE = 'zanzara, memory only';

const CONTENDERS: readonly Contender[] = [
  { name: YARDSTICK, broker: 'mosquitto', config: '' },
  { name: 'mosquitto, persistence true', broker: 'mosquitto', config: KEPT },
  { name: BARE, broker: 'zanzara', config: '' },
  { name: 'zanzara, interval', broker: 'zanzara', config: `${KEPT}persistence_durability interval\n` },
  { name: 'zanzara, commit', broker: 'zanzara', config: `${KEPT}persistence_durability commit\n` },
  { name: 'zanzara, sync', broker: 'zanzara', config: `${KEPT}persistence_durability sync\n` },
];

/** Queues without end, so that no broker drops anything. */
const UNBOUNDED = 'max_inflight_messages 1000\nmax_queued_messages 0\n';

/** A load, and what brokers are told for it. */
interface Case {
  readonly presence: Presence;
  readonly config: string;
}

const CASES: Readonly<Record<string, Case>> = {
  'acknowledged at once': { presence: 'kept', config: '' },
  'acknowledged after 20 ms': { presence: 'late', config: UNBOUNDED },
  'subscribers away': { presence: 'away', config: UNBOUNDED },
};

interface Measured {
  readonly load: string;
  readonly contender: string;
  readonly median: LoadResult;
  readonly runs: readonly LoadResult[];
}

const PROGRAM = {
  usage: 'npm run bench:durable -- [options]',
  about: `Ten pairs at QoS 1, 20 messages not acknowledged each, to subscribers whose sessions are kept: they acknowledge
at once, or after 20 ms, or are away. Each broker runs on one core, with all its threads.`,
  flags: {
    rounds: { value: 'N', about: 'how often each is run; the figures are medians (3)' },
    seconds: { value: 'S', about: 'how long each run is measured (3)' },
    directory: { value: 'DIR', about: `where the brokers keep their files (${tmpdir()})` },
    write: { about: 'rewrites the table in docs/PERFORMANCE.md, and docs/performance/durable.json' },
  },
};

const HEAD = [
  'messages are',
  'broker',
  'messages/s',
  'rate ×',
  'CPU µs each',
  'CPU ×',
  'p50 ms',
  'p99 ms',
  'cores: broker',
];

await runProgram(async () => {
  const argv = process.argv.slice(2);
  const flags = readFlags(PROGRAM, argv);
  const [rounds, seconds] = [flags.number('rounds', 3), flags.number('seconds', 3)];
  const results = await measureAll(rounds, seconds, flags.text('directory') ?? tmpdir());
  process.stdout.write(toText(table(results)));
  if (!flags.has('write')) return;
  const command = commandLine('npm run bench:durable', argv);
  writeJson(besidePage('durable.json'), { command, machine: machine(), rounds, seconds, results });
  const about = `${describe(machine())} Medians of ${rounds} rounds of ${seconds} s.`;
  writePart('durable', `    ${command}\n\n${about}\n\n${toMarkdown(table(results))}`);
});
process.exit(0);

async function measureAll(rounds: number, seconds: number, directory: string): Promise<Measured[]> {
  const contenders = CONTENDERS.flatMap((contender) => {
    const broker = KNOWN[contender.broker]!();
    return broker === undefined ? [] : [{ contender, broker }];
  });
  using progress = new Progress(Object.keys(CASES).length * rounds * contenders.length);
  const results: Measured[] = [];
  for (const [name, one] of Object.entries(CASES)) {
    const runs = new Map<string, LoadResult[]>(contenders.map(({ contender }) => [contender.name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const { contender, broker } of contenders) {
        progress.next(`${name}: ${contender.name}, round ${round}`);
        const config = contender.config + one.config;
        runs.get(contender.name)!.push(await measure(broker, config, one.presence, seconds, directory));
      }
    }
    for (const [contender, own] of runs)
      results.push({ load: name, contender, median: medians(own), runs: own });
  }
  return results;
}

/** One run with files of its own. */
async function measure(
  broker: Broker,
  config: string,
  presence: Presence,
  seconds: number,
  directory: string,
): Promise<LoadResult> {
  const own = mkdtempSync(join(directory, 'zanzara-durable-'));
  chmodSync(own, 0o755);
  try {
    const workload = messages({ publishers: 10, subscribers: 10, qos: 1, window: 20, presence });
    await using running = await BrokerProcess.listening(broker, {
      config: config.replace('{directory}', own),
    });
    const { port, pid } = running;
    return await load({ workload, port, pid, warmUpSeconds: WARM_UP_SECONDS, seconds });
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function table(results: readonly Measured[]): Table {
  const rows = results.map(({ load: name, contender, median: of }) => {
    const base = (wanted: string): LoadResult | undefined =>
      results.find((one) => one.load === name && one.contender === wanted)?.median;
    const [yardstick, bare] = [base(YARDSTICK), base(BARE)];
    return [
      name,
      contender,
      Math.round(of.deliveriesPerSecond).toLocaleString('en'),
      ratio(of.deliveriesPerSecond, yardstick?.deliveriesPerSecond),
      figure(of.cpuMicrosPerDelivery),
      ratio(of.cpuMicrosPerDelivery, bare?.cpuMicrosPerDelivery),
      milliseconds(of.p50Micros),
      milliseconds(of.p99Micros),
      figure(of.brokerCores),
    ];
  });
  return { head: HEAD, rows, words: 2 };
}

function ratio(value: number | null, base: number | null | undefined): string {
  return value === null || base === null || base === undefined ? '–' : (value / base).toFixed(2);
}

/** 0 where nothing was delivered. */
function milliseconds(micros: number): string {
  return micros === 0 ? '–' : figure(micros / 1000);
}
