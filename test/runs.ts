/** How much a property test tries, and from which seed. */

/** The long form: `npm run test:long` sets it. */
const FACTOR = Number(process.env.ZANZARA_RUNS ?? 1);
/** Replays a run that failed. */
const SEED = process.env.ZANZARA_SEED;

/**
 * Parameters for `fc.assert`: `quick` cases in `npm test`, more with `ZANZARA_RUNS`, from `ZANZARA_SEED` or a seed of
 * its own. The long form says both, so that a run that hangs or is killed can be replayed too.
 */
export function runs(name: string, quick: number): { numRuns: number; seed: number } {
  const seed = SEED === undefined ? Math.trunc(Math.random() * 0x7fff_ffff) : Number(SEED);
  const numRuns = Math.round(quick * FACTOR);
  if (FACTOR !== 1) console.log(`${name}: ${numRuns} cases, seed ${seed}`);
  return { numRuns, seed };
}
