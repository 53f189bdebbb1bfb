/**
 * Plays every script of `NN-area/` against every broker under test.
 *
 *     BROKERS=mosquitto SCRIPTS=03-qos node --test test/conformance/conformance.test.ts
 *
 * Both variables are optional: which brokers, comma-separated, and a part of the path of the script files.
 */
import { after, describe, test } from 'node:test';
import { mosquittoInstalled, type BrokerName } from './harness/broker.ts';
import { loadScripts } from './harness/load.ts';
import { Mismatch } from './harness/mismatch.ts';
import { Pool } from './harness/pool.ts';
import { evidence } from './harness/reasons.ts';
import { declared, play, scripts, type Script } from './harness/script.ts';
import type { Version } from './harness/packets.ts';

/** Scripts wait more than they work, and those that wait for seconds wait together. */
const concurrency = 60;
/** Milliseconds a broker may take. Only one that fails uses them up; the less when it is known to fail. */
const patience = { normal: 30_000, differs: 10_000 };
const wanted = process.env['BROKERS']?.split(',') ?? ['zanzara', 'mosquitto'];
/** Failures after which a broker is given up, so that a broken one is reported soon. */
const enough = 100;
const names = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const satisfies Record<Version, string>;

await loadScripts(process.env['SCRIPTS']);
void describe('conformance', { concurrency: 2 }, () => {
  if (wanted.includes('zanzara')) playAll('zanzara');
  if (wanted.includes('mosquitto') && mosquittoInstalled()) playAll('mosquitto');
  else if (wanted.includes('mosquitto')) reportMissing();
});

function reportMissing(): void {
  const message = 'mosquitto is not installed: apt-get install mosquitto';
  void test('conformance scripts against mosquitto', { skip: process.env['CI'] ? false : message }, () => {
    throw new Error(message);
  });
}

function playAll(broker: BrokerName): void {
  const pool = new Pool(broker);
  const slowFirst = scripts.toSorted((a, b) => Number(b.slow ?? false) - Number(a.slow ?? false));
  void describe(broker, { concurrency }, () => {
    for (const script of slowFirst)
      for (const version of script.versions) register(script, version, broker, pool);
    after(async () => {
      await pool.close();
      if (pool.deaths.length > 0) throw new Error(pool.deaths.join('\n'));
    });
  });
}

function register(script: Script, version: Version, broker: BrokerName, pool: Pool): void {
  const reason = declared(script, broker, version);
  const title = `${script.title} (${names[version]})${reason ? ` — differs: ${reason}` : ''}`;
  const skip = script.without?.[broker] ?? false;
  const config = `${script.config ?? ''}${script.alone ? `\n# script ${script.number}, version ${version}` : ''}`;
  if (!skip) pool.reserve(config);
  void test(title, { skip }, async () => {
    try {
      if (pool.failures >= enough) throw new Error(`given up after ${enough} failures`);
      const process = await pool.take(config);
      const time = reason ? patience.differs : patience.normal;
      const failure = await outcome(play(script, version, process, time));
      if (reason) expectDifference(reason, failure);
      else if (failure) throw failure;
    } catch (error) {
      pool.failures += 1;
      throw error;
    } finally {
      await pool.release(config);
    }
  });
}

/** A declared difference that is none, or another one, is an error. */
function expectDifference(reason: string, failure: Mismatch | undefined): void {
  if (!failure) throw new Error(`it is declared to differ (${reason}), but does not`);
  if (evidence.get(reason)?.test(failure.message) === false) {
    throw new Error(`it is declared to differ (${reason}), but differs otherwise: ${failure.message}`);
  }
}

/** What the broker did wrong, if anything. Other errors are faults of the suite and go up. */
async function outcome(played: Promise<void>): Promise<Mismatch | undefined> {
  try {
    await played;
    return undefined;
  } catch (error) {
    if (error instanceof Mismatch) return error;
    throw error;
  }
}
