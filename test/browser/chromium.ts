/** Debian's Chromium, without a screen and without a wish to phone home. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const PATH = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why tests in a browser are skipped; false where they are not: in CI it must be there. */
export const skip: string | false =
  existsSync(PATH) || process.env['CI'] === 'true'
    ? false
    : 'chromium is not installed: apt-get install chromium';

/** A browser with a profile of its own, which is empty and goes with it. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, args: FLAGS, timeout: 60_000 });
}
