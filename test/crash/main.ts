/**
 * `npm run test:crash`: kills a broker many times under load, and prints what came of it.
 *
 * `ROUNDS=200 SEED=1 DURABILITY=sync,commit ENDS=mixed npm run test:crash`. `DURABILITY` may also be `none` (no
 * persistence) and `mosquitto` (Debian's): both show that this test finds what is lost.
 */
import { mosquitto, zanzaraWith } from './brokers.ts';
import type { Durability } from './brokers.ts';
import { campaign } from './campaign.ts';
import type { CampaignOptions } from './campaign.ts';
import type { Ledger } from './ledger.ts';
import { table } from './table.ts';

const { ROUNDS = '200', DURABILITY = 'sync,commit', ENDS = 'mixed', JUDGE = '5' } = process.env;
const seed = Number(process.env.SEED ?? Math.trunc(Math.random() * 0x7fff_ffff));

/** Those of which something is expected to be lost. */
const LOSSY: ReadonlySet<string> = new Set(['none', 'mosquitto', 'interval']);

function progress(round: number, { counts, faults }: Ledger): void {
  const line = `round ${round}/${ROUNDS}, received ${counts.received}, faults ${faults}`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line} `);
  else if (round % 50 === 0) console.log(line);
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
  });
  console.log(`\n${ledger.examples.join('\n')}`);
  results.push([name, ledger]);
  if (ledger.faults > 0 && !LOSSY.has(name)) failed = true;
}
console.log(table(results));
console.log(`seed ${seed}`);
process.exitCode = failed ? 1 : 0;
