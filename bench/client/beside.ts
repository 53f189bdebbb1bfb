/** The client library beside MQTT.js, in the same rounds, against the same broker. */
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { BrokerProcess } from '../broker-process.ts';
import { zanzara } from '../broker.ts';
import { onCoreOf } from '../cores.ts';
import { start, stop } from '../processes.ts';
import { Progress } from '../progress.ts';
import { median } from '../statistics.ts';
import { figure } from '../table.ts';
import type { Table } from '../table.ts';
import { Feeder } from './feeder.ts';
import { bundleBytes, LIBRARIES } from './library.ts';
import { PAYLOAD_BYTES } from './task.ts';
import type { Task, TaskResult } from './task.ts';

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url));
const WARM_UP_SECONDS = 1;

/** The broker holds nothing back: it is not what is measured. */
const CONFIG = 'max_inflight_messages 2000\nmax_queued_messages 0\n';

const SCENARIOS: Readonly<Record<string, Pick<Task, 'direction' | 'qos'>>> = {
  'publish, QoS 0': { direction: 'publish', qos: 0 },
  'publish, QoS 1': { direction: 'publish', qos: 1 },
  'receive, QoS 0': { direction: 'receive', qos: 0 },
  'receive, QoS 1': { direction: 'receive', qos: 1 },
};

export interface Measured extends TaskResult {
  readonly scenario: string;
  readonly library: string;
}

/** Medians of each scenario with each library. */
export async function measureClients(rounds: number, seconds: number): Promise<Measured[]> {
  const runs = Object.keys(SCENARIOS).flatMap((scenario) =>
    Object.keys(LIBRARIES)
      .filter((library) => scenario.startsWith('receive') || !library.includes(','))
      .map((library) => ({ scenario, library, own: [] as TaskResult[] })),
  );
  using progress = new Progress(runs.length * rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const { scenario, library, own } of runs) {
      progress.next(`${scenario}, ${library}, round ${round}`);
      own.push(await measure(scenario, library, seconds));
    }
  }
  return runs.map(({ scenario, library, own }) => ({
    scenario,
    library,
    messagesPerSecond: median(own.map((one) => one.messagesPerSecond)),
    cpuMicrosPerMessage: median(own.map((one) => one.cpuMicrosPerMessage)),
  }));
}

/** One run: a fresh broker, a fresh process with the client, and a feeder in this process if it is to receive. */
async function measure(scenario: string, library: string, seconds: number): Promise<TaskResult> {
  const { direction, qos } = SCENARIOS[scenario]!;
  await using broker = await BrokerProcess.listening(zanzara(), { config: CONFIG });
  const { port } = broker;
  const times = { warmUpSeconds: WARM_UP_SECONDS, seconds };
  const task: Task = { library, port, direction, qos, payloadBytes: PAYLOAD_BYTES, ...times };
  const child = start(onCoreOf('load', [process.execPath, PROCESS, JSON.stringify(task)]), 'pipe');
  try {
    const told = text(child.stdout!);
    const trouble = await new Promise<string>((resolve) =>
      child.stderr!.once('data', (data) => resolve(`${data}`)),
    );
    if (trouble !== 'ready\n') throw new Error(`The client failed: ${trouble}`);
    if (direction === 'publish') return JSON.parse(await told) as TaskResult;
    const feeder = await Feeder.start(port, qos, PAYLOAD_BYTES);
    const result = JSON.parse(await told) as TaskResult;
    await feeder[Symbol.asyncDispose]();
    return result;
  } finally {
    await stop(child);
  }
}

/** Ratios are to the first library of each scenario. */
export function clientTable(results: readonly Measured[]): Table {
  const rows = results.map(({ scenario, library, cpuMicrosPerMessage, messagesPerSecond }) => {
    const base = results.find((one) => one.scenario === scenario)!;
    return [
      scenario,
      library,
      figure(cpuMicrosPerMessage),
      thousands(1e6 / cpuMicrosPerMessage),
      (base.cpuMicrosPerMessage / cpuMicrosPerMessage).toFixed(2),
      thousands(messagesPerSecond),
    ];
  });
  const head = ['scenario', 'client', 'CPU µs each', 'messages per CPU s', '× MQTT.js', 'messages/s'];
  return { head, rows, words: 2 };
}

/** The sizes of the bundles for browsers, in a sentence. */
export async function sizes(): Promise<string> {
  const bytes = await bundleBytes();
  const [theirs, ours] = [bytes['MQTT.js'], bytes.zanzara];
  return `Bundles for browsers, minified and compressed by gzip: MQTT.js ${thousands(theirs)} bytes, zanzara ${thousands(ours)}: ${figure(theirs / ours)} times less.`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}
