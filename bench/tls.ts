/** `node bench/tls.ts`: what TLS handshakes cost a broker, Zanzara beside Mosquitto. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BrokerProcess } from './broker-process.ts';
import type { Broker } from './broker.ts';
import { BROKER_FLAG, brokersOf } from './brokers-asked-for.ts';
import { onCoreOf } from './cores.ts';
import { readFlags, runProgram } from './flags.ts';
import type { HandshakeJob, HandshakeResult } from './load/tls-handshakes.ts';
import { describe, machine } from './machine.ts';
import { start, stop } from './processes.ts';
import { Progress } from './progress.ts';
import { median } from './statistics.ts';
import { figure, toText } from './table.ts';

const LOAD = fileURLToPath(new URL('load/tls-handshakes.ts', import.meta.url));

/** What `openssl genpkey` makes. */
const KEYS = {
  'ECDSA P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'RSA-2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
} as const;

type Key = keyof typeof KEYS;

const PROGRAM = {
  usage: 'node bench/tls.ts [options]',
  about: `Clients come over TLS 1.3, are let in and leave, as fast as they can. Read the CPU time of the broker for each
handshake: the rate is bounded by the clients too, which take more of it than a broker in C. A handshake here is that of
TCP, TLS and MQTT, and the end of all three.`,
  flags: {
    seconds: { value: 'S', about: 'how long each run is measured (5)' },
    rounds: { value: 'N', about: 'how often each is run; the figures are medians (1)' },
    clients: { value: 'N', about: 'at a time (16)' },
    broker: BROKER_FLAG,
  },
};

const WARM_UP_SECONDS = 1;
/** How much longer than the measured time a run may take, seconds. */
const SLACK_SECONDS = 60;

interface Case {
  readonly key: Key;
  readonly resumed: boolean;
}

const CASES: readonly Case[] = (Object.keys(KEYS) as Key[]).flatMap((key) => [
  { key, resumed: false },
  { key, resumed: true },
]);

/** A certificate that signs itself and its key: the lines of a listener. */
function makeCertificate(folder: string, key: Key): string {
  const name = key.replaceAll(/\W/g, '');
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  execFileSync('openssl', ['genpkey', ...KEYS[key], '-out', keyFile], { stdio: 'ignore' });
  const subject = ['-subj', '/CN=localhost', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-new', '-key', keyFile, '-out', certFile, ...subject]);
  chmodSync(keyFile, 0o644);
  // Without the last line Mosquitto's CONNACK waits for an acknowledgement that the system holds back
  return `certfile ${certFile}\nkeyfile ${keyFile}\nset_tcp_nodelay true\n`;
}

async function measure(
  broker: Broker,
  config: string,
  job: Omit<HandshakeJob, 'port' | 'pid'>,
): Promise<HandshakeResult> {
  await using running = await BrokerProcess.listening(broker, { config });
  const { port, pid } = running;
  const whole: HandshakeJob = { ...job, port, pid };
  const child = start(onCoreOf('load', [process.execPath, LOAD, JSON.stringify(whole)]), [
    'ignore',
    'pipe',
    'inherit',
  ]);
  try {
    const patience = (job.seconds + SLACK_SECONDS) * 1000;
    const output = await Promise.race([text(child.stdout!), sleep(patience, '', { ref: false })]);
    if (output === '') throw new Error('The load did not come to an end.');
    return JSON.parse(output) as HandshakeResult;
  } finally {
    await stop(child);
  }
}

/** Seconds; NaN where they are not known. */
function cpu({ cpuSeconds }: HandshakeResult): number {
  return cpuSeconds ?? Number.NaN;
}

function row(broker: Broker, { key, resumed }: Case, rounds: readonly HandshakeResult[]): readonly string[] {
  const middle = (of: (result: HandshakeResult) => number): string => figure(median(rounds.map(of)));
  return [
    key,
    resumed ? 'resumed' : 'full',
    broker.name,
    middle(({ handshakes, seconds }) => handshakes / seconds),
    middle((result) => (cpu(result) * 1e6) / result.handshakes),
    middle((result) => (cpu(result) * 100) / result.seconds),
    middle((result) => (result.resumed * 100) / result.handshakes),
  ];
}

const HEAD = [
  'certificate',
  'handshake',
  'broker',
  'per second',
  'µs of CPU each',
  'broker busy %',
  'resumed %',
];

await runProgram(async () => {
  const flags = readFlags(PROGRAM, process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-tls-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const [seconds, rounds] = [flags.number('seconds', 5), flags.number('rounds', 1)];
  const clients = flags.number('clients', 16);
  const brokers = brokersOf(flags);
  using progress = new Progress(CASES.length * brokers.length * rounds);
  const rows: (readonly string[])[] = [];
  for (const one of CASES) {
    const config = makeCertificate(folder, one.key);
    const results = new Map<Broker, HandshakeResult[]>(brokers.map((broker) => [broker, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [broker, own] of results) {
        progress.next(`${one.key}, ${one.resumed ? 'resumed' : 'full'}, ${broker.name}`);
        const job = {
          version: 'TLSv1.3',
          resumed: one.resumed,
          clients,
          warmUpSeconds: WARM_UP_SECONDS,
          seconds,
        } as const;
        own.push(await measure(broker, config, job));
      }
    }
    for (const [broker, own] of results) rows.push(row(broker, one, own));
  }
  progress.clear();
  process.stdout.write(
    `TLS 1.3, ${clients} clients at a time, ${seconds} s each. ${describe(machine())}\n\n`,
  );
  process.stdout.write(toText({ head: HEAD, rows, words: 3 }));
});
process.exit(0);
