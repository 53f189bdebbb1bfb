/**
 * How long `sub` takes from its start until the broker has its SUBSCRIBE: of `dist/`, and of Debian's mosquitto_sub.
 *
 *     npm run build && node bench/sub-start-up.ts [--runs 20] [--dist dist]
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './statistics.ts';

/** Milliseconds; only what fails uses it up. */
const PATIENCE_MS = 10_000;

const CONNECT = 0x10;
const SUBSCRIBE = 0x82;
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);

/** A broker that says yes to everybody, and tells when somebody subscribes. */
function listen(subscribed: () => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (chunk[0] === CONNECT) socket.write(CONNACK);
      else if (chunk[0] === SUBSCRIBE) subscribed();
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** Starts a command once; milliseconds until it has subscribed. */
async function measure([command = '', ...args]: readonly string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let start = 0;
  const server = await listen(() => resolve(performance.now() - start));
  const { port } = server.address() as AddressInfo;
  start = performance.now();
  const child = spawn(command, [...args, '-h', '127.0.0.1', '-p', String(port), '-t', 'a'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.once('error', reject);
  const timer = setTimeout(() => reject(new Error(`${command} has not subscribed`)), PATIENCE_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    server.close();
  }
}

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, dist: { type: 'string', default: 'dist' } },
});
const runs = Number(values.runs);
const candidates: Readonly<Record<string, readonly string[]>> = {
  'zanzara sub': [
    process.execPath,
    '--max-semi-space-size=4',
    '--no-maglev',
    '--v8-pool-size=1',
    join(values.dist, 'cli/bin/zanzara.js'),
    'sub',
  ],
  mosquitto_sub: ['mosquitto_sub'],
};
for (const [name, command] of Object.entries(candidates)) {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await measure(command));
  const [middle, least, most] = [median(times), Math.min(...times), Math.max(...times)];
  console.log(
    `${name.padEnd(14)} ${middle.toFixed(1)} ms (from ${least.toFixed(1)} to ${most.toFixed(1)}, ${runs} runs)`,
  );
}
