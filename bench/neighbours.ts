/** `node bench/neighbours.ts`: what subscribers that do not read do to the messages of others. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connectFrame, subscribeFrame } from '../src/cli/bench/frames.ts';
import { BrokerProcess } from './broker-process.ts';
import { zanzara } from './broker.ts';
import { readFlags, runProgram } from './flags.ts';
import { describe, machine } from './machine.ts';
import { Progress } from './progress.ts';
import { load } from './run.ts';
import { residentKib } from './process-usage.ts';
import { median } from './statistics.ts';
import { figure, toText } from './table.ts';
import { messages } from './workload.ts';

const PROGRAM = {
  usage: 'node bench/neighbours.ts [options]',
  about: `Measures how long messages take to a subscriber that reads, alone and beside subscribers of the same topic
that read nothing.`,
  flags: {
    stuck: { value: 'N', about: 'subscribers that read nothing (20)' },
    messages: { value: 'N', about: 'a second (2000)' },
    seconds: { value: 'S', about: 'how long each round is measured (8)' },
    rounds: { value: 'N', about: 'rounds of each kind, in turn; the figures are medians (5)' },
  },
};

const WARM_UP_SECONDS = 4;

interface Measured {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
  readonly residentMib: number;
}

/** Connects, subscribes to everything, and never reads. */
function stuck(port: number, name: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // the broker may close it at the end
  socket.pause();
  socket.write(connectFrame(name, true));
  socket.write(subscribeFrame(['#'], 0));
  return socket;
}

await runProgram(async () => {
  const flags = readFlags(PROGRAM, process.argv.slice(2));
  const count = flags.number('stuck', 20);
  const rate = flags.number('messages', 2000);
  const seconds = flags.number('seconds', 8);
  using progress = new Progress();
  const results: Record<'alone' | 'beside', Measured[]> = { alone: [], beside: [] };
  for (let round = 1; round <= flags.number('rounds', 5); round++) {
    for (const kind of ['alone', 'beside'] as const) {
      progress.next(`round ${round}, ${kind}`);
      await using broker = await BrokerProcess.listening(zanzara());
      const { port, pid } = broker;
      const sockets =
        kind === 'alone' ? [] : Array.from({ length: count }, (_, at) => stuck(port, `stuck${at}`));
      const workload = messages({ messagesPerSecond: rate, payloadBytes: 1024 });
      const flow = await load({ workload, port, pid, warmUpSeconds: WARM_UP_SECONDS, seconds }, {});
      results[kind].push({
        p50Ms: flow.p50Micros / 1000,
        p99Ms: flow.p99Micros / 1000,
        lost: flow.lost ?? 0,
        residentMib: (residentKib(pid) ?? 0) / 1024,
      });
      for (const socket of sockets) socket.destroy();
    }
  }
  const row = (name: string, rounds: readonly Measured[]): readonly string[] => [
    name,
    ...(['p50Ms', 'p99Ms', 'lost', 'residentMib'] as const).map((key) =>
      figure(median(rounds.map((one) => one[key]))),
    ),
  ];
  const rows = [row('alone', results.alone), row(`beside ${count} that read nothing`, results.beside)];
  progress.clear();
  const head = ['subscriber', 'p50 ms', 'p99 ms', 'lost', 'resident MiB'];
  process.stdout.write(
    `${rate} messages/s of 1 KiB. ${describe(machine())}\n\n${toText({ head, rows, words: 1 })}`,
  );
});
process.exit(0);
