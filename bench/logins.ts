/** `node bench/logins.ts`: what a crowd that logs in with slow password hashes does to the messages of others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '../src/access/password-hash.ts';
import type { PasswordAlgorithm } from '../src/access/password-hash.ts';
import { BrokerProcess } from './broker-process.ts';
import { zanzara } from './broker.ts';
import { readFlags, runProgram } from './flags.ts';
import type { Login } from '../src/cli/bench/frames.ts';
import { LoginCrowd } from './load/login-crowd.ts';
import type { Told } from './load/login-crowd.ts';
import { describe, machine } from './machine.ts';
import { Progress } from './progress.ts';
import { load } from './run.ts';
import { median } from './statistics.ts';
import { figure, toText } from './table.ts';
import { messages } from './workload.ts';
import type { LoadResult } from './workload.ts';

const ALGORITHMS: readonly PasswordAlgorithm[] = ['argon2id', 'sha512-pbkdf2', 'sha512'];

const PROGRAM = {
  usage: 'node bench/logins.ts [options]',
  about: `Measures how long messages take, at QoS 0 and a steady rate, while clients log in. The broker is not pinned to
a core: hashes are computed on the others.`,
  flags: {
    algorithm: { value: 'NAME', about: `of the hashes: ${ALGORITHMS.join(', ')} (argon2id)` },
    crowds: { value: 'A,B', about: 'only these: nobody, known, new, wrong' },
    logins: { value: 'N', about: 'a second (200)' },
    messages: { value: 'N', about: 'a second (1000)' },
    seconds: { value: 'S', about: 'how long each crowd is measured (10)' },
    rounds: { value: 'N', about: 'how often each crowd is measured; the figures are medians (1)' },
  },
};

const PASSWORD = 'correct horse battery staple';

/** Users in the file. A crowd that is known is of the first few of them. */
const USERS = 5000;
const KNOWN_USERS = 20;

const WARM_UP_SECONDS = 3;

interface Crowd {
  readonly about: string;
  /** Undefined: nobody logs in. */
  readonly login?: (at: number) => Login;
}

const userOf = (at: number): string => `user${at % USERS}`;

/** In the order in which they are measured, each with a broker of its own. */
const CROWDS: Readonly<Record<string, Crowd>> = {
  nobody: { about: 'no logins' },
  known: {
    about: `${KNOWN_USERS} users that come back`,
    login: (at) => ({ username: userOf(at % KNOWN_USERS), password: PASSWORD }),
  },
  new: { about: 'users never seen before', login: (at) => ({ username: userOf(at), password: PASSWORD }) },
  wrong: { about: 'wrong passwords', login: (at) => ({ username: userOf(at), password: `guess ${at}` }) },
};

interface Measured {
  readonly flow: LoadResult;
  readonly told: Told | undefined;
}

interface Effort {
  readonly passwordFile: string;
  readonly logins: number;
  readonly messages: number;
  readonly seconds: number;
}

async function measure(
  crowd: Crowd,
  { passwordFile, logins, messages: rate, seconds }: Effort,
): Promise<Measured> {
  await using broker = await BrokerProcess.listening(zanzara(), {
    pinned: false,
    config: `password_file ${passwordFile}\n`,
  });
  const { port, pid } = broker;
  using logging = crowd.login && new LoginCrowd(port, logins, crowd.login);
  const workload = messages({ messagesPerSecond: rate });
  const flow = await load(
    { workload, port, pid, warmUpSeconds: WARM_UP_SECONDS, seconds },
    { pinned: false },
  );
  return { flow, told: logging && { ...logging.told } };
}

/** All users have the same password, and the same hash of it: it is as slow as another. */
async function writePasswords(path: string, algorithm: PasswordAlgorithm): Promise<void> {
  const hash = await hashPassword(algorithm, new TextEncoder().encode(PASSWORD));
  const lines = Array.from({ length: USERS }, (_, at) => `${userOf(at)}:${hash}\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
}

function row(crowd: Crowd, rounds: readonly Measured[]): readonly string[] {
  const middle = (of: (measured: Measured) => number | null | undefined): string =>
    figure(median(rounds.map((measured) => of(measured) ?? Number.NaN)));
  return [
    crowd.about,
    middle(({ flow }) => flow.p50Micros / 1000),
    middle(({ flow }) => flow.p99Micros / 1000),
    middle(({ flow }) => flow.deliveriesPerSecond),
    middle(({ flow }) => flow.lost),
    middle(({ flow }) => flow.brokerCores),
    middle(({ told }) => told?.begun),
    middle(({ told }) => told?.accepted),
    middle(({ told }) => told?.busy),
    middle(({ told }) => told?.refused),
    middle(({ told }) => told?.lost),
  ];
}

const HEAD = [
  'crowd',
  'p50 ms',
  'p99 ms',
  'messages/s',
  'lost',
  'cores',
  'logins',
  'accepted',
  'busy',
  'refused',
  'closed',
];

await runProgram(async () => {
  const flags = readFlags(PROGRAM, process.argv.slice(2));
  const [algorithm = 'argon2id'] =
    flags.text('algorithm') === undefined ? [] : flags.some('algorithm', ALGORITHMS);
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-logins-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const passwordFile = join(folder, 'users');
  await writePasswords(passwordFile, algorithm as PasswordAlgorithm);
  const effort: Effort = {
    passwordFile,
    logins: flags.number('logins', 200),
    messages: flags.number('messages', 1000),
    seconds: flags.number('seconds', 10),
  };
  using progress = new Progress();
  const names = flags.some('crowds', Object.keys(CROWDS));
  const measured = new Map(names.map((name) => [name, [] as Measured[]]));
  for (let round = 0; round < flags.number('rounds', 1); round++) {
    for (const [name, rounds] of measured) {
      progress.next(name);
      rounds.push(await measure(CROWDS[name]!, effort));
    }
  }
  const rows = Array.from(measured, ([name, rounds]) => row(CROWDS[name]!, rounds));
  progress.clear();
  const { logins, messages: rate, seconds } = effort;
  process.stdout.write(
    `${algorithm}: ${logins} logins/s while ${rate} messages/s flow, ${seconds} s each. ${describe({ ...machine(), pinned: false })}\n\n`,
  );
  process.stdout.write(toText({ head: HEAD, rows, words: 1 }));
});
process.exit(0);
