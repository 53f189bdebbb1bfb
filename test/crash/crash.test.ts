/** A broker that is killed while it works, and what clients were told: a few kills of each kind. The long form: `npm run test:crash`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mosquitto, mosquittoInstalled, zanzaraWith } from './brokers.ts';
import type { Kind } from './brokers.ts';
import { campaign } from './campaign.ts';
import type { CampaignOptions } from './campaign.ts';
import type { Ledger } from './ledger.ts';

const SEED = process.env.SEED ?? process.env.ZANZARA_SEED;

type Run = Kind & Partial<CampaignOptions>;

/** Runs, with a seed that a failure tells. */
async function run(options: Run): Promise<{ readonly ledger: Ledger; readonly said: string }> {
  const seed = SEED === undefined ? Math.trunc(Math.random() * 0x7fff_ffff) : Number(SEED);
  const ledger = await campaign({
    seed,
    rounds: 4,
    ends: 'kill',
    loadMs: [30, 200],
    judgeEvery: Number.POSITIVE_INFINITY,
    ...options,
  });
  return { ledger, said: `seed ${seed}\n${ledger.examples.join('\n')}` };
}

/** Long enough that there is something to lose, on a slow machine, too; what is lost is not waited for. */
const LOSING = { rounds: 2, loadMs: [500, 800], leastReceived: 300, patienceMs: 300 } as const;

describe('killed with SIGKILL', { concurrency: true }, () => {
  for (const durability of ['sync', 'commit'] as const)
    test(`nothing acknowledged is lost: persistence_durability ${durability}`, async () => {
      const { ledger, said } = await run(zanzaraWith(durability));
      assert.ok(ledger.counts.kills > 0 && ledger.counts.received > 0, said);
      assert.equal(ledger.faults, 0, said);
    });

  test('without persistence this test finds what is lost', async () => {
    const { ledger, said } = await run({ ...zanzaraWith('none'), ...LOSING });
    for (const fault of ['sessions', 'retained', 'lost'] as const) assert.ok(ledger.counts[fault] > 0, said);
  });

  test('of a broker that is not killed it finds nothing', async () => {
    const { ledger, said } = await run({ ...zanzaraWith('none'), rounds: 3, ends: 'never' });
    assert.ok(ledger.counts.received > 0, said);
    assert.equal(ledger.faults, 0, said);
  });
});

describe('stopped with SIGTERM', { concurrency: true }, () => {
  for (const durability of ['sync', 'commit', 'interval'] as const)
    test(`nothing acknowledged is lost: persistence_durability ${durability}`, async () => {
      const { ledger, said } = await run({ ...zanzaraWith(durability), rounds: 2, ends: 'stop' });
      assert.equal(ledger.faults, 0, said);
    });
});

test('of Mosquitto, killed, what came after its last snapshot is lost', async (context) => {
  if (!mosquittoInstalled()) return context.skip('there is no mosquitto');
  const { ledger, said } = await run({ ...mosquitto, ...LOSING });
  assert.ok(ledger.counts.lost > 0 && ledger.counts.sessions > 0, said);
});
