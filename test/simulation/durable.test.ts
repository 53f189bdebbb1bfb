/** Crashes, full disks and broken wires, in any order: what was acknowledged is there, and at QoS 2 once. */
import { test } from 'node:test';
import { runs } from '../runs.ts';
import { DurableWorld } from './durable-world.ts';
import type { Size } from './durable-world.ts';

/** Replays the run of one seed. */
const { SEED } = process.env;

async function live(seed: number, size: Size): Promise<void> {
  const world = new DurableWorld(seed, size);
  try {
    await world.run();
    if (SEED !== undefined) {
      console.log(`${world.crashes} crashes, ${world.commits} commits, ${world.ledger.step} steps`);
    }
  } catch (error) {
    throw new Error(`SEED=${seed} replays it (step ${world.ledger.step})`, { cause: error });
  }
}

async function all(name: string, quick: number, size: Size): Promise<void> {
  const { numRuns, seed } = SEED === undefined ? runs(name, quick) : { numRuns: 1, seed: Number(SEED) };
  for (let run = 0; run < numRuns; run++) await live(seed + run, size);
}

test('hundreds of clients lose nothing that was acknowledged', async () => {
  await all('durable, many', 1, { devices: 250, topics: 60, steps: 60_000 });
});

test('a few clients lose nothing that was acknowledged', async () => {
  await all('durable, few', 10, { devices: 12, topics: 3, steps: 5000 });
});
