/** How long a broker takes from its start until a client can use it. */
import { BrokerProcess } from '../broker-process.ts';
import type { Broker } from '../broker.ts';
import { openClient } from '../../src/cli/bench/link.ts';
import { local } from '../load/local.ts';
import { median } from '../statistics.ts';

export interface StartUp {
  readonly broker: string;
  /** Milliseconds from before the process is made until it has accepted a connection: median, and the quickest. */
  readonly acceptedMs: number;
  readonly quickestMs: number;
  /** Until it has answered a CONNECT; null for what is no broker. */
  readonly connackMs: number | null;
}

/** How often it is asked whether it listens. */
const EVERY_MS = 1;

/** Node, listening: what no program on it can undercut. */
export const BARE_NODE: Broker = {
  name: 'bare node:net server',
  about: `Node ${process.version}`,
  command: (_, port) => [
    process.execPath,
    '-e',
    `require('node:net').createServer((socket) => socket.on('error', () => {})).listen(${port}, '127.0.0.1')`,
  ],
};

export async function measureStartUp(broker: Broker, times: number): Promise<StartUp> {
  const accepted: number[] = [];
  const connack: number[] = [];
  for (let i = 0; i < times; i++) {
    const took = await startOnce(broker);
    accepted.push(took.acceptedMs);
    connack.push(took.connackMs);
  }
  return {
    broker: broker.name,
    acceptedMs: median(accepted),
    quickestMs: Math.min(...accepted),
    connackMs: broker === BARE_NODE ? null : median(connack),
  };
}

async function startOnce(broker: Broker): Promise<{ acceptedMs: number; connackMs: number }> {
  await using running = await BrokerProcess.start(broker, { pinned: false });
  await running.listens(EVERY_MS);
  const acceptedMs = performance.now() - running.startedAt;
  if (broker === BARE_NODE) return { acceptedMs, connackMs: Number.NaN };
  const link = await openClient(local(running.port), 'bench-first');
  const connackMs = performance.now() - running.startedAt;
  link.close();
  return { acceptedMs, connackMs };
}
