/** `npm run bench:curves`: what a message, a client, a start costs as the work grows. */
import { BROKER_FLAG, brokersOf } from './brokers-asked-for.ts';
import { FILLINGS } from './curve/filling.ts';
import { LOAD_CURVES } from './curve/load-curves.ts';
import { measureLoad } from './curve/load-part.ts';
import { measureFilling } from './curve/memory-part.ts';
import { printPart, showOnPage, toPart, writeFiles } from './curve/part.ts';
import type { Effort, Findings } from './curve/part.ts';
import { measureStart } from './curve/start-up-part.ts';
import { commandLine, readFlags, runProgram } from './flags.ts';
import { besidePage } from './page.ts';
import { Progress } from './progress.ts';

type Measure = (effort: Effort) => Promise<Findings>;

/** In the order of docs/PERFORMANCE.md. */
const PARTS: Readonly<Record<string, Measure>> = {
  ...Object.fromEntries(
    Object.entries(LOAD_CURVES).map(([name, curve]): [string, Measure] => [
      name,
      (effort) => measureLoad(name, curve, effort),
    ]),
  ),
  ...Object.fromEntries(
    Object.keys(FILLINGS).map((name): [string, Measure] => [name, (effort) => measureFilling(name, effort)]),
  ),
  'start-up': measureStart,
};

const PROGRAM = {
  usage: 'npm run bench:curves -- [options]',
  about: `Measures what grows with the work, and prints a table for each curve: ${Object.keys(PARTS).join(', ')}.
All of them take about half an hour.`,
  flags: {
    curves: { value: 'A,B', about: 'only these' },
    rounds: { value: 'N', about: 'how often each point of CPU time is run (3)' },
    seconds: { value: 'S', about: 'how long each run is measured (3)' },
    broker: BROKER_FLAG,
    out: { value: 'FOLDER', about: 'writes each curve as NAME.json and NAME.svg' },
    write: { about: 'rewrites the curves in docs/PERFORMANCE.md and docs/performance/' },
  },
};

await runProgram(async () => {
  const argv = process.argv.slice(2);
  const flags = readFlags(PROGRAM, argv);
  const command = commandLine('npm run bench:curves', argv);
  const brokers = brokersOf(flags);
  const [rounds, seconds] = [flags.number('rounds', 3), flags.number('seconds', 3)];
  const folder = flags.text('out');
  using progress = new Progress();
  for (const name of flags.some('curves', Object.keys(PARTS))) {
    const effort = { brokers, rounds, seconds, step: (what: string) => progress.next(what) };
    const part = toPart(name, command, brokers, await PARTS[name]!(effort));
    progress.clear();
    printPart(part);
    if (folder !== undefined) writeFiles(part, folder);
    if (!flags.has('write')) continue;
    writeFiles(part, besidePage('.'));
    showOnPage(part);
  }
});
process.exit(0);
