/** `zanzara bench`: loads a broker, and tells how fast it was. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFailure, describeLoss, describeSilence } from './bench/failure.ts';
import { DISCONNECT_FRAME } from './bench/frames.ts';
import { openClient } from './bench/link.ts';
import type { Target } from './bench/link.ts';
import { Live } from './bench/live.ts';
import { Meter } from './bench/meter.ts';
import { parseBench } from './bench/plan.ts';
import type { Plan } from './bench/plan.ts';
import { resultOf } from './bench/result.ts';
import type { Measured, Result } from './bench/result.ts';
import { start } from './bench/running.ts';
import type { Running } from './bench/running.ts';
import { linesOf, tableOf } from './bench/table.ts';
import type { Command, Io } from './io.ts';
import { NoWay } from './tool/error-text.ts';

/** How long the broker may take to accept the first client, milliseconds. */
const FIRST_PATIENCE_MS = 10_000;

const PORT = 1883;
const SECURE_PORT = 8883;

export const bench: Command = async (argv, io) => {
  const parsed = parseBench(argv);
  if (parsed.kind === 'help') {
    io.stdout((await import('./bench/usage.ts')).usage());
    return 0;
  }
  if (parsed.kind === 'wrong') {
    io.stderr(`Error: ${parsed.problem}\n\nUse 'zanzara bench --help' to see usage.\n`);
    return 1;
  }
  return await run(parsed.plan, io);
};

async function run(plan: Plan, io: Io): Promise<number> {
  const { host = 'localhost', secure = false, port = secure ? SECURE_PORT : PORT } = plan.draft;
  let broken: Error | undefined;
  const ended = new AbortController();
  const lost = (error: Error): void => {
    broken ??= error;
    ended.abort();
  };
  try {
    const target = await reach({ host, port, ...(await wayOf(plan)) }, plan);
    const meter = new Meter();
    meter.start();
    const running = await start(plan, { target, meter, lost });
    const measured = await measure(plan, running, meter, ended, io);
    print(resultOf(plan, target, measured), plan, io);
    return judge(measured, broken, target, io);
  } catch (error) {
    const isOfFiles = error instanceof NoWay;
    io.stderr(isOfFiles ? `${error.message}\n` : describeFailure(error as Error, { host, port }, secure));
    return 1;
  }
}

/** The exit code; says why if it is not 0. */
function judge({ last }: Measured, broken: Error | undefined, target: Target, io: Io): number {
  if (broken !== undefined) io.stderr(describeLoss(broken, target));
  else if (last.sent > 0 && last.received === 0) io.stderr(describeSilence(target));
  else return 0;
  return 1;
}

/** Who comes, and over TLS if that is asked for. Throws a `NoWay` if a file of it cannot be used. */
async function wayOf({ draft }: Plan): Promise<Pick<Target, 'login' | 'tls'>> {
  const { username, password, secure, cafile, cert, key, insecure } = draft;
  const login = username === undefined ? undefined : { username, password };
  if (secure !== true) return { login };
  const { secureTransport } = await import('./tool/tls-files.ts');
  const files = Object.entries({ cafile, cert, key, insecure }).filter(([, value]) => value !== undefined);
  return { login, ...secureTransport({ tls: Object.fromEntries(files) }) };
}

/** The first client finds the address, which then need not be looked up for each, and sees whether it is let in. */
async function reach(target: Target, { name }: Plan): Promise<Target> {
  const link = await openClient(target, `${name}-first`, true, FIRST_PATIENCE_MS);
  const { address } = link;
  link.expectEnd();
  link.write(DISCONNECT_FRAME);
  link.close();
  return { ...target, address };
}

/** Until the time is over, a client is lost, or the user has seen enough; a second Ctrl-C does not wait for anything. */
async function measure(
  { seconds, draft, ...plan }: Plan,
  running: Running,
  meter: Meter,
  ended: AbortController,
  io: Io,
): Promise<Measured> {
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const live = draft.quiet === true ? undefined : new Live({ ...plan, seconds, draft }, running, io);
  const startedAt = performance.now();
  await sleep(seconds * 1000, undefined, { signal: ended.signal }).catch(() => {}); // it ended early
  const [atEnd, passed] = [running.tally(), (performance.now() - startedAt) / 1000];
  const interrupted = ended.signal.aborted;
  await running.stop();
  live?.end();
  process.off('SIGINT', end).off('SIGTERM', end);
  return { seconds: passed, interrupted, atEnd, last: running.tally(), nanoseconds: meter.nanoseconds };
}

function print(result: Result, { draft }: Plan, io: Io): void {
  const isColoured = (io.env['NO_COLOR'] ?? '') === '';
  if (draft.json === true) io.stdout(`${JSON.stringify(result, undefined, 2)}\n`);
  else io.stdout(io.isTerminal ? tableOf(result, isColoured) : linesOf(result));
}
