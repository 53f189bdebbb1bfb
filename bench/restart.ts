/** `npm run bench:restart`: how long a broker that has kept much takes to start, Zanzara beside Mosquitto. */
import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectFrame, CONNACK, PUBACK, publishFrame } from '../src/cli/bench/frames.ts';
import { Link, openClient } from '../src/cli/bench/link.ts';
import { BrokerProcess } from './broker-process.ts';
import { KNOWN } from './broker.ts';
import type { Broker } from './broker.ts';
import { commandLine, readFlags, runProgram } from './flags.ts';
import { local } from './load/local.ts';
import { describe, machine } from './machine.ts';
import { besidePage, writeJson, writePart } from './page.ts';
import { cpuSeconds, residentKib } from './process-usage.ts';
import { Progress } from './progress.ts';
import { clientId, makeMosquittoDb, makeSqlite, PAYLOAD_BYTES } from './restart/state.ts';
import type { StateSize } from './restart/state.ts';
import { median } from './statistics.ts';
import { figure, toMarkdown, toText } from './table.ts';
import type { Table } from './table.ts';

/** How long a start may take, milliseconds. */
const PATIENCE_MS = 180_000;
/** How often it is asked whether the broker listens, milliseconds. */
const EVERY_MS = 10;

/** A broker, and what it finds. */
interface Case {
  readonly name: string;
  readonly broker: keyof typeof KNOWN;
  /** A directory in that of the run. */
  readonly place: string;
  readonly file: string;
  readonly config: string;
  /** Killed while it writes, before each start. */
  readonly killed?: boolean;
}

const SQLITE = { broker: 'zanzara', place: 'sqlite', file: 'mosquitto.sqlite3', config: '' } as const;
const DATABASE = { file: 'mosquitto.db', place: 'database' } as const;
const INTERVAL = 'persistence_durability interval\n';

const CASES: readonly Case[] = [
  { name: 'mosquitto, persistence true', ...DATABASE, broker: 'mosquitto', config: '' },
  { name: 'zanzara, interval', ...DATABASE, broker: 'zanzara', config: INTERVAL },
  { name: 'zanzara, sync', ...SQLITE },
  { name: 'zanzara, sync, after SIGKILL', ...SQLITE, killed: true },
];

