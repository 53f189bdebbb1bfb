/**
 * `npm run test:crash`: kills a broker many times under load, and prints what came of it.
 *
 * `ROUNDS=200 SEED=1 DURABILITY=sync,commit ENDS=mixed npm run test:crash`. `DURABILITY` may also be `none` (no
 * persistence) and `mosquitto` (Debian's): both show that this test finds what is lost. With `POWER=cut` the disk
 * forgets, at each end, what was not synced; it needs a C compiler.
 */
import { Scratch } from '../cli/program.ts';
import { mosquitto, zanzaraWith } from './brokers.ts';
import type { Durability } from './brokers.ts';
import { campaign } from './campaign.ts';
import type { CampaignOptions } from './campaign.ts';
import type { Ledger } from './ledger.ts';
import { compileRecorder, PowerCuts, recordedIn } from './power/recorder.ts';
import { table } from './table.ts';

const { ROUNDS = '200', DURABILITY = 'sync,commit', ENDS = 'mixed', JUDGE = '5', POWER } = process.env;
const seed = Number(process.env.SEED ?? Math.trunc(Math.random() * 0x7fff_ffff));

/** Those that are to lose nothing; the others show what it looks like. */
const SAFE: ReadonlySet<string> = new Set(POWER === 'cut' ? ['sync'] : ['sync', 'commit']);

function progress(round: number, { counts, faults }: Ledger): void {
  const line = `round ${round}/${ROUNDS}, received ${counts.received}, faults ${faults}`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line} `);
  else if (round % 50 === 0) console.log(line);
}

using scratch = new Scratch();

/** What else is done to each run. */
function power(): Pick<CampaignOptions, 'env' | 'whileDead'> {
  if (POWER !== 'cut') return {};
  const recorder = compileRecorder(scratch.path);
  if (recorder === undefined) throw new Error('POWER=cut needs Linux and a C compiler');
  return { env: (folder) => recordedIn(recorder, folder), whileDead: new PowerCuts().cut };
}

const results: [string, Ledger][] = [];
let failed = false;
for (const name of DURABILITY.split(',')) {
  console.log(`${name}: seed ${seed}, ${ROUNDS} rounds`);
  const broker = name === 'mosquitto' ? mosquitto : zanzaraWith(name as Durability);
  const ledger = await campaign({
    ...broker,
    seed,
    rounds: Number(ROUNDS),
    ends: ENDS as CampaignOptions['ends'],
    loadMs: [20, 600],
    judgeEvery: Number(JUDGE),
    progress,
    ...power(),
  });
  console.log(`\n${ledger.examples.join('\n')}`);
  results.push([name, ledger]);
  if (ledger.faults > 0 && SAFE.has(name)) failed = true;
}
console.log(table(results));
console.log(`seed ${seed}`);
process.exitCode = failed ? 1 : 0;
