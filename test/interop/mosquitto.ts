/** Debian's mosquitto: the broker to compare with, and the clients that people have. */
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { startBroker } from '../cli/program.ts';
import type { Running } from '../cli/program.ts';

const MISSING = 'mosquitto-clients is not installed: apt-get install mosquitto mosquitto-clients';

/** Debian keeps the broker where not everybody's PATH leads. */
export const BROKER: string | undefined = [
  'mosquitto',
  '/usr/sbin/mosquitto',
  '/usr/local/sbin/mosquitto',
].find(isThere);

/** Are all of them there? */
export const isInstalled: boolean =
  BROKER !== undefined && ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr'].every(isThere);

function isThere(program: string): boolean {
  return spawnSync(program, ['--help']).error === undefined;
}

/** A test that needs mosquitto's programs. Without them it is skipped, but in CI it fails: they belong there. */
export function testWithMosquitto(name: string, run: () => Promise<void>): void {
  const skip = isInstalled || process.env['CI'] === 'true' ? false : MISSING;
  test(name, { skip }, async () => {
    if (!isInstalled) throw new Error(MISSING);
    await run();
  });
}

/** Starts Debian's mosquitto as `startZanzara` starts ours. */
export function startMosquitto(config: string): Promise<Running> {
  return startBroker((file) => [BROKER ?? 'mosquitto', '-c', file], config);
}