interface Start {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

interface Measured {
  readonly name: string;
  readonly fileMib: number;
  readonly starts: readonly Start[];
}

const PROGRAM = {
  usage: 'npm run bench:restart -- [options]',
  about: `Makes a large state, and starts brokers on it, each on one core. It takes some minutes and 2 GiB of disk.`,
  flags: {
    retained: { value: 'N', about: 'retained messages (1000000)' },
    sessions: { value: 'N', about: 'sessions without a client (10000)' },
    queued: { value: 'N', about: 'messages of QoS 1 that wait for each (100)' },
    rounds: { value: 'N', about: 'how often each is started (3)' },
    directory: { value: 'DIR', about: `where the state is made (${tmpdir()})` },
    write: { about: 'rewrites the table in docs/PERFORMANCE.md, and docs/performance/restart.json' },
  },
};

await runProgram(async () => {
  const argv = process.argv.slice(2);
  const flags = readFlags(PROGRAM, argv);
  const size = {
    retained: flags.number('retained', 1_000_000),
    sessions: flags.number('sessions', 10_000),
    queued: flags.number('queued', 100),
  };
  const rounds = flags.number('rounds', 3);
  const directory = mkdtempSync(join(flags.text('directory') ?? tmpdir(), 'zanzara-restart-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const results = await measureAll(directory, size, rounds);
  process.stdout.write(toText(table(results)));
  if (!flags.has('write')) return;
  const command = commandLine('npm run bench:restart', argv);
  writeJson(besidePage('restart.json'), { command, machine: machine(), size, rounds, results });
  writePart('restart', `    ${command}\n\n${about(size, rounds)}\n\n${toMarkdown(table(results))}`);
});
process.exit(0);

function about({ retained, sessions, queued }: StateSize, rounds: number): string {
  return (
    `${retained.toLocaleString('en')} retained messages, ${sessions.toLocaleString('en')} sessions with ${queued} queued messages each, ` +
    `${PAYLOAD_BYTES} bytes of payload. ${describe(machine())} Medians of ${rounds} starts.`
  );
}

async function measureAll(directory: string, size: StateSize, rounds: number): Promise<Measured[]> {
  const cases = CASES.flatMap((one) => {
    const broker = KNOWN[one.broker]!();
    return broker === undefined ? [] : [{ one, broker, starts: [] as Start[] }];
  });
  using progress = new Progress(2 + cases.length * rounds);
  progress.next('making a store in SQLite');
  await makeSqlite(join(directory, SQLITE.place), size);
  progress.next('making a database of Mosquitto');
  await makeMosquittoDb(join(directory, DATABASE.place), size);
  for (let round = 1; round <= rounds; round++) {
    for (const { one, broker, starts } of cases) {
      progress.next(`${one.name}, round ${round}`);
      starts.push(await startOn(broker, one, directory));
    }
  }
  return cases.map(({ one: { name, place, file }, starts }) => ({
    name,
    fileMib: statSync(join(directory, place, file)).size / 2 ** 20,
    starts,
  }));
}

/** Starts a broker on a copy of what was made. */
async function startOn(broker: Broker, one: Case, directory: string): Promise<Start> {
  const own = join(directory, 'copy');
  cpSync(join(directory, one.place), own, { recursive: true });
  try {
    const config = `persistence true\npersistence_location ${own}/\n${one.config}`;
    if (one.killed === true) await killWhileWriting(broker, config);
    return await measureStart(broker, config);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Until the first client is let in, and finds its session. */
async function measureStart(broker: Broker, config: string): Promise<Start> {
  await using running = await BrokerProcess.start(broker, { config });
  await running.listens(EVERY_MS, PATIENCE_MS);
  const link = new Link(local(running.port));
  link.write(connectFrame(clientId(0), false));
  const connack = await link.reply(CONNACK, PATIENCE_MS);
  const seconds = (performance.now() - running.startedAt) / 1000;
  if (connack[2] !== 1) throw new Error(`${broker.name} does not know the session.`);
  const usage = { cpuSeconds: cpuSeconds(running.pid), residentKib: residentKib(running.pid) };
  link.expectEnd();
  link.close();
  return {
    seconds,
    cpuSeconds: usage.cpuSeconds ?? Number.NaN,
    residentMib: (usage.residentKib ?? Number.NaN) / 1024,
  };
}

/** So that the next start finds a log beside the file. */
async function killWhileWriting(broker: Broker, config: string): Promise<void> {
  await using running = await BrokerProcess.start(broker, { config });
  await running.listens(EVERY_MS, PATIENCE_MS);
  const link = await openClient(local(running.port), 'writer', true, PATIENCE_MS);
  const frames = Array.from({ length: 1000 }, (_, i) => publishFrame(`last/${i}`, 0, Buffer.of(1), true));
  const last = publishFrame('last', 1, Buffer.of(1), true);
  last.writeUInt16BE(1, last.length - 3); // its packet identifier
  link.write(Buffer.concat([...frames, last]));
  await link.reply(PUBACK, PATIENCE_MS);
  link.expectEnd();
  process.kill(running.pid, 'SIGKILL');
  await link.closed;
}

function table(results: readonly Measured[]): Table {
  const rows = results.map(({ name, fileMib, starts }) => {
    const middle = (of: (start: Start) => number): string => figure(median(starts.map(of)));
    return [
      name,
      figure(fileMib),
      middle(({ seconds }) => seconds),
      middle((start) => start.cpuSeconds),
      middle(({ residentMib }) => residentMib),
    ];
  });
  return { head: ['broker', 'file MiB', 'first CONNACK s', 'CPU s', 'resident MiB'], rows, words: 1 };
}
